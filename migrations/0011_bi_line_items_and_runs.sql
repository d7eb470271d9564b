-- What was billed, as it is understood, and what was done when, for BI.

create view openai_bi.line_items as
select
  line_item,
  coalesce(surface, '(no surface)') as surface,
  coalesce(model, '(no model)') as model,
  coalesce(openai_bi.model_family(model), '(no model)') as model_family,
  coalesce(modality, '(no modality)') as modality,
  coalesce(token_class, '(no token class)') as token_class,
  coalesce(qualifier, '(no qualifier)') as qualifier,
  coalesce(service, '(no service)') as service,
  parse_status,
  charge_category,
  first_seen_at
from openai.line_items;
comment on view openai_bi.line_items is 'What was ever billed, and how its text was read. One row a line item.';
comment on column openai_bi.line_items.line_item is 'What was billed, as billed.';
comment on column openai_bi.line_items.surface is 'What stands before the model, such as priority or batch; (no surface) when nothing does.';
comment on column openai_bi.line_items.model is 'Model that the line item names; (no model) when it names none.';
comment on column openai_bi.line_items.model_family is 'The model without its date and variant; (no model) when the line item names none.';
comment on column openai_bi.line_items.modality is 'text, audio, image or video; (no modality) when the line item does not say.';
comment on column openai_bi.line_items.token_class is 'input_uncached, input_cached, input_cache_write or output; (no token class) for what is not tokens of one class.';
comment on column openai_bi.line_items.qualifier is 'What stands behind the token class, such as long context; (no qualifier) when nothing does.';
comment on column openai_bi.line_items.service is 'What is billed other than tokens of one class, such as web search; (no service) for tokens and for what is not understood.';
comment on column openai_bi.line_items.parse_status is 'How it was read. model: tokens of a model; service: something else that is known; unparsed: not understood.';
comment on column openai_bi.line_items.charge_category is 'Usage or Credit, in the words of FOCUS.';
comment on column openai_bi.line_items.first_seen_at is 'When it was first loaded.';

create view openai_bi.runs as
select
  run_id,
  org_id,
  command,
  started_at,
  finished_at,
  finished_at - started_at as duration,
  status,
  requests,
  pages,
  results,
  rows_inserted,
  rows_updated,
  rows_deleted,
  buckets_loaded,
  buckets_unchanged,
  buckets_refused,
  error,
  version
from openai_etl.runs;
comment on view openai_bi.runs is 'What was done and what changed: one row per execution of a command for one organization. All counts are flows.';
comment on column openai_bi.runs.run_id is 'Identity of the run.';
comment on column openai_bi.runs.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.runs.command is 'sync, backfill or verify.';
comment on column openai_bi.runs.started_at is 'When the run started.';
comment on column openai_bi.runs.finished_at is 'When the run ended; null while it runs, and for one that was killed.';
comment on column openai_bi.runs.duration is 'How long it took; null while it runs, and for one that was killed.';
comment on column openai_bi.runs.status is 'running; ok: all asked for is loaded; partial: something failed or was refused; failed: nothing was loaded, or the run was killed.';
comment on column openai_bi.runs.requests is 'HTTP requests made, flow, retries included.';
comment on column openai_bi.runs.pages is 'Pages read whole, flow.';
comment on column openai_bi.runs.results is 'Results received in those pages, flow.';
comment on column openai_bi.runs.rows_inserted is 'Fact rows inserted, flow.';
comment on column openai_bi.runs.rows_updated is 'Fact rows of which a value changed, flow.';
comment on column openai_bi.runs.rows_deleted is 'Fact rows that the API no longer reports, flow.';
comment on column openai_bi.runs.buckets_loaded is 'Buckets that were new or changed, flow.';
comment on column openai_bi.runs.buckets_unchanged is 'Buckets recognized as unchanged, flow.';
comment on column openai_bi.runs.buckets_refused is 'Buckets not applied because a result could not be typed, flow.';
comment on column openai_bi.runs.error is 'What went wrong, one line per error; null when nothing did.';
comment on column openai_bi.runs.version is 'Version of usage-etl that ran.';
