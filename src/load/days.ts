import type { ClientBase } from 'pg';
import type { Dataset } from '../catalog/dataset.ts';
import { type Width, widthSeconds } from '../catalog/width.ts';
import { lockKey } from '../db/lock-key.ts';

const daySeconds = widthSeconds['1d'];

/** What a UTC day was told from before, and what it is told from now. */
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

/** Whose days and hours are told anew, in a transaction that has written to their ledger or settings. */
export interface Telling {
  readonly client: ClientBase;
  readonly organization: string;
  readonly dataset: Dataset;
  /** Readings dated later were dated by a clock that was wrong. */
  readonly honestUntil: Date;
}

/**
 * Brings openai_etl.days in line with the ledger for some days of which it may say something else now. Until the
 * transaction ends nobody else does so for these days: of two that load different hours of one day, the later sees all.
 * @param written the days of which content of a width changed
 */
export async function settleDays(
  telling: Telling,
  days: readonly string[],
  written: { readonly width: Width; readonly days: readonly string[] } | null,
): Promise<readonly DayChange[]> {
  if (days.length === 0) return [];
  const { client, organization, dataset, honestUntil } = telling;
  await lockDays(telling, days);
  const { rows } = await client.query<DayChange>(settleSql, [
    organization,
    dataset.name,
    days,
    honestUntil,
    written?.width ?? null,
    written?.days ?? [],
  ]);
  return rows;
}

/** The UTC days, without repetition, of instants in Unix seconds. */
export function daysOf(starts: readonly number[]): readonly string[] {
  return [...new Set(starts.map(dayOf))];
}

async function lockDays({ client, organization, dataset }: Telling, days: readonly string[]): Promise<void> {
  const keys = days.map((day) => lockKey(`day:${JSON.stringify([organization, dataset.name, day])}`));
  // In one order for everybody, or two could wait for each other.
  const ordered = keys.map(([, key]) => key).sort((a, b) => a - b);
  await client.query('select pg_advisory_xact_lock($1, key) from unnest($2::int[]) as day(key)', [
    keys[0]?.[0],
    ordered,
  ]);
}

/** What the ledger says of a day, as `openai_etl.told_from` names it and as `openai_etl.days` does. */
const told = [
  ['bucket_width', 'bucket_width'],
  ['loaded', 'buckets_loaded'],
  ['refused', 'buckets_refused'],
  ['row_count', 'row_count'],
  ['loaded_until', 'loaded_until'],
  ['is_final', 'is_final'],
  ['is_complete', 'is_complete'],
  ['has_finer', 'is_rolled_up'],
  ['grain', 'grain'],
  ['filters', 'filters'],
] as const;
const columns = told.map(([, column]) => column);
const of = (row: string) => columns.map((column) => `${row}.${column}`).join(', ');
const [ofChosen, ofStored, ofExcluded] = [of('chosen'), of('d'), of('excluded')];
const columnList = columns.join(', ');
const toldAs = told.map(([name, column]) => `t.${name} as ${column}`).join(', ');
const assignments = columns.map((column) => `${column} = excluded.${column}`).join(', ');

/** $1 organization, $2 dataset, $3 days, $4 honest until, $5 the width loaded, $6 days of which content of that width changed. */
const settleSql = `
  with chosen as (
    select (t.period at time zone 'UTC')::date as day, ${toldAs}
    from openai_etl.told_from($1, $2,
      array(select day::timestamp at time zone 'UTC' from unnest($3::date[]) as day), ${daySeconds}, $4) as t
  ), before as (
    select usage_date_utc as day, bucket_width as width, buckets_loaded as loaded, is_rolled_up from openai_etl.days
    where org_id = $1 and dataset = $2 and usage_date_utc = any($3::date[])
  ), written as (
    insert into openai_etl.days as d (org_id, dataset, usage_date_utc, ${columnList}, updated_at, changed_xid)
    select $1, $2, day, ${ofChosen}, now(), pg_current_xact_id()
    from chosen
    on conflict (org_id, dataset, usage_date_utc) do update set
      ${assignments},
      updated_at = excluded.updated_at, changed_xid = excluded.changed_xid
    where excluded.bucket_width = $5::text and d.usage_date_utc = any($6::date[])
      or (${ofStored}) is distinct from (${ofExcluded})
  )
  select to_char(chosen.day, 'YYYY-MM-DD') as day, before.width as "widthBefore", chosen.bucket_width as width,
    coalesce(before.loaded, 0) as "loadedBefore", chosen.buckets_loaded as loaded,
    coalesce(before.is_rolled_up, false) as "rolledUpBefore", chosen.is_rolled_up as "isRolledUp"
  from chosen left join before using (day)`;
