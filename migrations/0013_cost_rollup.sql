-- Sums of costs and of their parts by day, which BI reads in place of thousands of rows a day. The load and the split
-- write them in the transactions that write the rows.

create table openai.cost_daily_rollup (
  org_id text not null,
  usage_date_utc date not null,
  group_no integer not null,
  project_id text,
  line_item text,
  currency text not null,
  quantity_unit text,
  amount numeric not null,
  priced_amount numeric,
  quantity numeric,
  costs integer not null,
  priced_costs integer not null,
  primary key (org_id, usage_date_utc, group_no)
);
comment on table openai.cost_daily_rollup is 'Sums of openai.costs by UTC day, project, line item, currency and unit, over keys and sources. Written by the load that wrote the costs. The same money as openai.costs: never add the two.';
comment on column openai.cost_daily_rollup.org_id is 'Name of the organization in the configuration.';
comment on column openai.cost_daily_rollup.usage_date_utc is 'UTC day of the costs.';
comment on column openai.cost_daily_rollup.group_no is 'Number of the group within its day.';
comment on column openai.cost_daily_rollup.project_id is 'Project billed; null for what is billed to none.';
comment on column openai.cost_daily_rollup.line_item is 'What was billed, as billed; null where the API gives none.';
comment on column openai.cost_daily_rollup.currency is 'Currency as the API sends it.';
comment on column openai.cost_daily_rollup.quantity_unit is 'Unit of quantity; null when no single unit applies.';
comment on column openai.cost_daily_rollup.amount is 'Measure, currency, flow. Money billed; exact.';
comment on column openai.cost_daily_rollup.priced_amount is 'Measure, currency, overlapping: already counted in amount. Money of the costs that state a quantity; null when none does.';
comment on column openai.cost_daily_rollup.quantity is 'Measure, quantity_unit, flow. What was billed for priced_amount; null when no cost states a quantity.';
comment on column openai.cost_daily_rollup.costs is 'Measure, costs, flow. Rows of openai.costs that were summed.';
comment on column openai.cost_daily_rollup.priced_costs is 'Measure, costs, overlapping: already counted in costs. Those that state a quantity.';
create index cost_daily_rollup_date on openai.cost_daily_rollup (usage_date_utc);

create table openai.cost_scope_daily_rollup (
  org_id text not null,
  scope text not null check (scope in ('all', 'project', 'line_item', 'api_key', 'parts', 'unattributed', 'user')),
  usage_date_utc date not null,
  group_no integer not null,
  scope_value text not null,
  currency text not null,
  amount numeric not null,
  entries integer not null,
  digest numeric,
  primary key (org_id, scope, usage_date_utc, group_no)
);
comment on table openai.cost_scope_daily_rollup is 'Sums of costs and of their parts by UTC day, currency and one thing at a time: what budgets, jumps and the reconciliation ask for. Every scope holds the same money: never add two. all, project, line_item and api_key are written by the load of openai.costs, the others by the split into openai.cost_parts.';
comment on column openai.cost_scope_daily_rollup.org_id is 'Name of the organization in the configuration.';
comment on column openai.cost_scope_daily_rollup.scope is 'What the sums are by. Of costs: all (the whole bill), project, line_item, api_key. Of parts: parts (all of them), unattributed (those of nobody known), user.';
comment on column openai.cost_scope_daily_rollup.usage_date_utc is 'UTC day of the costs.';
comment on column openai.cost_scope_daily_rollup.group_no is 'Number of the group within its day and scope.';
comment on column openai.cost_scope_daily_rollup.scope_value is 'Which project, line item, key or user; (no project), (no line item), (no key), (no user) or (unattributed) for none; empty for sums of everything.';
comment on column openai.cost_scope_daily_rollup.currency is 'Currency as the API sends it.';
comment on column openai.cost_scope_daily_rollup.amount is 'Measure, currency, overlapping between scopes. Money; exact.';
comment on column openai.cost_scope_daily_rollup.entries is 'Measure, rows, overlapping between scopes. Costs or parts that were summed.';
comment on column openai.cost_scope_daily_rollup.digest is 'Of all and parts: a sum of hashes of every cost with its amount, or with the sum of its parts. Where the two are equal, every cost of the day is split exactly. Null for other scopes.';
create index cost_scope_daily_rollup_date on openai.cost_scope_daily_rollup (scope, usage_date_utc);

