-- Costs whose amount the API did not tell, service tiers, and what the directory said of keys and users.

alter table openai.costs alter column amount_value drop not null, alter column amount_currency drop not null;
alter table openai.costs_by_user alter column amount_value drop not null, alter column amount_currency drop not null;
comment on column openai.costs.amount_value is 'Measure, amount_currency, flow. Money, in units of amount_currency (dollars, not cents): the decimal digits the API sent, never rounded. Negative for credits. Where results of one group are summed and some came without an amount, extra counts them as amounts_missing. Null is not reported, which is not 0.';
comment on column openai.costs.amount_currency is 'Attribute. ISO 4217 code in lower case, part of the grain; what the API sent is in extra where it was spelled otherwise. Null where the API sent none: such money is in no sum of a currency.';
comment on column openai.costs_by_user.amount_value is 'Measure, amount_currency, flow. Money, in units of amount_currency (dollars, not cents): the decimal digits the API sent, never rounded. Negative for credits. Where results of one group are summed and some came without an amount, extra counts them as amounts_missing. Null is not reported, which is not 0.';
comment on column openai.costs_by_user.amount_currency is 'Attribute. ISO 4217 code in lower case, part of the grain; what the API sent is in extra where it was spelled otherwise. Null where the API sent none: such money is in no sum of a currency.';

alter table openai_etl.buckets add column amounts_missing integer not null default 0;
comment on column openai_etl.buckets.amounts_missing is 'Results of costs that came without an amount, or without its currency: what the bucket cost is known in part only. 0 of usage.';
create index buckets_incomplete on openai_etl.buckets (org_id, dataset, bucket_start) where amounts_missing > 0;

comment on table openai.cost_daily_rollup is 'Sums of openai.costs by UTC day, project, line item, currency and unit, over keys and sources; what came without an amount or its currency is left out. Written by the load that wrote the costs. The same money as openai.costs: never add the two.';
comment on column openai_bi.cost_daily.billed_cost is 'Money billed, flow, in currency: the exact digits of the API. Negative for credits; null, which is not 0, where the API told no amount.';
comment on column openai_bi.cost_daily.currency is 'ISO 4217 code in lower case, as the API sends it; null where it sent none. Group or filter by it before adding up.';

create or replace view openai_bi.cost_days as
select
  org_id,
  (bucket_start at time zone 'UTC')::date as cost_date,
  settled and status = 'loaded' and amounts_missing = 0 as is_final,
  observed_at >= bucket_end and amounts_missing = 0 as is_complete,
  observed_at as read_at,
  amounts_missing
from openai_etl.buckets
where dataset = 'costs' and bucket_width = '1d' and content_hash is not null;
comment on column openai_bi.cost_days.is_final is 'True when the day was read again long enough after its end, with every amount told; what is not final still changes.';
comment on column openai_bi.cost_days.is_complete is 'True when the day was read after its end, with every amount told; false for the present day.';
comment on column openai_bi.cost_days.amounts_missing is 'Costs that came without an amount or its currency, flow: of such a day a part of the money is known, and the rest is not 0.';


create or replace view openai_bi.reconciliation_daily as
select
  day.cost_date,
  day.org_id,
  day.currency,
  day.billed,
  day.split - day.unattributed as allocated,
  day.unattributed,
  day.billed - day.split as difference,
  case
    when day.costs_off = 0 then '(none)'
    when day.costs = 0 then 'no_longer_billed'
    when split.org_id is null then 'not_split_yet'
    else 'split_outdated'
  end as reason,
  day.costs,
  day.costs_off,
  day.parts,
  coalesce(ledger.settled and ledger.status = 'loaded', false) as is_final,
  split.computed_at as split_at,
  coalesce(ledger.amounts_missing, 0) as amounts_missing
