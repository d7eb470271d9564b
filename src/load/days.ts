import { widthsOf } from '../catalog/dataset.ts';
import { type Width, widthSeconds } from '../catalog/width.ts';
import { lockKey } from '../db/lock-key.ts';
import type { SliceContext } from './loader.ts';
import type { Sorting } from './sort.ts';

const daySeconds = widthSeconds['1d'];

/** What a UTC day was told from before a slice was loaded, and what it is told from now. */
export interface DayChange {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** Null when nothing of it was loaded. */
  readonly widthBefore: Width | null;
  readonly width: Width | null;
  /** Buckets that were loaded at that width. */
  readonly loadedBefore: number;
  readonly loaded: number;
  /** Whether it has sums of its own. */
  readonly rolledUpBefore: boolean;
  readonly isRolledUp: boolean;
}

/** The UTC day, `YYYY-MM-DD`, of an instant in Unix seconds. */
export function dayOf(seconds: number): string {
  return new Date(Math.floor(seconds / daySeconds) * daySeconds * 1000).toISOString().slice(0, 10);
}

/**
 * Brings openai_etl.days in line with the ledger for the days of a slice, which has just been entered. Until the
 * transaction ends nobody else does so for these days: of two that load different hours of one day, the later sees all.
 */
export async function settleDays(context: SliceContext, sorting: Sorting): Promise<readonly DayChange[]> {
  const { client, options } = context;
  const touched = daysOf([...sorting.fresh, ...sorting.changed].map(({ start }) => start));
  const days = daysOf([
    ...[...sorting.fresh, ...sorting.changed, ...sorting.unchanged].map(({ start }) => start),
    ...sorting.confirmed,
    ...sorting.refused,
  ]);
  if (days.length === 0) return [];
  await lockDays(context, days);
  const { rows } = await client.query<DayChange>(settleSql, [
    options.organization,
    options.dataset.name,
    days,
    widthsOf(options.dataset),
    options.width,
    touched,
  ]);
  return rows;
}

function daysOf(starts: readonly number[]): readonly string[] {
  return [...new Set(starts.map(dayOf))];
}

async function lockDays({ client, options }: SliceContext, days: readonly string[]): Promise<void> {
  const { organization, dataset } = options;
  const keys = days.map((day) => lockKey(`day:${JSON.stringify([organization, dataset.name, day])}`));
  // In one order for everybody, or two could wait for each other.
  const ordered = keys.map(([, key]) => key).sort((a, b) => a - b);
  await client.query('select pg_advisory_xact_lock($1, key) from unnest($2::int[]) as day(key)', [
    keys[0]?.[0],
    ordered,
  ]);
}

/** $1 organization, $2 dataset, $3 days, $4 widths, $5 the width loaded, $6 days of which content of that width changed. */
const settleSql = `
  with covers as (
    select day, width, ledger.* from unnest($3::date[]) as day cross join unnest($4::text[]) as width
    cross join lateral (
      select (count(*) filter (where content_hash is not null))::int as loaded,
        (count(*) filter (where status = 'refused'))::int as refused,
        count(*) filter (where settled and content_hash is not null) as settled, sum(row_count) as rows,
        max(bucket_end) filter (where content_hash is not null) as until
      from openai_etl.buckets
      where org_id = $1 and dataset = $2 and bucket_width = width
        and bucket_start >= (day::timestamp at time zone 'UTC')
        and bucket_start < ((day + 1)::timestamp at time zone 'UTC')
    ) as ledger
    where ledger.loaded > 0 or ledger.refused > 0
  ), chosen as (
    select distinct on (day) day, case when loaded > 0 then width end as width, loaded, refused, rows, until,
      refused = 0 and settled = case width when '1d' then 1 when '1h' then 24 else 1440 end as is_final,
      bool_or(loaded > 0 and width <> '1d') over (partition by day) as is_rolled_up
    from covers order by day, loaded > 0 desc, width = '1d' desc, width = '1h' desc
  ), before as (
    select usage_date_utc as day, bucket_width as width, buckets_loaded as loaded, is_rolled_up from openai_etl.days
    where org_id = $1 and dataset = $2 and usage_date_utc = any($3::date[])
  ), written as (
    insert into openai_etl.days as d (org_id, dataset, usage_date_utc, bucket_width, buckets_loaded, buckets_refused,
      row_count, loaded_until, is_final, is_rolled_up, updated_at, changed_xid)
    select $1, $2, day, width, loaded, refused, rows, until, is_final, is_rolled_up, now(), pg_current_xact_id()
    from chosen
    on conflict (org_id, dataset, usage_date_utc) do update set
      bucket_width = excluded.bucket_width, buckets_loaded = excluded.buckets_loaded,
      buckets_refused = excluded.buckets_refused, row_count = excluded.row_count,
      loaded_until = excluded.loaded_until, is_final = excluded.is_final, is_rolled_up = excluded.is_rolled_up,
      updated_at = excluded.updated_at, changed_xid = excluded.changed_xid
    where excluded.bucket_width = $5 and d.usage_date_utc = any($6::date[])
      or (d.bucket_width, d.buckets_loaded, d.buckets_refused, d.row_count, d.loaded_until, d.is_final,
        d.is_rolled_up) is distinct from (excluded.bucket_width, excluded.buckets_loaded, excluded.buckets_refused,
          excluded.row_count, excluded.loaded_until, excluded.is_final, excluded.is_rolled_up)
  )
  select to_char(chosen.day, 'YYYY-MM-DD') as day, before.width as "widthBefore", chosen.width,
    coalesce(before.loaded, 0) as "loadedBefore", chosen.loaded, coalesce(before.is_rolled_up, false) as "rolledUpBefore",
    chosen.is_rolled_up as "isRolledUp"
  from chosen left join before using (day)`;
