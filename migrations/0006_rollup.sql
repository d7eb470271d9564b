-- What each UTC day of each dataset is told from, and the sums that BI reads where facts are finer than a day.
-- The loader writes all three in the transaction that loads the facts.

create table openai_etl.days (
  org_id text not null,
  dataset text not null,
  usage_date_utc date not null,
  bucket_width text,
  buckets_loaded integer not null,
  buckets_refused integer not null,
  row_count bigint not null,
  loaded_until timestamptz,
  is_final boolean not null,
  is_rolled_up boolean not null,
  updated_at timestamptz not null,
  changed_xid xid8 not null,
  primary key (org_id, dataset, usage_date_utc)
);
comment on table openai_etl.days is 'What each UTC day of each dataset is told from: the one width that counts, so that no view adds up two. 1d where it is loaded for the day, else 1h, else 1m.';
comment on column openai_etl.days.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.days.dataset is 'Name of the dataset.';
comment on column openai_etl.days.usage_date_utc is 'The UTC day.';
comment on column openai_etl.days.bucket_width is 'Width the day is told from; null when nothing of the day is loaded at any.';
comment on column openai_etl.days.buckets_loaded is 'Buckets of that width that are loaded: a whole day has 1 of 1d, 24 of 1h, 1440 of 1m.';
comment on column openai_etl.days.buckets_refused is 'Buckets of that width whose newest reading could not be typed.';
comment on column openai_etl.days.row_count is 'Fact rows of that width.';
comment on column openai_etl.days.loaded_until is 'End of the newest loaded bucket of that width; null when nothing is loaded.';
comment on column openai_etl.days.is_final is 'True when every bucket of the day is loaded and settled.';
comment on column openai_etl.days.is_rolled_up is 'True when the day has rows in openai.usage_daily_rollup, because something finer than 1d is loaded of it; otherwise its facts are daily already.';
comment on column openai_etl.days.updated_at is 'When what is stored of the day, or its state, last changed.';
comment on column openai_etl.days.changed_xid is 'Transaction of that change: the safe cursor of change feeds.';

create table openai.usage_daily_rollup (
  org_id text not null,
  dataset text not null,
  bucket_width text not null,
  usage_date_utc date not null,
  series_id uuid not null,
  project_id text,
  user_id text,
  api_key_id text,
  model text,
  batch boolean,
  service_tier text,
  api_source text,
  size text,
  source text,
  vector_store_id text,
  context_level text,
  input_tokens bigint,
  output_tokens bigint,
  num_model_requests bigint,
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
  images bigint,
  characters bigint,
  seconds bigint,
  usage_bytes bigint,
  usage_bytes_seconds numeric,
  num_sessions bigint,
  num_requests bigint,
  primary key (org_id, usage_date_utc, dataset, series_id)
);
comment on table openai.usage_daily_rollup is 'Usage facts by UTC day and series, of the one width each day is told from, for the days of which something finer than 1d is loaded (openai_etl.days). Written in the transaction that loads the facts; where 1d alone is loaded, the facts are daily already.';
comment on column openai.usage_daily_rollup.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_daily_rollup.dataset is 'Name of the dataset.';
comment on column openai.usage_daily_rollup.bucket_width is 'Width of the buckets summed.';
comment on column openai.usage_daily_rollup.usage_date_utc is 'The UTC day.';
comment on column openai.usage_daily_rollup.series_id is 'Identity of the group, as in the facts of that width.';
comment on column openai.usage_daily_rollup.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.user_id is 'Dimension. User or service account that made the requests; null when not attributed. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.api_key_id is 'Dimension. API key that made the requests; null when not attributed. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.batch is 'Dimension. True for Batch API requests, false for others. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.service_tier is 'Dimension. Service tier that served the requests; an open list. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.api_source is 'Dimension. ''agents_api'' or ''unlabeled''; unlabeled means no attribution, old data included. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.size is 'Dimension. Width x height in pixels; an open list, newer models have more sizes than the filter knows. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.source is 'Dimension. image.generation, image.edit or image.variation. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.vector_store_id is 'Dimension. Vector store that was searched. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.context_level is 'Dimension. low, medium or high: how much context the search brought. Null also when the dataset lacks it.';
comment on column openai.usage_daily_rollup.input_tokens is 'Sum of the day''s input_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.output_tokens is 'Sum of the day''s output_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.num_model_requests is 'Sum of the day''s num_model_requests, requests. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_cached_tokens is 'Sum of the day''s input_cached_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_uncached_tokens is 'Sum of the day''s input_uncached_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_cache_write_tokens is 'Sum of the day''s input_cache_write_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_cache_write_30m_tokens is 'Sum of the day''s input_cache_write_30m_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_cache_write_12h_tokens is 'Sum of the day''s input_cache_write_12h_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_text_tokens is 'Sum of the day''s input_text_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_cached_text_tokens is 'Sum of the day''s input_cached_text_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_audio_tokens is 'Sum of the day''s input_audio_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_cached_audio_tokens is 'Sum of the day''s input_cached_audio_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_image_tokens is 'Sum of the day''s input_image_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.input_cached_image_tokens is 'Sum of the day''s input_cached_image_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.output_text_tokens is 'Sum of the day''s output_text_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.output_audio_tokens is 'Sum of the day''s output_audio_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.output_image_tokens is 'Sum of the day''s output_image_tokens, tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.images is 'Sum of the day''s images, images. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.characters is 'Sum of the day''s characters, characters. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.seconds is 'Sum of the day''s seconds, seconds. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.usage_bytes is 'Level at the end of the day, or of what is loaded of it, bytes: usage_bytes of the last bucket. Null when the dataset lacks it.';
comment on column openai.usage_daily_rollup.usage_bytes_seconds is 'Flow, bytes × seconds: usage_bytes of each bucket times its width, summed. Null when the dataset lacks it.';
comment on column openai.usage_daily_rollup.num_sessions is 'Sum of the day''s num_sessions, sessions. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_daily_rollup.num_requests is 'Sum of the day''s num_requests, calls. Null when the dataset lacks it or the API did not report it.';

