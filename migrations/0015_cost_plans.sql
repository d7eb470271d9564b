-- The same answers from fewer rows.

create or replace view openai_bi.unit_price_daily as
select
  priced.cost_date,
  priced.org_id,
  priced.line_item,
  coalesce(item.model, '(no model)') as model,
  coalesce(item.model_family, '(no model)') as model_family,
  coalesce(item.token_class, '(no token class)') as token_class,
  coalesce(item.surface, '(no surface)') as surface,
  coalesce(item.service, '(no service)') as service,
  priced.currency,
  coalesce(priced.quantity_unit, '(no unit)') as quantity_unit,
  priced.amount,
  priced.quantity,
  priced.unit_price,
  case priced.quantity_unit
    when 'tokens' then priced.amount * 1000000 / nullif(priced.quantity, 0)
    when '1000_tokens' then priced.amount * 1000 / nullif(priced.quantity, 0)
  end as price_per_million_tokens,
  priced.previous_date,
  priced.previous_unit_price,
  priced.unit_price - priced.previous_unit_price as unit_price_change,
  (priced.unit_price - priced.previous_unit_price) / nullif(abs(priced.previous_unit_price), 0) as unit_price_change_ratio,
  priced.is_final
from (
  select
    daily.*,
    lag(daily.cost_date) over series as previous_date,
    lag(daily.unit_price) over series as previous_unit_price
  from (
    select
      summed.*,
      coalesce(ledger.settled and ledger.status = 'loaded', false) as is_final
    from (
      select
        cost.usage_date_utc as cost_date,
        cost.org_id,
        cost.line_item,
        cost.currency,
        cost.quantity_unit,
        sum(cost.priced_amount) as amount,
        sum(cost.quantity) as quantity,
        sum(cost.priced_amount) / sum(cost.quantity) as unit_price
      from openai.cost_daily_rollup as cost
      where cost.line_item is not null and cost.quantity is not null
      group by 1, 2, 3, 4, 5
      having sum(cost.quantity) <> 0
    ) as summed
    left join openai_etl.buckets as ledger
      on ledger.org_id = summed.org_id and ledger.dataset = 'costs' and ledger.bucket_width = '1d'
      and ledger.bucket_start = summed.cost_date::timestamp at time zone 'UTC'
  ) as daily
  window series as (
    partition by daily.org_id, daily.line_item, daily.currency, daily.quantity_unit order by daily.cost_date
  )
) as priced
left join openai.line_items as item on item.line_item = priced.line_item;

-- A budget of one project, key or user reads its own rows. Line items are left out: their texts have no longest.
create index cost_scope_daily_rollup_value
  on openai.cost_scope_daily_rollup (scope, (nullif(scope_value, '')), usage_date_utc)
  where scope in ('project', 'api_key', 'user');

