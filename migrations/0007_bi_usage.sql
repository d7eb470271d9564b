-- The views of usage. Each reads a day at the one width it is told from (openai_etl.days): the facts where 1d alone is
-- loaded, else the daily rollup. A view has its owner's rights: who may read it needs none on the tables.

create function openai_bi.model_family(model text) returns text
language sql immutable parallel safe
return regexp_replace(
  regexp_replace(model, '^(?:ft[:-])?([^:]*).*$', '\1'),
  '-(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4})(?:-preview)?$', '');
comment on function openai_bi.model_family(text) is 'The family of a model: its name without the date of a snapshot (-2026-03-05, -0613, with or without -preview) and without what fine-tuning puts around the base model (ft:base:organization:name:id, ft-base). Null for null.';

create table openai.models (
  model text primary key,
  model_family text not null,
  first_seen_at timestamptz not null
);
comment on table openai.models is 'Every model that usage has named, with its family. Written by the loader.';
comment on column openai.models.model is 'Model as the API names it.';
comment on column openai.models.model_family is 'Its family, as openai_bi.model_family tells it.';
comment on column openai.models.first_seen_at is 'When the model was first loaded.';

-- What a store of an earlier version holds.
insert into openai.models
select model, openai_bi.model_family(model), min(loaded_at) from (
  select model, loaded_at from openai.usage_completions union all
  select model, loaded_at from openai.usage_embeddings union all
  select model, loaded_at from openai.usage_moderations union all
  select model, loaded_at from openai.usage_images union all
  select model, loaded_at from openai.usage_audio_speeches union all
  select model, loaded_at from openai.usage_audio_transcriptions union all
  select model, loaded_at from openai.usage_web_search_calls union all
  select model, loaded_at from openai.usage_decisions
) as seen where model is not null group by model;

create view openai_bi.models as
select
  model,
  model_family,
  first_seen_at
from openai.models;
comment on view openai_bi.models is 'Models that usage has named. One row a model.';
comment on column openai_bi.models.model is 'Model as the API names it.';
comment on column openai_bi.models.model_family is 'Its family: the name without the date of a snapshot and without fine-tuning.';
comment on column openai_bi.models.first_seen_at is 'When the model was first loaded.';

