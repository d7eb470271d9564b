import type { ClientBase } from 'pg';
import { bills, inputDatasets } from './sources.ts';

/** A UTC day whose costs are to be split. */
export interface DueDay {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** SHA-256 of what the split follows from. */
  readonly inputs: Buffer;
  /** Rows to be read for it. */
  readonly rows: number;
}

/** Anything that answers a query. */
export type Queryable = Pick<ClientBase, 'query'>;

/**
 * The days of an organization with costs whose split is missing, was made of something else or by another method, newest
 * first; of `days` only, unless that is null. Days in `anyway` count as due whatever they were made of.
 */
export async function dueDays(
  database: Queryable,
  organization: string,
  methodVersion: string,
  { days = null, anyway = [] }: { readonly days?: readonly string[] | null; readonly anyway?: readonly string[] },
): Promise<readonly DueDay[]> {
  const { rows } = await database.query<DueDay>(
    `select to_char(made_of.usage_date_utc, 'YYYY-MM-DD') as day, made_of.inputs, made_of.rows
     from (
       select usage_date_utc, sum(row_count)::float8 as rows, sha256(convert_to($2 || string_agg(
         concat_ws(' ', '', dataset, bucket_width, changed_xid, grain::text, coalesce(filters, 'null')), ','
         order by dataset collate "C"), 'UTF8')) as inputs
       from openai_etl.days
       where org_id = $1 and dataset = any($3) and bucket_width is not null
         and ($5::date[] is null or usage_date_utc = any($5))
       group by usage_date_utc having bool_or(dataset = any($4))
     ) as made_of
     left join openai_etl.cost_split_days as split on split.org_id = $1 and split.usage_date_utc = made_of.usage_date_utc
     where split.inputs is distinct from made_of.inputs or made_of.usage_date_utc = any($6::date[])
     order by made_of.usage_date_utc desc`,
    [organization, methodVersion, inputDatasets, bills.map(({ name }) => name), days, anyway],
  );
  return rows;
}
