-- Rows mean what they say, not what was asked for.

comment on column openai.cost_parts.reason is 'Why a part is unattributed: usage_gap, user_share_gap, no_matching_usage, usage_not_by_user, filtered_otherwise, service_line_item, unparsed_line_item, no_line_item or credit. Null when it is allocated.';

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
  -- An id is of one organization: where several have it, a budget of none by itself is a budget of each.
  with owner as materialized (
    select named.scope, named.scope_value, named.org_id,
      count(*) over (partition by named.scope, named.scope_value) as owners
    from (
      select 'project' as scope, project.project_id as scope_value, project.org_id from openai_bi.projects as project
      union all
      select 'api_key', key.api_key_id, key.org_id from openai_bi.api_keys as key
      union all
      select 'user', person.user_id, person.org_id from openai_bi.users as person
    ) as named
    where named.scope_value in (select stored.scope_value from openai_bi.budgets as stored where stored.org_id is null)
  ),
  budget as materialized (
    select row_number() over () as budget_no, stored.budget_name, coalesce(stored.org_id, owner.org_id) as org_id,
      stored.scope, stored.scope_value, stored.period, stored.amount, stored.currency, stored.thresholds,
      stored.valid_from, stored.valid_to
    from openai_bi.budgets as stored
    left join owner on stored.org_id is null and owner.owners > 1 and owner.scope = stored.scope
      and owner.scope_value = stored.scope_value
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
comment on column openai_bi.budget_status.org_id is 'Organization the budget is for: the one it names, or each that has the id of its scope where several have. Null for all of them together.';

-- Read for a month, the charges of the others stay unread.
create or replace view openai_focus.cost_and_usage as
with charge as not materialized (
  select
    cost.*,
    item.surface,
    item.model,
    item.modality,
    item.token_class,
    item.qualifier,
    item.service,
    coalesce(item.charge_category, 'Usage') as charge_category,
    meter.service_kind,
    coalesce(
      case cost.quantity_unit
        when 'tokens' then 'Tokens'
        when '1000_tokens' then 'Tokens'
        when 'duration_seconds' then 'Seconds'
        when 'duration_minutes' then 'Minutes'
        when 'duration_hours' then 'Hours'
        when 'gibibyte_hours' then 'GiB-Hours'
        when 'images' then 'Images'
        when 'characters' then 'Characters'
        else initcap(replace(cost.quantity_unit, '_', '-'))
      end,
      case meter.service_kind
        when 'web_search' then 'Requests'
        when 'file_search' then 'Requests'
        when 'code_interpreter' then 'Sessions'
      end,
      -- Bills name tokens with or without their unit; images may be billed by the piece.
      case when item.token_class is not null and item.modality is distinct from 'image' then 'Tokens' end
    ) as unit,
    case cost.quantity_unit when '1000_tokens' then 1000 else 1 end as unit_factor
  from (
    -- FOCUS knows no empty text: what says nothing is null.
    select org_id, series_id, bucket_width, bucket_start, bucket_end, nullif(project_id, '') as project_id,
      nullif(line_item, '') as line_item, nullif(api_key_id, '') as api_key_id, nullif(api_source, '') as api_source,
      amount_value, amount_currency, quantity, nullif(quantity_unit, '') as quantity_unit
    from openai.costs
  ) as cost
  left join openai.line_items as item on item.line_item = cost.line_item
  cross join lateral (
    -- The services whose use is counted by an endpoint of their own, which helps out where the bill states no quantity.
    select case
      when item.charge_category is distinct from 'Usage' or cost.quantity_unit is not null then null
      when item.service = 'web search' then 'web_search'
      when item.service = 'file search' then 'file_search'
      when item.service = 'code interpreter' then 'code_interpreter'
    end as service_kind
  ) as meter
  where cost.bucket_width = '1d'
),
-- A count may stand for one charge only: of the project, or of the key where the charge names one.
uncounted as (
  select
    org_id,
    bucket_start,
    series_id,
    service_kind,
    coalesce(project_id, '(no project)') as project,
    api_key_id,
    quantity is null as lacks_quantity,
    count(*) over (partition by org_id, bucket_start, service_kind, project_id) as charges_of_project,
    count(*) over (partition by org_id, bucket_start, service_kind, project_id, api_key_id) as charges_of_key
  from charge
  where service_kind is not null
),
counter as (
  select 'web_search' as service_kind, true as by_key, org_id, usage_date_utc, project_id, api_key_id, num_requests as quantity
  from openai_bi.usage_web_search_calls_daily
  union all
  select 'file_search', true, org_id, usage_date_utc, project_id, api_key_id, num_requests
  from openai_bi.usage_file_search_calls_daily
  union all
  select 'code_interpreter', false, org_id, usage_date_utc, project_id, null, num_sessions
  from openai_bi.usage_code_interpreter_sessions_daily
),
counted as (
  select uncounted.org_id, uncounted.bucket_start, uncounted.series_id, sum(counter.quantity) as quantity
  from uncounted
  join counter
    on counter.service_kind = uncounted.service_kind
    and counter.org_id = uncounted.org_id
    and counter.usage_date_utc = (uncounted.bucket_start at time zone 'UTC')::date
    and coalesce(counter.project_id, '(no project)') = uncounted.project
    and case
      when counter.by_key and uncounted.api_key_id is not null
        then uncounted.charges_of_key = 1 and counter.api_key_id = uncounted.api_key_id
      else uncounted.charges_of_project = 1
    end
  where uncounted.lacks_quantity
  group by uncounted.org_id, uncounted.bucket_start, uncounted.series_id
),
measured as (
  select
    charge.*,
    case
      when charge.charge_category <> 'Usage' or charge.line_item is null or charge.unit is null then null
      else coalesce(charge.quantity * charge.unit_factor, counted.quantity)
    end as consumed_quantity,
    substring(charge.surface from 'priority|batch|flex') as tier
  from charge
  left join counted
    on counted.org_id = charge.org_id and counted.bucket_start = charge.bucket_start
    and counted.series_id = charge.series_id
),
priced as (
  select measured.*, consumed_quantity is not null as has_sku
  from measured
),
-- The name something had on a day is the one valid when the day ended; before the first name known, that one.
project_name as (
  select
    org_id,
    id,
    name,
    case when row_number() over names = 1 then '-infinity' else valid_from end as named_from,
    lead(valid_from, 1, 'infinity') over names as named_to
  from openai.name_history
  where entity = 'project'
  window names as (partition by org_id, id order by valid_from)
)
select
  null::jsonb as "AllocatedMethodDetails",
  null::text as "AllocatedMethodId",
  null::text as "AllocatedResourceId",
  null::text as "AllocatedResourceName",
  null::jsonb as "AllocatedTags",
  priced.amount_value as "BilledCost",
  priced.org_id as "BillingAccountId",
  priced.org_id as "BillingAccountName",
  upper(priced.amount_currency) as "BillingCurrency",
  (date_trunc('month', priced.bucket_start at time zone 'UTC') + interval '1 month') at time zone 'UTC' as "BillingPeriodEnd",
  date_trunc('month', priced.bucket_start at time zone 'UTC') at time zone 'UTC' as "BillingPeriodStart",
  priced.charge_category as "ChargeCategory",
  null::text as "ChargeClass",
  coalesce(priced.line_item, 'OpenAI API usage') as "ChargeDescription",
  case priced.charge_category when 'Usage' then 'Usage-Based' else 'One-Time' end as "ChargeFrequency",
  priced.bucket_end as "ChargePeriodEnd",
  priced.bucket_start as "ChargePeriodStart",
  priced.consumed_quantity as "ConsumedQuantity",
  case when priced.consumed_quantity is not null then priced.unit end as "ConsumedUnit",
  priced.amount_value as "ContractedCost",
  priced.amount_value as "EffectiveCost",
  'OpenAI'::text as "HostProviderName",
  null::text as "InvoiceId",
  'OpenAI'::text as "InvoiceIssuerName",
  priced.amount_value as "ListCost",
  case when priced.has_sku then 'Standard' end as "PricingCategory",
  case
    when priced.has_sku
      then case priced.unit when 'Tokens' then priced.consumed_quantity * 0.000001 else priced.consumed_quantity end
  end as "PricingQuantity",
  case when priced.has_sku then case priced.unit when 'Tokens' then '1000000 Tokens' else priced.unit end end as "PricingUnit",
  'AI and Machine Learning'::text as "ServiceCategory",
  'OpenAI API'::text as "ServiceName",
  'OpenAI'::text as "ServiceProviderName",
  'Generative AI'::text as "ServiceSubcategory",
  case
    when priced.has_sku
      then 'openai/' || coalesce(
        nullif(
          concat_ws(
            '/',
            priced.model,
            priced.token_class,
            priced.modality,
            case when priced.service is not null and priced.tier is null then priced.surface end,
            priced.service
          ),
          ''
        ),
        priced.line_item
      )
  end as "SkuId",
  case
    when not priced.has_sku then null
    when priced.token_class is not null
      then concat_ws(
        ' ',
        case priced.token_class when 'input_cached' then 'Cached' when 'input_cache_write' then 'Cache Write' end,
        case priced.unit when 'Tokens' then initcap(priced.modality) end,
        case priced.token_class when 'output' then 'Output' else 'Input' end,
        priced.unit
      )
    else coalesce(initcap(priced.service), priced.line_item)
  end as "SkuMeter",
  case
    when priced.has_sku
      then nullif(
        jsonb_strip_nulls(
          jsonb_build_object(
            'x_ModelDeveloper', case when priced.model is not null then 'OpenAI' end,
            'x_ModelId', priced.model,
            'x_TokenClass', priced.token_class,
            'x_Modality', priced.modality,
            'x_ServiceTier', priced.tier,
            'x_Surface', case when priced.tier is null then priced.surface end,
            'x_ContextTier', priced.qualifier
          )
        ),
        '{}'
      )
  end as "SkuPriceDetails",
  case when priced.has_sku then 'openai/' || priced.line_item end as "SkuPriceId",
  priced.project_id as "SubAccountId",
  coalesce(project_name.name, project.project_label, priced.project_id) as "SubAccountName",
  nullif(
    jsonb_strip_nulls(
      jsonb_build_object(
        'team', project.team,
        'cost_center', project.cost_center,
        'environment', project.environment
      )
    ),
    '{}'
  ) as "Tags",
  null::text as "x_AllocationReason",
  null::text as "x_AllocationStatus",
  priced.api_source as "x_ApiSource",
  priced.api_key_id as "x_CredentialId",
  coalesce(ledger.settled and ledger.status = 'loaded', false) as "x_IsFinal",
  priced.line_item as "x_LineItem",
  null::integer as "x_PartNumber",
  priced.quantity as "x_Quantity",
  priced.quantity_unit as "x_QuantityUnit",
  priced.series_id::text as "x_SourceRecordId"
from priced
left join openai.projects as project on project.org_id = priced.org_id and project.project_id = priced.project_id
left join project_name
  on project_name.org_id = priced.org_id and project_name.id = priced.project_id
  and project_name.named_from < priced.bucket_end and project_name.named_to >= priced.bucket_end
left join openai_etl.buckets as ledger
  on ledger.org_id = priced.org_id and ledger.dataset = 'costs' and ledger.bucket_width = priced.bucket_width
  and ledger.bucket_start = priced.bucket_start;

create or replace view openai_focus.cost_and_usage_allocated as
with shared as (
  select
    charge.*,
    part.part_no,
    nullif(part.user_id, '') as user_id,
    part.status,
    part.reason,
    part.method,
    part.method_version,
    part.driver,
    part.driver_quantity,
    coalesce(part.amount, charge."BilledCost") as amount,
    part.quantity,
    trim_scale((part.units + case when part.place <= part.units_left then 1 else 0 end) * 0.000000000000000001) as ratio
  from openai_focus.cost_and_usage as charge
  left join lateral (
    -- The shares of a charge must add up to exactly 1: whole units of 1e-18, what is left over to the largest remainders.
    select
      weighed.*,
      1000000000000000000 - sum(units) over () as units_left,
      row_number() over (order by mod(weight * 1000000000000000000, total_weight) desc, part_no) as place
    from (
      select measured.*, div(weight * 1000000000000000000, total_weight) as units
      from (
        -- A part's share is of the money, of the quantity where the money is 0, else of what it was shared out by.
        select
          part.*,
          case
            when sum(abs(amount)) over () <> 0 then abs(amount)
            when sum(abs(quantity)) over () <> 0 then abs(coalesce(quantity, 0))
            when sum(abs(driver_quantity)) over () <> 0 then abs(coalesce(driver_quantity, 0))
            when part_no = 1 then 1
            else 0
          end as weight,
          coalesce(
            nullif(sum(abs(amount)) over (), 0),
            nullif(sum(abs(quantity)) over (), 0),
            nullif(sum(abs(driver_quantity)) over (), 0),
            1
          ) as total_weight
        from openai.cost_parts as part
        where part.org_id = charge."BillingAccountId"
          and part.usage_date_utc = (charge."ChargePeriodStart" at time zone 'UTC')::date
          and part.series_id = charge."x_SourceRecordId"::uuid
      ) as measured
    ) as weighed
  ) as part on true
),
-- Multiplying a count by shares that add up to 1 loses nothing, so the quantities add up to the charge's as well.
measured as (
  select
    shared.*,
    case
      when part_no is null then "ConsumedQuantity"
      when "ConsumedQuantity" is null then null
      when quantity is not null then quantity * case "x_QuantityUnit" when '1000_tokens' then 1000 else 1 end
      else "ConsumedQuantity" * ratio
    end as consumed_quantity,
    case
      when driver is null then null
      when driver like '%amount%' then "BillingCurrency"
      when driver like '%token%' then 'Tokens'
      when driver like '%num_requests%' then 'Requests'
      when driver like '%num_sessions%' then 'Sessions'
      when driver like '%characters%' then 'Characters'
      when driver like '%seconds%' then 'Seconds'
      when driver like '%images%' then 'Images'
    end as driver_unit
  from shared
),
user_name as (
  select
    org_id,
    id,
    name,
    case when row_number() over names = 1 then '-infinity' else valid_from end as named_from,
    lead(valid_from, 1, 'infinity') over names as named_to
  from openai.name_history
  where entity = 'user'
  window names as (partition by org_id, id order by valid_from)
)
select
  case
    when measured.part_no is not null
      then jsonb_build_object(
        'Elements',
        jsonb_build_array(
          jsonb_strip_nulls(
            jsonb_build_object(
              'AllocatedRatio', measured.ratio,
              'UsageUnit', measured.driver_unit,
              'UsageQuantity', case when measured.driver_unit is not null then trim_scale(measured.driver_quantity) end
            )
          )
        )
      )
  end as "AllocatedMethodDetails",
  case measured.method when 'none' then 'unsplit' else replace(measured.method, '_', '-') end
    || '-' || coalesce(substring(measured.method_version from 'v[0-9]+'), 'v1') as "AllocatedMethodId",
  measured.user_id as "AllocatedResourceId",
  coalesce(user_name.name, person.user_label, measured.user_id) as "AllocatedResourceName",
  measured."AllocatedTags",
  measured.amount as "BilledCost",
  measured."BillingAccountId",
  measured."BillingAccountName",
  measured."BillingCurrency",
  measured."BillingPeriodEnd",
  measured."BillingPeriodStart",
  measured."ChargeCategory",
  measured."ChargeClass",
  measured."ChargeDescription",
  measured."ChargeFrequency",
  measured."ChargePeriodEnd",
  measured."ChargePeriodStart",
  measured.consumed_quantity as "ConsumedQuantity",
  measured."ConsumedUnit",
  measured.amount as "ContractedCost",
  measured.amount as "EffectiveCost",
  measured."HostProviderName",
  measured."InvoiceId",
  measured."InvoiceIssuerName",
  measured.amount as "ListCost",
  measured."PricingCategory",
  case
    when measured."PricingQuantity" is not null
      then case measured."ConsumedUnit"
        when 'Tokens' then measured.consumed_quantity * 0.000001
        else measured.consumed_quantity
      end
  end as "PricingQuantity",
  measured."PricingUnit",
  measured."ServiceCategory",
  measured."ServiceName",
  measured."ServiceProviderName",
  measured."ServiceSubcategory",
  measured."SkuId",
  measured."SkuMeter",
  measured."SkuPriceDetails",
  measured."SkuPriceId",
  measured."SubAccountId",
  measured."SubAccountName",
  measured."Tags",
  measured.reason as "x_AllocationReason",
  measured.status as "x_AllocationStatus",
  measured."x_ApiSource",
  measured."x_CredentialId",
  measured."x_IsFinal",
  measured."x_LineItem",
  measured.part_no as "x_PartNumber",
  case when measured.part_no is null then measured."x_Quantity" else measured.quantity end as "x_Quantity",
  measured."x_QuantityUnit",
  measured."x_SourceRecordId"
from measured
left join openai.users as person
  on person.org_id = measured."BillingAccountId" and person.user_id = measured.user_id
left join user_name
  on user_name.org_id = measured."BillingAccountId" and user_name.id = measured.user_id
  and user_name.named_from < measured."ChargePeriodEnd" and user_name.named_to >= measured."ChargePeriodEnd";

-- What a closed day used to say is kept as it came.
create or replace view openai_bi.restatements as
select
  r.observed_at,
  r.org_id,
  r.dataset,
  d.usage_date_utc as day,
  known.row ->> 'project_id' as project_id,
  known.row ->> 'line_item' as line_item,
  known.row ->> 'model' as model,
  moved.measure,
  moved.old_value,
  moved.new_value,
  coalesce(moved.new_value, 0) - coalesce(moved.old_value, 0) as change,
  lower(known.row ->> 'amount_currency') as currency,
  known.row ->> 'user_id' as user_id,
  known.row ->> 'api_key_id' as api_key_id,
  r.change as row_change,
  r.settled as was_final,
  r.bucket_width,
  r.bucket_start,
  r.restatement_id,
  r.run_id
from openai_etl.restatements r
join openai_etl.days d on d.org_id = r.org_id and d.dataset = r.dataset
  and d.usage_date_utc = (r.bucket_start at time zone 'UTC')::date and d.bucket_width = r.bucket_width
cross join lateral (select coalesce(r.new_row, r.old_row) as row) as known
cross join lateral (
  select key as measure,
    case when jsonb_typeof(r.old_row -> key) = 'number' then (r.old_row ->> key)::numeric end as old_value,
    case when jsonb_typeof(r.new_row -> key) = 'number' then (r.new_row ->> key)::numeric end as new_value
  from jsonb_object_keys(known.row) as key
  where 'number' in (jsonb_typeof(r.old_row -> key), jsonb_typeof(r.new_row -> key))
) as moved
where moved.old_value is distinct from moved.new_value;

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
  lower(coalesce(r.new_row, r.old_row) ->> 'amount_currency') as currency,
  r.bucket_width,
  r.bucket_start,
  r.run_id
from openai_etl.restatements r
join openai_etl.days d on d.org_id = r.org_id and d.dataset = r.dataset
  and d.usage_date_utc = (r.bucket_start at time zone 'UTC')::date and d.bucket_width = r.bucket_width;

-- Budgets may be written by SQL as well: they meet what is mapped in whatever spelling.
create or replace view openai_bi.budgets as
select
  btrim(normalize(budget_name)) as budget_name,
  org_id,
  scope,
  btrim(normalize(scope_value)) as scope_value,
  period,
  amount,
  lower(currency) as currency,
  thresholds,
  nullif(valid_from, '-infinity') as valid_from,
  nullif(valid_to, 'infinity') as valid_to
from openai.budgets;

update openai.projects
set team = btrim(normalize(team)), cost_center = btrim(normalize(cost_center)), environment = btrim(normalize(environment)),
  updated_at = now(), changed_xid = pg_current_xact_id()
where (team, cost_center, environment)
  is distinct from (btrim(normalize(team)), btrim(normalize(cost_center)), btrim(normalize(environment)));

-- Sums by one thing call the empty text by a name: their own is the whole.
update openai.cost_scope_daily_rollup set scope_value = '(empty)'
where scope_value = '' and scope in ('project', 'line_item', 'api_key', 'user');
comment on column openai.cost_scope_daily_rollup.scope_value is 'Which project, line item, key or user; (no project), (no line item), (no key), (no user) or (unattributed) for none; (empty) for one whose text is empty; empty for sums of everything.';

-- A currency is in lower case. The rows of a store that has others get it, with the series they belong to.
comment on column openai.costs.amount_currency is 'Attribute. ISO 4217 code in lower case, part of the grain; what the API sent is in extra where it was spelled otherwise.';
comment on column openai.costs_by_user.amount_currency is 'Attribute. ISO 4217 code in lower case, part of the grain; what the API sent is in extra where it was spelled otherwise.';

create function openai_etl.fold_currencies(fact_table regclass, fact_dataset text) returns void
language plpgsql as $$
declare
  spelled record;
begin
  for spelled in execute format(
    $query$
      select f.org_id, f.bucket_start, f.series_id, to_jsonb(f) as fact, (
        select sha256(convert_to(string_agg(octet_length(part) || ':' || part, '' order by place), 'UTF8'))
        from (
          select part, place from unnest(array[f.org_id, %L, f.bucket_width]) with ordinality as head(part, place)
          union all
          select part, 3 + 2 * number + nth
          from (
            select key, value, row_number() over (order by key collate "C") as number
            from jsonb_each_text(to_jsonb(f) || jsonb_build_object('amount_currency', lower(f.amount_currency)))
            where value is not null and key in (
              'amount_currency', 'api_key_id', 'api_source', 'line_item', 'project_id', 'quantity_unit', 'user_id'
            )
          ) as named
          cross join lateral (values (key, 0), (value, 1)) as pair(part, nth)
        ) as parts
      ) as hash
      from %s as f where f.amount_currency <> lower(f.amount_currency)
      order by f.org_id, f.bucket_start, f.series_id
    $query$, fact_dataset, fact_table)
  loop
    spelled.hash := set_byte(substring(spelled.hash for 16), 6, (get_byte(spelled.hash, 6) & 15) | 128);
    spelled.hash := set_byte(spelled.hash, 8, (get_byte(spelled.hash, 8) & 63) | 128);
    execute format('delete from %s where org_id = $1 and bucket_start = $2 and series_id = $3', fact_table)
      using spelled.org_id, spelled.bucket_start, spelled.series_id;
    insert into openai_etl.removals (removed_xid, table_name, key, removed_at)
    values (pg_current_xact_id(), fact_table::text, jsonb_build_object(
      'org_id', spelled.org_id, 'bucket_start', spelled.bucket_start, 'series_id', spelled.series_id), now());
    execute format(
      $query$
        insert into %1$s as known select (jsonb_populate_record(null::%1$s, $1)).*
        on conflict (org_id, bucket_start, series_id) do update set
          amount_value = known.amount_value + excluded.amount_value,
          quantity = coalesce(known.quantity + excluded.quantity, known.quantity, excluded.quantity),
          updated_at = now(), changed_xid = pg_current_xact_id()
      $query$, fact_table)
      using spelled.fact || jsonb_build_object(
        'series_id', encode(spelled.hash, 'hex')::uuid,
        'amount_currency', lower(spelled.fact ->> 'amount_currency'),
        'extra', coalesce(nullif(spelled.fact -> 'extra', 'null'), '{}')
          || jsonb_build_object('amount.currency', spelled.fact ->> 'amount_currency'),
        'updated_at', now(),
        'changed_xid', pg_current_xact_id()
      );
    -- The ledger must not take the next reading for what is stored, and the split must not either.
    execute format(
      'update openai_etl.buckets set content_hash = sha256($4), changed_xid = pg_current_xact_id(),
         row_count = (select count(*) from %s f where f.org_id = $1 and f.bucket_start = $3)
       where org_id = $1 and dataset = $2 and bucket_width = ''1d'' and bucket_start = $3', fact_table)
      using spelled.org_id, fact_dataset, spelled.bucket_start, convert_to('folded', 'UTF8');
    update openai_etl.days set changed_xid = pg_current_xact_id()
    where org_id = spelled.org_id and dataset = fact_dataset
      and usage_date_utc = (spelled.bucket_start at time zone 'UTC')::date;
  end loop;
end;
$$;
create temp table folded_days on commit drop as
select distinct org_id, (bucket_start at time zone 'UTC')::date as day, bucket_start
from openai.costs where amount_currency <> lower(amount_currency);
select openai_etl.fold_currencies('openai.costs', 'costs');
select openai_etl.fold_currencies('openai.costs_by_user', 'costs_by_user');
drop function openai_etl.fold_currencies(regclass, text);

delete from openai.cost_daily_rollup where (org_id, usage_date_utc) in (select org_id, day from folded_days);
insert into openai.cost_daily_rollup
  (org_id, usage_date_utc, group_no, project_id, line_item, currency, quantity_unit, amount, priced_amount, quantity, costs,
   priced_costs)
select org_id, (bucket_start at time zone 'UTC')::date,
  row_number() over (
    partition by org_id, bucket_start
    order by project_id collate "C", line_item collate "C", amount_currency collate "C", quantity_unit collate "C"
  ),
  project_id, line_item, amount_currency, quantity_unit, sum(amount_value),
  sum(amount_value) filter (where quantity is not null), sum(quantity), count(*), count(quantity)
from openai.costs join folded_days using (org_id, bucket_start) where bucket_width = '1d'
group by org_id, bucket_start, project_id, line_item, amount_currency, quantity_unit;

delete from openai.cost_scope_daily_rollup
where scope in ('all', 'project', 'line_item', 'api_key')
  and (org_id, usage_date_utc) in (select org_id, day from folded_days);
insert into openai.cost_scope_daily_rollup
  (org_id, scope, usage_date_utc, group_no, scope_value, currency, amount, entries, digest)
select org_id, scope, (bucket_start at time zone 'UTC')::date,
  row_number() over (partition by org_id, scope, bucket_start order by scope_value collate "C", currency collate "C"),
  scope_value, currency, amount, entries, case scope when 'all' then digest end
from (
  select org_id, bucket_start,
    case 0 when grouping(project_id) then 'project' when grouping(line_item) then 'line_item'
      when grouping(api_key_id) then 'api_key' else 'all' end as scope,
    case 0
      when grouping(project_id) then coalesce(case when project_id = '' then '(empty)' else project_id end, '(no project)')
      when grouping(line_item) then coalesce(case when line_item = '' then '(empty)' else line_item end, '(no line item)')
      when grouping(api_key_id) then coalesce(case when api_key_id = '' then '(empty)' else api_key_id end, '(no key)')
      else ''
    end as scope_value,
    amount_currency as currency, sum(amount_value) as amount, count(*) as entries,
    sum(hash_numeric_extended(amount_value, uuid_hash_extended(series_id, 0))) as digest
  from openai.costs join folded_days using (org_id, bucket_start) where bucket_width = '1d'
  group by grouping sets (
    (org_id, bucket_start, amount_currency), (org_id, bucket_start, amount_currency, project_id),
    (org_id, bucket_start, amount_currency, line_item), (org_id, bucket_start, amount_currency, api_key_id)
  )
) as summed;
drop table folded_days;