create table openai.usage_hourly_rollup (
  org_id text not null,
  dataset text not null,
  usage_hour_utc timestamptz not null,
  group_no integer not null,
  project_id text,
  model text,
  requests bigint,
  input_tokens bigint,
  input_uncached_tokens bigint,
  input_cached_tokens bigint,
  input_cache_write_tokens bigint,
  output_tokens bigint,
  other_quantity bigint,
  primary key (org_id, usage_hour_utc, dataset, group_no)
);
comment on table openai.usage_hourly_rollup is 'Sums of usage facts of width 1h by hour, project and model, written in the transaction that loads the facts. Storage, which is a level, is not here.';
comment on column openai.usage_hourly_rollup.org_id is 'Name of the organization in the configuration.';
comment on column openai.usage_hourly_rollup.dataset is 'Name of the dataset.';
comment on column openai.usage_hourly_rollup.usage_hour_utc is 'Start of the hour (UTC).';
comment on column openai.usage_hourly_rollup.group_no is 'Number of the group within its hour.';
comment on column openai.usage_hourly_rollup.project_id is 'Dimension. Project the usage belongs to; null when the API attributes it to none. Null also when the dataset lacks it.';
comment on column openai.usage_hourly_rollup.model is 'Dimension. Model as the API names it, with its date where it has one. Null also when the dataset lacks it.';
comment on column openai.usage_hourly_rollup.requests is 'Measure, requests, flow. Requests made to models. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_hourly_rollup.input_tokens is 'Measure, tokens, flow. All input tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_hourly_rollup.input_uncached_tokens is 'Measure, tokens, overlapping: already counted in input_tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_hourly_rollup.input_cached_tokens is 'Measure, tokens, overlapping: already counted in input_tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_hourly_rollup.input_cache_write_tokens is 'Measure, tokens, overlapping: already counted in input_tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_hourly_rollup.output_tokens is 'Measure, tokens, flow. All output tokens. Null when the dataset lacks it or the API did not report it.';
comment on column openai.usage_hourly_rollup.other_quantity is 'Measure, flow, in the unit of the dataset: images, seconds, characters, sessions or calls. Null when the dataset lacks it or the API did not report it.';

-- What a store of an earlier version holds.
insert into openai_etl.days
select distinct on (org_id, dataset, usage_date_utc)
  org_id, dataset, usage_date_utc, case when buckets_loaded > 0 then bucket_width end, buckets_loaded, buckets_refused,
  row_count, loaded_until,
  buckets_refused = 0 and buckets_settled = case bucket_width when '1d' then 1 when '1h' then 24 else 1440 end,
  bool_or(buckets_loaded > 0 and bucket_width <> '1d') over (partition by org_id, dataset, usage_date_utc),
  changed_at, pg_current_xact_id()
