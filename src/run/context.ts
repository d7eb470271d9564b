import type { Clock } from '../clock.ts';
import type { Config, DatasetSettings, OrganizationSettings } from '../config.ts';
import type { Store } from '../db/store.ts';
import type { Log } from '../log.ts';
import type { Timeouts } from '../openai/transport.ts';
import type { Progress } from './report.ts';

/** What every command that works on the store is handed. */
export interface RunContext {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: Progress;
  /** Aborted when the command is to end early; the slice in hand is rolled back. */
  readonly signal: AbortSignal;
  /** How long the network may be silent; what is absent is as the client has it. */
  readonly timeouts?: Partial<Timeouts>;
}

/** What a sync or backfill is asked for. */
export interface SyncOptions {
  readonly command: 'sync' | 'backfill';
  /** Names; null for all. */
  readonly datasets: readonly string[] | null;
  readonly organizations: readonly string[] | null;
  readonly acceptRestatement: boolean;
  /** Takes the organization that answers for the one that is meant, whatever was known before. */
  readonly adoptOrganization?: boolean;
  /** Reads, counts what would change, and writes nothing. */
  readonly preview: boolean;
  /** Overrides the configured start. */
  readonly from: Date | null;
  /** Exclusive; null for the end of the open bucket. */
  readonly to: Date | null;
  /** Reads settled buckets again. */
  readonly refetch: boolean;
}

const dayMs = 86_400_000;

/** The first instant wanted: what the command says, else the configuration, else the default number of days ago. */
export function startOf(
  settings: { readonly start: Date | null; readonly defaultDays: number },
  from: Date | null,
  now: Date,
): Date {
  return from ?? settings.start ?? new Date(Math.floor(now.getTime() / dayMs) * dayMs - settings.defaultDays * dayMs);
}

interface Choice {
  /** Names; null for all. */
  readonly datasets: readonly string[] | null;
  readonly organizations: readonly string[] | null;
}

/** The organizations a command is for. */
export function chosenOrganizations(config: Config, { organizations }: Choice): readonly OrganizationSettings[] {
  return config.organizations.filter(({ name }) => organizations === null || organizations.includes(name));
}

/** The datasets of an organization a command is for. */
export function chosenDatasets(organization: OrganizationSettings, { datasets }: Choice): readonly DatasetSettings[] {
  return organization.datasets.filter(({ dataset }) => datasets === null || datasets.includes(dataset.name));
}
