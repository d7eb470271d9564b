-- Money for BI. Every view is at the grain its comment names, exact, and never adds up two currencies.

-- Views tell a day as a date; without these they would read all days to show one.
create index costs_cost_date on openai.costs (((bucket_start at time zone 'UTC')::date));
create index cost_parts_usage_date on openai.cost_parts (usage_date_utc);

alter table openai.line_items
  add column model_family text generated always as (openai_bi.model_family(model)) stored;
comment on column openai.line_items.model_family is 'The family of the model (openai_bi.model_family); null when the text names no model.';

create view openai_bi.cost_daily as
select
  (cost.bucket_start at time zone 'UTC')::date as cost_date,
  cost.org_id,
  cost.series_id,
  cost.project_id,
  coalesce(project.project_label, cost.project_id, '(no project)') as project_name,
  coalesce(project.team, '(no team)') as team,
  coalesce(project.cost_center, '(no cost center)') as cost_center,
  coalesce(project.environment, '(no environment)') as environment,
  cost.api_key_id,
  coalesce(key.api_key_label, cost.api_key_id, '(no key)') as api_key_label,
  coalesce(cost.api_source, '(no source)') as api_source,
  coalesce(cost.line_item, '(no line item)') as line_item,
  coalesce(item.surface, '(no surface)') as surface,
  coalesce(item.model, '(no model)') as model,
  coalesce(item.model_family, '(no model)') as model_family,
  coalesce(item.modality, '(no modality)') as modality,
  coalesce(item.token_class, '(no token class)') as token_class,
  coalesce(item.qualifier, '(no qualifier)') as qualifier,
  coalesce(item.service, '(no service)') as service,
  coalesce(item.parse_status, case when cost.line_item is null then 'no_line_item' else 'unparsed' end) as parse_status,
  coalesce(item.charge_category, 'Usage') as charge_category,
  cost.amount_value as billed_cost,
  round(cost.amount_value, 6)::numeric(24, 6) as billed_cost_rounded,
  cost.amount_currency as currency,
  cost.quantity,
  coalesce(cost.quantity_unit, '(no unit)') as quantity_unit,
  cost.amount_value / nullif(cost.quantity, 0) as unit_price,
  coalesce(ledger.settled and ledger.status = 'loaded', false) as is_final,
  cost.updated_at
from openai.costs as cost
left join openai.line_items as item on item.line_item = cost.line_item
left join openai.projects as project on project.org_id = cost.org_id and project.project_id = cost.project_id
left join openai.api_keys as key on key.org_id = cost.org_id and key.api_key_id = cost.api_key_id
left join openai_etl.buckets as ledger
  on ledger.org_id = cost.org_id and ledger.dataset = 'costs' and ledger.bucket_width = cost.bucket_width
  and ledger.bucket_start = cost.bucket_start
