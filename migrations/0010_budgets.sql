-- Budgets that people set, how far they are spent and where they will end, and costs that jumped.

create table openai.budgets (
  budget_name text not null check (budget_name <> ''),
  org_id text,
  scope text not null default 'all'
    check (scope in ('all', 'project', 'team', 'cost_center', 'model_family', 'api_key', 'user')),
  scope_value text check (scope_value <> ''),
  period text not null default 'month' check (period in ('month', 'quarter', 'year')),
  amount numeric not null check (amount > 0 and amount < 'infinity'),
  currency text not null default 'usd' check (currency ~ '^[A-Za-z]{3}$'),
  thresholds numeric[] not null default '{50,80,100}'
    check (array_position(thresholds, null) is null and 0 < all (thresholds) and 'infinity' > all (thresholds)),
  valid_from date not null default '-infinity',
  valid_to date not null default 'infinity',
  primary key (budget_name, valid_from),
  check ((scope = 'all') = (scope_value is null)),
  check (valid_from < valid_to),
  check (date_trunc(period, valid_from::timestamp) = valid_from::timestamp),
  check (date_trunc(period, valid_to::timestamp) = valid_to::timestamp)
);
comment on table openai.budgets is 'What may be spent, on what, and in which period. Yours: written by usage-etl budgets or by SQL, and by nothing else.';
comment on column openai.budgets.budget_name is 'Name of the budget. The same name may stand several times, with ranges of validity that follow each other, where the amount changes.';
comment on column openai.budgets.org_id is 'Name of the organization in the configuration; null for all organizations together.';
comment on column openai.budgets.scope is 'What the budget is for: all, or one project, team, cost_center, model_family, api_key or user.';
comment on column openai.budgets.scope_value is 'Which one: project_id, team, cost_center, model_family, api_key_id or user_id as the views of openai_bi have them; labels too, such as ''(no project)'', ''(no team)'' or ''(unattributed)''. Null for all.';
comment on column openai.budgets.period is 'month, quarter or year, of UTC days.';
comment on column openai.budgets.amount is 'What may be spent in one period, in currency.';
comment on column openai.budgets.currency is 'ISO 4217 code, in any case. Costs in other currencies do not count.';
comment on column openai.budgets.thresholds is 'Percentages of the amount at which somebody is to be told, each once in a period.';
comment on column openai.budgets.valid_from is 'First day of the first period it is for; -infinity: of every period there is.';
comment on column openai.budgets.valid_to is 'First day of the first period it is no longer for; infinity: no end.';

create view openai_bi.budgets as
select
  budget_name,
  org_id,
  scope,
  scope_value,
  period,
  amount,
  lower(currency) as currency,
  thresholds,
  nullif(valid_from, '-infinity') as valid_from,
  nullif(valid_to, 'infinity') as valid_to
from openai.budgets;
comment on view openai_bi.budgets is 'The budgets that people have set: one row per budget and range of validity. budget_status says how far they are spent.';
comment on column openai_bi.budgets.budget_name is 'Name of the budget.';
comment on column openai_bi.budgets.org_id is 'Name of the organization in the configuration; null for all organizations together.';
comment on column openai_bi.budgets.scope is 'What the budget is for: all, or one project, team, cost_center, model_family, api_key or user.';
comment on column openai_bi.budgets.scope_value is 'Which one: project_id, team, cost_center, model_family, api_key_id or user_id. Null for all.';
comment on column openai_bi.budgets.period is 'month, quarter or year, of UTC days.';
comment on column openai_bi.budgets.amount is 'What may be spent in one period, a level, in currency: never add it up over periods that overlap.';
comment on column openai_bi.budgets.currency is 'ISO 4217 code in lower case.';
comment on column openai_bi.budgets.thresholds is 'Percentages of the amount at which somebody is told.';
comment on column openai_bi.budgets.valid_from is 'First day of the first period it is for; null for every period there is.';
comment on column openai_bi.budgets.valid_to is 'First day of the first period it is no longer for; null for no end.';

create view openai_bi.cost_days as
select
  org_id,
  (bucket_start at time zone 'UTC')::date as cost_date,
  settled and status = 'loaded' as is_final,
  observed_at >= bucket_end as is_complete,
  observed_at as read_at