create table openai.cost_user_daily_rollup (
  org_id text not null,
  usage_date_utc date not null,
  group_no integer not null,
  project_id text,
  api_key_id text,
  user_id text,
  model text,
  status text not null,
  reason text,
  method text not null,
  currency text not null,
  amount numeric not null,
  parts integer not null,
  primary key (org_id, usage_date_utc, group_no)
);
comment on table openai.cost_user_daily_rollup is 'Sums of openai.cost_parts by UTC day, project, key, user, model and how they were attributed, over line items. Written by the split that wrote the parts. The same money as openai.cost_parts: never add the two.';
comment on column openai.cost_user_daily_rollup.org_id is 'Name of the organization in the configuration.';
comment on column openai.cost_user_daily_rollup.usage_date_utc is 'UTC day of the costs.';
comment on column openai.cost_user_daily_rollup.group_no is 'Number of the group within its day.';
comment on column openai.cost_user_daily_rollup.project_id is 'Project of the costs; null when they are billed to none.';
comment on column openai.cost_user_daily_rollup.api_key_id is 'API key of the costs; null when they are billed to none or not grouped by key.';
comment on column openai.cost_user_daily_rollup.user_id is 'Who the parts are attributed to; null on the rest that is of nobody known, and for usage that the API attributes to no user.';
comment on column openai.cost_user_daily_rollup.model is 'Model that the line items name; null when they name none.';
comment on column openai.cost_user_daily_rollup.status is 'allocated or unattributed.';
comment on column openai.cost_user_daily_rollup.reason is 'Why parts are unattributed; null when they are allocated.';
comment on column openai.cost_user_daily_rollup.method is 'How the parts came about, as in openai.cost_parts.';
comment on column openai.cost_user_daily_rollup.currency is 'Currency as the API sends it.';
comment on column openai.cost_user_daily_rollup.amount is 'Measure, currency, flow. Money of the parts; exact.';
comment on column openai.cost_user_daily_rollup.parts is 'Measure, parts, flow. Rows of openai.cost_parts that were summed.';
create index cost_user_daily_rollup_date on openai.cost_user_daily_rollup (usage_date_utc);
-- Groups are as many from day to day as on one; without this the planner expects a new one a row, and sorts on disk.
create statistics openai.cost_user_daily_rollup_groups (ndistinct)
  on project_id, api_key_id, user_id, model, status, method from openai.cost_user_daily_rollup;

-- What a store of an earlier version holds.
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
from openai.costs where bucket_width = '1d'
group by org_id, bucket_start, project_id, line_item, amount_currency, quantity_unit;

insert into openai.cost_scope_daily_rollup
  (org_id, scope, usage_date_utc, group_no, scope_value, currency, amount, entries, digest)
select org_id, scope, (bucket_start at time zone 'UTC')::date,
  row_number() over (partition by org_id, scope, bucket_start order by scope_value collate "C", currency collate "C"),
  scope_value, currency, amount, entries, case scope when 'all' then digest end