where cost.bucket_width = '1d';
comment on view openai_bi.cost_daily is 'The bill: one row per amount billed, as the API reports it (key: org_id, cost_date, series_id). The sum of billed_cost is the bill to the last digit; never add another view of money to it, and never add up currencies.';
comment on column openai_bi.cost_daily.cost_date is 'UTC day of the cost.';
comment on column openai_bi.cost_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.cost_daily.series_id is 'Identity of the group through all time: the same project, line item, key, source, currency and unit on every day.';
comment on column openai_bi.cost_daily.project_id is 'Project billed; null for what is billed to none.';
comment on column openai_bi.cost_daily.project_name is 'Current name of the project, else its id; ''(no project)'' for what is billed to none.';
comment on column openai_bi.cost_daily.team is 'Team that answers for the project, as usage-etl map was told; ''(no team)'' when it was not.';
comment on column openai_bi.cost_daily.cost_center is 'Cost center that pays for the project, as usage-etl map was told; ''(no cost center)'' when it was not.';
comment on column openai_bi.cost_daily.environment is 'Such as production or test, as usage-etl map was told; ''(no environment)'' when it was not.';
comment on column openai_bi.cost_daily.api_key_id is 'API key billed; null for what is billed to none, or where the API refuses the grouping by key.';
comment on column openai_bi.cost_daily.api_key_label is 'Name of the key, else its redacted value, else its id; ''(no key)'' for none.';
comment on column openai_bi.cost_daily.api_source is 'Where the requests came from, as the API names it; ''(no source)'' when it does not.';
comment on column openai_bi.cost_daily.line_item is 'What was billed, as billed; ''(no line item)'' where the API gives none.';
comment on column openai_bi.cost_daily.surface is 'What stands before the model in the line item, such as priority or batch; ''(no surface)'' when nothing does.';
comment on column openai_bi.cost_daily.model is 'Model that the line item names; ''(no model)'' when it names none.';
comment on column openai_bi.cost_daily.model_family is 'The model without its date and variant; ''(no model)'' when the line item names none.';
comment on column openai_bi.cost_daily.modality is 'text, audio, image or video; ''(no modality)'' when the line item does not say.';
comment on column openai_bi.cost_daily.token_class is 'input_uncached, input_cached, input_cache_write or output; ''(no token class)'' for what is not tokens of one class.';
comment on column openai_bi.cost_daily.qualifier is 'What stands behind the token class, such as long context; ''(no qualifier)'' when nothing does.';
comment on column openai_bi.cost_daily.service is 'What is billed other than tokens of one class, such as web search; ''(no service)'' for tokens and for what is not understood.';
comment on column openai_bi.cost_daily.parse_status is 'How the line item was read. model: tokens of a model; service: something else that is known; unparsed: not understood; no_line_item: there is none.';
comment on column openai_bi.cost_daily.charge_category is 'Usage or Credit, in the words of FOCUS. A negative amount of a model stays Usage.';
comment on column openai_bi.cost_daily.billed_cost is 'Money billed, flow, in currency: the exact digits of the API. Negative for credits.';
comment on column openai_bi.cost_daily.billed_cost_rounded is 'billed_cost, flow, rounded to 6 decimals for tools without exact decimals. Sums of it are off by the rounding.';
comment on column openai_bi.cost_daily.currency is 'ISO 4217 code in lower case, as the API sends it. Group or filter by it before adding up.';
comment on column openai_bi.cost_daily.quantity is 'How much was billed, flow within one quantity_unit; null when the API does not say.';
comment on column openai_bi.cost_daily.quantity_unit is 'Unit of quantity, as the API names it; ''(no unit)'' when no single unit applies.';
comment on column openai_bi.cost_daily.unit_price is 'billed_cost per unit of quantity, a ratio: never add up or average, divide the sums instead. Null without a quantity, and where it is 0.';
comment on column openai_bi.cost_daily.is_final is 'True when the day was read again long enough after its end; what is not final still changes.';
comment on column openai_bi.cost_daily.updated_at is 'When a value of the row last changed.';

create view openai_bi.cost_by_user_model_daily as
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
  round(part.amount, 6)::numeric(24, 6) as allocated_cost_rounded,
  part.currency,
  part.quantity,
  coalesce(part.quantity_unit, '(no unit)') as quantity_unit,
  coalesce(ledger.settled and ledger.status = 'loaded', false) as is_final,
  part.updated_at
from openai.cost_parts as part
left join openai.line_items as item on item.line_item = part.line_item
left join openai.projects as project on project.org_id = part.org_id and project.project_id = part.project_id
left join openai.users as person on person.org_id = part.org_id and person.user_id = part.user_id
left join openai.api_keys as key on key.org_id = part.org_id and key.api_key_id = part.api_key_id
left join openai_etl.buckets as ledger
  on ledger.org_id = part.org_id and ledger.dataset = 'costs' and ledger.bucket_width = '1d'
  and ledger.bucket_start = part.usage_date_utc::timestamp at time zone 'UTC';
