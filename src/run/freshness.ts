import type { AlertSettings, Config } from '../config.ts';
import type { DatasetStatus } from './status-report.ts';

/** How old the data of one dataset at one width is. */
export interface Freshness {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: string;
  /** `absent`: an optional dataset the organization lacks, which nobody waits for · `unloaded`: nothing of it is loaded. */
  readonly state: 'fresh' | 'stale' | 'unloaded' | 'absent';
  /** Seconds from the end of the newest data to now; null when nothing is loaded. */
  readonly age_seconds: number | null;
}

/** How fresh every configured dataset is at an instant. What is stored besides has no freshness: nobody reads it anew. */
export function freshnessOf(
  datasets: readonly DatasetStatus[],
  config: Pick<Config, 'organizations'>,
  { freshnessHours }: Pick<AlertSettings, 'freshnessHours'>,
  now: Date,
): readonly Freshness[] {
  const optional = new Set(
    config.organizations.flatMap((organization) =>
      organization.datasets.filter(({ dataset }) => dataset.optional).map(({ dataset }) => dataset.name),
    ),
  );
  return datasets
    .filter(({ configured }) => configured)
    .map(({ org_id, dataset, bucket_width, through, capability }) => {
      const age = through === null ? null : Math.max(0, (now.getTime() - Date.parse(through)) / 1000);
      const absent = capability === 'unavailable' && optional.has(dataset);
      const known = age === null ? 'unloaded' : age > freshnessHours * 3600 ? 'stale' : 'fresh';
      return { org_id, dataset, bucket_width, state: absent ? 'absent' : known, age_seconds: age };
    });
}
