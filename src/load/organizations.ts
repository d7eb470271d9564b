import type { Pool } from 'pg';
import type { Dataset } from '../catalog/dataset.ts';
import { dimensionsOf } from '../catalog/dataset.ts';
import type { Width } from '../catalog/width.ts';
import { quoted } from './statements.ts';

/** What identifies an organization, as far as the API has said it. */
export interface Identity {
  /** `organization_id` of its costs. */
  readonly organizationId: string | null;
  /** Its answers' header openai-organization. */
  readonly header: string | null;
}

/** What is known of each of these organizations; one of which nothing is known is absent. */
export async function readIdentities(
  pool: Pick<Pool, 'query'>,
  organizations: readonly string[],
): Promise<ReadonlyMap<string, Identity>> {
  const { rows } = await pool.query<Identity & { readonly org_id: string }>(
    `select org_id, organization_id as "organizationId", organization_header as header
     from openai_etl.organizations where org_id = any($1)`,
    [organizations],
  );
  return new Map(rows.map(({ org_id, ...identity }) => [org_id, identity]));
}

/**
 * Adds to what is known of an organization, or replaces it where another one is adopted, and gives what is known then:
 * a run at the same time may have been first. The id decides, so that a header may change where it stays.
 */
export async function rememberIdentity(
  pool: Pool,
  seen: { readonly organization: string; readonly runId: number; readonly seenAt: Date; readonly adopt: boolean },
  { organizationId, header }: Identity,
): Promise<Identity> {
  const { rows } = await pool.query<Identity>(
    `insert into openai_etl.organizations as o
       (org_id, organization_id, organization_header, first_seen_at, changed_at, run_id)
     values ($1, $2, $3, $4, $4, $5)
     on conflict (org_id) do update set
       organization_id = case when $6 then excluded.organization_id
         else coalesce(o.organization_id, excluded.organization_id) end,
       organization_header = case when $6 then excluded.organization_header
         when o.organization_id = excluded.organization_id then coalesce(excluded.organization_header, o.organization_header)
         else coalesce(o.organization_header, excluded.organization_header) end,
       changed_at = excluded.changed_at, run_id = excluded.run_id
     returning organization_id as "organizationId", organization_header as header`,
    [seen.organization, organizationId, header, seen.seenAt, seen.runId, seen.adopt],
  );
  return rows[0] ?? { organizationId, header };
}

/** True when a closed bucket of the organization holds rows. */
export async function holdsRows(pool: Pool, organization: string): Promise<boolean> {
  const { rows } = await pool.query<{ holds: boolean }>(
    `select exists (
       select from openai_etl.buckets where org_id = $1 and row_count > 0 and observed_at >= bucket_end
     ) as holds`,
    [organization],
  );
  return rows[0]?.holds === true;
}

/** Dimensions whose ids are of one organization alone: a person may belong to several. */
const ownDimensions: readonly string[] = ['project_id', 'api_key_id'];

/** Of these dimensions of a dataset, those whose ids identify its organization. */
export function identifyingDimensions(dataset: Dataset, grain: readonly string[]): readonly string[] {
  return dimensionsOf(dataset)
    .map(({ name }) => name)
    .filter((name) => ownDimensions.includes(name) && grain.includes(name));
}

/** What closed buckets consist of. */
export interface StoredIds {
  readonly ids: ReadonlySet<string>;
  /** Unix seconds of the buckets that were looked at. */
  readonly starts: ReadonlySet<number>;
}

/** The ids that the stored closed buckets of an interval consist of, of those read with the same filters. */
export async function storedIds(
  pool: Pool,
  of: {
    readonly organization: string;
    readonly dataset: Dataset;
    readonly width: Width;
    readonly filters: string | null;
    readonly dimensions: readonly string[];
    readonly from: Date;
    readonly to: Date;
  },
): Promise<StoredIds> {
  if (of.dimensions.length === 0) return { ids: new Set(), starts: new Set() };
  const columns = of.dimensions.map((name) => `f.${quoted(name)}`).join(', ');
  const { rows } = await pool.query<{ ids: string[] | null; starts: number[] | null }>(
    `select array_agg(distinct id) filter (where id <> '') as ids,
       array_agg(distinct extract(epoch from f.bucket_start)::float8) as starts
     from openai_etl.buckets b
     join openai.${quoted(of.dataset.table)} f
       on f.org_id = b.org_id and f.bucket_width = b.bucket_width and f.bucket_start = b.bucket_start
     cross join lateral unnest(array[${columns}]) as id
     where b.org_id = $1 and b.dataset = $2 and b.bucket_width = $3 and b.bucket_start >= $4 and b.bucket_start < $5
       and b.observed_at >= b.bucket_end and b.filters is not distinct from $6`,
    [of.organization, of.dataset.name, of.width, of.from, of.to, of.filters],
  );
  return { ids: new Set(rows[0]?.ids ?? []), starts: new Set(rows[0]?.starts ?? []) };
}
