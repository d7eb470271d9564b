import { type Width, widthSeconds } from '../catalog/width.ts';
import type { Store } from '../db/store.ts';
import type { Interval } from '../plan/bucket.ts';

const dayMs = 86_400_000;

/** Which ledger is meant: one dataset at one width of one organization. */
export interface CoverageKey {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: Width;
}

/** What the ledger knows of one UTC day. A day without any entry is absent. */
export interface CoverageDay {
  /** UTC midnight. */
  readonly day: Date;
  readonly first: Date;
  readonly last: Date;
  readonly last_read_at: Date;
  readonly rows: number;
  readonly loaded: number;
  readonly refused: number;
  /** Loaded, and taken as final. */
  readonly settled: number;
  /** Results that came without an amount, or without its currency. */
  readonly amounts_missing: number;
}

/** The ledger of one dataset, a day at a time: small however narrow the buckets are. */
export interface Coverage {
  /** In time order. */
  readonly days: readonly CoverageDay[];
  /** What was never read of the days that were read in part, in time order. */
  readonly unread: readonly Interval[];
}

/** How many buckets of a width a day holds. */
function bucketsADay(width: Width): number {
  return dayMs / 1000 / widthSeconds[width];
}

/** Any connection, so that several readings can share one snapshot. */
export type Queryable = Pick<Store['pool'], 'query'>;

const daysSql = `
  select date_bin('1 day', bucket_start, '1970-01-01T00:00:00Z') as day,
    min(bucket_start) as first, max(bucket_end) as last, max(observed_at) as last_read_at, sum(row_count)::bigint as rows,
    count(*) filter (where status = 'loaded') as loaded,
    count(*) filter (where status = 'refused') as refused,
    count(*) filter (where status = 'loaded' and settled) as settled,
    sum(amounts_missing)::bigint as amounts_missing
  from openai_etl.buckets where org_id = $1 and dataset = $2 and bucket_width = $3 group by 1 order by 1`;

/** The stretches of each given day in which no bucket stands, oldest first. */
const holesSql = `
  select lower(hole) as start, upper(hole) as end
  from unnest($4::timestamptz[]) as day,
    unnest(tstzmultirange(tstzrange(day, day + interval '1 day')) - coalesce(
      (select range_agg(tstzrange(bucket_start, bucket_end)) from openai_etl.buckets
        where org_id = $1 and dataset = $2 and bucket_width = $3
          and bucket_start >= day and bucket_start < day + interval '1 day'),
      '{}'::tstzmultirange
    )) as hole
  order by 1`;

/**
 * Reads the ledger of one dataset in one pass. Only days that are there in part are looked at bucket by bucket; a
 * healthy ledger has one or two of them.
 */
export async function readCoverage(client: Queryable, key: CoverageKey): Promise<Coverage> {
  const full = bucketsADay(key.bucket_width);
  const values = [key.org_id, key.dataset, key.bucket_width];
  const days = (await client.query<CoverageDay>(daysSql, values)).rows;
  const partial = days.filter(({ loaded, refused }) => loaded + refused < full).map(({ day }) => day);
  const unread = partial.length === 0 ? [] : (await client.query<Interval>(holesSql, [...values, partial])).rows;
  return { days, unread };
}

/** The stretches of `[from, end)` that were never read; oldest first, none touching the next. */
export function gapsIn(coverage: Coverage, from: Date, end: Date): readonly Interval[] {
  const there = coverage.days;
  const absent = betweenDays(
    there.map(({ day }) => day.getTime()),
    from.getTime(),
    end.getTime(),
  );
  const clipped = [...absent, ...coverage.unread.map(({ start, end: to }) => [start.getTime(), to.getTime()] as const)]
    .map(([start, to]) => [Math.max(start, from.getTime()), Math.min(to, end.getTime())] as const)
    .filter(([start, to]) => start < to)
    .sort(([a], [b]) => a - b);
  return joined(clipped).map(([start, to]) => ({ start: new Date(start), end: new Date(to) }));
}

type Stretch = readonly [start: number, end: number];

/** The stretches outside the given days. */
function betweenDays(days: readonly number[], from: number, end: number): readonly Stretch[] {
  const ends = [from, ...days.map((day) => day + dayMs)];
  const starts = [...days, end];
  return ends.map((start, index) => [start, starts[index] ?? end] as const);
}

function joined(stretches: readonly Stretch[]): readonly Stretch[] {
  const result: [number, number][] = [];
  for (const [start, end] of stretches) {
    const before = result.at(-1);
    if (before !== undefined && before[1] === start) before[1] = end;
    else result.push([start, end]);
  }
  return result;
}
