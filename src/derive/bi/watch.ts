import { costs } from '../../catalog/datasets/costs.ts';
import { ask, type BiScope, type Reader } from './scope.ts';

/** A budget in its present period. */
export interface BudgetStatus {
  readonly name: string;
  /** Null for all of them together. */
  readonly organization: string | null;
  readonly scope: string;
  readonly label: string | null;
  readonly period: string;
  readonly period_start: string;
  readonly currency: string;
  readonly budget: string;
  readonly spent: string;
  readonly percent: string | null;
  readonly forecast: string | null;
  readonly state: string;
}

/** Budgets in the period that holds the day `today`, of the scope's organizations and of all together. */
export function budgetStatuses(reader: Reader, scope: BiScope, today: string): Promise<readonly BudgetStatus[]> {
  return ask(
    reader,
    `select budget_name as name, org_id as organization, scope, scope_label as label, period, period_start::text as period_start,
       upper(currency) as currency, trim_scale(amount)::text as budget, spent::text as spent,
       spent_percent::text as percent, forecast::text as forecast, state
     from openai_bi.budget_status_on($4::date)
     where is_current and ($1::text[] is null or org_id is null or org_id = any($1)) and $2::date < $3::date
     order by spent_percent desc nulls last, budget_name, org_id, period_start`,
    scope,
    today,
  );
}

/** A day that stands out. */
export interface SpendAnomaly {
  readonly day: string;
  readonly organization: string;
  readonly scope: string;
  readonly label: string | null;
  readonly currency: string;
  readonly kind: string;
  readonly amount: string;
  readonly median: string;
  readonly z: string;
}

/** Days of the scope that jumped beyond their history, the newest first. */
export function spendAnomalies(reader: Reader, scope: BiScope): Promise<readonly SpendAnomaly[]> {
  return ask(
    reader,
    `select cost_date::text as day, org_id as organization, scope, scope_label as label, upper(currency) as currency, kind,
       amount::text as amount, median::text as median, z::text as z
     from openai_bi.anomalies_between($2::date, $3::date)
     where $1::text[] is null or org_id = any($1)
     order by cost_date desc, excess desc, org_id, scope, scope_value`,
    scope,
  );
}

/** What a month has cost in one currency so far, and what it will come to. */
export interface MonthOutlook {
  readonly currency: string;
  readonly amount: string;
  /** Null when there are fewer than 14 final days to go by. */
  readonly forecast: string | null;
}

/**
 * The month `from` to `to` as the budgets forecast it: a final day as it is; a day that is not, as the median of its
 * weekday among the last 28 final days, or as it is where that is more already; for each organization by itself.
 */
export function monthOutlook(reader: Reader, scope: BiScope): Promise<readonly MonthOutlook[]> {
  return ask(
    reader,
    `with spent as (
       select org_id, upper(currency) as currency, cost_date as day, sum(billed_cost) as amount
       from openai_bi.cost_daily
       where ($1::text[] is null or org_id = any($1)) and cost_date >= $2::date - 62 and cost_date < $3::date
         and billed_cost is not null and currency is not null
       group by 1, 2, 3
     ), known as (
       select org_id, day, is_final from openai_bi.coverage
       where ($1::text[] is null or org_id = any($1)) and dataset = $4 and day >= $2::date - 62 and day < $3::date
         and state in ('final', 'loaded', 'empty', 'incomplete')
     ), kind as (
       select distinct org_id, currency from spent
     ), newest as (
       select org_id, max(day) as day from known where is_final group by 1
     ), past as (
       select kind.org_id, kind.currency, extract(isodow from known.day) as weekday, coalesce(spent.amount, 0) as amount
       from kind join newest using (org_id)
       join known on known.org_id = kind.org_id and known.is_final and known.day > newest.day - 28
       left join spent on spent.org_id = kind.org_id and spent.currency = kind.currency and spent.day = known.day
     ), usual as (
       select org_id, currency, weekday, openai_bi.median(array_agg(amount)) as amount from past group by 1, 2, 3
     ), enough as (
       select org_id, currency, openai_bi.median(array_agg(amount)) as amount from past group by 1, 2 having count(*) >= 14
     ), month as (
       select kind.org_id, kind.currency, coalesce(spent.amount, 0) as amount,
         case when known.is_final then coalesce(spent.amount, 0)
           else greatest(coalesce(spent.amount, 0), case when enough.org_id is not null then coalesce(usual.amount, enough.amount) end)
         end as expected,
         known.is_final or enough.org_id is not null as can_tell
       from kind
       cross join generate_series($2::date::timestamp, $3::date::timestamp - interval '1 day', interval '1 day') as one
       left join spent on spent.org_id = kind.org_id and spent.currency = kind.currency and spent.day = one::date
       left join known on known.org_id = kind.org_id and known.day = one::date
       left join enough on enough.org_id = kind.org_id and enough.currency = kind.currency
       left join usual on usual.org_id = kind.org_id and usual.currency = kind.currency
         and usual.weekday = extract(isodow from one)
     )
     select currency, trim_scale(sum(amount))::text as amount,
       case when bool_and(coalesce(can_tell, false)) then trim_scale(round(sum(expected), 6))::text end as forecast
     from month group by 1`,
    scope,
    costs.name,
  );
}