from (
  select org_id, dataset, (bucket_start at time zone 'UTC')::date as usage_date_utc, bucket_width,
    (count(*) filter (where content_hash is not null))::int as buckets_loaded,
    (count(*) filter (where status = 'refused'))::int as buckets_refused,
    count(*) filter (where settled and content_hash is not null) as buckets_settled,
    sum(row_count) as row_count, max(changed_at) as changed_at,
    max(bucket_end) filter (where content_hash is not null) as loaded_until
  from openai_etl.buckets group by 1, 2, 3, 4
) as covers
order by org_id, dataset, usage_date_utc, buckets_loaded > 0 desc, bucket_width = '1d' desc, bucket_width = '1h' desc;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, user_id, api_key_id, model, batch, service_tier, api_source, input_tokens, output_tokens, num_model_requests, input_cached_tokens, input_uncached_tokens, input_cache_write_tokens, input_cache_write_30m_tokens, input_cache_write_12h_tokens, input_text_tokens, input_cached_text_tokens, input_audio_tokens, input_cached_audio_tokens, input_image_tokens, input_cached_image_tokens, output_text_tokens, output_audio_tokens, output_image_tokens)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, f.batch, f.service_tier, f.api_source, sum(f.input_tokens), sum(f.output_tokens), sum(f.num_model_requests), sum(f.input_cached_tokens), sum(f.input_uncached_tokens), sum(f.input_cache_write_tokens), sum(f.input_cache_write_30m_tokens), sum(f.input_cache_write_12h_tokens), sum(f.input_text_tokens), sum(f.input_cached_text_tokens), sum(f.input_audio_tokens), sum(f.input_cached_audio_tokens), sum(f.input_image_tokens), sum(f.input_cached_image_tokens), sum(f.output_text_tokens), sum(f.output_audio_tokens), sum(f.output_image_tokens)
  from openai.usage_completions f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, f.batch, f.service_tier, f.api_source
) as summed
where d.dataset = 'completions' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, model, requests, input_tokens, input_uncached_tokens, input_cached_tokens, input_cache_write_tokens, output_tokens)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, f.model, sum(f.num_model_requests), sum(f.input_tokens), sum(f.input_uncached_tokens), sum(f.input_cached_tokens), sum(f.input_cache_write_tokens), sum(f.output_tokens)
  from openai.usage_completions f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id, f.model
) as summed
where b.dataset = 'completions' and b.bucket_width = '1h' and b.row_count > 0;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, user_id, api_key_id, model, input_tokens, num_model_requests)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, sum(f.input_tokens), sum(f.num_model_requests)
  from openai.usage_embeddings f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id, f.user_id, f.api_key_id, f.model
) as summed
where d.dataset = 'embeddings' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, model, requests, input_tokens)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, f.model, sum(f.num_model_requests), sum(f.input_tokens)
  from openai.usage_embeddings f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id, f.model
) as summed
where b.dataset = 'embeddings' and b.bucket_width = '1h' and b.row_count > 0;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, user_id, api_key_id, model, input_tokens, num_model_requests)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, sum(f.input_tokens), sum(f.num_model_requests)
  from openai.usage_moderations f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id, f.user_id, f.api_key_id, f.model
) as summed
where d.dataset = 'moderations' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, model, requests, input_tokens)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, f.model, sum(f.num_model_requests), sum(f.input_tokens)
  from openai.usage_moderations f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id, f.model
) as summed
where b.dataset = 'moderations' and b.bucket_width = '1h' and b.row_count > 0;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, user_id, api_key_id, model, size, source, images, num_model_requests)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, f.size, f.source, sum(f.images), sum(f.num_model_requests)
  from openai.usage_images f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, f.size, f.source
) as summed
where d.dataset = 'images' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, model, requests, other_quantity)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, f.model, sum(f.num_model_requests), sum(f.images)
  from openai.usage_images f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id, f.model
) as summed
where b.dataset = 'images' and b.bucket_width = '1h' and b.row_count > 0;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, user_id, api_key_id, model, characters, num_model_requests)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, sum(f.characters), sum(f.num_model_requests)
  from openai.usage_audio_speeches f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id, f.user_id, f.api_key_id, f.model
) as summed
where d.dataset = 'audio_speeches' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, model, requests, other_quantity)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, f.model, sum(f.num_model_requests), sum(f.characters)
  from openai.usage_audio_speeches f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id, f.model
) as summed
where b.dataset = 'audio_speeches' and b.bucket_width = '1h' and b.row_count > 0;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, user_id, api_key_id, model, seconds, num_model_requests)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, sum(f.seconds), sum(f.num_model_requests)
  from openai.usage_audio_transcriptions f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id, f.user_id, f.api_key_id, f.model
) as summed
where d.dataset = 'audio_transcriptions' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, model, requests, other_quantity)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, f.model, sum(f.num_model_requests), sum(f.seconds)
  from openai.usage_audio_transcriptions f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id, f.model
) as summed
where b.dataset = 'audio_transcriptions' and b.bucket_width = '1h' and b.row_count > 0;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, usage_bytes, usage_bytes_seconds)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, coalesce(sum(f.usage_bytes) filter (where f.bucket_end = d.loaded_until), 0), trim_scale(sum(f.usage_bytes * extract(epoch from f.bucket_end - f.bucket_start)))
  from openai.usage_vector_stores f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id
) as summed
where d.dataset = 'vector_stores' and d.is_rolled_up;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, num_sessions)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, sum(f.num_sessions)
  from openai.usage_code_interpreter_sessions f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id
) as summed
where d.dataset = 'code_interpreter_sessions' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, other_quantity)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, sum(f.num_sessions)
  from openai.usage_code_interpreter_sessions f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id
) as summed
where b.dataset = 'code_interpreter_sessions' and b.bucket_width = '1h' and b.row_count > 0;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, user_id, api_key_id, vector_store_id, num_requests)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, f.user_id, f.api_key_id, f.vector_store_id, sum(f.num_requests)
  from openai.usage_file_search_calls f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id, f.user_id, f.api_key_id, f.vector_store_id
) as summed
where d.dataset = 'file_search_calls' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, other_quantity)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, sum(f.num_requests)
  from openai.usage_file_search_calls f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id
) as summed
where b.dataset = 'file_search_calls' and b.bucket_width = '1h' and b.row_count > 0;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, user_id, api_key_id, model, context_level, api_source, num_requests, num_model_requests)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, f.context_level, f.api_source, sum(f.num_requests), sum(f.num_model_requests)
  from openai.usage_web_search_calls f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, f.context_level, f.api_source
) as summed
where d.dataset = 'web_search_calls' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, model, other_quantity)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, f.model, sum(f.num_requests)
  from openai.usage_web_search_calls f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id, f.model
) as summed
where b.dataset = 'web_search_calls' and b.bucket_width = '1h' and b.row_count > 0;