create or replace function openai_bi.budget_status_on(today date)
returns table (
  budget_name text, org_id text, scope text, scope_value text, scope_label text, period text, period_start date,
  period_end date, is_current boolean, amount numeric, currency text, spent numeric, spent_final numeric,
  spent_not_final numeric, spent_percent numeric, remaining numeric, forecast numeric, forecast_percent numeric,
  forecast_method text, state text, thresholds numeric[], thresholds_crossed numeric[], other_currencies text,
  days integer, days_final integer, days_not_final integer, days_missing integer
)
language sql stable parallel safe
-- The planner cannot tell how much the steps yield, and thinks of one row: loops within loops take minutes.
set enable_nestloop = off
set enable_mergejoin = off
set enable_sort = off
set jit = off
begin atomic
  with budget as materialized (
    select row_number() over () as budget_no, stored.* from openai_bi.budgets as stored
  ),
  -- The period of today, and the one before: the last days of a month become final in the next.
  period as materialized (
    select budget.budget_no, span.period_start, span.period_end
    from budget
    cross join lateral (
      select
        date_trunc(budget.period, today::timestamp) as current_start,
        make_interval(months => case budget.period when 'month' then 1 when 'quarter' then 3 else 12 end) as length
    ) as calendar
    cross join generate_series(0, 1) as ago
    cross join lateral (
      select
        (calendar.current_start - calendar.length * ago)::date as period_start,
        (calendar.current_start + calendar.length * (1 - ago))::date as period_end
    ) as span
    where span.period_start >= coalesce(budget.valid_from, '-infinity')
      and span.period_start < coalesce(budget.valid_to, 'infinity')
  ),
  -- History reaches 28 days back from the newest final day, which may be 28 days old.
  bounds as (
    select least(min(period_start), today - 56) as since from period
  ),
  -- What is by project serves teams as well, what is by line item families; of those every value is read.
  wanted as materialized (
    select distinct budget.scope,
      case budget.scope
        when 'team' then 'project'
        when 'cost_center' then 'project'
        when 'model_family' then 'line_item'
        else budget.scope
      end as stored_scope,
      budget.scope in ('all', 'team', 'cost_center', 'model_family') as needs_all
    from budget
  ),
  stored as (
    select daily.*, true as is_of_all
    from openai_bi.cost_daily_by_scope as daily
    where daily.scope = any (array(select wanted.stored_scope from wanted where wanted.needs_all))
      and daily.cost_date >= (select bounds.since from bounds) and daily.cost_date <= today
    union all
    select daily.*, false
    from openai_bi.cost_daily_by_scope as daily
    where daily.scope in ('project', 'api_key', 'user')
      and daily.scope = any (array(select wanted.stored_scope from wanted where not wanted.needs_all))
      and daily.scope_value = any (array(select budget.scope_value from budget where budget.scope_value is not null))
      and daily.cost_date >= (select bounds.since from bounds) and daily.cost_date <= today
  ),
  -- Every amount once for each scope that somebody has a budget for.
  cost as (
    select stored.org_id, stored.cost_date, lower(stored.currency) as currency, wanted.scope,
      case wanted.scope
        when 'all' then ''
        when 'team' then stored.team
        when 'cost_center' then stored.cost_center
        when 'model_family' then stored.model_family
        else stored.scope_value
      end as scope_value,
      case wanted.scope
        when 'team' then stored.team
        when 'cost_center' then stored.cost_center
        when 'model_family' then stored.model_family
        else stored.scope_label
      end as scope_label,
      stored.amount
    from stored join wanted on wanted.stored_scope = stored.scope and wanted.needs_all = stored.is_of_all
  ),
  spend as materialized (
    select budget.budget_no, cost.org_id, cost.cost_date, cost.currency, cost.currency = budget.currency as counts,
      max(cost.scope_label) as scope_label, sum(cost.amount) as amount
    from cost
    join budget on budget.scope = cost.scope and coalesce(budget.scope_value, '') = cost.scope_value
      and (budget.org_id is null or budget.org_id = cost.org_id)
    group by budget.budget_no, cost.org_id, cost.cost_date, cost.currency, budget.currency
  ),
  day as materialized (
    select loaded.org_id, loaded.cost_date, loaded.is_final, loaded.is_complete
    from openai_bi.cost_days as loaded where loaded.cost_date <= today
  ),
  organization as materialized (
    select day.org_id, min(day.cost_date) as first_date, max(day.cost_date) as last_date,
      max(day.cost_date) filter (where day.is_final) as last_final_date
    from day group by day.org_id
  ),
  history as materialized (
    select budget.budget_no, organization.org_id, extract(isodow from day.cost_date) as weekday,
      coalesce(spend.amount, 0) as amount
    from budget
    join organization on budget.org_id is null or organization.org_id = budget.org_id
    join day on day.org_id = organization.org_id and day.is_final
      and day.cost_date > organization.last_final_date - 28
    left join spend on spend.budget_no = budget.budget_no and spend.org_id = organization.org_id
      and spend.cost_date = day.cost_date and spend.counts
    where organization.last_final_date > today - 28
  ),
  usual as (
    select history.budget_no, history.org_id, openai_bi.median(array_agg(history.amount)) as amount
    from history group by history.budget_no, history.org_id having count(*) >= 14
  ),
  usual_of_weekday as (
    select history.budget_no, history.org_id, history.weekday, openai_bi.median(array_agg(history.amount)) as amount
    from history group by history.budget_no, history.org_id, history.weekday
  ),
  -- Each day of each period, as it is known and as it is expected. Nothing is expected before the first day loaded, nor
  -- from an organization that has not been read for 28 days.
  outlook as materialized (
    select period.budget_no, period.period_start, organization.org_id, period.period_start + nth as cost_date,
      day.org_id is not null as is_loaded, coalesce(day.is_final, false) as is_final,
      coalesce(day.is_complete, false) as is_complete, coalesce(spend.amount, 0) as amount,
      case when usual.budget_no is not null then coalesce(usual_of_weekday.amount, usual.amount) end as expected
    from period
    join budget on budget.budget_no = period.budget_no
    join organization on budget.org_id is null or organization.org_id = budget.org_id
    join lateral generate_series(0, period.period_end - period.period_start - 1) as nth
      on period.period_start + nth >= organization.first_date
      and (organization.last_date > today - 28 or period.period_start + nth <= organization.last_date)
    left join day on day.org_id = organization.org_id and day.cost_date = period.period_start + nth
    left join spend on spend.budget_no = period.budget_no and spend.org_id = organization.org_id
      and spend.cost_date = period.period_start + nth and spend.counts
    left join usual on usual.budget_no = period.budget_no and usual.org_id = organization.org_id
    left join usual_of_weekday on usual_of_weekday.budget_no = period.budget_no
      and usual_of_weekday.org_id = organization.org_id
      and usual_of_weekday.weekday = extract(isodow from period.period_start + nth)
  ),
  pace as (
    select outlook.budget_no, outlook.period_start, outlook.org_id,
      case
        when bool_and(outlook.is_final) then 'actual'
        when bool_or(outlook.expected is not null) then 'weekday_median'
        when count(*) filter (where outlook.is_complete) >= 3 then 'linear'
        else 'none'
      end as method,
      sum(outlook.amount) filter (where outlook.is_complete)
        / nullif(count(*) filter (where outlook.is_complete), 0) as run_rate
    from outlook group by outlook.budget_no, outlook.period_start, outlook.org_id
  ),
  -- What is not final can only be believed upward: costs arrive late.
  figures as (
    select outlook.budget_no, outlook.period_start,
      sum(outlook.amount) as spent,
      sum(outlook.amount) filter (where outlook.is_final) as spent_final,
      case when not bool_or(pace.method = 'none') then round(sum(case
        when outlook.is_final or (pace.method = 'linear' and outlook.is_complete) then outlook.amount
        else greatest(outlook.amount, coalesce(outlook.expected, pace.run_rate))
      end), 6) end as forecast,
      case
        when bool_or(pace.method = 'none') then 'none'
        when bool_or(pace.method = 'linear') then 'linear'
        when bool_or(pace.method = 'weekday_median') then 'weekday_median'
        else 'actual'
      end as forecast_method
    from outlook
    join pace on pace.budget_no = outlook.budget_no and pace.period_start = outlook.period_start
      and pace.org_id = outlook.org_id
    group by outlook.budget_no, outlook.period_start
  ),
  known as (
    select by_day.budget_no, by_day.period_start,
      count(*) filter (where by_day.is_loaded and by_day.is_final) as days_final,
      count(*) filter (where by_day.is_loaded and not by_day.is_final) as days_not_final,
      count(*) filter (where by_day.is_loaded and by_day.cost_date < today) as days_before_today
    from (
      select outlook.budget_no, outlook.period_start, outlook.cost_date, bool_and(outlook.is_loaded) as is_loaded,
        bool_and(outlook.is_final) as is_final
      from outlook group by outlook.budget_no, outlook.period_start, outlook.cost_date
    ) as by_day
    group by by_day.budget_no, by_day.period_start
  ),
  uncounted as (
    select period.budget_no, period.period_start, string_agg(distinct spend.currency, ', ') as currencies
    from period
    join spend on spend.budget_no = period.budget_no and not spend.counts
      and spend.cost_date >= period.period_start and spend.cost_date < period.period_end
    group by period.budget_no, period.period_start
  )
  select
    budget.budget_name,
    budget.org_id,
    budget.scope,
    budget.scope_value,
    coalesce((select max(spend.scope_label) from spend where spend.budget_no = budget.budget_no), budget.scope_value),
    budget.period,
    period.period_start,
    period.period_end,
    today < period.period_end,
    budget.amount,
    budget.currency,
    trim_scale(total.spent),
    trim_scale(total.spent_final),
    trim_scale(total.spent - total.spent_final),
    trunc(total.spent * 100 / budget.amount, 2),
    trim_scale(budget.amount - total.spent),
    trim_scale(figures.forecast),
    trunc(figures.forecast * 100 / budget.amount, 2),
    coalesce(figures.forecast_method, 'none'),
    case
      when total.spent >= budget.amount then 'exceeded'
      when figures.forecast >= budget.amount then 'forecast_exceeded'
      when cardinality(crossed.thresholds) > 0 then 'warning'
      else 'ok'
    end,
    budget.thresholds,
    crossed.thresholds,
    uncounted.currencies,
    period.period_end - period.period_start,
    coalesce(known.days_final, 0)::integer,
    coalesce(known.days_not_final, 0)::integer,
    (least(today, period.period_end) - period.period_start - coalesce(known.days_before_today, 0))::integer
  from period
  join budget on budget.budget_no = period.budget_no
  left join figures on figures.budget_no = period.budget_no and figures.period_start = period.period_start
  left join known on known.budget_no = period.budget_no and known.period_start = period.period_start
  left join uncounted on uncounted.budget_no = period.budget_no and uncounted.period_start = period.period_start
  cross join lateral (
    select coalesce(figures.spent, 0) as spent, coalesce(figures.spent_final, 0) as spent_final
  ) as total
  cross join lateral (
    select array(
      select threshold from unnest(budget.thresholds) as threshold
      where total.spent * 100 >= threshold * budget.amount order by threshold
    ) as thresholds
  ) as crossed;