from (
  select org_id, bucket_start,
    case 0 when grouping(project_id) then 'project' when grouping(line_item) then 'line_item'
      when grouping(api_key_id) then 'api_key' else 'all' end as scope,
    case 0 when grouping(project_id) then coalesce(project_id, '(no project)')
      when grouping(line_item) then coalesce(line_item, '(no line item)')
      when grouping(api_key_id) then coalesce(api_key_id, '(no key)') else '' end as scope_value,
    amount_currency as currency, sum(amount_value) as amount, count(*) as entries,
    sum(hash_numeric_extended(amount_value, uuid_hash_extended(series_id, 0))) as digest
  from openai.costs where bucket_width = '1d'
  group by grouping sets (
    (org_id, bucket_start, amount_currency), (org_id, bucket_start, amount_currency, project_id),
    (org_id, bucket_start, amount_currency, line_item), (org_id, bucket_start, amount_currency, api_key_id)
  )
) as summed;

insert into openai.cost_scope_daily_rollup
  (org_id, scope, usage_date_utc, group_no, scope_value, currency, amount, entries, digest)
select org_id, scope, usage_date_utc,
  row_number() over (partition by org_id, scope, usage_date_utc order by scope_value collate "C", currency collate "C"),
  scope_value, currency, amount, entries, digest
from (
  select org_id, 'parts' as scope, usage_date_utc, '' as scope_value, currency, sum(amount) as amount,
    sum(entries) as entries, sum(hash_numeric_extended(amount, uuid_hash_extended(series_id, 0))) as digest
  from (
    select org_id, usage_date_utc, series_id, currency, sum(amount) as amount, count(*) as entries
    from openai.cost_parts group by 1, 2, 3, 4
  ) as whole
  group by org_id, usage_date_utc, currency
  union all
  select org_id, 'unattributed', usage_date_utc, '', currency, sum(amount), count(*), null
  from openai.cost_parts where status = 'unattributed' group by org_id, usage_date_utc, currency
  union all
  select org_id, 'user', usage_date_utc, scope_value, currency, sum(amount), count(*), null
  from (
    select part.*,
      case status when 'unattributed' then '(unattributed)' else coalesce(user_id, '(no user)') end as scope_value
    from openai.cost_parts as part
  ) as named
  group by org_id, usage_date_utc, scope_value, currency
) as summed;

insert into openai.cost_user_daily_rollup
  (org_id, usage_date_utc, group_no, project_id, api_key_id, user_id, model, status, reason, method, currency, amount, parts)
select org_id, usage_date_utc,
  row_number() over (
    partition by org_id, usage_date_utc
    order by project_id collate "C", api_key_id collate "C", user_id collate "C", model collate "C",
      status collate "C", reason collate "C", method collate "C", currency collate "C"
  ),
  project_id, api_key_id, user_id, model, status, reason, method, currency, sum(amount), count(*)
from openai.cost_parts
group by org_id, usage_date_utc, project_id, api_key_id, user_id, model, status, reason, method, currency;

create view openai_bi.cost_daily_by_line_item as
select
  cost.usage_date_utc as cost_date,
  cost.org_id,
  cost.project_id,
  coalesce(project.project_label, cost.project_id, '(no project)') as project_name,
  coalesce(project.team, '(no team)') as team,
  coalesce(project.cost_center, '(no cost center)') as cost_center,
  coalesce(project.environment, '(no environment)') as environment,
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
  cost.amount as billed_cost,
  cost.currency,
  cost.quantity,
  coalesce(cost.quantity_unit, '(no unit)') as quantity_unit,
  cost.costs,
  cost.amount - coalesce(cost.priced_amount, 0) as billed_without_quantity,
  cost.costs - cost.priced_costs as costs_without_quantity,
  coalesce(ledger.settled and ledger.status = 'loaded', false) as is_final
from openai.cost_daily_rollup as cost
left join openai.line_items as item on item.line_item = cost.line_item
left join openai.projects as project on project.org_id = cost.org_id and project.project_id = cost.project_id
left join openai_etl.buckets as ledger
  on ledger.org_id = cost.org_id and ledger.dataset = 'costs' and ledger.bucket_width = '1d'
  and ledger.bucket_start = cost.usage_date_utc::timestamp at time zone 'UTC';
