import type { Pool } from 'pg';
import type { Width } from '../catalog/width.ts';

/** One row of openai_etl.refusals. */
export interface StoredRefusal {
  readonly kind: 'horizon' | 'grouping';
  /** Empty for a horizon. */
  readonly dimension: string;
  /** Inclusive; null: from the beginning. */
  readonly since: Date | null;
  /** Exclusive; null: without end. */
  readonly until: Date | null;
  readonly proof: 'named' | 'bisected' | 'clamped' | 'probed';
  readonly detail: string;
  /** Null for a grouping. */
  readonly askedFrom: Date | null;
  readonly provedAt: Date;
  readonly askAgainAt: Date;
}

/** Whose refusals: what one width is refused says nothing of another. */
export interface RefusalKey {
  readonly organization: string;
  readonly dataset: string;
  readonly width: Width;
}

/** What the API is known to refuse. */
export async function readRefusals(
  pool: Pick<Pool, 'query'>,
  { organization, dataset, width }: RefusalKey,
): Promise<readonly StoredRefusal[]> {
  const { rows } = await pool.query<StoredRefusal>(
    `select kind, dimension, nullif(range_start, '-infinity') as since, nullif(range_end, 'infinity') as until, proof,
       detail, asked_from as "askedFrom", proved_at as "provedAt", ask_again_at as "askAgainAt"
     from openai_etl.refusals where org_id = $1 and dataset = $2 and bucket_width = $3
     order by kind, dimension, range_start`,
    [organization, dataset, width],
  );
  return rows;
}

/** Makes the refusals known those found. `first_seen_at` stays that of the oldest row that touches the range. */
export async function writeRefusals(pool: Pool, key: RefusalKey, found: readonly StoredRefusal[]): Promise<void> {
  const { organization, dataset, width } = key;
  const rows = found.map((one) => ({ ...one, since: one.since ?? '-infinity', until: one.until ?? 'infinity' }));
  await pool.query(writeSql, [organization, dataset, width, JSON.stringify(rows)]);
}

/** Rows as they were, found and unchanged are left alone, so that a night that learns nothing writes nothing. */
const writeSql = `
  with found as (
    select kind, dimension, since, until, proof, detail, "askedFrom" as asked_from, "provedAt" as proved_at,
      "askAgainAt" as ask_again_at
    from jsonb_to_recordset($4::jsonb) as f(kind text, dimension text, since timestamptz, until timestamptz, proof text,
      detail text, "askedFrom" timestamptz, "provedAt" timestamptz, "askAgainAt" timestamptz)
  ), known as (
    select * from openai_etl.refusals where org_id = $1 and dataset = $2 and bucket_width = $3
  ), gone as (
    delete from openai_etl.refusals r
    where org_id = $1 and dataset = $2 and bucket_width = $3 and not exists (
      select from found f where (f.kind, f.dimension, f.since) = (r.kind, r.dimension, r.range_start))
  )
  insert into openai_etl.refusals as r (org_id, dataset, bucket_width, kind, dimension, range_start, range_end, proof,
    detail, asked_from, first_seen_at, proved_at, ask_again_at)
  select $1, $2, $3, kind, dimension, since, until, proof, detail, asked_from,
    least(proved_at, (select min(first_seen_at) from known k
      where (k.kind, k.dimension) = (f.kind, f.dimension) and k.range_start <= f.until and k.range_end >= f.since)),
    proved_at, ask_again_at
  from found f
  on conflict (org_id, dataset, bucket_width, kind, dimension, range_start) do update set
    range_end = excluded.range_end, proof = excluded.proof, detail = excluded.detail, asked_from = excluded.asked_from,
    proved_at = excluded.proved_at, ask_again_at = excluded.ask_again_at
  where (r.range_end, r.proof, r.detail, r.asked_from, r.proved_at, r.ask_again_at) is distinct from
    (excluded.range_end, excluded.proof, excluded.detail, excluded.asked_from, excluded.proved_at, excluded.ask_again_at)`;