end;

-- By day first, because dashboards name no organization; the view tells the day by the same expression.
drop index openai_etl.restatements_day;
create index restatements_day on openai_etl.restatements (((bucket_start at time zone 'UTC')::date), dataset);

create or replace view openai_bi.restated_groups as
select
  r.restatement_id,
  r.observed_at,
  r.org_id,
  r.dataset,
  (r.bucket_start at time zone 'UTC')::date as day,
  r.change as row_change,
  r.settled as was_final,
  coalesce(r.new_row, r.old_row) ->> 'project_id' as project_id,
  coalesce(r.new_row, r.old_row) ->> 'api_key_id' as api_key_id,
  coalesce(r.new_row, r.old_row) ->> 'line_item' as line_item,
  (r.old_row ->> 'amount_value')::numeric as old_cost,
  (r.new_row ->> 'amount_value')::numeric as new_cost,
  coalesce((r.new_row ->> 'amount_value')::numeric, 0) - coalesce((r.old_row ->> 'amount_value')::numeric, 0) as change,
  coalesce(r.new_row, r.old_row) ->> 'amount_currency' as currency,
  r.bucket_width,
  r.bucket_start,
  r.run_id
from openai_etl.restatements r
join openai_etl.days d on d.org_id = r.org_id and d.dataset = r.dataset
  and d.usage_date_utc = (r.bucket_start at time zone 'UTC')::date and d.bucket_width = r.bucket_width;
