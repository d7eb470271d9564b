import type { Pool } from 'pg';
import type { Width } from '../catalog/width.ts';
import type { ParsedSlice } from '../parse/slice.ts';
import type { SliceContext } from './loader.ts';

/** Keeps which buckets of a slice were asked for and not answered, and forgets of the others that they ever were. */
export async function recordUnanswered({ client, options, reading }: SliceContext, slice: ParsedSlice): Promise<void> {
  const key = [options.organization, options.dataset.name, options.width];
  const starts = slice.unanswered.map((start) => new Date(start * 1000));
  await client.query(
    `delete from openai_etl.unanswered
     where org_id = $1 and dataset = $2 and bucket_width = $3 and bucket_start >= $4 and bucket_start < $5
       and bucket_start <> all($6::timestamptz[])`,
    [...key, new Date(slice.start * 1000), new Date(slice.end * 1000), starts],
  );
  if (starts.length === 0) return;
  await client.query(
    `insert into openai_etl.unanswered as u
       (org_id, dataset, bucket_width, bucket_start, first_asked_at, last_asked_at, run_id)
     select $1, $2, $3, start, $4, $4, $5 from unnest($6::timestamptz[]) as bucket(start)
     on conflict (org_id, dataset, bucket_width, bucket_start) do update set
       last_asked_at = excluded.last_asked_at, run_id = excluded.run_id`,
    [...key, reading.observedAt, reading.runId, starts],
  );
}

/** Forgets what was not answered before a horizon: it is not asked for any more. */
export async function forgetUnanswered(
  pool: Pool,
  of: { readonly organization: string; readonly dataset: string; readonly width: Width },
  horizon: Date,
): Promise<void> {
  await pool.query(
    'delete from openai_etl.unanswered where org_id = $1 and dataset = $2 and bucket_width = $3 and bucket_start < $4',
    [of.organization, of.dataset, of.width, horizon],
  );
}
