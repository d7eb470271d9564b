import type { Pool } from 'pg';
import type { Width } from '../catalog/width.ts';

/** One dataset of one organization at one width. */
export interface ReachKey {
  readonly organization: string;
  readonly dataset: string;
  readonly width: Width;
}

/** Records since when a dataset is wanted: what is missing after that is a gap. Nothing is written where it is known. */
export async function recordStart(pool: Pool, { organization, dataset, width }: ReachKey, start: Date): Promise<void> {
  await pool.query(
    `insert into openai_etl.starts as s (org_id, dataset, bucket_width, start) values ($1, $2, $3, $4)
     on conflict (org_id, dataset, bucket_width) do update set start = excluded.start
     where s.start <> excluded.start`,
    [organization, dataset, width, start],
  );
}

/**
 * Where the buckets end that are loaded without a gap since the first one wanted, or when the last of them was read; null
 * when the first is not loaded.
 */
export async function dataThrough(
  client: Pick<Pool, 'query'>,
  { organization, dataset, width }: ReachKey,
): Promise<Date | null> {
  const { rows } = await client.query<{ data_through: Date | null }>(
    'select data_through from openai_etl.reach where org_id = $1 and dataset = $2 and bucket_width = $3',
    [organization, dataset, width],
  );
  return rows[0]?.data_through ?? null;
}