comment on view openai_bi.cost_by_user_model_daily is 'Who and what is behind the bill: every billed amount split over its users, one row per part (key: org_id, cost_date, series_id, part_no). Adds up to the bill with the unattributed rest in it, so keep that rest in every chart. The same money as cost_daily: never add the two.';
comment on column openai_bi.cost_by_user_model_daily.cost_date is 'UTC day of the cost.';
comment on column openai_bi.cost_by_user_model_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.cost_by_user_model_daily.series_id is 'The amount that was split: series_id of cost_daily on that day.';
comment on column openai_bi.cost_by_user_model_daily.part_no is 'Number of the part of its amount, from 1.';
comment on column openai_bi.cost_by_user_model_daily.project_id is 'Project billed; null for what is billed to none.';
comment on column openai_bi.cost_by_user_model_daily.project_name is 'Current name of the project, else its id; ''(no project)'' for what is billed to none.';
comment on column openai_bi.cost_by_user_model_daily.team is 'Team that answers for the project; ''(no team)'' when nobody has said.';
comment on column openai_bi.cost_by_user_model_daily.cost_center is 'Cost center that pays for the project; ''(no cost center)'' when nobody has said.';
comment on column openai_bi.cost_by_user_model_daily.environment is 'Such as production or test; ''(no environment)'' when nobody has said.';
comment on column openai_bi.cost_by_user_model_daily.user_id is 'User or service account; null for nobody, which user_label tells apart.';
comment on column openai_bi.cost_by_user_model_daily.user_label is 'Name of the user, else e-mail address, else id. ''(no user)'': usage that the API attributes to nobody; ''(unattributed)'': money that nothing tells whose it is.';
comment on column openai_bi.cost_by_user_model_daily.user_kind is 'user, service_account, unknown (in no list), or none (nobody).';
comment on column openai_bi.cost_by_user_model_daily.api_key_id is 'API key billed; null for what is billed to none, or where the API refuses the grouping by key.';
comment on column openai_bi.cost_by_user_model_daily.api_key_label is 'Name of the key, else its redacted value, else its id; ''(no key)'' for none.';
comment on column openai_bi.cost_by_user_model_daily.line_item is 'What was billed, as billed; ''(no line item)'' where the API gives none.';
comment on column openai_bi.cost_by_user_model_daily.model is 'Model that the line item names; ''(no model)'' when it names none.';
comment on column openai_bi.cost_by_user_model_daily.model_family is 'The model without its date and variant; ''(no model)'' when the line item names none.';
comment on column openai_bi.cost_by_user_model_daily.token_class is 'input_uncached, input_cached, input_cache_write or output; ''(no token class)'' for what is not tokens of one class.';
comment on column openai_bi.cost_by_user_model_daily.service is 'What is billed other than tokens of one class; ''(no service)'' for tokens and for what is not understood.';
comment on column openai_bi.cost_by_user_model_daily.status is 'allocated, or unattributed: no driver tells whose it is.';
comment on column openai_bi.cost_by_user_model_daily.reason is 'Why it is unattributed: usage_gap, user_share_gap, no_matching_usage, usage_not_by_user, service_line_item, unparsed_line_item, no_line_item or credit; ''(allocated)'' when it is not.';
comment on column openai_bi.cost_by_user_model_daily.method is 'billed_user_share: by the money that the provider itself reports by user; token_share: by tokens of the class billed; service_share: by another counter; none: not split.';
comment on column openai_bi.cost_by_user_model_daily.is_billed_by_user is 'True where the split is the provider''s own cut of the bill by user, not ours by usage.';
comment on column openai_bi.cost_by_user_model_daily.allocated_cost is 'Money, flow, in currency, exact. With the unattributed rows it adds up to the bill.';
comment on column openai_bi.cost_by_user_model_daily.allocated_cost_rounded is 'allocated_cost, flow, rounded to 6 decimals for tools without exact decimals. Sums of it are off by the rounding.';
comment on column openai_bi.cost_by_user_model_daily.currency is 'ISO 4217 code in lower case, as the API sends it. Group or filter by it before adding up.';
comment on column openai_bi.cost_by_user_model_daily.quantity is 'Billed quantity of the part, flow within one quantity_unit; null when the API does not say.';
comment on column openai_bi.cost_by_user_model_daily.quantity_unit is 'Unit of quantity, as the API names it; ''(no unit)'' when no single unit applies.';
comment on column openai_bi.cost_by_user_model_daily.is_final is 'True when the day''s costs were read again long enough after its end; what is not final still changes.';
comment on column openai_bi.cost_by_user_model_daily.updated_at is 'When a value of the part last changed.';