from (
  select
    total.*,
    -- Costs and parts of which the hashes add up to the same are the same; only of other days is every cost looked at.
    case
      when total.cost_digest = total.part_digest then 0
      else (
        select count(*)
        from (
          select entry.series_id
          from (
            select series_id, amount_value as amount
            from openai.costs
            where org_id = total.org_id and bucket_width = '1d' and amount_currency = total.currency
              and bucket_start = total.cost_date::timestamp at time zone 'UTC'
            union all
            select series_id, -amount
            from openai.cost_parts
            where org_id = total.org_id and usage_date_utc = total.cost_date and currency = total.currency
          ) as entry
          group by entry.series_id
          having sum(entry.amount) <> 0
        ) as off
      )
    end as costs_off
  from (
    select
      usage_date_utc as cost_date,
      org_id,
      currency,
      coalesce(sum(amount) filter (where scope = 'all'), 0) as billed,
      coalesce(sum(amount) filter (where scope = 'parts'), 0) as split,
      coalesce(sum(amount) filter (where scope = 'unattributed'), 0) as unattributed,
      coalesce(sum(entries) filter (where scope = 'all'), 0) as costs,
      coalesce(sum(entries) filter (where scope = 'parts'), 0) as parts,
      max(digest) filter (where scope = 'all') as cost_digest,
      max(digest) filter (where scope = 'parts') as part_digest
    from openai.cost_scope_daily_rollup
    where scope in ('all', 'parts', 'unattributed')
    group by usage_date_utc, org_id, currency
  ) as total
) as day
left join openai_etl.cost_split_days as split on split.org_id = day.org_id and split.usage_date_utc = day.cost_date
left join openai_etl.buckets as ledger
  on ledger.org_id = day.org_id and ledger.dataset = 'costs' and ledger.bucket_width = '1d'
  and ledger.bucket_start = day.cost_date::timestamp at time zone 'UTC';
comment on column openai_bi.reconciliation_daily.amounts_missing is 'Costs of the day, over currencies, that came without an amount or its currency: they are in no figure of the row. Never add it up over currencies.';

create or replace function openai_bi.reconciliation_between(from_date date, until_date date)
returns table (
  cost_date date, org_id text, currency text, billed numeric, allocated numeric, unattributed numeric, difference numeric,
  costs bigint, costs_off bigint, parts bigint
)
language sql stable parallel safe
begin atomic
  select
    cost.cost_date,
    cost.org_id,
    cost.currency,
    coalesce(sum(cost.billed), 0),
    coalesce(sum(cost.allocated), 0),
    coalesce(sum(cost.unattributed), 0),
    coalesce(sum(cost.billed), 0) - coalesce(sum(cost.allocated), 0) - coalesce(sum(cost.unattributed), 0),
    sum(cost.costs)::bigint,
    count(*) filter (where coalesce(cost.billed, 0) <> coalesce(cost.allocated, 0) + coalesce(cost.unattributed, 0)),
    sum(cost.parts)::bigint
  from (
    select
      entry.cost_date,
      entry.org_id,
      entry.currency,
      sum(entry.amount) filter (where entry.side = 'billed') as billed,
      sum(entry.amount) filter (where entry.side = 'allocated') as allocated,
      sum(entry.amount) filter (where entry.side = 'unattributed') as unattributed,
      count(*) filter (where entry.side = 'billed') as costs,
      count(*) filter (where entry.side <> 'billed') as parts
    from (
      select bill.cost_date, bill.org_id, bill.currency, bill.series_id, bill.billed_cost as amount, 'billed' as side
      from openai_bi.cost_daily as bill
      where bill.billed_cost is not null and bill.currency is not null
      union all
      select part.cost_date, part.org_id, part.currency, part.series_id, part.allocated_cost, part.status
      from openai_bi.cost_by_user_model_daily as part
    ) as entry
    where entry.cost_date >= from_date and entry.cost_date < until_date
    group by entry.cost_date, entry.org_id, entry.currency, entry.series_id
  ) as cost
  group by cost.cost_date, cost.org_id, cost.currency;
end;

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
  -- A cost may not be null here: what came without an amount or its currency is left out (docs/focus.md).
  where cost.bucket_width = '1d' and cost.amount_value is not null and cost.amount_currency is not null
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
    substring(lower(charge.surface) from '(?:^| \| )(priority|fast|ultrafast|flex|batch|scale)(?: \| |$)') as tier
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


alter table openai.cost_parts add column estimate text
  check (estimate in ('tier_weights', 'tier_not_grouped', 'unknown_prefix', 'long_context'));
comment on column openai.cost_parts.estimate is 'Why the split is an estimate. tier_weights: usage of several service tiers is on one line, and price factors tell their shares; tier_not_grouped: usage does not tell the tier; unknown_prefix: nobody knows what the prefix of the line means; long_context: usage does not tell such requests apart. Null when it rests on counts alone.';
comment on column openai.cost_parts.method_version is 'Version of the method and of the parser of line items, and a hash of the weights of service tiers.';

