import { type Width, widthSeconds } from '../catalog/width.ts';
import type { Telling } from './days.ts';

const hourSeconds = widthSeconds['1h'];

/** An hour of which minutes are loaded. */
export interface HourChange {
  readonly hour: Date;
  /** The width it is told from now; null when nothing of it is loaded. */
  readonly width: Width | null;
  /** True when it was told from minutes before. */
  readonly wasOfMinutes: boolean;
}

/** The start of the hour, in Unix seconds, that an instant in Unix seconds lies in. */
export function hourOf(seconds: number): number {
  return Math.floor(seconds / hourSeconds) * hourSeconds;
}

/**
 * Brings openai_etl.hours_of_minutes in line with the ledger for some hours, whose days nobody else may tell anew until
 * the transaction ends. Gives those of which minutes are loaded.
 * @param hours starts in Unix seconds
 */
export async function settleHours(telling: Telling, hours: Iterable<number>): Promise<readonly HourChange[]> {
  const starts = [...new Set(hours)].map((start) => new Date(start * 1000));
  if (starts.length === 0) return [];
  const { client, organization, dataset, honestUntil } = telling;
  const { rows } = await client.query<HourChange>(settleSql, [organization, dataset.name, starts, honestUntil]);
  return rows;
}

/** $1 organization, $2 dataset, $3 hours, $4 honest until. */
const settleSql = `
  with told as (
    select t.* from openai_etl.told_from($1, $2, array(
      select hour from unnest($3::timestamptz[]) as hour where exists (
        select from openai_etl.buckets b
        where b.org_id = $1 and b.dataset = $2 and b.bucket_width = '1m'
          and b.bucket_start >= hour and b.bucket_start < hour + interval '1 hour')
    ), ${hourSeconds}, $4) as t
  ), before as (
    select usage_hour_utc from openai_etl.hours_of_minutes
    where org_id = $1 and dataset = $2 and usage_hour_utc = any($3::timestamptz[])
  ), gone as (
    delete from openai_etl.hours_of_minutes h using before
    where h.org_id = $1 and h.dataset = $2 and h.usage_hour_utc = before.usage_hour_utc
      and not exists (select from told where told.period = h.usage_hour_utc and told.bucket_width = '1m')
  ), written as (
    insert into openai_etl.hours_of_minutes as h (org_id, dataset, usage_hour_utc, buckets_loaded, is_final)
    select $1, $2, period, loaded, is_final from told where bucket_width = '1m'
    on conflict (org_id, dataset, usage_hour_utc) do update set
      buckets_loaded = excluded.buckets_loaded, is_final = excluded.is_final
    where (h.buckets_loaded, h.is_final) is distinct from (excluded.buckets_loaded, excluded.is_final)
  )
  select told.period as hour, told.bucket_width as width, before.usage_hour_utc is not null as "wasOfMinutes"
  from told left join before on before.usage_hour_utc = told.period`;
