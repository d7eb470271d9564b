import type { Pool } from 'pg';
import type { Width } from '../catalog/width.ts';
import type { Interval } from '../plan/bucket.ts';

/**
 * From the first bucket the ledger knows to the end of the newest one that was closed when it was last read, within the
 * bounds; null when there is none.
 */
export async function closedRange(
  pool: Pool,
  of: { readonly organization: string; readonly dataset: string; readonly width: Width },
  bounds: { readonly from: Date | null; readonly to: Date | null },
): Promise<Interval | null> {
  const { rows } = await pool.query<{ start: Date | null; end: Date | null }>(
    `select min(bucket_start) as start,
       max(bucket_end) filter (where observed_at >= bucket_end and content_hash is not null) as end
     from openai_etl.buckets
     where org_id = $1 and dataset = $2 and bucket_width = $3
       and ($4::timestamptz is null or bucket_start >= $4) and ($5::timestamptz is null or bucket_end <= $5)`,
    [of.organization, of.dataset, of.width, bounds.from, bounds.to],
  );
  const { start = null, end = null } = rows[0] ?? {};
  return start === null || end === null ? null : { start, end };
}

/** The buckets of an interval that are loaded, but were read with other filters than these: nothing to compare with. */
export async function otherwiseFiltered(
  pool: Pool,
  of: { readonly organization: string; readonly dataset: string; readonly width: Width },
  { start, end }: Interval,
  filters: string | null,
): Promise<ReadonlySet<number>> {
  const { rows } = await pool.query<{ start: number }>(
    `select extract(epoch from bucket_start)::float8 as start from openai_etl.buckets
     where org_id = $1 and dataset = $2 and bucket_width = $3 and bucket_start >= $4 and bucket_start < $5
       and content_hash is not null and filters is distinct from $6`,
    [of.organization, of.dataset, of.width, start, end, filters],
  );
  return new Set(rows.map((row) => row.start));
}

/** The buckets of an interval that are loaded, as Unix seconds of their start. */
export async function loadedBuckets(
  pool: Pool,
  of: { readonly organization: string; readonly dataset: string; readonly width: Width },
  { start, end }: Interval,
): Promise<ReadonlySet<number>> {
  const { rows } = await pool.query<{ start: number }>(
    `select extract(epoch from bucket_start)::float8 as start from openai_etl.buckets
     where org_id = $1 and dataset = $2 and bucket_width = $3 and bucket_start >= $4 and bucket_start < $5
       and content_hash is not null`,
    [of.organization, of.dataset, of.width, start, end],
  );
  return new Set(rows.map((row) => row.start));
}

/** The closed buckets that a run has read and loaded, as Unix seconds of their start, oldest first. */
export async function closedOfRun(
  pool: Pool,
  of: { readonly organization: string; readonly dataset: string; readonly width: Width },
  runId: number,
): Promise<readonly number[]> {
  const { rows } = await pool.query<{ start: number }>(
    `select extract(epoch from bucket_start)::float8 as start from openai_etl.buckets
     where org_id = $1 and dataset = $2 and bucket_width = $3 and run_id = $4
       and status = 'loaded' and observed_at >= bucket_end
     order by bucket_start`,
    [of.organization, of.dataset, of.width, runId],
  );
  return rows.map((row) => row.start);
}
