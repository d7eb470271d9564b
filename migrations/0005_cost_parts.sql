create table openai.line_items (
  line_item text primary key,
  surface text,
  model text,
  modality text,
  token_class text check (token_class in ('input_uncached', 'input_cached', 'input_cache_write', 'output')),
  qualifier text,
  service text,
  parse_status text not null check (parse_status in ('model', 'service', 'unparsed')),
  parser_version integer not null,
  charge_category text not null check (charge_category in ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment')),
  first_seen_at timestamptz not null,
  updated_at timestamptz not null,
  changed_xid xid8 not null
);
comment on table openai.line_items is 'Every text of line_item ever billed, and what it was read as. The text itself is never changed; a newer parser reads all of them again.';
comment on column openai.line_items.line_item is 'The text as billed.';
comment on column openai.line_items.surface is 'What stands before the model, such as priority, batch, flex, evals or assistants api; several joined by '' | ''. Null when nothing does.';
comment on column openai.line_items.model is 'Model as the text names it; null when it names none.';
comment on column openai.line_items.modality is 'text, audio, image or video; null when the text does not say.';
comment on column openai.line_items.token_class is 'input_uncached, input_cached, input_cache_write or output; null when it is not about one class of tokens.';
comment on column openai.line_items.qualifier is 'What stands behind the class, such as long context; null when nothing does.';
comment on column openai.line_items.service is 'What is billed other than tokens of one class, such as web search; null when it is tokens or not understood.';
comment on column openai.line_items.parse_status is 'model: tokens of a model; service: something else that is known; unparsed: not understood.';
comment on column openai.line_items.parser_version is 'Version of the parser that read it.';
comment on column openai.line_items.charge_category is 'Category of the charge as FOCUS names them: Credit for credits, else Usage. A negative amount of a model stays Usage.';
comment on column openai.line_items.first_seen_at is 'When it was first found in stored costs.';
comment on column openai.line_items.updated_at is 'When it was last read as something else than before.';
comment on column openai.line_items.changed_xid is 'Transaction that last changed it: the safe cursor of change feeds.';

create table openai.cost_parts (
  org_id text not null,
  usage_date_utc date not null,
  series_id uuid not null,
  part_no integer not null,
  project_id text,
  api_key_id text,
  line_item text,
  model text,
  token_class text,
  modality text,
  user_id text,
  status text not null check (status in ('allocated', 'unattributed')),
  reason text,
  method text not null check (method in ('billed_user_share', 'token_share', 'service_share', 'none')),
  method_version text not null,
  match_level text,
  driver text,
  driver_quantity numeric,
  driver_total numeric,
  amount numeric not null,
  currency text not null,
  quantity numeric,
  quantity_unit text,
  run_id bigint not null,
  updated_at timestamptz not null,
  changed_xid xid8 not null,
  primary key (org_id, usage_date_utc, series_id, part_no),
  check ((status = 'unattributed') = (reason is not null)),
  check (status = 'allocated' or user_id is null),
  check ((driver is null) = (driver_total is null) and (driver is null) = (driver_quantity is null))
);
comment on table openai.cost_parts is 'Every billed amount of openai.costs, split over who caused it. The parts of one amount add up to it exactly, the unattributed rest included. The same money as openai.costs: never add the two.';
comment on column openai.cost_parts.org_id is 'Name of the organization in the configuration.';
comment on column openai.cost_parts.usage_date_utc is 'UTC day of the cost.';
comment on column openai.cost_parts.series_id is 'The cost that was split: series_id of openai.costs on that day.';
comment on column openai.cost_parts.part_no is 'Number of the part, from 1: users in order of their id, then nobody''s, then the unattributed rest.';
comment on column openai.cost_parts.project_id is 'Project of the cost; null when it is billed to none.';
comment on column openai.cost_parts.api_key_id is 'API key of the cost; null when it is billed to none or not grouped by key.';
comment on column openai.cost_parts.line_item is 'What was billed, as billed; see openai.line_items.';
comment on column openai.cost_parts.model is 'Model that the line item names; null when it names none.';
comment on column openai.cost_parts.token_class is 'Class of tokens that the line item names; null when it names none.';
comment on column openai.cost_parts.modality is 'Modality that the line item names; null when it names none.';
comment on column openai.cost_parts.user_id is 'Who the part is attributed to. Null on an allocated part: usage that the API attributes to no user; null on an unattributed part: nobody is known.';
comment on column openai.cost_parts.status is 'allocated; unattributed: no driver tells whose it is.';
comment on column openai.cost_parts.reason is 'Why a part is unattributed: usage_gap, user_share_gap, no_matching_usage, usage_not_by_user, service_line_item, unparsed_line_item, no_line_item or credit. Null when it is allocated.';
comment on column openai.cost_parts.method is 'billed_user_share: by the money that the provider itself reports by user; token_share: by tokens of the class billed; service_share: by another counter; none: not split.';
comment on column openai.cost_parts.method_version is 'Version of the method, of the parser of line items, and the weights of service tiers in thousandths.';
comment on column openai.cost_parts.match_level is 'How the driver was matched to the cost: what both have in common, and how the model was found. Null when nothing was.';
comment on column openai.cost_parts.driver is 'The measure that the amount was shared out by, with its dataset. Null when it was not shared.';
comment on column openai.cost_parts.driver_quantity is 'The part''s share of driver_total, weighted by service tier. On the rest: what was billed beyond what was used.';
comment on column openai.cost_parts.driver_total is 'Sum of driver_quantity over the parts of the cost.';
comment on column openai.cost_parts.amount is 'Money, flow, in units of currency; exact, with 18 decimals or as many as the billed amount where that has more.';
comment on column openai.cost_parts.currency is 'Currency as the API sends it.';
comment on column openai.cost_parts.quantity is 'Billed quantity of the part, flow, in quantity_unit; parts add up to the billed quantity exactly. Null where the cost has none.';
comment on column openai.cost_parts.quantity_unit is 'Unit of quantity; null when no single unit applies.';
comment on column openai.cost_parts.run_id is 'Run that last changed the part (openai_etl.runs).';
comment on column openai.cost_parts.updated_at is 'When a value of the part last changed.';
comment on column openai.cost_parts.changed_xid is 'Transaction that last changed the part: the safe cursor of change feeds.';

create table openai_etl.cost_split_days (
  org_id text not null,
  usage_date_utc date not null,
  method_version text not null,
  inputs bytea not null,
  parts integer not null,
  computed_at timestamptz not null,
  run_id bigint not null,
  primary key (org_id, usage_date_utc)
);
comment on table openai_etl.cost_split_days is 'The days whose costs have been split, and from what: a day is split again only when that has changed. Delete a row to have its day split again.';
comment on column openai_etl.cost_split_days.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.cost_split_days.usage_date_utc is 'UTC day of the costs.';
comment on column openai_etl.cost_split_days.method_version is 'Method the parts were made with.';
comment on column openai_etl.cost_split_days.inputs is 'SHA-256 over the method and over the ledger''s hash of every bucket that the parts follow from.';
comment on column openai_etl.cost_split_days.parts is 'Parts of the day.';
comment on column openai_etl.cost_split_days.computed_at is 'When the day was last split.';
comment on column openai_etl.cost_split_days.run_id is 'Run that split it.';