insert into openai.usage_daily_rollup
  (org_id, dataset, bucket_width, usage_date_utc, series_id, project_id, user_id, api_key_id, model, batch, service_tier, api_source, input_tokens, output_tokens, num_model_requests, input_cached_tokens, input_uncached_tokens, input_cache_write_tokens, input_cache_write_30m_tokens, input_cache_write_12h_tokens, input_text_tokens, input_cached_text_tokens, input_audio_tokens, input_cached_audio_tokens, input_image_tokens, input_cached_image_tokens, output_text_tokens, output_audio_tokens, output_image_tokens)
select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*
from openai_etl.days d cross join lateral (
  select f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, f.batch, f.service_tier, f.api_source, sum(f.input_tokens), sum(f.output_tokens), sum(f.num_model_requests), sum(f.input_cached_tokens), sum(f.input_uncached_tokens), sum(f.input_cache_write_tokens), sum(f.input_cache_write_30m_tokens), sum(f.input_cache_write_12h_tokens), sum(f.input_text_tokens), sum(f.input_cached_text_tokens), sum(f.input_audio_tokens), sum(f.input_cached_audio_tokens), sum(f.input_image_tokens), sum(f.input_cached_image_tokens), sum(f.output_text_tokens), sum(f.output_audio_tokens), sum(f.output_image_tokens)
  from openai.usage_decisions f
  where f.org_id = d.org_id and f.bucket_width = d.bucket_width
    and f.bucket_start >= (d.usage_date_utc::timestamp at time zone 'UTC')
    and f.bucket_start < ((d.usage_date_utc + 1)::timestamp at time zone 'UTC')
  group by f.series_id, f.project_id, f.user_id, f.api_key_id, f.model, f.batch, f.service_tier, f.api_source
) as summed
where d.dataset = 'decisions' and d.is_rolled_up;
insert into openai.usage_hourly_rollup
  (org_id, dataset, usage_hour_utc, group_no, project_id, model, requests, input_tokens, input_uncached_tokens, input_cached_tokens, input_cache_write_tokens, output_tokens)
select b.org_id, b.dataset, b.bucket_start, summed.*
from openai_etl.buckets b cross join lateral (
  select row_number() over (), f.project_id, f.model, sum(f.num_model_requests), sum(f.input_tokens), sum(f.input_uncached_tokens), sum(f.input_cached_tokens), sum(f.input_cache_write_tokens), sum(f.output_tokens)
  from openai.usage_decisions f
  where f.org_id = b.org_id and f.bucket_start = b.bucket_start and f.bucket_width = '1h'
  group by f.project_id, f.model
) as summed
where b.dataset = 'decisions' and b.bucket_width = '1h' and b.row_count > 0;
