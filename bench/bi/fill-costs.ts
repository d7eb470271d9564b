import type pg from 'pg';
import { splitChangedDays } from '../../src/allocate/split-days.ts';
import { publishedTierWeights } from '../../src/catalog/tier.ts';
import { silentLog } from '../../src/log.ts';
import { organization } from './store.ts';

/**
 * Bills every key and model of the usage stored, by class of token, and what is not tokens by project, for as many days;
 * splits it as the program does, and adds what else dashboards show: budgets, restatements, runs, storage and searches.
 */
export async function fillCosts(pool: pg.Pool, days: number): Promise<void> {
  await pool.query("select set_config('usage_etl.run_id', '1', false)");
  await pool.query(billedGroupsSql);
  await pool.query(costsSql, [days]);
  for (const statement of besideSql) await pool.query(statement, [days]);
  for (const statement of onceSql) await pool.query(statement);
}

/** Splits the costs stored over their users, by the program itself. */
export async function splitCosts(pool: pg.Pool): Promise<void> {
  const signal = new AbortController().signal;
  await splitChangedDays({ pool, organization, runId: 1, weights: publishedTierWeights, log: silentLog, signal });
}

/** One a key, model and class of token, and one a project and service. */
const billedGroupsSql = `create table public.bench_billed as
  select md5(concat_ws('/', 'cost', project_id, api_key_id, line_item))::uuid as series_id, row_number() over () as b, billed.*
  from (
    select distinct project_id, api_key_id, model || kind.text as line_item, kind.price, 'tokens' as unit
    from public.bench_groups cross join (values
      (', input', 0.00000125), (', cached input', 0.000000125), (', cache write', 0.0000015), (', output', 0.00001)
    ) as kind(text, price)
    union all
    select distinct project_id, null, service.text, service.price, service.unit
    from public.bench_groups cross join (values
      ('web search tool calls', 0.01, null), ('file search storage', 0.004, 'gibibyte_hours')
    ) as service(text, price, unit)
    union all values
      ('proj_' || lpad('0', 24, '0'), null, 'something that nobody has heard of', 0.5, null),
      (null, null, 'Promotional credit', -0.25, null)
  ) as billed
  order by 1`;

const dayAt = `((now() at time zone 'UTC')::date - $1::int + nth)`;

/** Busier on working days; one group in two hundred jumps on one day in fifty. */
const costsSql = `insert into openai.costs (org_id, series_id, bucket_width, bucket_start, bucket_end, project_id, line_item,
    api_key_id, amount_value, amount_currency, quantity, quantity_unit)
  select '${organization}', series_id, '1d', day.start, day.start + interval '24 hours', project_id, line_item, api_key_id,
    price * coalesce(used.quantity, 1 + (nth * 31 + b * 17) % 40) * case when b % 200 = 7 and nth % 50 = 20 then 40 else 1 end,
    'usd', used.quantity, unit
  from generate_series(1, $1::int) as nth
  cross join lateral (select ${dayAt}::timestamp at time zone 'UTC' as start) as day
  cross join public.bench_billed
  cross join lateral (
    select case when unit is not null then
      ((400000 + (nth * 7919 + b * 104729) % 600000) * case when extract(isodow from day.start) < 6 then 10 else 3 end)::numeric
    end as quantity
  ) as used
  order by day.start, series_id`;