create view openai_bi.reconciliation_daily as
select
  day.cost_date,
  day.org_id,
  day.currency,
  day.billed,
  day.allocated,
  day.unattributed,
  day.billed - day.allocated - day.unattributed as difference,
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
  split.computed_at as split_at
from (
  select
    cost_date,
    org_id,
    currency,
    coalesce(sum(billed), 0) as billed,
    coalesce(sum(allocated), 0) as allocated,
    coalesce(sum(unattributed), 0) as unattributed,
    sum(costs)::bigint as costs,
    sum(parts)::bigint as parts,
    count(*) filter (where coalesce(billed, 0) <> coalesce(allocated, 0) + coalesce(unattributed, 0)) as costs_off
  from (
    select
      cost_date,
      org_id,
      currency,
      sum(amount) filter (where side = 'billed') as billed,
      sum(amount) filter (where side = 'allocated') as allocated,
      sum(amount) filter (where side = 'unattributed') as unattributed,
      count(*) filter (where side = 'billed') as costs,
      count(*) filter (where side <> 'billed') as parts
    from (
      select
        (bucket_start at time zone 'UTC')::date as cost_date,
        org_id,
        amount_currency as currency,
        series_id,
        amount_value as amount,
        'billed' as side
      from openai.costs
      where bucket_width = '1d'
      union all
      select usage_date_utc, org_id, currency, series_id, amount, status from openai.cost_parts
    ) as entry
    group by cost_date, org_id, currency, series_id
  ) as cost
  group by cost_date, org_id, currency
) as day
left join openai_etl.cost_split_days as split on split.org_id = day.org_id and split.usage_date_utc = day.cost_date
left join openai_etl.buckets as ledger
  on ledger.org_id = day.org_id and ledger.dataset = 'costs' and ledger.bucket_width = '1d'
  and ledger.bucket_start = day.cost_date::timestamp at time zone 'UTC';
comment on view openai_bi.reconciliation_daily is 'Does the split add up to the bill: one row per UTC day, organization and currency. difference must be 0 on every row.';
comment on column openai_bi.reconciliation_daily.cost_date is 'UTC day of the cost.';
comment on column openai_bi.reconciliation_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.reconciliation_daily.currency is 'ISO 4217 code in lower case, as the API sends it. Group or filter by it before adding up.';
comment on column openai_bi.reconciliation_daily.billed is 'Money billed, flow: what cost_daily adds up to.';
comment on column openai_bi.reconciliation_daily.allocated is 'Money split over users, flow; usage of nobody in particular is in it.';
comment on column openai_bi.reconciliation_daily.unattributed is 'Money that nothing tells whose it is, flow.';
comment on column openai_bi.reconciliation_daily.difference is 'billed - allocated - unattributed, flow: 0, exactly, once the day is split.';
comment on column openai_bi.reconciliation_daily.reason is 'Why something is off: not_split_yet, split_outdated (the bill changed after the split; the next run splits again) or no_longer_billed; ''(none)'' when nothing is.';
comment on column openai_bi.reconciliation_daily.costs is 'Amounts billed, flow.';
comment on column openai_bi.reconciliation_daily.costs_off is 'Amounts whose own parts do not add up to them, flow: 0 once the day is split. Finds errors that cancel out in difference.';
comment on column openai_bi.reconciliation_daily.parts is 'Parts that the amounts were split into, flow.';
comment on column openai_bi.reconciliation_daily.is_final is 'True when the day was read again long enough after its end; what is not final still changes.';
comment on column openai_bi.reconciliation_daily.split_at is 'When the day was last split; null while it never was.';

