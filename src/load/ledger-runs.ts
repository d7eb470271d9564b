import type { Pool } from 'pg';
import { type Width, widthSeconds } from '../catalog/width.ts';
import type { GrainRange } from '../plan/granted.ts';
import type { LedgerRun } from '../plan/slices.ts';
import { latestHonest } from './ledger.ts';

/** What of the ledger planning asks for. */
export interface LedgerQuery {
  readonly organization: string;
  readonly dataset: string;
  readonly width: Width;
  readonly start: Date;
  readonly end: Date;
  /** The present instant. */
  readonly now: Date;
  /** Dimensions wanted by the configuration, in column order. */
  readonly wanted: readonly string[];
  /** The dimensions the API grants today, of each range in column order. */
  readonly granted: readonly GrainRange[];
  readonly filters: string | null;
  /** Seconds after a bucket's end from which a reading of it is final, as configured now. */
  readonly settleSeconds: number;
  /** How many row counts to return of each run: the page limit. */
  readonly maxBuckets: number;
}

/** The part of the ledger that needs no reading, and how full buckets have lately been. */
export interface LedgerView {
  readonly runs: readonly LedgerRun[];
  /** Average rows of the newest non-empty buckets; 0 when there are none. */
  readonly rowsPerBucket: number;
}

interface RunRow {
  readonly state: LedgerRun['state'];
  readonly first: Date;
  readonly last: Date;
  readonly tail: number[];
}

/**
 * Reads the ledger as runs of consecutive buckets. A settled bucket, as settled by the settings of today, counts as
 * `settled` when it was read at the grain the API grants today for it and with the same filters, as `kept` when its grain
 * is finer than that and still wanted; everything else, and what was asked for since and not answered, has to be read. The
 * answer's size depends on the number of gaps, not on the length of the history.
 */
export async function readLedger(pool: Pool, query: LedgerQuery): Promise<LedgerView> {
  const key = [query.organization, query.dataset, query.width];
  const { rows } = await pool.query<RunRow>(
    `with known as (
       select bucket_start, row_count,
         case when b.grain = g.grain then 'settled'
              when b.grain @> g.grain and b.grain <@ $7::text[] then 'kept' end as state
       from openai_etl.buckets b
       join jsonb_to_recordset($6::jsonb) as g(since timestamptz, until timestamptz, grain text[])
         on b.bucket_start >= g.since and b.bucket_start < g.until
       where org_id = $1 and dataset = $2 and bucket_width = $3 and bucket_start >= $4 and bucket_start < $5
         and settled and status = 'loaded' and filters is not distinct from $8 and observed_at <= $11
         and not exists (select from openai_etl.unanswered u where u.org_id = $1 and u.dataset = $2
           and u.bucket_width = $3 and u.bucket_start = b.bucket_start)
         and observed_at >= bucket_end + make_interval(secs => $12)
     ), numbered as (
       select *, bucket_start - row_number() over (partition by state order by bucket_start) * make_interval(secs => $9)
         as island
       from known where state is not null
     )
     select state, min(bucket_start) as first, max(bucket_start) as last,
       (array_agg(row_count order by bucket_start desc))[1:$10] as tail
     from numbered group by state, island order by first`,
    [
      ...key,
      query.start,
      query.end,
      grantedJson(query.granted),
      query.wanted,
      query.filters,
      widthSeconds[query.width],
      query.maxBuckets,
      latestHonest(query.now),
      query.settleSeconds,
    ],
  );
  const { rows: averages } = await pool.query<{ average: number }>(
    `select coalesce(avg(row_count), 0)::float8 as average from (
       select row_count from openai_etl.buckets
       where org_id = $1 and dataset = $2 and bucket_width = $3 and row_count > 0
       order by bucket_start desc limit 31) newest`,
    key,
  );
  const runs = rows.map(({ state, first, last, tail }) => ({
    state,
    start: first,
    end: new Date(last.getTime() + widthSeconds[query.width] * 1000),
    tailRowCounts: tail,
  }));
  return { runs, rowsPerBucket: averages[0]?.average ?? 0 };
}

function grantedJson(granted: readonly GrainRange[]): string {
  const rows = granted.map(({ since, until, grain }) => ({
    since: since ?? '-infinity',
    until: until ?? 'infinity',
    grain,
  }));
  return JSON.stringify(rows);
}
