-- FOCUS 1.4, Cost and Usage. src/derive/focus/columns.ts lists the columns and where each value comes from.

create view openai_focus.cost_and_usage as
with charge as (
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
  from openai.costs as cost
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

create view openai_focus.cost_and_usage_allocated as
with shared as (
  select
    charge.*,
    part.part_no,
    part.user_id,
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

comment on view openai_focus.cost_and_usage is 'Charges in FOCUS 1.4, Cost and Usage: one row per amount billed, as in openai_bi.cost_daily (key: BillingAccountId, ChargePeriodStart, x_SourceRecordId). The same money as cost_and_usage_allocated: never add the two.';
comment on column openai_focus.cost_and_usage."AllocatedMethodDetails" is 'Share of the charge, with the unit and quantity it was shared out by. Null where nothing was split.';
comment on column openai_focus.cost_and_usage."AllocatedMethodId" is 'Method of the split and its version: billed-user-share, token-share, service-share or unsplit. Null where nothing was split.';
comment on column openai_focus.cost_and_usage."AllocatedResourceId" is 'Id of the user the part is attributed to. Null on the unattributed rest, on usage of nobody, and where nothing was split.';
comment on column openai_focus.cost_and_usage."AllocatedResourceName" is 'Name the user had on that day, else e-mail address, else id. Null where AllocatedResourceId is.';
comment on column openai_focus.cost_and_usage."AllocatedTags" is 'Null: users carry no tags.';
comment on column openai_focus.cost_and_usage."BilledCost" is 'Money billed, flow, in BillingCurrency: the exact digits of the API.';
comment on column openai_focus.cost_and_usage."BillingAccountId" is 'Name of the organization in the configuration.';
comment on column openai_focus.cost_and_usage."BillingAccountName" is 'Name of the organization in the configuration.';
comment on column openai_focus.cost_and_usage."BillingCurrency" is 'ISO 4217 code in upper case.';
comment on column openai_focus.cost_and_usage."BillingPeriodEnd" is 'First instant of the next UTC month, exclusive.';
comment on column openai_focus.cost_and_usage."BillingPeriodStart" is 'First instant of the UTC month of the charge.';
comment on column openai_focus.cost_and_usage."ChargeCategory" is 'Credit for credits, else Usage. A negative amount of a model stays Usage.';
comment on column openai_focus.cost_and_usage."ChargeClass" is 'Null: a restated day replaces its rows, no row corrects another.';
comment on column openai_focus.cost_and_usage."ChargeDescription" is 'The line item as billed, else a sentence.';
comment on column openai_focus.cost_and_usage."ChargeFrequency" is 'Usage-Based; One-Time for credits.';
comment on column openai_focus.cost_and_usage."ChargePeriodEnd" is 'End of the UTC day, exclusive.';
comment on column openai_focus.cost_and_usage."ChargePeriodStart" is 'Start of the UTC day.';
comment on column openai_focus.cost_and_usage."ConsumedQuantity" is 'Quantity billed, flow, in ConsumedUnit; where the bill states none, what the usage endpoints counted. Null for credits and where neither says.';
comment on column openai_focus.cost_and_usage."ConsumedUnit" is 'Unit of ConsumedQuantity. Null where that is.';
comment on column openai_focus.cost_and_usage."ContractedCost" is 'As BilledCost, flow: the API knows no other price.';
comment on column openai_focus.cost_and_usage."EffectiveCost" is 'As BilledCost, flow: prepaid credit is not drawn down here.';
comment on column openai_focus.cost_and_usage."HostProviderName" is 'OpenAI.';
comment on column openai_focus.cost_and_usage."InvoiceId" is 'Null: the API knows no invoices.';
comment on column openai_focus.cost_and_usage."InvoiceIssuerName" is 'OpenAI.';
comment on column openai_focus.cost_and_usage."ListCost" is 'As BilledCost, flow: the API knows no other price.';
comment on column openai_focus.cost_and_usage."PricingCategory" is 'Standard. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage."PricingQuantity" is 'ConsumedQuantity in PricingUnit, flow; tokens in millions, exactly. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage."PricingUnit" is '1000000 Tokens for tokens, else ConsumedUnit. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage."ServiceCategory" is 'AI and Machine Learning.';
comment on column openai_focus.cost_and_usage."ServiceName" is 'OpenAI API.';
comment on column openai_focus.cost_and_usage."ServiceProviderName" is 'OpenAI.';
comment on column openai_focus.cost_and_usage."ServiceSubcategory" is 'Generative AI.';
comment on column openai_focus.cost_and_usage."SkuId" is 'openai/ and model, token class, modality or service as read from the line item, whatever the tier. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage."SkuMeter" is 'What is metered, such as Cached Input Tokens. Null where SkuId is.';
comment on column openai_focus.cost_and_usage."SkuPriceDetails" is 'What sets the price: model, token class, modality, tier, context. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage."SkuPriceId" is 'openai/ and the line item. Null for credits, and where no quantity is known.';
comment on column openai_focus.cost_and_usage."SubAccountId" is 'Id of the project. Null for what is billed to none.';
comment on column openai_focus.cost_and_usage."SubAccountName" is 'Name the project had on that day, else its id. Null where SubAccountId is.';
comment on column openai_focus.cost_and_usage."Tags" is 'team, cost_center and environment of the project, as usage-etl map was told. Null where it was told nothing.';
comment on column openai_focus.cost_and_usage."x_AllocationReason" is 'Why a part is unattributed. Null where it is not.';
comment on column openai_focus.cost_and_usage."x_AllocationStatus" is 'allocated or unattributed. Null where nothing was split.';
comment on column openai_focus.cost_and_usage."x_ApiSource" is 'Where the requests came from, as the API names it. Null when it does not.';
comment on column openai_focus.cost_and_usage."x_CredentialId" is 'Id of the API key. Null for what is billed to none.';
comment on column openai_focus.cost_and_usage."x_IsFinal" is 'True when the day was read again long enough after its end.';
comment on column openai_focus.cost_and_usage."x_LineItem" is 'The line item as billed. Null where the API gives none.';
comment on column openai_focus.cost_and_usage."x_PartNumber" is 'Number of the part of its charge, from 1. Null where nothing was split.';
comment on column openai_focus.cost_and_usage."x_Quantity" is 'Quantity as billed, flow, in x_QuantityUnit. Null when the API does not say.';
comment on column openai_focus.cost_and_usage."x_QuantityUnit" is 'Unit of x_Quantity as the API names it. Null when no single unit applies.';
comment on column openai_focus.cost_and_usage."x_SourceRecordId" is 'Identity of the charge within its BillingAccountId and ChargePeriodStart: series_id of openai.costs.';

comment on view openai_focus.cost_and_usage_allocated is 'The same charges split over users: one row per part (key: BillingAccountId, ChargePeriodStart, x_SourceRecordId, x_PartNumber). Parts of a charge add up to it, the unattributed rest included; a charge not split yet stands whole. Never add it to cost_and_usage.';
comment on column openai_focus.cost_and_usage_allocated."AllocatedMethodDetails" is 'Share of the charge, with the unit and quantity it was shared out by. Null where nothing was split.';
comment on column openai_focus.cost_and_usage_allocated."AllocatedMethodId" is 'Method of the split and its version: billed-user-share, token-share, service-share or unsplit. Null where nothing was split.';
comment on column openai_focus.cost_and_usage_allocated."AllocatedResourceId" is 'Id of the user the part is attributed to. Null on the unattributed rest, on usage of nobody, and where nothing was split.';
comment on column openai_focus.cost_and_usage_allocated."AllocatedResourceName" is 'Name the user had on that day, else e-mail address, else id. Null where AllocatedResourceId is.';
comment on column openai_focus.cost_and_usage_allocated."AllocatedTags" is 'Null: users carry no tags.';
comment on column openai_focus.cost_and_usage_allocated."BilledCost" is 'Money billed, flow, in BillingCurrency: the exact digits of the API.';
comment on column openai_focus.cost_and_usage_allocated."BillingAccountId" is 'Name of the organization in the configuration.';
comment on column openai_focus.cost_and_usage_allocated."BillingAccountName" is 'Name of the organization in the configuration.';
comment on column openai_focus.cost_and_usage_allocated."BillingCurrency" is 'ISO 4217 code in upper case.';
comment on column openai_focus.cost_and_usage_allocated."BillingPeriodEnd" is 'First instant of the next UTC month, exclusive.';
comment on column openai_focus.cost_and_usage_allocated."BillingPeriodStart" is 'First instant of the UTC month of the charge.';
comment on column openai_focus.cost_and_usage_allocated."ChargeCategory" is 'Credit for credits, else Usage. A negative amount of a model stays Usage.';
comment on column openai_focus.cost_and_usage_allocated."ChargeClass" is 'Null: a restated day replaces its rows, no row corrects another.';
comment on column openai_focus.cost_and_usage_allocated."ChargeDescription" is 'The line item as billed, else a sentence.';
comment on column openai_focus.cost_and_usage_allocated."ChargeFrequency" is 'Usage-Based; One-Time for credits.';
comment on column openai_focus.cost_and_usage_allocated."ChargePeriodEnd" is 'End of the UTC day, exclusive.';
comment on column openai_focus.cost_and_usage_allocated."ChargePeriodStart" is 'Start of the UTC day.';
comment on column openai_focus.cost_and_usage_allocated."ConsumedQuantity" is 'Quantity billed, flow, in ConsumedUnit; where the bill states none, what the usage endpoints counted. Null for credits and where neither says.';
comment on column openai_focus.cost_and_usage_allocated."ConsumedUnit" is 'Unit of ConsumedQuantity. Null where that is.';
comment on column openai_focus.cost_and_usage_allocated."ContractedCost" is 'As BilledCost, flow: the API knows no other price.';
comment on column openai_focus.cost_and_usage_allocated."EffectiveCost" is 'As BilledCost, flow: prepaid credit is not drawn down here.';
comment on column openai_focus.cost_and_usage_allocated."HostProviderName" is 'OpenAI.';
comment on column openai_focus.cost_and_usage_allocated."InvoiceId" is 'Null: the API knows no invoices.';
comment on column openai_focus.cost_and_usage_allocated."InvoiceIssuerName" is 'OpenAI.';
comment on column openai_focus.cost_and_usage_allocated."ListCost" is 'As BilledCost, flow: the API knows no other price.';
comment on column openai_focus.cost_and_usage_allocated."PricingCategory" is 'Standard. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage_allocated."PricingQuantity" is 'ConsumedQuantity in PricingUnit, flow; tokens in millions, exactly. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage_allocated."PricingUnit" is '1000000 Tokens for tokens, else ConsumedUnit. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage_allocated."ServiceCategory" is 'AI and Machine Learning.';
comment on column openai_focus.cost_and_usage_allocated."ServiceName" is 'OpenAI API.';
comment on column openai_focus.cost_and_usage_allocated."ServiceProviderName" is 'OpenAI.';
comment on column openai_focus.cost_and_usage_allocated."ServiceSubcategory" is 'Generative AI.';
comment on column openai_focus.cost_and_usage_allocated."SkuId" is 'openai/ and model, token class, modality or service as read from the line item, whatever the tier. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage_allocated."SkuMeter" is 'What is metered, such as Cached Input Tokens. Null where SkuId is.';
comment on column openai_focus.cost_and_usage_allocated."SkuPriceDetails" is 'What sets the price: model, token class, modality, tier, context. Null where SkuPriceId is.';
comment on column openai_focus.cost_and_usage_allocated."SkuPriceId" is 'openai/ and the line item. Null for credits, and where no quantity is known.';
comment on column openai_focus.cost_and_usage_allocated."SubAccountId" is 'Id of the project. Null for what is billed to none.';
comment on column openai_focus.cost_and_usage_allocated."SubAccountName" is 'Name the project had on that day, else its id. Null where SubAccountId is.';
comment on column openai_focus.cost_and_usage_allocated."Tags" is 'team, cost_center and environment of the project, as usage-etl map was told. Null where it was told nothing.';
comment on column openai_focus.cost_and_usage_allocated."x_AllocationReason" is 'Why a part is unattributed. Null where it is not.';
comment on column openai_focus.cost_and_usage_allocated."x_AllocationStatus" is 'allocated or unattributed. Null where nothing was split.';
comment on column openai_focus.cost_and_usage_allocated."x_ApiSource" is 'Where the requests came from, as the API names it. Null when it does not.';
comment on column openai_focus.cost_and_usage_allocated."x_CredentialId" is 'Id of the API key. Null for what is billed to none.';
comment on column openai_focus.cost_and_usage_allocated."x_IsFinal" is 'True when the day was read again long enough after its end.';
comment on column openai_focus.cost_and_usage_allocated."x_LineItem" is 'The line item as billed. Null where the API gives none.';
comment on column openai_focus.cost_and_usage_allocated."x_PartNumber" is 'Number of the part of its charge, from 1. Null where nothing was split.';
comment on column openai_focus.cost_and_usage_allocated."x_Quantity" is 'Quantity as billed, flow, in x_QuantityUnit. Null when the API does not say.';
comment on column openai_focus.cost_and_usage_allocated."x_QuantityUnit" is 'Unit of x_Quantity as the API names it. Null when no single unit applies.';
comment on column openai_focus.cost_and_usage_allocated."x_SourceRecordId" is 'Identity of the charge within its BillingAccountId and ChargePeriodStart: series_id of openai.costs.';
