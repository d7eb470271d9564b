-- Fact tables. run_id, loaded_at and updated_at have defaults so that COPY need not carry them:
-- the loader sets usage_etl.run_id for its transaction.

create table openai.usage_completions (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  user_id text,
  api_key_id text,
  model text,
  batch boolean,
  service_tier text,
  api_source text,
  input_tokens bigint not null,
  output_tokens bigint not null,
  num_model_requests bigint not null,
  input_cached_tokens bigint,
  input_uncached_tokens bigint,
  input_cache_write_tokens bigint,
  input_cache_write_30m_tokens bigint,
  input_cache_write_12h_tokens bigint,
  input_text_tokens bigint,
  input_cached_text_tokens bigint,
  input_audio_tokens bigint,
  input_cached_audio_tokens bigint,
  input_image_tokens bigint,
  input_cached_image_tokens bigint,
  output_text_tokens bigint,
  output_audio_tokens bigint,
  output_image_tokens bigint,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_completions is 'Text, audio and image generation by the Chat Completions and Responses APIs. One row per bucket and group, from /organization/usage/completions.';
comment on column openai.usage_completions.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_completions.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_completions.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_completions.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_completions.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_completions.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_completions.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_completions.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_completions.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_completions.batch is 'Dimension. True for Batch API requests, false for others. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_completions.service_tier is 'Dimension. Service tier that served the requests; an open list. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_completions.api_source is 'Dimension. ''agents_api'' or ''unlabeled''; unlabeled means no attribution, old data included. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_completions.input_tokens is 'Measure, tokens, flow. All input tokens of every modality: uncached, cached and cache writes.';
comment on column openai.usage_completions.output_tokens is 'Measure, tokens, flow. All output tokens of every modality.';
comment on column openai.usage_completions.num_model_requests is 'Measure, requests, flow. Requests made to the model.';
comment on column openai.usage_completions.input_cached_tokens is 'Measure, tokens, overlapping: already counted in input_tokens. Input tokens read from the prompt cache, all modalities. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_uncached_tokens is 'Measure, tokens, overlapping: already counted in input_tokens. Input tokens neither read from nor written to the cache. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_cache_write_tokens is 'Measure, tokens, overlapping: already counted in input_tokens. Input tokens written to the prompt cache. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_cache_write_30m_tokens is 'Measure, tokens, overlapping: already counted in input_cache_write_tokens. Cache writes kept for 30 minutes; absent on older results. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_cache_write_12h_tokens is 'Measure, tokens, overlapping: already counted in input_cache_write_tokens. Cache writes kept for 12 hours. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_text_tokens is 'Measure, tokens, overlapping: already counted in input_uncached_tokens. Uncached text input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_cached_text_tokens is 'Measure, tokens, overlapping: already counted in input_cached_tokens. Cached text input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_audio_tokens is 'Measure, tokens, overlapping: already counted in input_uncached_tokens. Uncached audio input tokens; before 6.48.0 documented as including cached ones. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_cached_audio_tokens is 'Measure, tokens, overlapping: already counted in input_cached_tokens. Cached audio input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_image_tokens is 'Measure, tokens, overlapping: already counted in input_uncached_tokens. Uncached image input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_completions.input_cached_image_tokens is 'Measure, tokens, overlapping: already counted in input_cached_tokens. Cached image input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_completions.output_text_tokens is 'Measure, tokens, overlapping: already counted in output_tokens. Text output tokens. Null is not reported, which is not 0.';
comment on column openai.usage_completions.output_audio_tokens is 'Measure, tokens, overlapping: already counted in output_tokens. Audio output tokens. Null is not reported, which is not 0.';
comment on column openai.usage_completions.output_image_tokens is 'Measure, tokens, overlapping: already counted in output_tokens. Image output tokens. Null is not reported, which is not 0.';
comment on column openai.usage_completions.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_completions.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_completions.loaded_at is 'When the row was first written.';
comment on column openai.usage_completions.updated_at is 'When a value of the row last changed.';

create table openai.usage_embeddings (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  user_id text,
  api_key_id text,
  model text,
  input_tokens bigint not null,
  num_model_requests bigint not null,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_embeddings is 'Embedding requests. One row per bucket and group, from /organization/usage/embeddings.';
comment on column openai.usage_embeddings.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_embeddings.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_embeddings.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_embeddings.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_embeddings.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_embeddings.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_embeddings.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_embeddings.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_embeddings.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_embeddings.input_tokens is 'Measure, tokens, flow. Tokens embedded.';
comment on column openai.usage_embeddings.num_model_requests is 'Measure, requests, flow. Requests made to the model.';
comment on column openai.usage_embeddings.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_embeddings.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_embeddings.loaded_at is 'When the row was first written.';
comment on column openai.usage_embeddings.updated_at is 'When a value of the row last changed.';

create table openai.usage_moderations (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  user_id text,
  api_key_id text,
  model text,
  input_tokens bigint not null,
  num_model_requests bigint not null,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_moderations is 'Moderation requests. One row per bucket and group, from /organization/usage/moderations.';
comment on column openai.usage_moderations.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_moderations.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_moderations.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_moderations.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_moderations.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_moderations.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_moderations.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_moderations.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_moderations.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_moderations.input_tokens is 'Measure, tokens, flow. Tokens moderated.';
comment on column openai.usage_moderations.num_model_requests is 'Measure, requests, flow. Requests made to the model.';
comment on column openai.usage_moderations.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_moderations.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_moderations.loaded_at is 'When the row was first written.';
comment on column openai.usage_moderations.updated_at is 'When a value of the row last changed.';

create table openai.usage_images (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  user_id text,
  api_key_id text,
  model text,
  size text,
  source text,
  images bigint not null,
  num_model_requests bigint not null,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_images is 'Image generation, edits and variations by the Images API. One row per bucket and group, from /organization/usage/images.';
comment on column openai.usage_images.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_images.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_images.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_images.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_images.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_images.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_images.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_images.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_images.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_images.size is 'Dimension. Width x height in pixels; an open list, newer models have more sizes than the filter knows. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_images.source is 'Dimension. image.generation, image.edit or image.variation. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_images.images is 'Measure, images, flow. Images made.';
comment on column openai.usage_images.num_model_requests is 'Measure, requests, flow. Requests made to the model.';
comment on column openai.usage_images.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_images.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_images.loaded_at is 'When the row was first written.';
comment on column openai.usage_images.updated_at is 'When a value of the row last changed.';

create table openai.usage_audio_speeches (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  user_id text,
  api_key_id text,
  model text,
  characters bigint not null,
  num_model_requests bigint not null,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_audio_speeches is 'Text to speech. One row per bucket and group, from /organization/usage/audio_speeches.';
comment on column openai.usage_audio_speeches.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_audio_speeches.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_audio_speeches.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_audio_speeches.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_audio_speeches.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_audio_speeches.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_audio_speeches.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_audio_speeches.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_audio_speeches.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_audio_speeches.characters is 'Measure, characters, flow. Characters spoken.';
comment on column openai.usage_audio_speeches.num_model_requests is 'Measure, requests, flow. Requests made to the model.';
comment on column openai.usage_audio_speeches.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_audio_speeches.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_audio_speeches.loaded_at is 'When the row was first written.';
comment on column openai.usage_audio_speeches.updated_at is 'When a value of the row last changed.';

create table openai.usage_audio_transcriptions (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  user_id text,
  api_key_id text,
  model text,
  seconds bigint not null,
  num_model_requests bigint not null,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_audio_transcriptions is 'Speech to text. One row per bucket and group, from /organization/usage/audio_transcriptions.';
comment on column openai.usage_audio_transcriptions.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_audio_transcriptions.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_audio_transcriptions.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_audio_transcriptions.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_audio_transcriptions.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_audio_transcriptions.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_audio_transcriptions.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_audio_transcriptions.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_audio_transcriptions.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_audio_transcriptions.seconds is 'Measure, seconds, flow. Seconds of audio transcribed.';
comment on column openai.usage_audio_transcriptions.num_model_requests is 'Measure, requests, flow. Requests made to the model.';
comment on column openai.usage_audio_transcriptions.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_audio_transcriptions.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_audio_transcriptions.loaded_at is 'When the row was first written.';
comment on column openai.usage_audio_transcriptions.updated_at is 'When a value of the row last changed.';

create table openai.usage_vector_stores (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  usage_bytes bigint not null,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_vector_stores is 'Storage held by vector stores. One row per bucket and group, from /organization/usage/vector_stores.';
comment on column openai.usage_vector_stores.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_vector_stores.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_vector_stores.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_vector_stores.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_vector_stores.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_vector_stores.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_vector_stores.usage_bytes is 'Measure, bytes, level. Bytes stored during the bucket. A level: summing it over time gives byte-days, not bytes.';
comment on column openai.usage_vector_stores.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_vector_stores.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_vector_stores.loaded_at is 'When the row was first written.';
comment on column openai.usage_vector_stores.updated_at is 'When a value of the row last changed.';

create table openai.usage_code_interpreter_sessions (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  num_sessions bigint not null,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_code_interpreter_sessions is 'Code interpreter sessions. One row per bucket and group, from /organization/usage/code_interpreter_sessions.';
comment on column openai.usage_code_interpreter_sessions.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_code_interpreter_sessions.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_code_interpreter_sessions.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_code_interpreter_sessions.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_code_interpreter_sessions.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_code_interpreter_sessions.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_code_interpreter_sessions.num_sessions is 'Measure, sessions, flow. Code interpreter sessions started.';
comment on column openai.usage_code_interpreter_sessions.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_code_interpreter_sessions.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_code_interpreter_sessions.loaded_at is 'When the row was first written.';
comment on column openai.usage_code_interpreter_sessions.updated_at is 'When a value of the row last changed.';

create table openai.usage_file_search_calls (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  user_id text,
  api_key_id text,
  vector_store_id text,
  num_requests bigint not null,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_file_search_calls is 'File search tool calls. Their results are tagged file_searches, not file_search_calls. One row per bucket and group, from /organization/usage/file_search_calls.';
comment on column openai.usage_file_search_calls.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_file_search_calls.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_file_search_calls.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_file_search_calls.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_file_search_calls.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_file_search_calls.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_file_search_calls.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_file_search_calls.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_file_search_calls.vector_store_id is 'Dimension. Vector store that was searched. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_file_search_calls.num_requests is 'Measure, calls, flow. File search calls.';
comment on column openai.usage_file_search_calls.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_file_search_calls.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_file_search_calls.loaded_at is 'When the row was first written.';
comment on column openai.usage_file_search_calls.updated_at is 'When a value of the row last changed.';

create table openai.usage_web_search_calls (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  user_id text,
  api_key_id text,
  model text,
  context_level text,
  api_source text,
  num_requests bigint not null,
  num_model_requests bigint not null,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_web_search_calls is 'Web search tool calls. Their results are tagged web_searches, not web_search_calls. One row per bucket and group, from /organization/usage/web_search_calls.';
comment on column openai.usage_web_search_calls.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_web_search_calls.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_web_search_calls.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_web_search_calls.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_web_search_calls.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_web_search_calls.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_web_search_calls.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_web_search_calls.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_web_search_calls.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_web_search_calls.context_level is 'Dimension. low, medium or high: how much context the search brought. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_web_search_calls.api_source is 'Dimension. ''agents_api'' or ''unlabeled''; unlabeled means no attribution, old data included. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_web_search_calls.num_requests is 'Measure, calls, flow. Web search calls.';
comment on column openai.usage_web_search_calls.num_model_requests is 'Measure, requests, overlapping: already counted in completions.num_model_requests. Model requests that searched; most likely counted in completions too, so never add the two.';
comment on column openai.usage_web_search_calls.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_web_search_calls.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_web_search_calls.loaded_at is 'When the row was first written.';
comment on column openai.usage_web_search_calls.updated_at is 'When a value of the row last changed.';

create table openai.usage_decisions (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  user_id text,
  api_key_id text,
  model text,
  batch boolean,
  service_tier text,
  api_source text,
  input_tokens bigint not null,
  output_tokens bigint not null,
  num_model_requests bigint not null,
  input_cached_tokens bigint,
  input_uncached_tokens bigint,
  input_cache_write_tokens bigint,
  input_cache_write_30m_tokens bigint,
  input_cache_write_12h_tokens bigint,
  input_text_tokens bigint,
  input_cached_text_tokens bigint,
  input_audio_tokens bigint,
  input_cached_audio_tokens bigint,
  input_image_tokens bigint,
  input_cached_image_tokens bigint,
  output_text_tokens bigint,
  output_audio_tokens bigint,
  output_image_tokens bigint,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.usage_decisions is 'Decisions, an endpoint of October 2026 with the columns of completions; many organizations lack it. One row per bucket and group, from /organization/usage/decisions.';
comment on column openai.usage_decisions.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_decisions.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.usage_decisions.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.usage_decisions.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.usage_decisions.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.usage_decisions.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_decisions.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_decisions.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_decisions.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_decisions.batch is 'Dimension. True for Batch API requests, false for others. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_decisions.service_tier is 'Dimension. Service tier that served the requests; an open list. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_decisions.api_source is 'Dimension. ''agents_api'' or ''unlabeled''; unlabeled means no attribution, old data included. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.usage_decisions.input_tokens is 'Measure, tokens, flow. All input tokens of every modality: uncached, cached and cache writes.';
comment on column openai.usage_decisions.output_tokens is 'Measure, tokens, flow. All output tokens of every modality.';
comment on column openai.usage_decisions.num_model_requests is 'Measure, requests, flow. Requests made to the model.';
comment on column openai.usage_decisions.input_cached_tokens is 'Measure, tokens, overlapping: already counted in input_tokens. Input tokens read from the prompt cache, all modalities. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_uncached_tokens is 'Measure, tokens, overlapping: already counted in input_tokens. Input tokens neither read from nor written to the cache. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_cache_write_tokens is 'Measure, tokens, overlapping: already counted in input_tokens. Input tokens written to the prompt cache. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_cache_write_30m_tokens is 'Measure, tokens, overlapping: already counted in input_cache_write_tokens. Cache writes kept for 30 minutes; absent on older results. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_cache_write_12h_tokens is 'Measure, tokens, overlapping: already counted in input_cache_write_tokens. Cache writes kept for 12 hours. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_text_tokens is 'Measure, tokens, overlapping: already counted in input_uncached_tokens. Uncached text input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_cached_text_tokens is 'Measure, tokens, overlapping: already counted in input_cached_tokens. Cached text input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_audio_tokens is 'Measure, tokens, overlapping: already counted in input_uncached_tokens. Uncached audio input tokens; before 6.48.0 documented as including cached ones. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_cached_audio_tokens is 'Measure, tokens, overlapping: already counted in input_cached_tokens. Cached audio input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_image_tokens is 'Measure, tokens, overlapping: already counted in input_uncached_tokens. Uncached image input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.input_cached_image_tokens is 'Measure, tokens, overlapping: already counted in input_cached_tokens. Cached image input tokens. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.output_text_tokens is 'Measure, tokens, overlapping: already counted in output_tokens. Text output tokens. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.output_audio_tokens is 'Measure, tokens, overlapping: already counted in output_tokens. Audio output tokens. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.output_image_tokens is 'Measure, tokens, overlapping: already counted in output_tokens. Image output tokens. Null is not reported, which is not 0.';
comment on column openai.usage_decisions.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.usage_decisions.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.usage_decisions.loaded_at is 'When the row was first written.';
comment on column openai.usage_decisions.updated_at is 'When a value of the row last changed.';

create table openai.costs (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  project_id text,
  line_item text,
  api_key_id text,
  api_source text,
  amount_value numeric not null,
  amount_currency text not null,
  quantity numeric,
  quantity_unit text,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.costs is 'Money per day: what the invoice is made of. One row per bucket and group, from /organization/costs.';
comment on column openai.costs.org_id is 'Name of the organization in the configuration.';
comment on column openai.costs.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.costs.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.costs.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.costs.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.costs.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.costs.line_item is 'Dimension. What was billed, free-form: model and token class, or a service. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.costs.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.costs.api_source is 'Dimension. ''agents_api'' or ''unlabeled''; unlabeled means no attribution, old data included. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.costs.amount_value is 'Measure, amount_currency, flow. Money, in units of amount_currency (dollars, not cents): the decimal digits the API sent, never rounded. Negative for credits.';
comment on column openai.costs.amount_currency is 'Attribute. ISO 4217 code in lower case as the API sends it; part of the grain.';
comment on column openai.costs.quantity is 'Measure, quantity_unit, flow. How much was billed, in quantity_unit; reported only when grouped by line_item. Null is not reported, which is not 0.';
comment on column openai.costs.quantity_unit is 'Attribute. Unit of quantity, an open list; part of the grain. Null when no single unit applies.';
comment on column openai.costs.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.costs.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.costs.loaded_at is 'When the row was first written.';
comment on column openai.costs.updated_at is 'When a value of the row last changed.';

create table openai.costs_by_user (
  org_id text not null,
  series_id uuid not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  user_id text,
  line_item text,
  api_key_id text,
  project_id text,
  amount_value numeric not null,
  amount_currency text not null,
  quantity numeric,
  quantity_unit text,
  extra jsonb,
  run_id bigint not null default current_setting('usage_etl.run_id')::bigint,
  loaded_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, bucket_start, series_id)
);
comment on table openai.costs_by_user is 'The same money as costs, cut by user. Never add it to costs. One row per bucket and group, from /organization/costs.';
comment on column openai.costs_by_user.org_id is 'Name of the organization in the configuration.';
comment on column openai.costs_by_user.series_id is 'Identity of the group through all time: a hash of organization, dataset, width and non-null dimensions.';
comment on column openai.costs_by_user.bucket_width is 'Width of the bucket: ''1m'', ''1h'' or ''1d''.';
comment on column openai.costs_by_user.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai.costs_by_user.bucket_end is 'End of the bucket (UTC), exclusive: start + width.';
comment on column openai.costs_by_user.user_id is 'Dimension. User or service account the money is attributed to; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.costs_by_user.line_item is 'Dimension. What was billed, free-form: model and token class, or a service. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.costs_by_user.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.costs_by_user.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when not grouped by (see openai_etl.buckets.grain).';
comment on column openai.costs_by_user.amount_value is 'Measure, amount_currency, flow. Money, in units of amount_currency (dollars, not cents): the decimal digits the API sent, never rounded. Negative for credits.';
comment on column openai.costs_by_user.amount_currency is 'Attribute. ISO 4217 code in lower case as the API sends it; part of the grain.';
comment on column openai.costs_by_user.quantity is 'Measure, quantity_unit, flow. How much was billed, in quantity_unit; reported only when grouped by line_item. Null is not reported, which is not 0.';
comment on column openai.costs_by_user.quantity_unit is 'Attribute. Unit of quantity, an open list; part of the grain. Null when no single unit applies.';
comment on column openai.costs_by_user.extra is 'Fields the API sent that the catalog does not know; null when there are none.';
comment on column openai.costs_by_user.run_id is 'Run that last changed the row (openai_etl.runs).';
comment on column openai.costs_by_user.loaded_at is 'When the row was first written.';
comment on column openai.costs_by_user.updated_at is 'When a value of the row last changed.';
