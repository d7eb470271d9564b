import { type Dataset, isBill } from '../catalog/dataset.ts';
import { dayOf } from './days.ts';
import type { LoaderOptions, SliceContext } from './loader.ts';
import type { Sorting } from './sort.ts';

/**
 * Brings the sums of costs in line with the costs of a slice, in its transaction, once the ledger of days holds their
 * lock: of two loads of one day, the later sums what the earlier has committed. Buckets that say the same cost nothing.
 */
export type RollUpCosts = (context: SliceContext, sorting: Sorting) => Promise<void>;

/** Creates what keeps the sums of costs; of datasets that are not the bill there are none. */
export function createCostRollup({
  dataset,
  organization,
}: Pick<LoaderOptions, 'dataset' | 'organization'>): RollUpCosts {
  if (!isBill(dataset)) return async () => undefined;
  const statements = costRollupStatements(dataset);
  return async ({ client, options }, { fresh, changed, unchanged }) => {
    // Where rows are compared because ledger and facts may be of different days, so may be the sums.
    const touched = options.recheck ? [...fresh, ...changed, ...unchanged] : [...fresh, ...changed];
    const days = [...new Set(touched.map(({ start }) => dayOf(start)))];
    if (days.length === 0) return;
    for (const statement of statements) await client.query(statement, [organization, days]);
  };
}

/**
 * What sums up the costs of some days anew, statement by statement. $1 organization, $2 UTC days, of which nobody else
 * may write costs until the transaction ends. Groups are numbered in one order, so that equal costs make equal sums.
 */
export function costRollupStatements({ table, money }: Dataset): readonly string[] {
  const costs = `openai.${table}`;
  const { amount = '', currency = '' } = money ?? {};
  // What has no amount or no currency is in no sum; the ledger counts it.
  const ofDays = `org_id = $1 and bucket_width = '1d' and ${amount} is not null and ${currency} is not null
    and bucket_start = any(array(select day::timestamp at time zone 'UTC' from unnest($2::date[]) as day))`;
  return [
    'delete from openai.cost_daily_rollup where org_id = $1 and usage_date_utc = any($2::date[])',
    `insert into openai.cost_daily_rollup (org_id, usage_date_utc, group_no, project_id, line_item, currency,
       quantity_unit, amount, priced_amount, quantity, costs, priced_costs)
     select org_id, (bucket_start at time zone 'UTC')::date,
       row_number() over (
         partition by bucket_start
         order by project_id collate "C", line_item collate "C", ${currency} collate "C", quantity_unit collate "C"
       ),
       project_id, line_item, ${currency}, quantity_unit, sum(${amount}),
       sum(${amount}) filter (where quantity is not null), sum(quantity), count(*), count(quantity)
     from ${costs} where ${ofDays}
     group by org_id, bucket_start, project_id, line_item, ${currency}, quantity_unit`,
    `delete from openai.cost_scope_daily_rollup
     where org_id = $1 and scope in ('all', 'project', 'line_item', 'api_key') and usage_date_utc = any($2::date[])`,
    `insert into openai.cost_scope_daily_rollup (org_id, scope, usage_date_utc, group_no, scope_value, currency, amount,
       entries, digest)
     select org_id, scope, (bucket_start at time zone 'UTC')::date,
       row_number() over (partition by scope, bucket_start order by scope_value collate "C", currency collate "C"),
       scope_value, currency, amount, entries, case scope when 'all' then digest end
     from (
       select org_id, bucket_start,
         case 0 when grouping(project_id) then 'project' when grouping(line_item) then 'line_item'
           when grouping(api_key_id) then 'api_key' else 'all' end as scope,
         case 0 when grouping(project_id) then coalesce(case project_id when '' then '(empty)' else project_id end, '(no project)')
           when grouping(line_item) then coalesce(case line_item when '' then '(empty)' else line_item end, '(no line item)')
           when grouping(api_key_id) then coalesce(case api_key_id when '' then '(empty)' else api_key_id end, '(no key)') else '' end as scope_value,
         ${currency} as currency, sum(${amount}) as amount, count(*) as entries,
         sum(hash_numeric_extended(${amount}, uuid_hash_extended(series_id, 0))) as digest
       from ${costs} where ${ofDays}
       group by grouping sets (
         (org_id, bucket_start, ${currency}), (org_id, bucket_start, ${currency}, project_id),
         (org_id, bucket_start, ${currency}, line_item), (org_id, bucket_start, ${currency}, api_key_id)
       )
     ) as summed`,
  ];
}