comment on view openai_bi.cost_daily_by_line_item is 'The bill by project and line item, over keys and sources: one row per UTC day, organization, project, line item, currency and unit. Much fewer rows than cost_daily, which is the same money: never add the two, and never add up currencies.';
comment on column openai_bi.cost_daily_by_line_item.cost_date is 'UTC day of the cost.';
comment on column openai_bi.cost_daily_by_line_item.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.cost_daily_by_line_item.project_id is 'Project billed; null for what is billed to none.';
comment on column openai_bi.cost_daily_by_line_item.project_name is 'Current name of the project, else its id; ''(no project)'' for what is billed to none.';
comment on column openai_bi.cost_daily_by_line_item.team is 'Team that answers for the project, as usage-etl map was told; ''(no team)'' when it was not.';
comment on column openai_bi.cost_daily_by_line_item.cost_center is 'Cost center that pays for the project, as usage-etl map was told; ''(no cost center)'' when it was not.';
comment on column openai_bi.cost_daily_by_line_item.environment is 'Such as production or test, as usage-etl map was told; ''(no environment)'' when it was not.';
comment on column openai_bi.cost_daily_by_line_item.line_item is 'What was billed, as billed; ''(no line item)'' where the API gives none.';
comment on column openai_bi.cost_daily_by_line_item.surface is 'What stands before the model in the line item, such as priority or batch; ''(no surface)'' when nothing does.';
comment on column openai_bi.cost_daily_by_line_item.model is 'Model that the line item names; ''(no model)'' when it names none.';
comment on column openai_bi.cost_daily_by_line_item.model_family is 'The model without its date and variant; ''(no model)'' when the line item names none.';
comment on column openai_bi.cost_daily_by_line_item.modality is 'text, audio, image or video; ''(no modality)'' when the line item does not say.';
comment on column openai_bi.cost_daily_by_line_item.token_class is 'input_uncached, input_cached, input_cache_write or output; ''(no token class)'' for what is not tokens of one class.';
comment on column openai_bi.cost_daily_by_line_item.qualifier is 'What stands behind the token class, such as long context; ''(no qualifier)'' when nothing does.';
comment on column openai_bi.cost_daily_by_line_item.service is 'What is billed other than tokens of one class, such as web search; ''(no service)'' for tokens and for what is not understood.';
comment on column openai_bi.cost_daily_by_line_item.parse_status is 'How the line item was read. model: tokens of a model; service: something else that is known; unparsed: not understood; no_line_item: there is none.';
comment on column openai_bi.cost_daily_by_line_item.charge_category is 'Usage or Credit, in the words of FOCUS. A negative amount of a model stays Usage.';
comment on column openai_bi.cost_daily_by_line_item.billed_cost is 'Money billed, flow, in currency: exact. Negative for credits.';
comment on column openai_bi.cost_daily_by_line_item.currency is 'ISO 4217 code in lower case, as the API sends it. Group or filter by it before adding up.';
comment on column openai_bi.cost_daily_by_line_item.quantity is 'How much was billed, flow within one quantity_unit; null when the API does not say for any of them.';
comment on column openai_bi.cost_daily_by_line_item.quantity_unit is 'Unit of quantity, as the API names it; ''(no unit)'' when no single unit applies.';
comment on column openai_bi.cost_daily_by_line_item.costs is 'Amounts billed that were summed, flow: rows of cost_daily.';
comment on column openai_bi.cost_daily_by_line_item.billed_without_quantity is 'What of billed_cost states no quantity, overlapping: already counted in billed_cost.';
comment on column openai_bi.cost_daily_by_line_item.costs_without_quantity is 'How many of costs state no quantity, overlapping: already counted in costs.';
comment on column openai_bi.cost_daily_by_line_item.is_final is 'True when the day was read again long enough after its end; what is not final still changes.';