/** $1 days. */
const besideSql = [
  `insert into openai_etl.buckets (org_id, dataset, bucket_width, bucket_start, bucket_end, grain, row_count, content_hash,
     revision, observed_at, changed_at, settled, status, run_id, changed_xid)
   select '${organization}', dataset, '1d', day.start, day.start + interval '24 hours', grain, rows, '\\x00', 1, now(), now(),
     day.start < now() - interval '8 days', 'loaded', 1, pg_current_xact_id()
   from (values
     ('costs', '{project_id,line_item,api_key_id}'::text[], (select count(*) from public.bench_billed)),
     ('vector_stores', '{project_id}', 40), ('web_search_calls', '{project_id}', 40)
   ) as loaded(dataset, grain, rows)
   cross join generate_series(1, $1::int) as nth
   cross join lateral (select ${dayAt}::timestamp at time zone 'UTC' as start) as day`,
  `insert into openai.usage_vector_stores (org_id, series_id, bucket_width, bucket_start, bucket_end, project_id, usage_bytes)
   select '${organization}', md5('stored' || project_id)::uuid, '1d', day.start, day.start + interval '24 hours', project_id,
     1000000000 + nth * 1000000
   from generate_series(1, $1::int) as nth
   cross join lateral (select ${dayAt}::timestamp at time zone 'UTC' as start) as day
   cross join (select distinct project_id from public.bench_groups) as project`,
  `insert into openai.usage_web_search_calls (org_id, series_id, bucket_width, bucket_start, bucket_end, project_id,
     num_requests, num_model_requests)
   select '${organization}', md5('searched' || project_id)::uuid, '1d', day.start, day.start + interval '24 hours', project_id,
     20 + nth % 7, 10
   from generate_series(1, $1::int) as nth
   cross join lateral (select ${dayAt}::timestamp at time zone 'UTC' as start) as day
   cross join (select distinct project_id from public.bench_groups) as project`,
  `insert into openai_etl.runs (org_id, command, started_at, finished_at, status, requests, pages, results, rows_inserted,
     rows_updated, rows_deleted, buckets_loaded, buckets_unchanged, buckets_refused, version)
   select '${organization}', 'sync', start, start + interval '5 minutes', 'ok', 30, 30, 5000, 4000, 900, 10, 40, 200, 0, 'bench'
   from generate_series(1, $1::int) as nth
   cross join lateral (select ${dayAt}::timestamp at time zone 'UTC' + interval '3 hours' as start) as night`,
  // A fifth of each day's costs, and some of its hours, were told otherwise after the day had closed.
  `insert into openai_etl.restatements (org_id, dataset, bucket_width, bucket_start, series_id, change, old_row, new_row,
     observed_at, run_id, settled)
   select org_id, 'costs', '1d', bucket_start, cost.series_id, 'updated',
     to_jsonb(said) || jsonb_build_object('amount_value', cost.amount_value * 0.9), to_jsonb(said), bucket_end + interval '2 days', 1, false
   from openai.costs as cost cross join lateral (
     select cost.project_id, cost.line_item, cost.api_key_id, cost.amount_value, cost.amount_currency, cost.quantity,
       cost.quantity_unit
   ) as said
   where abs(hashtext(cost.series_id::text || bucket_start)) % 5 = 0 and $1::int > 0`,
];

const seen = `false, now(), now(), now(), pg_current_xact_id()`;

const onceSql = [
  `insert into openai.name_history (org_id, entity, id, name, valid_from)
   select org_id, 'project', project_id, project_name, now() - interval '1 year' from openai.projects
   union all select org_id, 'user', user_id, user_name, now() - interval '1 year' from openai.users`,
  `insert into openai.projects (org_id, project_id, project_name, is_stub, first_seen_at, last_seen_at, updated_at, changed_xid)
   select '${organization}', 'proj_unused_' || n, 'Unused ' || n, ${seen} from generate_series(1, 20) as n`,
  `insert into openai.budgets (budget_name, scope, scope_value, period, amount)
   select name, scope, value, period, amount from (values
     ('everything, monthly', 'all', null, 'month', 250000), ('everything, yearly', 'all', null, 'year', 3000000),
     ('project 1', 'project', 'proj_' || lpad('1', 24, '0'), 'month', 9000),
     ('project 2', 'project', 'proj_' || lpad('2', 24, '0'), 'quarter', 20000),
     ('project 3', 'project', 'proj_' || lpad('3', 24, '0'), 'year', 60000),
     ('team', 'team', 'Team 3', 'year', 500000), ('another team', 'team', 'Team 4', 'quarter', 90000),
     ('family', 'model_family', 'gpt-5.5', 'year', 900000), ('key', 'api_key', 'key_' || lpad('5', 16, '0'), 'year', 20000),
     ('person', 'user', 'user-' || lpad('21', 24, '0'), 'year', 10000),
     ('a person, monthly', 'user', 'user-' || lpad('22', 24, '0'), 'month', 500)
   ) as budget(name, scope, value, period, amount)`,
];