create or replace view openai_bi.cost_by_user_model_daily as
select
  part.usage_date_utc as cost_date,
  part.org_id,
  part.series_id,
  part.part_no,
  part.project_id,
  coalesce(project.project_label, part.project_id, '(no project)') as project_name,
  coalesce(project.team, '(no team)') as team,
  coalesce(project.cost_center, '(no cost center)') as cost_center,
  coalesce(project.environment, '(no environment)') as environment,
  part.user_id,
  case part.status
    when 'unattributed' then '(unattributed)'
    else coalesce(person.user_label, part.user_id, '(no user)')
  end as user_label,
  case when part.user_id is null then 'none' else coalesce(person.user_kind, 'unknown') end as user_kind,
  part.api_key_id,
  coalesce(key.api_key_label, part.api_key_id, '(no key)') as api_key_label,
  coalesce(part.line_item, '(no line item)') as line_item,
  coalesce(part.model, '(no model)') as model,
  coalesce(item.model_family, '(no model)') as model_family,
  coalesce(part.token_class, '(no token class)') as token_class,
  coalesce(item.service, '(no service)') as service,
  part.status,
  coalesce(part.reason, '(allocated)') as reason,
  part.method,
  part.method = 'billed_user_share' as is_billed_by_user,
  part.amount as allocated_cost,
  round(part.amount, 6) as allocated_cost_rounded,
  part.currency,
  part.quantity,
  coalesce(part.quantity_unit, '(no unit)') as quantity_unit,
  coalesce(ledger.settled and ledger.status = 'loaded', false) as is_final,
  part.updated_at,
  part.estimate is not null as is_estimated,
  part.estimate
from openai.cost_parts as part
left join openai.line_items as item on item.line_item = part.line_item
left join openai.projects as project on project.org_id = part.org_id and project.project_id = part.project_id
left join openai.users as person on person.org_id = part.org_id and person.user_id = part.user_id
left join openai.api_keys as key on key.org_id = part.org_id and key.api_key_id = part.api_key_id
left join openai_etl.buckets as ledger
  on ledger.org_id = part.org_id and ledger.dataset = 'costs' and ledger.bucket_width = '1d'
  and ledger.bucket_start = part.usage_date_utc::timestamp at time zone 'UTC';
comment on column openai_bi.cost_by_user_model_daily.is_estimated is 'True where more than counts decided the split; estimate says what.';
comment on column openai_bi.cost_by_user_model_daily.estimate is 'Why the split is an estimate. tier_weights: usage of several service tiers is on one line, and price factors tell their shares; tier_not_grouped: usage does not tell the tier; unknown_prefix: nobody knows what the prefix of the line means; long_context: usage does not tell such requests apart. Null when it rests on counts alone.';

alter table openai.users add column is_scim_managed boolean;
alter table openai.users add column api_key_last_used_at timestamptz;
alter table openai.api_keys add column owner_project_access text;
alter table openai.groups add column is_scim_managed boolean;

create or replace view openai_bi.users as
select
  org_id,
  user_id,
  user_name,
  user_email,
  user_kind,
  role,
  project_id,
  added_at,
  user_label,
  is_stub,
  first_seen_at,
  last_seen_at,
  removed_at,
  updated_at,
  is_scim_managed,
  api_key_last_used_at
from openai.users;

create or replace view openai_bi.api_keys as
select
  org_id,
  api_key_id,
  api_key_name,
  redacted_value,
  key_kind,
  project_id,
  owner_user_id,
  owner_kind,
  created_at,
  last_used_at,
  expires_at,
  api_key_label,
  is_stub,
  first_seen_at,
  last_seen_at,
  removed_at,
  updated_at,
  owner_project_access
from openai.api_keys;

create or replace view openai_bi.groups as
select
  org_id,
  group_id,
  group_name,
  group_type,
  created_at,
  group_label,
  first_seen_at,
  last_seen_at,
  removed_at,
  updated_at,
  is_scim_managed
from openai.groups;
comment on column openai.users.is_scim_managed is 'True where the identity provider manages the account, which is then removed there; null when the API does not say.';
comment on column openai_bi.users.is_scim_managed is 'True where the identity provider manages the account, which is then removed there; null when the API does not say.';
comment on column openai.users.api_key_last_used_at is 'When the person last used any key, as the API says; null when never or unknown, and when personal data is switched off.';
comment on column openai_bi.users.api_key_last_used_at is 'When the person last used any key, as the API says; null when never or unknown, and when personal data is switched off.';
comment on column openai.api_keys.owner_project_access is '''active'', or ''inactive'' where the owner has lost access to the project and the key still works; an open list. Null for admin keys and stubs.';
comment on column openai_bi.api_keys.owner_project_access is '''active'', or ''inactive'' where the owner has lost access to the project and the key still works; an open list. Null for admin keys and stubs.';
comment on column openai.groups.is_scim_managed is 'True where the identity provider says who belongs to it; null when the API does not say.';
comment on column openai_bi.groups.is_scim_managed is 'True where the identity provider says who belongs to it; null when the API does not say.';

comment on column openai_etl.drift.dataset is 'Dataset, or list of the directory, that was being read.';
comment on column openai_etl.drift.sample is 'One value as received (e-mail addresses masked); null of lists, of which only names are kept.';