create view openai_bi.cost_daily_by_user as
select
  part.usage_date_utc as cost_date,
  part.org_id,
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
  coalesce(part.model, '(no model)') as model,
  coalesce(item.model_family, '(no model)') as model_family,
  part.status,
  coalesce(part.reason, '(allocated)') as reason,
  part.method,
  part.method = 'billed_user_share' as is_billed_by_user,
  part.amount as allocated_cost,
  part.currency,
  part.parts,
  coalesce(ledger.settled and ledger.status = 'loaded', false) as is_final
from openai.cost_user_daily_rollup as part
left join (select model, max(model_family) as model_family from openai.line_items group by model) as item
  on item.model = part.model
left join openai.projects as project on project.org_id = part.org_id and project.project_id = part.project_id
left join openai.users as person on person.org_id = part.org_id and person.user_id = part.user_id
left join openai.api_keys as key on key.org_id = part.org_id and key.api_key_id = part.api_key_id
left join openai_etl.buckets as ledger
  on ledger.org_id = part.org_id and ledger.dataset = 'costs' and ledger.bucket_width = '1d'
  and ledger.bucket_start = part.usage_date_utc::timestamp at time zone 'UTC';
comment on view openai_bi.cost_daily_by_user is 'Who and what is behind the bill, over line items: one row per UTC day, organization, project, key, user, model, status, reason, method and currency. Adds up to the bill with the unattributed rest in it. Much fewer rows than cost_by_user_model_daily, which is the same money, as is cost_daily: never add two of them.';
comment on column openai_bi.cost_daily_by_user.cost_date is 'UTC day of the cost.';
comment on column openai_bi.cost_daily_by_user.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.cost_daily_by_user.project_id is 'Project billed; null for what is billed to none.';
comment on column openai_bi.cost_daily_by_user.project_name is 'Current name of the project, else its id; ''(no project)'' for what is billed to none.';
comment on column openai_bi.cost_daily_by_user.team is 'Team that answers for the project; ''(no team)'' when nobody has said.';
comment on column openai_bi.cost_daily_by_user.cost_center is 'Cost center that pays for the project; ''(no cost center)'' when nobody has said.';
comment on column openai_bi.cost_daily_by_user.environment is 'Such as production or test; ''(no environment)'' when nobody has said.';
comment on column openai_bi.cost_daily_by_user.user_id is 'User or service account; null for nobody, which user_label tells apart.';
comment on column openai_bi.cost_daily_by_user.user_label is 'Name of the user, else e-mail address, else id. ''(no user)'': usage that the API attributes to nobody; ''(unattributed)'': money that nothing tells whose it is.';
comment on column openai_bi.cost_daily_by_user.user_kind is 'user, service_account, unknown (in no list), or none (nobody).';
comment on column openai_bi.cost_daily_by_user.api_key_id is 'API key billed; null for what is billed to none, or where the API refuses the grouping by key.';
comment on column openai_bi.cost_daily_by_user.api_key_label is 'Name of the key, else its redacted value, else its id; ''(no key)'' for none.';
comment on column openai_bi.cost_daily_by_user.model is 'Model that the line item names; ''(no model)'' when it names none.';
comment on column openai_bi.cost_daily_by_user.model_family is 'The model without its date and variant; ''(no model)'' when the line item names none.';
comment on column openai_bi.cost_daily_by_user.status is 'allocated, or unattributed: no driver tells whose it is.';
comment on column openai_bi.cost_daily_by_user.reason is 'Why it is unattributed: usage_gap, user_share_gap, no_matching_usage, usage_not_by_user, service_line_item, unparsed_line_item, no_line_item or credit; ''(allocated)'' when it is not.';
comment on column openai_bi.cost_daily_by_user.method is 'billed_user_share: by the money that the provider itself reports by user; token_share: by tokens of the class billed; service_share: by another counter; none: not split.';
comment on column openai_bi.cost_daily_by_user.is_billed_by_user is 'True where the split is the provider''s own cut of the bill by user, not ours by usage.';
comment on column openai_bi.cost_daily_by_user.allocated_cost is 'Money of the parts, flow, in currency: exact.';
comment on column openai_bi.cost_daily_by_user.currency is 'ISO 4217 code in lower case, as the API sends it. Group or filter by it before adding up.';
comment on column openai_bi.cost_daily_by_user.parts is 'Parts that were summed, flow: rows of cost_by_user_model_daily.';
comment on column openai_bi.cost_daily_by_user.is_final is 'True when the day''s costs were read again long enough after its end; what is not final still changes.';