from openai_etl.buckets
where dataset = 'costs' and bucket_width = '1d' and content_hash is not null;
comment on view openai_bi.cost_days is 'The UTC days whose costs are loaded, one row per organization and day. On such a day, what is not in cost_daily cost nothing; of a day that is not here nothing is known.';
comment on column openai_bi.cost_days.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.cost_days.cost_date is 'UTC day of the costs.';
comment on column openai_bi.cost_days.is_final is 'True when the day was read again long enough after its end; what is not final still changes.';
comment on column openai_bi.cost_days.is_complete is 'True when the day was read after its end; false for the present day.';
comment on column openai_bi.cost_days.read_at is 'When the API was last asked for the day.';

create function openai_bi.median(amounts numeric[]) returns numeric
language sql immutable parallel safe
begin atomic
  with ordered as materialized (
    select array(select amount from unnest(amounts) as amount order by amount) as sorted
  )
  select (sorted[(cardinality(sorted) + 1) / 2] + sorted[cardinality(sorted) / 2 + 1]) * 0.5 from ordered;
end;
comment on function openai_bi.median(numeric[]) is 'The median of exact decimals, exact: of an even number, half the sum of the two in the middle. Null for none.';

create function openai_bi.budget_status_on(today date)
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
  wanted as materialized (
    select distinct budget.scope from budget where budget.scope <> 'user'
  ),
  -- Every amount once for each scope that somebody has a budget for.
  cost as (
    select bill.org_id, bill.cost_date, lower(bill.currency) as currency, wanted.scope,
      case wanted.scope
        when 'all' then ''
        when 'project' then coalesce(bill.project_id, '(no project)')
        when 'team' then bill.team
        when 'cost_center' then bill.cost_center
        when 'model_family' then bill.model_family
        when 'api_key' then coalesce(bill.api_key_id, '(no key)')
      end as scope_value,
      case wanted.scope
        when 'project' then bill.project_name
        when 'team' then bill.team
        when 'cost_center' then bill.cost_center
        when 'model_family' then bill.model_family
        when 'api_key' then bill.api_key_label
      end as scope_label,
      bill.billed_cost as amount
    from openai_bi.cost_daily as bill cross join wanted
    where bill.cost_date >= (select bounds.since from bounds) and bill.cost_date <= today
    union all
    select share.org_id, share.cost_date, lower(share.currency), 'user', coalesce(share.user_id, share.user_label),
      share.user_label, share.allocated_cost
    from openai_bi.cost_by_user_model_daily as share
    where exists (select from budget where budget.scope = 'user')
      and share.cost_date >= (select bounds.since from bounds) and share.cost_date <= today
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
comment on function openai_bi.budget_status_on(date) is 'openai_bi.budget_status as seen from a UTC day: the period that holds it, and the one before. Later days do not count.';

create view openai_bi.budget_status as
select
  budget_name, org_id, scope, scope_value, scope_label, period, period_start, period_end, is_current, amount, currency,
  spent, spent_final, spent_not_final, spent_percent, remaining, forecast, forecast_percent, forecast_method, state,
  thresholds, thresholds_crossed, other_currencies, days, days_final, days_not_final, days_missing
from openai_bi.budget_status_on((now() at time zone 'UTC')::date);
comment on view openai_bi.budget_status is 'How far each budget is spent and where its period will end: one row per budget for the present period and one for the period before. Budgets overlap: never add them up. budget_status_on(day) shows the same from any other day.';
comment on column openai_bi.budget_status.budget_name is 'Name of the budget.';
comment on column openai_bi.budget_status.org_id is 'Name of the organization in the configuration; null for all organizations together.';
comment on column openai_bi.budget_status.scope is 'What the budget is for: all, or one project, team, cost_center, model_family, api_key or user.';
comment on column openai_bi.budget_status.scope_value is 'Which one, as in openai_bi.budgets; null for all.';
comment on column openai_bi.budget_status.scope_label is 'What to show for it: the name of the project, key or user where costs have one, else scope_value. Null for all.';
comment on column openai_bi.budget_status.period is 'month, quarter or year.';
comment on column openai_bi.budget_status.period_start is 'First UTC day of the period.';
comment on column openai_bi.budget_status.period_end is 'The UTC day after its last.';
comment on column openai_bi.budget_status.is_current is 'True for the present period, false for the one before.';
comment on column openai_bi.budget_status.amount is 'What may be spent in the period, a level, in currency.';
comment on column openai_bi.budget_status.currency is 'ISO 4217 code in lower case.';
comment on column openai_bi.budget_status.spent is 'Money spent in the period so far, overlapping with other budgets, in currency; exact. Credits lower it. Of a user: the parts attributed to the user.';
comment on column openai_bi.budget_status.spent_final is 'What of it was spent on days that are final, overlapping with other budgets.';
comment on column openai_bi.budget_status.spent_not_final is 'The rest, which may still change, overlapping with other budgets.';
comment on column openai_bi.budget_status.spent_percent is 'spent as a percentage of amount, a ratio, cut to 2 decimals: it is 100.00 only when all is spent.';
comment on column openai_bi.budget_status.remaining is 'amount - spent, a level; negative when more was spent.';
comment on column openai_bi.budget_status.forecast is 'What will have been spent at the end of the period, overlapping with other budgets: an estimate, to 6 decimals. Null while there is too little to tell from.';
comment on column openai_bi.budget_status.forecast_percent is 'forecast as a percentage of amount, a ratio, cut to 2 decimals; null without a forecast.';
comment on column openai_bi.budget_status.forecast_method is 'weekday_median: each day to come, as the median of its weekday in the last 28 final days (14 at least); linear: as the mean of the period''s days so far (3 at least), for want of history; actual: every day is final; none: neither is possible. The weakest where organizations differ.';
comment on column openai_bi.budget_status.state is 'exceeded: spent is at least amount; forecast_exceeded: forecast is; warning: a threshold is crossed; ok: none is.';
comment on column openai_bi.budget_status.thresholds is 'Percentages at which somebody is told.';
comment on column openai_bi.budget_status.thresholds_crossed is 'Those that spent has reached, in order; empty when none is.';
comment on column openai_bi.budget_status.other_currencies is 'Currencies in which the same scope has costs that the budget does not count; null when there are none.';
comment on column openai_bi.budget_status.days is 'Days of the period.';
comment on column openai_bi.budget_status.days_final is 'Days of it that are loaded and final, in every organization of the budget.';
comment on column openai_bi.budget_status.days_not_final is 'Days of it that are loaded and may still change.';
comment on column openai_bi.budget_status.days_missing is 'Days of it that have passed and are not loaded: what they cost is not in spent.';

create function openai_bi.anomalies_between(from_date date, until_date date)
returns table (
  cost_date date, org_id text, scope text, scope_value text, scope_label text, currency text, kind text,
  amount numeric, median numeric, excess numeric, deviation numeric, z numeric, history_days integer, is_final boolean
)
language sql stable parallel safe
-- The planner cannot tell how much the steps yield, and thinks of one row: loops within loops take minutes.
set enable_nestloop = off
set enable_mergejoin = off
set enable_sort = off
set jit = off
begin atomic
  with cost as materialized (
    select bill.org_id, bill.cost_date, bill.currency,
      case 0
        when grouping(bill.project_id) then 'project'
        when grouping(bill.model_family) then 'model_family'
        when grouping(bill.api_key_id) then 'api_key'
        else 'all'
      end as scope,
      coalesce(bill.project_id, bill.model_family, bill.api_key_id, '') as scope_value,
      case 0
        when grouping(bill.project_id) then max(bill.project_name)
        when grouping(bill.api_key_id) then max(bill.api_key_label)
        else bill.model_family
      end as scope_label,
      sum(bill.billed_cost) as amount
    from (
      select daily.org_id, daily.cost_date, lower(daily.currency) as currency, daily.project_name, daily.api_key_label,
        coalesce(daily.project_id, '(no project)') as project_id, daily.model_family,
        coalesce(daily.api_key_id, '(no key)') as api_key_id, daily.billed_cost
      from openai_bi.cost_daily as daily
      where daily.cost_date >= from_date - 28 and daily.cost_date < until_date
    ) as bill
    group by bill.org_id, bill.cost_date, bill.currency,
      grouping sets ((), (bill.project_id), (bill.model_family), (bill.api_key_id))
  ),
  day as materialized (
    select loaded.org_id, loaded.cost_date, loaded.is_final
    from openai_bi.cost_days as loaded where loaded.cost_date >= from_date - 28 and loaded.cost_date < until_date
  ),
  -- How many days the history of a day has; one that is not in the ledger is unknown, not 0.
  known as materialized (
    select day.org_id, day.cost_date, day.is_final, count(earlier.cost_date)::integer as history_days
    from day
    left join day as earlier on earlier.org_id = day.org_id and earlier.is_final and earlier.cost_date < day.cost_date
      and earlier.cost_date >= day.cost_date - 28
    group by day.org_id, day.cost_date, day.is_final
  ),
  billed as (
    select cost.*, known.is_final, known.history_days,
      array_agg(cost.amount) filter (where known.is_final) over (
        partition by cost.org_id, cost.scope, cost.scope_value, cost.currency order by cost.cost_date
        range between interval '28 days' preceding and interval '1 day' preceding
      ) as amounts
    from cost left join known on known.org_id = cost.org_id and known.cost_date = cost.cost_date
  ),
  -- A day that is known and has no such cost is 0. Each step is taken once a row, whatever the planner thinks of it.
  history as materialized (
    select billed.*,
      billed.amounts || array_fill(0::numeric, array[billed.history_days - coalesce(cardinality(billed.amounts), 0)])
        as whole
    from billed where billed.cost_date >= from_date and billed.amount > 1 and billed.history_days >= 14
  ),
  -- What is not 25 above any day of its history is not 25 above their median: told fast, it leaves few to be sorted.
  centered as materialized (
    select history.*, openai_bi.median(history.whole) as median, 0 = all (history.whole) as is_first
    from history where history.amount - 25 >= any (history.whole) or 0 = all (history.whole)
  ),
  spread as materialized (
    select centered.*,
      (select openai_bi.median(array_agg(abs(earlier - centered.median))) from unnest(centered.whole) as earlier)
        as deviation
    from centered where centered.is_first or centered.amount - centered.median >= 25
  ),
  judged as (
    select spread.*, greatest(spread.deviation, spread.median * 0.05, 0.01) as yardstick from spread
  )
  select
    judged.cost_date,
    judged.org_id,
    judged.scope,
    nullif(judged.scope_value, ''),
    judged.scope_label,
    judged.currency,
    case when judged.is_first then 'first_cost' else 'spike' end,
    trim_scale(judged.amount),
    trim_scale(judged.median),
    trim_scale(judged.amount - judged.median),
    trim_scale(judged.deviation),
    round(0.6745 * (judged.amount - judged.median) / judged.yardstick, 2),
    judged.history_days,
    judged.is_final
  from judged
  where judged.is_first
    or (judged.amount - judged.median >= 25
      and 0.6745 * (judged.amount - judged.median) >= 3.5 * judged.yardstick);
end;
comment on function openai_bi.anomalies_between(date, date) is 'openai_bi.anomalies_daily for any UTC days, from from_date to before until_date.';

create view openai_bi.anomalies_daily as
select
  cost_date, org_id, scope, scope_value, scope_label, currency, kind, amount, median, excess, deviation, z,
  history_days, is_final
from openai_bi.anomalies_between((now() at time zone 'UTC')::date - 90, (now() at time zone 'UTC')::date + 1);
comment on view openai_bi.anomalies_daily is 'Costs of the last 90 days that jumped beyond their history of 28 days: one row per UTC day, organization, scope and currency. Increases only. The same jump shows once for each scope it is seen in. anomalies_between(from, until) shows any other days.';
comment on column openai_bi.anomalies_daily.cost_date is 'UTC day of the cost.';
comment on column openai_bi.anomalies_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.anomalies_daily.scope is 'What jumped: all (the organization''s whole bill), or one project, model_family or api_key.';
comment on column openai_bi.anomalies_daily.scope_value is 'Which one: project_id, model_family or api_key_id; null for all.';
comment on column openai_bi.anomalies_daily.scope_label is 'What to show for it: name of the project or key, else scope_value; null for all.';
comment on column openai_bi.anomalies_daily.currency is 'ISO 4217 code in lower case.';
comment on column openai_bi.anomalies_daily.kind is 'spike: z is at least 3.5 and excess at least 25; first_cost: more than 1 where every day of the history was 0. Both in units of currency.';
comment on column openai_bi.anomalies_daily.amount is 'Money of that day, overlapping between scopes, in currency.';
comment on column openai_bi.anomalies_daily.median is 'Median of the history, a level, in currency.';
comment on column openai_bi.anomalies_daily.excess is 'amount - median, overlapping between scopes.';
comment on column openai_bi.anomalies_daily.deviation is 'Median absolute deviation of the history from its median, a level.';
comment on column openai_bi.anomalies_daily.z is 'Robust z-score, a ratio: 0.6745 * excess / the greatest of deviation, 5 % of median and 0.01.';
comment on column openai_bi.anomalies_daily.history_days is 'Days of the history: the final ones among the 28 days before; days that are not loaded are left out, days without such a cost are 0. At least 14.';
comment on column openai_bi.anomalies_daily.is_final is 'False while the day''s costs may still change.';

comment on column openai_etl.alerts.org_id is 'Name of the organization in the configuration; empty for all of them together.';