create view openai_bi.unit_price_daily as
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
      (cost.bucket_start at time zone 'UTC')::date as cost_date,
      cost.org_id,
      cost.line_item,
      cost.amount_currency as currency,
      cost.quantity_unit,
      sum(cost.amount_value) as amount,
      sum(cost.quantity) as quantity,
      sum(cost.amount_value) / sum(cost.quantity) as unit_price,
      coalesce(bool_and(ledger.settled and ledger.status = 'loaded'), false) as is_final
    from openai.costs as cost
    left join openai_etl.buckets as ledger
      on ledger.org_id = cost.org_id and ledger.dataset = 'costs' and ledger.bucket_width = cost.bucket_width
      and ledger.bucket_start = cost.bucket_start
    where cost.bucket_width = '1d' and cost.line_item is not null and cost.quantity is not null
    group by 1, 2, 3, 4, 5
    having sum(cost.quantity) <> 0
  ) as daily
  window series as (
    partition by daily.org_id, daily.line_item, daily.currency, daily.quantity_unit order by daily.cost_date
  )
) as priced
left join openai.line_items as item on item.line_item = priced.line_item;
comment on view openai_bi.unit_price_daily is 'What a unit really cost: one row per UTC day, organization, line item, currency and unit, of the amounts that state a quantity. Moves with list prices, discounts, free tokens and the mix of tiers.';
comment on column openai_bi.unit_price_daily.cost_date is 'UTC day of the cost.';
comment on column openai_bi.unit_price_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.unit_price_daily.line_item is 'What was billed, as billed.';
comment on column openai_bi.unit_price_daily.model is 'Model that the line item names; ''(no model)'' when it names none.';
comment on column openai_bi.unit_price_daily.model_family is 'The model without its date and variant; ''(no model)'' when the line item names none.';
comment on column openai_bi.unit_price_daily.token_class is 'input_uncached, input_cached, input_cache_write or output; ''(no token class)'' for what is not tokens of one class.';
comment on column openai_bi.unit_price_daily.surface is 'What stands before the model in the line item, such as priority or batch; ''(no surface)'' when nothing does.';
comment on column openai_bi.unit_price_daily.service is 'What is billed other than tokens of one class; ''(no service)'' for tokens and for what is not understood.';
comment on column openai_bi.unit_price_daily.currency is 'ISO 4217 code in lower case, as the API sends it.';
comment on column openai_bi.unit_price_daily.quantity_unit is 'Unit of quantity, as the API names it; ''(no unit)'' when it names none.';
comment on column openai_bi.unit_price_daily.amount is 'Money of the amounts that state a quantity, flow, in currency, exact: the numerator of the price.';
comment on column openai_bi.unit_price_daily.quantity is 'Quantity billed, flow within one quantity_unit: the denominator of the price.';
comment on column openai_bi.unit_price_daily.unit_price is 'amount / quantity, a ratio: never add up or average, divide the sums instead.';
comment on column openai_bi.unit_price_daily.price_per_million_tokens is 'The price of a million tokens, a ratio, as price lists give it; null for other units.';
comment on column openai_bi.unit_price_daily.previous_date is 'The day before that has a price of the same line item, currency and unit; null on the first. More than a day back where nothing was billed in between.';
comment on column openai_bi.unit_price_daily.previous_unit_price is 'unit_price of previous_date, a ratio.';
comment on column openai_bi.unit_price_daily.unit_price_change is 'unit_price - previous_unit_price, a ratio; null on the first day.';
comment on column openai_bi.unit_price_daily.unit_price_change_ratio is 'The change as a share of previous_unit_price, a ratio: 0.02 is 2 % dearer. Null on the first day and after a price of 0.';
comment on column openai_bi.unit_price_daily.is_final is 'True when the day was read again long enough after its end; what is not final still changes.';