create view openai_bi.usage_completions_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.batch as is_batch,
  coalesce(u.service_tier, '(no tier)') as service_tier,
  coalesce(u.api_source, '(no source)') as api_source,
  u.input_tokens,
  u.output_tokens,
  u.num_model_requests,
  u.input_cached_tokens,
  u.input_uncached_tokens,
  u.input_cache_write_tokens,
  u.input_cache_write_30m_tokens,
  u.input_cache_write_12h_tokens,
  u.input_text_tokens,
  u.input_cached_text_tokens,
  u.input_audio_tokens,
  u.input_cached_audio_tokens,
  u.input_image_tokens,
  u.input_cached_image_tokens,
  u.output_text_tokens,
  u.output_audio_tokens,
  u.output_image_tokens,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.user_id, f.api_key_id, f.model,
    f.batch, f.service_tier, f.api_source, f.input_tokens, f.output_tokens, f.num_model_requests, f.input_cached_tokens,
    f.input_uncached_tokens, f.input_cache_write_tokens, f.input_cache_write_30m_tokens, f.input_cache_write_12h_tokens,
    f.input_text_tokens, f.input_cached_text_tokens, f.input_audio_tokens, f.input_cached_audio_tokens,
    f.input_image_tokens, f.input_cached_image_tokens, f.output_text_tokens, f.output_audio_tokens,
    f.output_image_tokens
  from openai_etl.days d join openai.usage_completions f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'completions' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id, r.model,
    r.batch, r.service_tier, r.api_source, r.input_tokens, r.output_tokens, r.num_model_requests, r.input_cached_tokens,
    r.input_uncached_tokens, r.input_cache_write_tokens, r.input_cache_write_30m_tokens, r.input_cache_write_12h_tokens,
    r.input_text_tokens, r.input_cached_text_tokens, r.input_audio_tokens, r.input_cached_audio_tokens,
    r.input_image_tokens, r.input_cached_image_tokens, r.output_text_tokens, r.output_audio_tokens,
    r.output_image_tokens
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'completions'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'completions' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_completions_daily is 'Text, audio and image generation by the Chat Completions and Responses APIs. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_completions_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_completions_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_completions_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_completions_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_completions_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_completions_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_completions_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_completions_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_completions_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_completions_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_completions_daily.is_batch is 'True for Batch API requests; null when not asked or not told by the dataset.';
comment on column openai_bi.usage_completions_daily.service_tier is 'Service tier that served the requests; an open list. (no tier) for null.';
comment on column openai_bi.usage_completions_daily.api_source is '''agents_api'' or ''unlabeled''; unlabeled means no attribution, old data included. (no source) for null.';
comment on column openai_bi.usage_completions_daily.input_tokens is 'tokens, flow. All input tokens of every modality: uncached, cached and cache writes.';
comment on column openai_bi.usage_completions_daily.output_tokens is 'tokens, flow. All output tokens of every modality.';
comment on column openai_bi.usage_completions_daily.num_model_requests is 'requests, flow. Requests made to the model.';
comment on column openai_bi.usage_completions_daily.input_cached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Input tokens read from the prompt cache, all modalities. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_uncached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Input tokens neither read from nor written to the cache. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_cache_write_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Input tokens written to the prompt cache. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_cache_write_30m_tokens is 'tokens, overlapping: already counted in input_cache_write_tokens, never add the two. Cache writes kept for 30 minutes; absent on older results. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_cache_write_12h_tokens is 'tokens, overlapping: already counted in input_cache_write_tokens, never add the two. Cache writes kept for 12 hours. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_text_tokens is 'tokens, overlapping: already counted in input_uncached_tokens, never add the two. Uncached text input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_cached_text_tokens is 'tokens, overlapping: already counted in input_cached_tokens, never add the two. Cached text input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_audio_tokens is 'tokens, overlapping: already counted in input_uncached_tokens, never add the two. Uncached audio input tokens; before 6.48.0 documented as including cached ones. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_cached_audio_tokens is 'tokens, overlapping: already counted in input_cached_tokens, never add the two. Cached audio input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_image_tokens is 'tokens, overlapping: already counted in input_uncached_tokens, never add the two. Uncached image input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.input_cached_image_tokens is 'tokens, overlapping: already counted in input_cached_tokens, never add the two. Cached image input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.output_text_tokens is 'tokens, overlapping: already counted in output_tokens, never add the two. Text output tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.output_audio_tokens is 'tokens, overlapping: already counted in output_tokens, never add the two. Audio output tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.output_image_tokens is 'tokens, overlapping: already counted in output_tokens, never add the two. Image output tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_completions_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_completions_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_completions_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_completions_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_completions_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_completions_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_completions_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_embeddings_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.input_tokens,
  u.num_model_requests,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.user_id, f.api_key_id, f.model,
    f.input_tokens, f.num_model_requests
  from openai_etl.days d join openai.usage_embeddings f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'embeddings' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id, r.model,
    r.input_tokens, r.num_model_requests
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'embeddings'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'embeddings' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_embeddings_daily is 'Embedding requests. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_embeddings_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_embeddings_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_embeddings_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_embeddings_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_embeddings_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_embeddings_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_embeddings_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_embeddings_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_embeddings_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_embeddings_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_embeddings_daily.input_tokens is 'tokens, flow. Tokens embedded.';
comment on column openai_bi.usage_embeddings_daily.num_model_requests is 'requests, flow. Requests made to the model.';
comment on column openai_bi.usage_embeddings_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_embeddings_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_embeddings_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_embeddings_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_embeddings_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_embeddings_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_embeddings_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_moderations_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.input_tokens,
  u.num_model_requests,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.user_id, f.api_key_id, f.model,
    f.input_tokens, f.num_model_requests
  from openai_etl.days d join openai.usage_moderations f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'moderations' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id, r.model,
    r.input_tokens, r.num_model_requests
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'moderations'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'moderations' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_moderations_daily is 'Moderation requests. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_moderations_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_moderations_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_moderations_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_moderations_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_moderations_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_moderations_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_moderations_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_moderations_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_moderations_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_moderations_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_moderations_daily.input_tokens is 'tokens, flow. Tokens moderated.';
comment on column openai_bi.usage_moderations_daily.num_model_requests is 'requests, flow. Requests made to the model.';
comment on column openai_bi.usage_moderations_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_moderations_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_moderations_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_moderations_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_moderations_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_moderations_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_moderations_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_images_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  coalesce(u.size, '(no size)') as size,
  coalesce(u.source, '(no source)') as source,
  u.images,
  u.num_model_requests,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.user_id, f.api_key_id, f.model,
    f.size, f.source, f.images, f.num_model_requests
  from openai_etl.days d join openai.usage_images f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'images' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id, r.model,
    r.size, r.source, r.images, r.num_model_requests
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'images'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'images' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_images_daily is 'Image generation, edits and variations by the Images API. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_images_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_images_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_images_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_images_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_images_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_images_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_images_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_images_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_images_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_images_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_images_daily.size is 'Width x height in pixels; an open list, newer models have more sizes than the filter knows. (no size) for null.';
comment on column openai_bi.usage_images_daily.source is 'image.generation, image.edit or image.variation. (no source) for null.';
comment on column openai_bi.usage_images_daily.images is 'images, flow. Images made.';
comment on column openai_bi.usage_images_daily.num_model_requests is 'requests, flow. Requests made to the model.';
comment on column openai_bi.usage_images_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_images_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_images_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_images_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_images_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_images_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_images_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_audio_speeches_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.characters,
  u.num_model_requests,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.user_id, f.api_key_id, f.model,
    f.characters, f.num_model_requests
  from openai_etl.days d join openai.usage_audio_speeches f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'audio_speeches' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id, r.model,
    r.characters, r.num_model_requests
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'audio_speeches'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'audio_speeches' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_audio_speeches_daily is 'Text to speech. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_audio_speeches_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_audio_speeches_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_audio_speeches_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_audio_speeches_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_audio_speeches_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_audio_speeches_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_audio_speeches_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_audio_speeches_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_audio_speeches_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_audio_speeches_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_audio_speeches_daily.characters is 'characters, flow. Characters spoken.';
comment on column openai_bi.usage_audio_speeches_daily.num_model_requests is 'requests, flow. Requests made to the model.';
comment on column openai_bi.usage_audio_speeches_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_audio_speeches_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_audio_speeches_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_audio_speeches_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_audio_speeches_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_audio_speeches_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_audio_speeches_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_audio_transcriptions_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.seconds,
  u.num_model_requests,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.user_id, f.api_key_id, f.model,
    f.seconds, f.num_model_requests
  from openai_etl.days d join openai.usage_audio_transcriptions f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'audio_transcriptions' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id, r.model,
    r.seconds, r.num_model_requests
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'audio_transcriptions'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'audio_transcriptions' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_audio_transcriptions_daily is 'Speech to text. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_audio_transcriptions_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_audio_transcriptions_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_audio_transcriptions_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_audio_transcriptions_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_audio_transcriptions_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_audio_transcriptions_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_audio_transcriptions_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_audio_transcriptions_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_audio_transcriptions_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_audio_transcriptions_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_audio_transcriptions_daily.seconds is 'seconds, flow. Seconds of audio transcribed.';
comment on column openai_bi.usage_audio_transcriptions_daily.num_model_requests is 'requests, flow. Requests made to the model.';
comment on column openai_bi.usage_audio_transcriptions_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_audio_transcriptions_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_audio_transcriptions_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_audio_transcriptions_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_audio_transcriptions_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_audio_transcriptions_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_audio_transcriptions_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_vector_stores_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.usage_bytes,
  trim_scale(u.usage_bytes_seconds * 0.000000000931322574615478515625 / 3600) as gib_hours,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.usage_bytes,
    f.usage_bytes::numeric * 86400 as usage_bytes_seconds
  from openai_etl.days d join openai.usage_vector_stores f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'vector_stores' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.usage_bytes, r.usage_bytes_seconds
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'vector_stores'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'vector_stores' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_vector_stores_daily is 'Storage held by vector stores. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_vector_stores_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_vector_stores_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_vector_stores_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_vector_stores_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_vector_stores_daily.usage_bytes is 'bytes, level: add up over projects, never over time. Of a day told from hours, the level at its end.';
comment on column openai_bi.usage_vector_stores_daily.gib_hours is 'GiB-hours, flow: each level times the time it was held, the unit the bill uses. Add up over anything.';
comment on column openai_bi.usage_vector_stores_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_vector_stores_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_vector_stores_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_vector_stores_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_vector_stores_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_vector_stores_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_vector_stores_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_code_interpreter_sessions_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.num_sessions,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.num_sessions
  from openai_etl.days d join openai.usage_code_interpreter_sessions f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'code_interpreter_sessions' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.num_sessions
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'code_interpreter_sessions'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'code_interpreter_sessions' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_code_interpreter_sessions_daily is 'Code interpreter sessions. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.num_sessions is 'sessions, flow. Code interpreter sessions started.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_code_interpreter_sessions_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_file_search_calls_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.vector_store_id, '(no vector store)') as vector_store_id,
  u.num_requests,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.user_id, f.api_key_id,
    f.vector_store_id, f.num_requests
  from openai_etl.days d join openai.usage_file_search_calls f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'file_search_calls' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id,
    r.vector_store_id, r.num_requests
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'file_search_calls'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'file_search_calls' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_file_search_calls_daily is 'File search tool calls. Their results are tagged file_searches, not file_search_calls. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_file_search_calls_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_file_search_calls_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_file_search_calls_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_file_search_calls_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_file_search_calls_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_file_search_calls_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_file_search_calls_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_file_search_calls_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_file_search_calls_daily.vector_store_id is 'Vector store that was searched. (no vector store) for null.';
comment on column openai_bi.usage_file_search_calls_daily.num_requests is 'calls, flow. File search calls.';
comment on column openai_bi.usage_file_search_calls_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_file_search_calls_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_file_search_calls_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_file_search_calls_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_file_search_calls_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_file_search_calls_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_file_search_calls_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_web_search_calls_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  coalesce(u.context_level, '(no level)') as context_level,
  coalesce(u.api_source, '(no source)') as api_source,
  u.num_requests,
  u.num_model_requests,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.user_id, f.api_key_id, f.model,
    f.context_level, f.api_source, f.num_requests, f.num_model_requests
  from openai_etl.days d join openai.usage_web_search_calls f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'web_search_calls' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id, r.model,
    r.context_level, r.api_source, r.num_requests, r.num_model_requests
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'web_search_calls'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'web_search_calls' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_web_search_calls_daily is 'Web search tool calls. Their results are tagged web_searches, not web_search_calls. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_web_search_calls_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_web_search_calls_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_web_search_calls_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_web_search_calls_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_web_search_calls_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_web_search_calls_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_web_search_calls_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_web_search_calls_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_web_search_calls_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_web_search_calls_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_web_search_calls_daily.context_level is 'low, medium or high: how much context the search brought. (no level) for null.';
comment on column openai_bi.usage_web_search_calls_daily.api_source is '''agents_api'' or ''unlabeled''; unlabeled means no attribution, old data included. (no source) for null.';
comment on column openai_bi.usage_web_search_calls_daily.num_requests is 'calls, flow. Web search calls.';
comment on column openai_bi.usage_web_search_calls_daily.num_model_requests is 'requests, overlapping: already counted in completions.num_model_requests, never add the two. Model requests that searched; most likely counted in completions too, so never add the two.';
comment on column openai_bi.usage_web_search_calls_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_web_search_calls_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_web_search_calls_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_web_search_calls_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_web_search_calls_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_web_search_calls_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_web_search_calls_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_decisions_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.batch as is_batch,
  coalesce(u.service_tier, '(no tier)') as service_tier,
  coalesce(u.api_source, '(no source)') as api_source,
  u.input_tokens,
  u.output_tokens,
  u.num_model_requests,
  u.input_cached_tokens,
  u.input_uncached_tokens,
  u.input_cache_write_tokens,
  u.input_cache_write_30m_tokens,
  u.input_cache_write_12h_tokens,
  u.input_text_tokens,
  u.input_cached_text_tokens,
  u.input_audio_tokens,
  u.input_cached_audio_tokens,
  u.input_image_tokens,
  u.input_cached_image_tokens,
  u.output_text_tokens,
  u.output_audio_tokens,
  u.output_image_tokens,
  p.team,
  p.cost_center,
  p.environment,
  s.is_final,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, f.series_id, f.bucket_width, f.project_id, f.user_id, f.api_key_id, f.model,
    f.batch, f.service_tier, f.api_source, f.input_tokens, f.output_tokens, f.num_model_requests, f.input_cached_tokens,
    f.input_uncached_tokens, f.input_cache_write_tokens, f.input_cache_write_30m_tokens, f.input_cache_write_12h_tokens,
    f.input_text_tokens, f.input_cached_text_tokens, f.input_audio_tokens, f.input_cached_audio_tokens,
    f.input_image_tokens, f.input_cached_image_tokens, f.output_text_tokens, f.output_audio_tokens,
    f.output_image_tokens
  from openai_etl.days d join openai.usage_decisions f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'decisions' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id, r.model,
    r.batch, r.service_tier, r.api_source, r.input_tokens, r.output_tokens, r.num_model_requests, r.input_cached_tokens,
    r.input_uncached_tokens, r.input_cache_write_tokens, r.input_cache_write_30m_tokens, r.input_cache_write_12h_tokens,
    r.input_text_tokens, r.input_cached_text_tokens, r.input_audio_tokens, r.input_cached_audio_tokens,
    r.input_image_tokens, r.input_cached_image_tokens, r.output_text_tokens, r.output_audio_tokens,
    r.output_image_tokens
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days)) and r.dataset = 'decisions'
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = 'decisions' and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_decisions_daily is 'Decisions, an endpoint of October 2026 with the columns of completions; many organizations lack it. One row per UTC day and group, from whatever width the day is told from.';
comment on column openai_bi.usage_decisions_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_decisions_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_decisions_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_decisions_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_decisions_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_decisions_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_decisions_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_decisions_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_decisions_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_decisions_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_decisions_daily.is_batch is 'True for Batch API requests; null when not asked or not told by the dataset.';
comment on column openai_bi.usage_decisions_daily.service_tier is 'Service tier that served the requests; an open list. (no tier) for null.';
comment on column openai_bi.usage_decisions_daily.api_source is '''agents_api'' or ''unlabeled''; unlabeled means no attribution, old data included. (no source) for null.';
comment on column openai_bi.usage_decisions_daily.input_tokens is 'tokens, flow. All input tokens of every modality: uncached, cached and cache writes.';
comment on column openai_bi.usage_decisions_daily.output_tokens is 'tokens, flow. All output tokens of every modality.';
comment on column openai_bi.usage_decisions_daily.num_model_requests is 'requests, flow. Requests made to the model.';
comment on column openai_bi.usage_decisions_daily.input_cached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Input tokens read from the prompt cache, all modalities. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_uncached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Input tokens neither read from nor written to the cache. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_cache_write_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Input tokens written to the prompt cache. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_cache_write_30m_tokens is 'tokens, overlapping: already counted in input_cache_write_tokens, never add the two. Cache writes kept for 30 minutes; absent on older results. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_cache_write_12h_tokens is 'tokens, overlapping: already counted in input_cache_write_tokens, never add the two. Cache writes kept for 12 hours. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_text_tokens is 'tokens, overlapping: already counted in input_uncached_tokens, never add the two. Uncached text input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_cached_text_tokens is 'tokens, overlapping: already counted in input_cached_tokens, never add the two. Cached text input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_audio_tokens is 'tokens, overlapping: already counted in input_uncached_tokens, never add the two. Uncached audio input tokens; before 6.48.0 documented as including cached ones. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_cached_audio_tokens is 'tokens, overlapping: already counted in input_cached_tokens, never add the two. Cached audio input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_image_tokens is 'tokens, overlapping: already counted in input_uncached_tokens, never add the two. Uncached image input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.input_cached_image_tokens is 'tokens, overlapping: already counted in input_cached_tokens, never add the two. Cached image input tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.output_text_tokens is 'tokens, overlapping: already counted in output_tokens, never add the two. Text output tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.output_audio_tokens is 'tokens, overlapping: already counted in output_tokens, never add the two. Audio output tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.output_image_tokens is 'tokens, overlapping: already counted in output_tokens, never add the two. Image output tokens. Null is not reported, which is not 0.';
comment on column openai_bi.usage_decisions_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_decisions_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_decisions_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_decisions_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_decisions_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_decisions_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_decisions_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_bi.usage_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.dataset,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.batch as is_batch,
  coalesce(u.service_tier, '(no tier)') as service_tier,
  u.requests,
  u.input_tokens,
  u.input_uncached_tokens,
  u.input_cached_tokens,
  u.input_cache_write_tokens,
  u.output_tokens,
  u.other_quantity,
  u.other_unit,
  s.is_final,
  p.team,
  p.cost_center,
  p.environment,
  u.bucket_width,
  u.series_id,
  s.updated_at
from (
  select d.usage_date_utc, f.org_id, 'completions' as dataset, f.series_id, f.bucket_width, f.project_id, f.user_id,
    f.api_key_id, f.model, f.batch, f.service_tier, f.num_model_requests as requests, f.input_tokens,
    f.input_uncached_tokens, f.input_cached_tokens, f.input_cache_write_tokens, f.output_tokens,
    null::numeric as other_quantity, null::text as other_unit
  from openai_etl.days d join openai.usage_completions f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'completions' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'embeddings' as dataset, f.series_id, f.bucket_width, f.project_id, f.user_id,
    f.api_key_id, f.model, null::boolean as batch, null::text as service_tier, f.num_model_requests as requests,
    f.input_tokens, null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    null::numeric as other_quantity, null::text as other_unit
  from openai_etl.days d join openai.usage_embeddings f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'embeddings' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'moderations' as dataset, f.series_id, f.bucket_width, f.project_id, f.user_id,
    f.api_key_id, f.model, null::boolean as batch, null::text as service_tier, f.num_model_requests as requests,
    f.input_tokens, null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    null::numeric as other_quantity, null::text as other_unit
  from openai_etl.days d join openai.usage_moderations f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'moderations' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'images' as dataset, f.series_id, f.bucket_width, f.project_id, f.user_id,
    f.api_key_id, f.model, null::boolean as batch, null::text as service_tier, f.num_model_requests as requests,
    null::bigint as input_tokens, null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.images::numeric as other_quantity, 'images'::text as other_unit
  from openai_etl.days d join openai.usage_images f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'images' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'audio_speeches' as dataset, f.series_id, f.bucket_width, f.project_id, f.user_id,
    f.api_key_id, f.model, null::boolean as batch, null::text as service_tier, f.num_model_requests as requests,
    null::bigint as input_tokens, null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.characters::numeric as other_quantity, 'characters'::text as other_unit
  from openai_etl.days d join openai.usage_audio_speeches f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'audio_speeches' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'audio_transcriptions' as dataset, f.series_id, f.bucket_width, f.project_id,
    f.user_id, f.api_key_id, f.model, null::boolean as batch, null::text as service_tier,
    f.num_model_requests as requests, null::bigint as input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.seconds::numeric as other_quantity, 'seconds'::text as other_unit
  from openai_etl.days d join openai.usage_audio_transcriptions f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'audio_transcriptions' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'vector_stores' as dataset, f.series_id, f.bucket_width, f.project_id,
    null::text as user_id, null::text as api_key_id, null::text as model, null::boolean as batch,
    null::text as service_tier, null::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    trim_scale(f.usage_bytes * 24 * 0.000000000931322574615478515625) as other_quantity, 'gibibyte_hours'::text as other_unit
  from openai_etl.days d join openai.usage_vector_stores f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'vector_stores' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'code_interpreter_sessions' as dataset, f.series_id, f.bucket_width, f.project_id,
    null::text as user_id, null::text as api_key_id, null::text as model, null::boolean as batch,
    null::text as service_tier, null::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.num_sessions::numeric as other_quantity, 'sessions'::text as other_unit
  from openai_etl.days d join openai.usage_code_interpreter_sessions f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'code_interpreter_sessions' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'file_search_calls' as dataset, f.series_id, f.bucket_width, f.project_id,
    f.user_id, f.api_key_id, null::text as model, null::boolean as batch, null::text as service_tier,
    null::bigint as requests, null::bigint as input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.num_requests::numeric as other_quantity, 'calls'::text as other_unit
  from openai_etl.days d join openai.usage_file_search_calls f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'file_search_calls' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'web_search_calls' as dataset, f.series_id, f.bucket_width, f.project_id,
    f.user_id, f.api_key_id, f.model, null::boolean as batch, null::text as service_tier, null::bigint as requests,
    null::bigint as input_tokens, null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.num_requests::numeric as other_quantity, 'calls'::text as other_unit
  from openai_etl.days d join openai.usage_web_search_calls f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'web_search_calls' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select d.usage_date_utc, f.org_id, 'decisions' as dataset, f.series_id, f.bucket_width, f.project_id, f.user_id,
    f.api_key_id, f.model, f.batch, f.service_tier, f.num_model_requests as requests, f.input_tokens,
    f.input_uncached_tokens, f.input_cached_tokens, f.input_cache_write_tokens, f.output_tokens,
    null::numeric as other_quantity, null::text as other_unit
  from openai_etl.days d join openai.usage_decisions f on f.org_id = d.org_id and f.bucket_width = '1d'
    and f.bucket_start = (d.usage_date_utc::timestamp at time zone 'UTC')
  where d.dataset = 'decisions' and d.bucket_width = '1d' and not d.is_rolled_up
  union all
  select r.usage_date_utc, r.org_id, r.dataset, r.series_id, r.bucket_width, r.project_id, r.user_id, r.api_key_id,
    r.model, r.batch, r.service_tier,
    case when r.dataset not in ('web_search_calls') then r.num_model_requests end, r.input_tokens,
      r.input_uncached_tokens, r.input_cached_tokens, r.input_cache_write_tokens, r.output_tokens,
    coalesce(r.images, r.characters, r.seconds, r.num_sessions, r.num_requests,
      trim_scale(r.usage_bytes_seconds * 0.000000000931322574615478515625 / 3600)),
    case r.dataset
      when 'images' then 'images'
      when 'audio_speeches' then 'characters'
      when 'audio_transcriptions' then 'seconds'
      when 'vector_stores' then 'gibibyte_hours'
      when 'code_interpreter_sessions' then 'sessions'
      when 'file_search_calls' then 'calls'
      when 'web_search_calls' then 'calls'
    end
  from openai.usage_daily_rollup r where r.org_id = any (array(select distinct org_id from openai_etl.days))
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.days s on s.org_id = u.org_id and s.dataset = u.dataset and s.usage_date_utc = u.usage_date_utc;
comment on view openai_bi.usage_daily is 'Usage of all datasets by UTC day, in the measures that add up across them; one row per day, dataset and group. usage_<dataset>_daily has all dimensions and measures of a dataset.';
comment on column openai_bi.usage_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.usage_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_daily.dataset is 'Name of the dataset.';
comment on column openai_bi.usage_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_daily.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_daily.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_daily.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_daily.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_daily.is_batch is 'True for Batch API requests; null when not asked or not told by the dataset.';
comment on column openai_bi.usage_daily.service_tier is 'Service tier that served the requests; (no tier) for null.';
comment on column openai_bi.usage_daily.requests is 'requests, flow. Model requests; null for datasets that count none, and for web searches, whose model requests completions counts already.';
comment on column openai_bi.usage_daily.input_tokens is 'tokens, flow. All input tokens: uncached, cached and cache writes. Null for datasets without tokens.';
comment on column openai_bi.usage_daily.input_uncached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Null is not reported, which is not 0.';
comment on column openai_bi.usage_daily.input_cached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Null is not reported, which is not 0.';
comment on column openai_bi.usage_daily.input_cache_write_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Null is not reported, which is not 0.';
comment on column openai_bi.usage_daily.output_tokens is 'tokens, flow. All output tokens. Null for datasets without.';
comment on column openai_bi.usage_daily.other_quantity is 'in other_unit, flow: what the dataset counts besides tokens and requests. Never add up different units. Null when it counts nothing else.';
comment on column openai_bi.usage_daily.other_unit is 'Unit of other_quantity: images, characters, seconds, sessions, calls or gibibyte_hours.';
comment on column openai_bi.usage_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.usage_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_daily.bucket_width is 'Width the day is told from: 1d, 1h or 1m.';
comment on column openai_bi.usage_daily.series_id is 'Identity of the group; with day and dataset it identifies the row.';
comment on column openai_bi.usage_daily.updated_at is 'When what is stored of the day, or its state, last changed.';

create view openai_etl.minute_hours as
select b.org_id, b.dataset, date_bin('1 hour', b.bucket_start, '1970-01-01T00:00:00Z') as usage_hour_utc,
  count(*)::int as buckets_loaded, bool_and(b.settled) and count(*) = 60 as is_final
from openai_etl.buckets b
where b.bucket_width = '1m' and b.content_hash is not null and b.org_id = any (array(select distinct org_id from openai_etl.days))
  and not exists (
    select from openai_etl.buckets whole
    where whole.org_id = b.org_id and whole.dataset = b.dataset and whole.bucket_width = '1h'
      and whole.bucket_start = date_bin('1 hour', b.bucket_start, '1970-01-01T00:00:00Z')
      and whole.content_hash is not null)
group by 1, 2, 3;
comment on view openai_etl.minute_hours is 'Hours that are told from minutes, because they are not loaded at 1h.';
comment on column openai_etl.minute_hours.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.minute_hours.dataset is 'Name of the dataset.';
comment on column openai_etl.minute_hours.usage_hour_utc is 'Start of the hour (UTC).';
comment on column openai_etl.minute_hours.buckets_loaded is 'Minutes that are loaded, 60 at most.';
comment on column openai_etl.minute_hours.is_final is 'True when all 60 minutes are loaded and settled.';

create view openai_bi.usage_hourly as
select
  u.usage_hour_utc,
  u.org_id,
  u.dataset,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  u.user_id,
  coalesce(us.user_label, u.user_id, '(no user)') as user_label,
  u.api_key_id,
  coalesce(k.api_key_label, u.api_key_id, '(no key)') as api_key_label,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.batch as is_batch,
  coalesce(u.service_tier, '(no tier)') as service_tier,
  u.requests,
  u.input_tokens,
  u.input_uncached_tokens,
  u.input_cached_tokens,
  u.input_cache_write_tokens,
  u.output_tokens,
  u.other_quantity,
  u.other_unit,
  coalesce(u.minutes_final, b.settled, false) as is_final,
  p.team,
  p.cost_center,
  p.environment,
  u.bucket_width,
  u.series_id
from (
  select f.bucket_start as usage_hour_utc, f.org_id, 'completions' as dataset, f.series_id, f.bucket_width,
    f.project_id, f.user_id, f.api_key_id, f.model, f.batch, f.service_tier, f.num_model_requests as requests,
    f.input_tokens, f.input_uncached_tokens, f.input_cached_tokens, f.input_cache_write_tokens, f.output_tokens,
    null::numeric as other_quantity, null::text as other_unit, null::boolean as minutes_final
  from openai.usage_completions f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'embeddings' as dataset, f.series_id, f.bucket_width, f.project_id,
    f.user_id, f.api_key_id, f.model, null::boolean as batch, null::text as service_tier,
    f.num_model_requests as requests, f.input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    null::numeric as other_quantity, null::text as other_unit, null::boolean as minutes_final
  from openai.usage_embeddings f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'moderations' as dataset, f.series_id, f.bucket_width,
    f.project_id, f.user_id, f.api_key_id, f.model, null::boolean as batch, null::text as service_tier,
    f.num_model_requests as requests, f.input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    null::numeric as other_quantity, null::text as other_unit, null::boolean as minutes_final
  from openai.usage_moderations f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'images' as dataset, f.series_id, f.bucket_width, f.project_id,
    f.user_id, f.api_key_id, f.model, null::boolean as batch, null::text as service_tier,
    f.num_model_requests as requests, null::bigint as input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.images::numeric as other_quantity, 'images'::text as other_unit, null::boolean as minutes_final
  from openai.usage_images f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'audio_speeches' as dataset, f.series_id, f.bucket_width,
    f.project_id, f.user_id, f.api_key_id, f.model, null::boolean as batch, null::text as service_tier,
    f.num_model_requests as requests, null::bigint as input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.characters::numeric as other_quantity, 'characters'::text as other_unit, null::boolean as minutes_final
  from openai.usage_audio_speeches f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'audio_transcriptions' as dataset, f.series_id, f.bucket_width,
    f.project_id, f.user_id, f.api_key_id, f.model, null::boolean as batch, null::text as service_tier,
    f.num_model_requests as requests, null::bigint as input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.seconds::numeric as other_quantity, 'seconds'::text as other_unit, null::boolean as minutes_final
  from openai.usage_audio_transcriptions f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'vector_stores' as dataset, f.series_id, f.bucket_width,
    f.project_id, null::text as user_id, null::text as api_key_id, null::text as model, null::boolean as batch,
    null::text as service_tier, null::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    trim_scale(f.usage_bytes * 0.000000000931322574615478515625) as other_quantity, 'gibibyte_hours'::text as other_unit, null::boolean as minutes_final
  from openai.usage_vector_stores f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'code_interpreter_sessions' as dataset, f.series_id,
    f.bucket_width, f.project_id, null::text as user_id, null::text as api_key_id, null::text as model,
    null::boolean as batch, null::text as service_tier, null::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.num_sessions::numeric as other_quantity, 'sessions'::text as other_unit, null::boolean as minutes_final
  from openai.usage_code_interpreter_sessions f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'file_search_calls' as dataset, f.series_id, f.bucket_width,
    f.project_id, f.user_id, f.api_key_id, null::text as model, null::boolean as batch, null::text as service_tier,
    null::bigint as requests, null::bigint as input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.num_requests::numeric as other_quantity, 'calls'::text as other_unit, null::boolean as minutes_final
  from openai.usage_file_search_calls f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'web_search_calls' as dataset, f.series_id, f.bucket_width,
    f.project_id, f.user_id, f.api_key_id, f.model, null::boolean as batch, null::text as service_tier,
    null::bigint as requests, null::bigint as input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    f.num_requests::numeric as other_quantity, 'calls'::text as other_unit, null::boolean as minutes_final
  from openai.usage_web_search_calls f where f.bucket_width = '1h'
  union all
  select f.bucket_start as usage_hour_utc, f.org_id, 'decisions' as dataset, f.series_id, f.bucket_width, f.project_id,
    f.user_id, f.api_key_id, f.model, f.batch, f.service_tier, f.num_model_requests as requests, f.input_tokens,
    f.input_uncached_tokens, f.input_cached_tokens, f.input_cache_write_tokens, f.output_tokens,
    null::numeric as other_quantity, null::text as other_unit, null::boolean as minutes_final
  from openai.usage_decisions f where f.bucket_width = '1h'
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, f.model,
    f.batch, f.service_tier, sum(f.num_model_requests)::bigint as requests, sum(f.input_tokens)::bigint as input_tokens,
    sum(f.input_uncached_tokens)::bigint as input_uncached_tokens,
    sum(f.input_cached_tokens)::bigint as input_cached_tokens,
    sum(f.input_cache_write_tokens)::bigint as input_cache_write_tokens, sum(f.output_tokens)::bigint as output_tokens,
    null::numeric, null::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_completions f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'completions'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id,
    f.model, f.batch, f.service_tier
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, f.model,
    null::boolean, null::text, sum(f.num_model_requests)::bigint as requests,
    sum(f.input_tokens)::bigint as input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    null::numeric, null::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_embeddings f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'embeddings'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id,
    f.model
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, f.model,
    null::boolean, null::text, sum(f.num_model_requests)::bigint as requests,
    sum(f.input_tokens)::bigint as input_tokens, null::bigint as input_uncached_tokens,
    null::bigint as input_cached_tokens, null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    null::numeric, null::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_moderations f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'moderations'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id,
    f.model
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, f.model,
    null::boolean, null::text, sum(f.num_model_requests)::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    sum(f.images), 'images'::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_images f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'images'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id,
    f.model
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, f.model,
    null::boolean, null::text, sum(f.num_model_requests)::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    sum(f.characters), 'characters'::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_audio_speeches f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'audio_speeches'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id,
    f.model
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, f.model,
    null::boolean, null::text, sum(f.num_model_requests)::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    sum(f.seconds), 'seconds'::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_audio_transcriptions f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'audio_transcriptions'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id,
    f.model
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, null::text, null::text, null::text,
    null::boolean, null::text, null::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    trim_scale(sum(f.usage_bytes) * 0.000000000931322574615478515625 / 60), 'gibibyte_hours'::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_vector_stores f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'vector_stores'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, null::text, null::text, null::text,
    null::boolean, null::text, null::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    sum(f.num_sessions), 'sessions'::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_code_interpreter_sessions f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'code_interpreter_sessions'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, null::text,
    null::boolean, null::text, null::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    sum(f.num_requests), 'calls'::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_file_search_calls f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'file_search_calls'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, f.model,
    null::boolean, null::text, null::bigint as requests, null::bigint as input_tokens,
    null::bigint as input_uncached_tokens, null::bigint as input_cached_tokens,
    null::bigint as input_cache_write_tokens, null::bigint as output_tokens,
    sum(f.num_requests), 'calls'::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_web_search_calls f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'web_search_calls'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id,
    f.model
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, f.model,
    f.batch, f.service_tier, sum(f.num_model_requests)::bigint as requests, sum(f.input_tokens)::bigint as input_tokens,
    sum(f.input_uncached_tokens)::bigint as input_uncached_tokens,
    sum(f.input_cached_tokens)::bigint as input_cached_tokens,
    sum(f.input_cache_write_tokens)::bigint as input_cache_write_tokens, sum(f.output_tokens)::bigint as output_tokens,
    null::numeric, null::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_decisions f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'decisions'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id,
    f.model, f.batch, f.service_tier
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.users us on us.org_id = u.org_id and us.user_id = u.user_id
left join openai.api_keys k on k.org_id = u.org_id and k.api_key_id = u.api_key_id
left join openai.models m on m.model = u.model
left join openai_etl.buckets b on b.org_id = u.org_id and b.dataset = u.dataset and b.bucket_width = '1h'
  and b.bucket_start = u.usage_hour_utc
where u.org_id = any (array(select distinct org_id from openai_etl.days));
comment on view openai_bi.usage_hourly is 'Usage of all datasets by UTC hour, in the measures that add up across them: the facts of 1h, else those of 1m. Holds the hours that are loaded so; days loaded at 1d alone have none. For months at a time, usage_hourly_by_model is faster.';
comment on column openai_bi.usage_hourly.usage_hour_utc is 'Start of the hour (UTC).';
comment on column openai_bi.usage_hourly.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_hourly.dataset is 'Name of the dataset.';
comment on column openai_bi.usage_hourly.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_hourly.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_hourly.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.usage_hourly.user_label is 'Name of the user or service account, else the e-mail address, else the id; (no user) for null.';
comment on column openai_bi.usage_hourly.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.usage_hourly.api_key_label is 'Name of the key, else its redacted value, else its id; (no key) for null.';
comment on column openai_bi.usage_hourly.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_hourly.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_hourly.is_batch is 'True for Batch API requests; null when not asked or not told by the dataset.';
comment on column openai_bi.usage_hourly.service_tier is 'Service tier that served the requests; (no tier) for null.';
comment on column openai_bi.usage_hourly.requests is 'requests, flow. Model requests; null for datasets that count none, and for web searches, whose model requests completions counts already.';
comment on column openai_bi.usage_hourly.input_tokens is 'tokens, flow. All input tokens: uncached, cached and cache writes. Null for datasets without tokens.';
comment on column openai_bi.usage_hourly.input_uncached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Null is not reported, which is not 0.';
comment on column openai_bi.usage_hourly.input_cached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Null is not reported, which is not 0.';
comment on column openai_bi.usage_hourly.input_cache_write_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Null is not reported, which is not 0.';
comment on column openai_bi.usage_hourly.output_tokens is 'tokens, flow. All output tokens. Null for datasets without.';
comment on column openai_bi.usage_hourly.other_quantity is 'in other_unit, flow: what the dataset counts besides tokens and requests. Never add up different units. Null when it counts nothing else.';
comment on column openai_bi.usage_hourly.other_unit is 'Unit of other_quantity: images, characters, seconds, sessions, calls or gibibyte_hours.';
comment on column openai_bi.usage_hourly.is_final is 'True when the whole hour is loaded and settled; shade other hours.';
comment on column openai_bi.usage_hourly.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_hourly.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_hourly.environment is 'Environment the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_hourly.bucket_width is 'Width the hour is told from: 1h or 1m.';
comment on column openai_bi.usage_hourly.series_id is 'Identity of the group; with hour and dataset it identifies the row.';

create view openai_bi.usage_hourly_by_model as
select
  u.usage_hour_utc,
  u.org_id,
  u.dataset,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.requests,
  u.input_tokens,
  u.input_uncached_tokens,
  u.input_cached_tokens,
  u.input_cache_write_tokens,
  u.output_tokens,
  u.other_quantity::numeric as other_quantity,
  case u.dataset when 'images' then 'images' when 'audio_speeches' then 'characters' when 'audio_transcriptions' then 'seconds' when 'code_interpreter_sessions' then 'sessions' when 'file_search_calls' then 'calls' when 'web_search_calls' then 'calls' end as other_unit,
  coalesce(b.settled, false) as is_final,
  p.team,
  p.cost_center,
  p.environment
from openai.usage_hourly_rollup u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.models m on m.model = u.model
left join openai_etl.buckets b on b.org_id = u.org_id and b.dataset = u.dataset and b.bucket_width = '1h'
  and b.bucket_start = u.usage_hour_utc
where u.org_id = any (array(select distinct org_id from openai_etl.days));
comment on view openai_bi.usage_hourly_by_model is 'Usage by UTC hour, project and model, summed when it is loaded: for hourly charts over weeks. Hours loaded at 1h; storage, which is a level, is in storage_daily.';
comment on column openai_bi.usage_hourly_by_model.usage_hour_utc is 'Start of the hour (UTC).';
comment on column openai_bi.usage_hourly_by_model.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.usage_hourly_by_model.dataset is 'Name of the dataset.';
comment on column openai_bi.usage_hourly_by_model.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.usage_hourly_by_model.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.usage_hourly_by_model.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.usage_hourly_by_model.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.usage_hourly_by_model.requests is 'requests, flow. Model requests; null for datasets that count none, and for web searches, whose model requests completions counts already.';
comment on column openai_bi.usage_hourly_by_model.input_tokens is 'tokens, flow. All input tokens: uncached, cached and cache writes. Null for datasets without tokens.';
comment on column openai_bi.usage_hourly_by_model.input_uncached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Null is not reported, which is not 0.';
comment on column openai_bi.usage_hourly_by_model.input_cached_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Null is not reported, which is not 0.';
comment on column openai_bi.usage_hourly_by_model.input_cache_write_tokens is 'tokens, overlapping: already counted in input_tokens, never add the two. Null is not reported, which is not 0.';
comment on column openai_bi.usage_hourly_by_model.output_tokens is 'tokens, flow. All output tokens. Null for datasets without.';
comment on column openai_bi.usage_hourly_by_model.other_quantity is 'in other_unit, flow: what the dataset counts besides tokens and requests. Never add up different units. Null when it counts nothing else.';
comment on column openai_bi.usage_hourly_by_model.other_unit is 'Unit of other_quantity: images, characters, seconds, sessions or calls.';
comment on column openai_bi.usage_hourly_by_model.is_final is 'True when the whole hour is loaded and settled; shade other hours.';
comment on column openai_bi.usage_hourly_by_model.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_hourly_by_model.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.usage_hourly_by_model.environment is 'Environment the project was mapped to by its owner; null when to none.';

create view openai_bi.coverage_hourly as
select
  u.usage_hour_utc,
  u.org_id,
  u.dataset,
  u.bucket_width,
  u.is_complete,
  u.is_final
from (
  select bucket_start as usage_hour_utc, org_id, dataset, bucket_width, true as is_complete, settled as is_final
  from openai_etl.buckets where bucket_width = '1h' and content_hash is not null
  union all
  select usage_hour_utc, org_id, dataset, '1m', buckets_loaded = 60, is_final from openai_etl.minute_hours
) as u
where u.org_id = any (array(select distinct org_id from openai_etl.days));
comment on view openai_bi.coverage_hourly is 'Which hours of which dataset are loaded, at 1h or else at 1m. One row per organization, dataset and hour.';
comment on column openai_bi.coverage_hourly.usage_hour_utc is 'Start of the hour (UTC).';
comment on column openai_bi.coverage_hourly.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.coverage_hourly.dataset is 'Name of the dataset.';
comment on column openai_bi.coverage_hourly.bucket_width is 'Width the hour is told from: 1h or 1m.';
comment on column openai_bi.coverage_hourly.is_complete is 'False when only some minutes of the hour are loaded.';
comment on column openai_bi.coverage_hourly.is_final is 'True when the whole hour is loaded and settled.';

create function openai_bi.usage_daily_local(zone text, from_day date default '-infinity', to_day date default 'infinity')
returns table (
  usage_date_local date, org_id text, dataset text, project_id text, project_name text, user_id text, user_label text,
    api_key_id text, api_key_label text, model text, model_family text, is_batch boolean, service_tier text,
  requests numeric, input_tokens numeric, input_uncached_tokens numeric, input_cached_tokens numeric,
  input_cache_write_tokens numeric, output_tokens numeric, other_quantity numeric, other_unit text, is_final boolean,
  hours_loaded integer, hours_in_day numeric
)
language sql stable parallel safe
begin atomic
  select u.usage_date_local, u.org_id, u.dataset, u.project_id, u.project_name, u.user_id, u.user_label, u.api_key_id,
    u.api_key_label, u.model, u.model_family, u.is_batch, u.service_tier,
    u.requests, u.input_tokens, u.input_uncached_tokens, u.input_cached_tokens, u.input_cache_write_tokens,
      u.output_tokens,
    u.other_quantity, u.other_unit, u.is_final and c.hours_final = c.hours_loaded and c.hours_loaded = c.hours_in_day,
    c.hours_loaded, c.hours_in_day
  from (
    select (h.usage_hour_utc at time zone zone)::date as usage_date_local, h.org_id, h.dataset, h.project_id,
      h.project_name, h.user_id, h.user_label, h.api_key_id, h.api_key_label, h.model, h.model_family, h.is_batch,
      h.service_tier,
      sum(h.requests) as requests, sum(h.input_tokens) as input_tokens,
      sum(h.input_uncached_tokens) as input_uncached_tokens, sum(h.input_cached_tokens) as input_cached_tokens,
      sum(h.input_cache_write_tokens) as input_cache_write_tokens, sum(h.output_tokens) as output_tokens,
      sum(h.other_quantity) as other_quantity, h.other_unit, bool_and(h.is_final) as is_final
    from openai_bi.usage_hourly h
    where h.usage_hour_utc >= (from_day::timestamp at time zone zone)
      and h.usage_hour_utc < (to_day::timestamp at time zone zone)
    group by 1, h.org_id, h.dataset, h.project_id, h.project_name, h.user_id, h.user_label, h.api_key_id,
      h.api_key_label, h.model, h.model_family, h.is_batch, h.service_tier, h.other_unit
  ) as u
  join (
    select (h.usage_hour_utc at time zone zone)::date as usage_date_local, h.org_id, h.dataset,
      count(*)::int as hours_loaded, count(*) filter (where h.is_final) as hours_final,
      extract(epoch from ((((h.usage_hour_utc at time zone zone)::date + 1)::timestamp at time zone zone)
        - ((h.usage_hour_utc at time zone zone)::date::timestamp at time zone zone))) / 3600 as hours_in_day
    from openai_bi.coverage_hourly h
    where h.usage_hour_utc >= (from_day::timestamp at time zone zone)
      and h.usage_hour_utc < (to_day::timestamp at time zone zone)
    group by 1, h.org_id, h.dataset
  ) as c using (usage_date_local, org_id, dataset);
end;
comment on function openai_bi.usage_daily_local(text, date, date) is 'usage_daily by the days of a time zone, cut anew from hours: usage_daily_local(''America/New_York''), optionally from a local date to another (exclusive), which makes it faster. A day holds the hours that begin in it, 23 or 25 where clocks change; in zones off by a half or quarter hour, the hour in which the day begins goes to the day before. Days without hourly data are absent; hours_loaded against hours_in_day tells a day that is there in part. Costs exist by UTC day only and cannot be cut so.';

create view openai_bi.storage_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.project_id,
  u.project_name,
  u.usage_bytes as stored_bytes,
  u.gib_hours,
  u.is_final,
  u.team,
  u.cost_center,
  u.environment
from openai_bi.usage_vector_stores_daily u;
comment on view openai_bi.storage_daily is 'What vector stores hold, by UTC day and project.';
comment on column openai_bi.storage_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.storage_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.storage_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.storage_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.storage_daily.stored_bytes is 'bytes, level: add up over projects, never over time. Of a day told from hours, the level at its end.';
comment on column openai_bi.storage_daily.gib_hours is 'GiB-hours, flow: the unit the bill uses. Add up over anything.';
comment on column openai_bi.storage_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.storage_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.storage_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.storage_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';

create view openai_bi.cache_efficiency_daily as
select
  u.usage_date_utc,
  u.org_id,
  u.dataset,
  u.project_id,
  coalesce(p.project_label, u.project_id, '(no project)') as project_name,
  coalesce(u.model, '(no model)') as model,
  coalesce(m.model_family, openai_bi.model_family(u.model), '(no model)') as model_family,
  u.input_cached_tokens,
  u.input_tokens,
  u.input_cached_tokens / nullif(u.input_tokens, 0) as cache_hit_rate,
  u.is_final,
  p.team,
  p.cost_center,
  p.environment
from (
  select usage_date_utc, org_id, dataset, project_id, nullif(model, '(no model)') as model,
    sum(input_cached_tokens) as input_cached_tokens, sum(input_tokens) as input_tokens, bool_and(is_final) as is_final
  from openai_bi.usage_daily where input_cached_tokens is not null
  group by 1, 2, 3, 4, 5
) as u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.models m on m.model = u.model;
comment on view openai_bi.cache_efficiency_daily is 'How much of the input was read from the prompt cache, by UTC day, dataset, project and model. Over several rows add up both counts and divide last.';
comment on column openai_bi.cache_efficiency_daily.usage_date_utc is 'The UTC day.';
comment on column openai_bi.cache_efficiency_daily.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.cache_efficiency_daily.dataset is 'Name of the dataset.';
comment on column openai_bi.cache_efficiency_daily.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.cache_efficiency_daily.project_name is 'Name of the project, else its id; (no project) for null.';
comment on column openai_bi.cache_efficiency_daily.model is 'Model as the API names it; (no model) for null.';
comment on column openai_bi.cache_efficiency_daily.model_family is 'The model without the date of a snapshot and without fine-tuning (openai_bi.model_family).';
comment on column openai_bi.cache_efficiency_daily.input_cached_tokens is 'tokens, flow here: the numerator.';
comment on column openai_bi.cache_efficiency_daily.input_tokens is 'tokens, flow: the denominator, of usage for which cached tokens were reported.';
comment on column openai_bi.cache_efficiency_daily.cache_hit_rate is 'Ratio from 0 to 1 of the two; never add up or average. Null without input.';
comment on column openai_bi.cache_efficiency_daily.is_final is 'True when the whole day is loaded and settled; shade other days.';
comment on column openai_bi.cache_efficiency_daily.team is 'Team the project was mapped to by its owner; null when to none.';
comment on column openai_bi.cache_efficiency_daily.cost_center is 'Cost centre the project was mapped to by its owner; null when to none.';
comment on column openai_bi.cache_efficiency_daily.environment is 'Environment the project was mapped to by its owner; null when to none.';

create index buckets_unsettled on openai_etl.buckets (org_id, dataset, bucket_width, bucket_start) where not settled;

create view openai_bi.data_freshness as
select
  kind.org_id,
  kind.dataset,
  kind.bucket_width,
  newest.data_through,
  coalesce(unsettled.bucket_start, newest.bucket_end) as final_through,
  newest.observed_at as last_success_at,
  now() - newest.data_through as age,
  case when now() - newest.data_through <= interval '30 hours' then 'fresh' else 'stale' end as status
from (
  select distinct org_id, dataset, w.bucket_width
  from openai_etl.days cross join unnest(array['1m', '1h', '1d']) as w(bucket_width)
) as kind
cross join lateral (
  select bucket_end, observed_at, least(bucket_end, observed_at) as data_through
  from openai_etl.buckets b
  where b.org_id = kind.org_id and b.dataset = kind.dataset and b.bucket_width = kind.bucket_width and b.content_hash is not null
  order by b.bucket_start desc limit 1
) as newest
left join lateral (
  select bucket_start from openai_etl.buckets b
  where b.org_id = kind.org_id and b.dataset = kind.dataset and b.bucket_width = kind.bucket_width and not b.settled
  order by b.bucket_start limit 1
) as unsettled on true;
comment on view openai_bi.data_freshness is 'How far the data of each dataset reach and how old that is. One row per organization, dataset and width.';
comment on column openai_bi.data_freshness.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.data_freshness.dataset is 'Name of the dataset.';
comment on column openai_bi.data_freshness.bucket_width is 'Width of the buckets.';
comment on column openai_bi.data_freshness.data_through is 'End of the newest loaded bucket, or when it was read where that was earlier. Gaps before it: see coverage.';
comment on column openai_bi.data_freshness.final_through is 'Everything loaded before this instant is settled.';
comment on column openai_bi.data_freshness.last_success_at is 'When the API was last asked for the newest bucket with success.';
comment on column openai_bi.data_freshness.age is 'Time since data_through.';
comment on column openai_bi.data_freshness.status is 'fresh; stale: data_through is more than 30 hours ago, which a sync a night does not let happen.';

create view openai_bi.coverage as
select
  span.org_id,
  span.dataset,
  spine.day,
  case
    when d.buckets_refused > 0 then 'refused'
    when d.bucket_width is null then 'missing'
    when d.row_count = 0 then 'empty'
    when d.is_final then 'final'
    else 'loaded'
  end as state,
  coalesce(d.is_final, false) as is_final,
  d.bucket_width,
  coalesce(d.buckets_loaded, 0) as buckets_loaded,
  coalesce(d.row_count, 0) as row_count,
  d.loaded_until,
  d.updated_at
from (
  select org_id, dataset, min(usage_date_utc) as first_day,
    max(usage_date_utc) as last_day from openai_etl.days group by 1, 2
) as span
cross join lateral (
  select one::date as day from generate_series(span.first_day::timestamp,
    greatest(span.last_day, (now() at time zone 'UTC')::date)::timestamp, interval '1 day') as one
) as spine
left join openai_etl.days d on d.org_id = span.org_id and d.dataset = span.dataset and d.usage_date_utc = spine.day;
comment on view openai_bi.coverage is 'What is known of each day of each dataset, from the first one loaded to today (UTC). One row per organization, dataset and day.';
comment on column openai_bi.coverage.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.coverage.dataset is 'Name of the dataset.';
comment on column openai_bi.coverage.day is 'The UTC day.';
comment on column openai_bi.coverage.state is 'refused: the newest reading of a bucket could not be typed; missing: nothing is loaded; empty: loaded, and there was no usage; final: loaded whole and settled; loaded: may still change.';
comment on column openai_bi.coverage.is_final is 'True when the whole day is loaded and settled, an empty one too.';
comment on column openai_bi.coverage.bucket_width is 'Width the day is told from; null when nothing is loaded.';
comment on column openai_bi.coverage.buckets_loaded is 'Buckets of that width that are loaded; a whole day has 1 of 1d, 24 of 1h, 1440 of 1m.';
comment on column openai_bi.coverage.row_count is 'Fact rows of that width.';
comment on column openai_bi.coverage.loaded_until is 'End of the newest loaded bucket; null when nothing is loaded.';
comment on column openai_bi.coverage.updated_at is 'When what is stored of the day, or its state, last changed; null when nothing was ever read.';

create view openai_bi.restatements as
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
  known.row ->> 'amount_currency' as currency,
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
comment on view openai_bi.restatements is 'What the API said of closed buckets before it changed its mind, one row per group and measure that moved, from the one width its day is told from: so changes add up.';
comment on column openai_bi.restatements.observed_at is 'When the new value was read.';
comment on column openai_bi.restatements.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.restatements.dataset is 'Name of the dataset.';
comment on column openai_bi.restatements.day is 'The UTC day that was restated.';
comment on column openai_bi.restatements.project_id is 'Project; null when the API attributes the usage to none, or was not asked.';
comment on column openai_bi.restatements.line_item is 'What was billed, of costs; null otherwise.';
comment on column openai_bi.restatements.model is 'Model, of usage; null otherwise.';
comment on column openai_bi.restatements.measure is 'Measure that moved, under the name of its column; amount_value is money, in currency.';
comment on column openai_bi.restatements.old_value is 'Value before; null when the group was not there or did not report it.';
comment on column openai_bi.restatements.new_value is 'Value after; null when the group is gone or no longer reports it.';
comment on column openai_bi.restatements.change is 'new_value - old_value, null counting as 0. Adds up as the measure does; never across measures or currencies.';
comment on column openai_bi.restatements.currency is 'Currency of amount_value, ISO 4217 in lower case; null for usage.';
comment on column openai_bi.restatements.user_id is 'User or service account; null when not attributed, or not asked.';
comment on column openai_bi.restatements.api_key_id is 'API key; null when not attributed, or not asked.';
comment on column openai_bi.restatements.row_change is 'added, updated or removed: what became of the group.';
comment on column openai_bi.restatements.was_final is 'True when the bucket had been taken as final.';
comment on column openai_bi.restatements.bucket_width is 'Width of the bucket.';
comment on column openai_bi.restatements.bucket_start is 'Start of the bucket (UTC).';
comment on column openai_bi.restatements.restatement_id is 'Identity of the change of the group; with measure it identifies the row.';
comment on column openai_bi.restatements.run_id is 'Run that found the change.';

create view openai_bi.calendar as
select
  c.day as calendar_date,
  extract(year from c.day)::int as year,
  extract(quarter from c.day)::int as quarter,
  extract(month from c.day)::int as month,
  date_trunc('month', c.day::timestamp)::date as month_start,
  to_char(c.day, 'FMMonth') as month_name,
  extract(day from date_trunc('month', c.day::timestamp) + interval '1 month - 1 day')::int as days_in_month,
  extract(day from c.day)::int as day_of_month,
  extract(isoyear from c.day)::int as iso_year,
  extract(week from c.day)::int as iso_week,
  date_trunc('week', c.day::timestamp)::date as week_start,
  extract(isodow from c.day)::int as iso_weekday,
  to_char(c.day, 'FMDay') as weekday_name,
  extract(isodow from c.day) >= 6 as is_weekend,
  c.day < (now() at time zone 'UTC')::date as is_past
from (
  select one::date as day from generate_series(timestamp '2020-01-01',
    make_timestamp(extract(year from now() at time zone 'UTC')::int + 1, 12, 31, 0, 0, 0), interval '1 day') as one
) as c;
comment on view openai_bi.calendar is 'The UTC days from 2020 to the end of next year, to join so that days without usage show. One row a day.';
comment on column openai_bi.calendar.calendar_date is 'The day.';
comment on column openai_bi.calendar.year is 'Year.';
comment on column openai_bi.calendar.quarter is 'Quarter of the year, 1 to 4.';
comment on column openai_bi.calendar.month is 'Month of the year, 1 to 12.';
comment on column openai_bi.calendar.month_start is 'First day of the month.';
comment on column openai_bi.calendar.month_name is 'English name of the month.';
comment on column openai_bi.calendar.days_in_month is 'Number of days in the month.';
comment on column openai_bi.calendar.day_of_month is 'Day of the month, 1 to 31.';
comment on column openai_bi.calendar.iso_year is 'Year of the ISO week.';
comment on column openai_bi.calendar.iso_week is 'ISO week, 1 to 53.';
comment on column openai_bi.calendar.week_start is 'Monday of the week.';
comment on column openai_bi.calendar.iso_weekday is 'Day of the week, 1 (Monday) to 7 (Sunday).';
comment on column openai_bi.calendar.weekday_name is 'English name of the day of the week.';
comment on column openai_bi.calendar.is_weekend is 'True on Saturday and Sunday.';
comment on column openai_bi.calendar.is_past is 'True for days that have ended (UTC).';