create view openai_bi.cost_daily_by_scope as
select
  cost.usage_date_utc as cost_date,
  cost.org_id,
  cost.scope,
  nullif(cost.scope_value, '') as scope_value,
  case cost.scope
    when 'project' then coalesce(project.project_label, cost.scope_value)
    when 'api_key' then coalesce(key.api_key_label, cost.scope_value)
    when 'user' then coalesce(person.user_label, cost.scope_value)
    when 'line_item' then cost.scope_value
  end as scope_label,
  case cost.scope when 'project' then coalesce(project.team, '(no team)') end as team,
  case cost.scope when 'project' then coalesce(project.cost_center, '(no cost center)') end as cost_center,
  case cost.scope when 'line_item' then coalesce(item.model_family, '(no model)') end as model_family,
  cost.amount,
  cost.currency
from openai.cost_scope_daily_rollup as cost
left join openai.projects as project
  on cost.scope = 'project' and project.org_id = cost.org_id and project.project_id = cost.scope_value
left join openai.api_keys as key
  on cost.scope = 'api_key' and key.org_id = cost.org_id and key.api_key_id = cost.scope_value
left join openai.users as person
  on cost.scope = 'user' and person.org_id = cost.org_id and person.user_id = cost.scope_value
left join openai.line_items as item on cost.scope = 'line_item' and item.line_item = cost.scope_value
where cost.scope in ('all', 'project', 'line_item', 'api_key', 'user');
comment on view openai_bi.cost_daily_by_scope is 'The bill by one thing at a time: one row per UTC day, organization, scope, value and currency. Every scope adds up to the same bill: choose one, and never add two.';
comment on column openai_bi.cost_daily_by_scope.cost_date is 'UTC day of the cost.';
comment on column openai_bi.cost_daily_by_scope.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.cost_daily_by_scope.scope is 'What the money is by: all (the whole bill), project, line_item, api_key; user: the parts attributed to each.';
comment on column openai_bi.cost_daily_by_scope.scope_value is 'Which one: project_id, line item, api_key_id or user_id; (no project), (no line item), (no key), (no user) or (unattributed) for none; null for all.';
comment on column openai_bi.cost_daily_by_scope.scope_label is 'What to show for it: the current name of the project, key or user, else scope_value; null for all.';
comment on column openai_bi.cost_daily_by_scope.team is 'Team that answers for the project; (no team) when nobody was told. Null for other scopes.';
comment on column openai_bi.cost_daily_by_scope.cost_center is 'Cost center that pays for the project; (no cost center) when nobody was told. Null for other scopes.';
comment on column openai_bi.cost_daily_by_scope.model_family is 'The model that the line item names, without its date and variant; (no model) when it names none. Null for other scopes.';
comment on column openai_bi.cost_daily_by_scope.amount is 'Money, overlapping between scopes, in currency: exact. Negative for credits.';
comment on column openai_bi.cost_daily_by_scope.currency is 'ISO 4217 code in lower case, as the API sends it. Group or filter by it before adding up.';

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
  split.computed_at as split_at
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
comment on view openai_bi.reconciliation_daily is 'Does the split add up to the bill: one row per UTC day, organization and currency, from what the load and the split have each summed of what they wrote. difference must be 0 on every row. What somebody changed in the tables by hand shows in reconciliation_between, in usage-etl verify, and in the next run, which splits such a day anew.';

