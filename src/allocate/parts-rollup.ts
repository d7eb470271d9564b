import type { Queryable } from './due-days.ts';

/**
 * Sums up the parts of some UTC days of an organization anew, in the transaction that has written them, and in which
 * nobody else splits. Groups are numbered in one order, so that equal parts make equal sums.
 */
export async function rollUpParts(database: Queryable, organization: string, days: readonly string[]): Promise<void> {
  if (days.length === 0) return;
  for (const statement of statements) await database.query(statement, [organization, days]);
}

/** $1 organization, $2 days. */
const statements = [
  'delete from openai.cost_user_daily_rollup where org_id = $1 and usage_date_utc = any($2::date[])',
  `insert into openai.cost_user_daily_rollup (org_id, usage_date_utc, group_no, project_id, api_key_id, user_id, model,
     status, reason, method, currency, amount, parts)
   select org_id, usage_date_utc,
     row_number() over (
       partition by usage_date_utc
       order by project_id collate "C", api_key_id collate "C", user_id collate "C", model collate "C",
         status collate "C", reason collate "C", method collate "C", currency collate "C"
     ),
     project_id, api_key_id, user_id, model, status, reason, method, currency, sum(amount), count(*)
   from openai.cost_parts where org_id = $1 and usage_date_utc = any($2::date[])
   group by org_id, usage_date_utc, project_id, api_key_id, user_id, model, status, reason, method, currency`,
  `delete from openai.cost_scope_daily_rollup
   where org_id = $1 and scope in ('parts', 'unattributed', 'user') and usage_date_utc = any($2::date[])`,
  `insert into openai.cost_scope_daily_rollup (org_id, scope, usage_date_utc, group_no, scope_value, currency, amount,
     entries, digest)
   with part as materialized (
     select usage_date_utc, series_id, currency, status, user_id, amount
     from openai.cost_parts where org_id = $1 and usage_date_utc = any($2::date[])
   ), summed as (
     select 'parts' as scope, usage_date_utc, '' as scope_value, currency, sum(amount) as amount,
       sum(entries) as entries, sum(hash_numeric_extended(amount, uuid_hash_extended(series_id, 0))) as digest
     from (
       select usage_date_utc, series_id, currency, sum(amount) as amount, count(*) as entries
       from part group by 1, 2, 3
     ) as whole
     group by usage_date_utc, currency
     union all
     select 'unattributed', usage_date_utc, '', currency, sum(amount), count(*), null
     from part where status = 'unattributed' group by usage_date_utc, currency
     union all
     select 'user', usage_date_utc, scope_value, currency, sum(amount), count(*), null
     from part cross join lateral (
       select case when status = 'unattributed' then '(unattributed)' when user_id = '' then '(empty)'
         else coalesce(user_id, '(no user)') end as scope_value
     ) as named
     group by usage_date_utc, scope_value, currency
   )
   select $1, scope, usage_date_utc,
     row_number() over (partition by scope, usage_date_utc order by scope_value collate "C", currency collate "C"),
     scope_value, currency, amount, entries, digest
   from summed`,
];
