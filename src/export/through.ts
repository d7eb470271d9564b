import type { PoolClient } from 'pg';
import { raise } from '../db/database-error.ts';

/** Up to which instants the data of a month are there, and final; ISO, null where nobody can say. */
export interface Through {
  readonly data_through: string | null;
  readonly final_through: string | null;
}

/** What is known of sources without a ledger. */
export const unknownThrough: Through = { data_through: null, final_through: null };

/**
 * By month (`YYYY-MM`), from the ledger of a dataset: where the buckets that are loaded without a gap end, and where those
 * end that are settled as well; both for the organization and width that is least far.
 */
export async function readThrough(client: PoolClient, dataset: string): Promise<ReadonlyMap<string, Through>> {
  const { rows } = await client.query<Through & { readonly month: string }>(throughSql, [dataset]).catch(raise);
  return new Map(rows.map(({ month, data_through, final_through }) => [month, { data_through, final_through }]));
}

const throughSql = `
  with entries as (
    select to_char(bucket_start at time zone 'UTC', 'YYYY-MM') as month, org_id, bucket_width, bucket_start, bucket_end,
      least(bucket_end, observed_at) as reaches, status = 'loaded' as is_loaded, settled and status = 'loaded' as is_final,
      lag(bucket_end) over (
        partition by to_char(bucket_start at time zone 'UTC', 'YYYY-MM'), org_id, bucket_width order by bucket_start
      ) as previous_end
    from openai_etl.buckets where dataset = $1
  ), bounds as (
    select month, org_id, bucket_width, min(bucket_start) as first, max(reaches) as last,
      min(bucket_start) filter (where not is_final) as not_final,
      least(min(bucket_start) filter (where not is_loaded),
        min(previous_end) filter (where previous_end < bucket_start)) as gap
    from entries group by 1, 2, 3
  )
  select month,
    to_char(min(coalesce(gap, last)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as data_through,
    to_char(min(least(coalesce(gap, last), coalesce(not_final, last))) at time zone 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS"Z"') as final_through
  from bounds group by 1`;