create function openai_bi.reconciliation_between(from_date date, until_date date)
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
      union all
      select part.cost_date, part.org_id, part.currency, part.series_id, part.allocated_cost, part.status
      from openai_bi.cost_by_user_model_daily as part
    ) as entry
    where entry.cost_date >= from_date and entry.cost_date < until_date
    group by entry.cost_date, entry.org_id, entry.currency, entry.series_id
  ) as cost
  group by cost.cost_date, cost.org_id, cost.currency;
end;
comment on function openai_bi.reconciliation_between(date, date) is 'The figures of openai_bi.reconciliation_daily for the UTC days from from_date to before until_date, added up anew from every cost and every part: slower, and right also when somebody has changed a table by hand.';

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
      cost.usage_date_utc as cost_date,
      cost.org_id,
      cost.line_item,
      cost.currency,
      cost.quantity_unit,
      sum(cost.priced_amount) as amount,
      sum(cost.quantity) as quantity,
      sum(cost.priced_amount) / sum(cost.quantity) as unit_price,
      coalesce(bool_and(ledger.settled and ledger.status = 'loaded'), false) as is_final
    from openai.cost_daily_rollup as cost
    left join openai_etl.buckets as ledger
      on ledger.org_id = cost.org_id and ledger.dataset = 'costs' and ledger.bucket_width = '1d'
      and ledger.bucket_start = cost.usage_date_utc::timestamp at time zone 'UTC'
    where cost.line_item is not null and cost.quantity is not null
    group by 1, 2, 3, 4, 5
    having sum(cost.quantity) <> 0
  ) as daily
  window series as (
    partition by daily.org_id, daily.line_item, daily.currency, daily.quantity_unit order by daily.cost_date
  )
) as priced
left join openai.line_items as item on item.line_item = priced.line_item;

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
  -- What is by project serves teams as well, what is by line item families.
  wanted as materialized (
    select distinct budget.scope,
      case budget.scope
        when 'team' then 'project'
        when 'cost_center' then 'project'
        when 'model_family' then 'line_item'
        else budget.scope
      end as stored_scope
    from budget
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
    from openai_bi.cost_daily_by_scope as stored
    join wanted on wanted.stored_scope = stored.scope
    where stored.scope = any (array(select wanted.stored_scope from wanted))
      and stored.cost_date >= (select bounds.since from bounds) and stored.cost_date <= today
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

-- One sort, of numbers alone: several times faster than sorting by a query of its own.
create or replace function openai_bi.median(amounts numeric[]) returns numeric
language sql immutable parallel safe
begin atomic
  select (middle.two[1] + middle.two[2]) * 0.5
  from (
    select percentile_disc(array[0.5, 0.5000001]) within group (order by each.amount) as two
    from (select unnest(amounts) as amount) as each
  ) as middle;
end;

create or replace function openai_bi.anomalies_between(from_date date, until_date date)
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
    select stored.org_id, stored.cost_date, lower(stored.currency) as currency,
      case stored.scope when 'line_item' then 'model_family' else stored.scope end as scope,
      coalesce(stored.model_family, stored.scope_value, '') as scope_value, sum(stored.amount) as amount
    from openai_bi.cost_daily_by_scope as stored
    where stored.scope in ('all', 'project', 'line_item', 'api_key')
      and stored.cost_date >= from_date - 28 and stored.cost_date < until_date
    group by 1, 2, 3, 4, 5
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
        -- Bytes are sorted several times faster than words of a language.
        partition by cost.scope_value collate "C", cost.scope collate "C", cost.org_id collate "C",
          cost.currency collate "C"
        order by cost.cost_date
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
  -- What is not 25 above any day of its history is not 25 above their median: told fast, it leaves fewer to be sorted.
  centered as materialized (
    select history.*, 0 = all (history.whole) as is_first,
      (
        select (middle.two[1] + middle.two[2]) * 0.5
        from (
          select percentile_disc(array[0.5, 0.5000001]) within group (order by each.earlier) as two
          from (select unnest(history.whole) as earlier) as each
        ) as middle
      ) as median
    from history where history.amount - 25 >= any (history.whole) or 0 = all (history.whole)
  ),
  spread as materialized (
    select centered.*,
      (
        select (middle.two[1] + middle.two[2]) * 0.5
        from (
          select percentile_disc(array[0.5, 0.5000001]) within group (order by abs(each.earlier - centered.median)) as two
          from (select unnest(centered.whole) as earlier) as each
        ) as middle
      ) as deviation
    from centered
    where centered.is_first
      or (centered.amount - centered.median >= 25
        and 0.6745 * (centered.amount - centered.median) >= 3.5 * 0.05 * centered.median)
  ),
  judged as (
    select spread.*, greatest(spread.deviation, spread.median * 0.05, 0.01) as yardstick from spread
  )
  select
    judged.cost_date,
    judged.org_id,
    judged.scope,
    nullif(judged.scope_value, ''),
    case judged.scope
      when 'project' then coalesce(project.project_label, judged.scope_value)
      when 'api_key' then coalesce(key.api_key_label, judged.scope_value)
      when 'model_family' then judged.scope_value
    end,
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
  left join openai_bi.projects as project
    on judged.scope = 'project' and project.org_id = judged.org_id and project.project_id = judged.scope_value
  left join openai_bi.api_keys as key
    on judged.scope = 'api_key' and key.org_id = judged.org_id and key.api_key_id = judged.scope_value
  where judged.is_first
    or (judged.amount - judged.median >= 25
      and 0.6745 * (judged.amount - judged.median) >= 3.5 * judged.yardstick);
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

-- Dashboards ask for the days of a month; the history of restatements only grows.
create index restatements_day on openai_etl.restatements (org_id, dataset, ((bucket_start at time zone 'UTC')::date));

create view openai_bi.restated_groups as
select
  r.restatement_id,
  r.observed_at,
  r.org_id,
  r.dataset,
  d.usage_date_utc as day,
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
comment on view openai_bi.restated_groups is 'Which groups of closed buckets the API told otherwise, one row per group and time it was found, from the one width its day is told from. restatements has a row for each measure of them that moved.';
comment on column openai_bi.restated_groups.restatement_id is 'Identity of the row.';
comment on column openai_bi.restated_groups.observed_at is 'When the new value was read.';
comment on column openai_bi.restated_groups.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.restated_groups.dataset is 'Name of the dataset.';
comment on column openai_bi.restated_groups.day is 'The UTC day that was restated.';
comment on column openai_bi.restated_groups.row_change is 'added, updated or removed: what became of the group.';
comment on column openai_bi.restated_groups.was_final is 'True when the bucket had been taken as final.';
comment on column openai_bi.restated_groups.project_id is 'Project; null when the API attributes the group to none, or was not asked.';
comment on column openai_bi.restated_groups.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.restated_groups.line_item is 'What was billed, of costs; null otherwise.';
comment on column openai_bi.restated_groups.old_cost is 'Money before, flow, in currency; null of usage, and of a group that was not there.';
comment on column openai_bi.restated_groups.new_cost is 'Money after, flow, in currency; null of usage, and of a group that is gone.';
comment on column openai_bi.restated_groups.change is 'new_cost - old_cost, flow, null counting as 0. Adds up within one currency; 0 of usage.';
comment on column openai_bi.restated_groups.currency is 'ISO 4217 code in lower case; null of usage.';
comment on column openai_bi.restated_groups.bucket_width is 'Width of the bucket.';
comment on column openai_bi.restated_groups.bucket_start is 'Start of the bucket (UTC).';
comment on column openai_bi.restated_groups.run_id is 'Run that found the change.';
