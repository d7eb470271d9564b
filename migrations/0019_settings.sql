-- Which width a day or an hour is told from: by what of it was read, and when, and not by the width alone (ADR 21).

create table openai_etl.asked (
  org_id text not null,
  dataset text not null,
  bucket_width text not null,
  filters text,
  asked_at timestamptz not null,
  primary key (org_id, dataset, bucket_width)
);
comment on table openai_etl.asked is 'What the configuration asks for of each dataset: one row per width. Written by a run that finds it changed, with what follows from it. A dataset that is switched off keeps its rows; one that no run has asked for since there is this table has none.';
comment on column openai_etl.asked.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.asked.dataset is 'Name of the dataset.';
comment on column openai_etl.asked.bucket_width is 'Width that is read.';
comment on column openai_etl.asked.filters is 'Filter parameters it is asked with, as canonical JSON; null when there are none.';
comment on column openai_etl.asked.asked_at is 'Since when.';

alter table openai_etl.days
  add column is_complete boolean not null default false,
  add column grain text[] not null default '{}',
  add column filters text;
comment on table openai_etl.days is 'What each UTC day of each dataset is told from: the one width that counts, so that no view adds up two (openai_etl.told_from).';
comment on column openai_etl.days.is_complete is 'True when every bucket of the day is loaded and was read after it had ended, with the filters asked for.';
comment on column openai_etl.days.grain is 'Dimensions that all loaded buckets of that width were grouped by, in column order.';
comment on column openai_etl.days.filters is 'Filter parameters that the loaded buckets of that width were asked with, as canonical JSON; null when there were none; mixed when they differ.';

create table openai_etl.hours_of_minutes (
  org_id text not null,
  dataset text not null,
  usage_hour_utc timestamptz not null,
  buckets_loaded integer not null,
  is_final boolean not null,
  primary key (org_id, dataset, usage_hour_utc)
);
comment on table openai_etl.hours_of_minutes is 'Hours that are told from minutes (openai_etl.told_from); all others that are loaded are told from 1h.';
comment on column openai_etl.hours_of_minutes.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.hours_of_minutes.dataset is 'Name of the dataset.';
comment on column openai_etl.hours_of_minutes.usage_hour_utc is 'Start of the hour (UTC).';
comment on column openai_etl.hours_of_minutes.buckets_loaded is 'Minutes that are loaded, 60 at most.';
comment on column openai_etl.hours_of_minutes.is_final is 'True when all 60 minutes are loaded and settled.';

-- A reading of a period at a width counts as old as the run that made its stalest bucket, so that what one run read at
-- two widths is of one age, whichever request came first.
create function openai_etl.told_from(
  for_org text, for_dataset text, periods timestamptz[], period_seconds integer, honest_until timestamptz default 'infinity'
)
returns table (
  period timestamptz, bucket_width text, loaded integer, refused integer, row_count bigint, loaded_until timestamptz,
  is_final boolean, is_complete boolean, has_finer boolean, grain text[], filters text
)
language sql stable
as $$
  with reading as (
    select p.period, w.bucket_width, w.width_seconds, ledger.*,
      is_wanted.width is not null as is_asked,
      case when ledger.fitting > 0 then ledger.whole_fitting else ledger.whole end = period_seconds / w.width_seconds
        as is_complete,
      case when ledger.fitting > 0 then ledger.covered_fitting else ledger.covered end as covers
    from unnest(periods) as p(period)
    cross join (values ('1d', 86400), ('1h', 3600), ('1m', 60)) as w(bucket_width, width_seconds)
    left join lateral (
      select true as known, a.filters from openai_etl.asked a where a.org_id = for_org and a.dataset = for_dataset limit 1
    ) as wanted on true
    left join lateral (
      select a.bucket_width as width from openai_etl.asked a
      where a.org_id = for_org and a.dataset = for_dataset and a.bucket_width = w.bucket_width
    ) as is_wanted on true
    cross join lateral (
      select (count(*) filter (where is_loaded))::int as loaded,
        (count(*) filter (where status = 'refused'))::int as refused,
        count(*) filter (where is_loaded and settled) as settled,
        sum(row_count)::bigint as row_count, max(bucket_end) filter (where is_loaded) as loaded_until,
        count(*) filter (where is_loaded and fits) as fitting,
        count(*) filter (where is_whole) as whole, count(*) filter (where is_whole and fits) as whole_fitting,
        sum(seconds) filter (where is_loaded) as covered, sum(seconds) filter (where is_loaded and fits) as covered_fitting,
        min(as_of) as as_of, min(run_id) as run_id, min(observed_at) as observed_at, max(changed_at) as changed_at
      from (
        select b.status, b.settled, b.row_count, b.bucket_end, b.run_id, b.observed_at, b.changed_at,
          b.content_hash is not null as is_loaded,
          wanted.known is null or b.filters is not distinct from wanted.filters as fits,
          b.content_hash is not null and b.status = 'loaded' and b.observed_at between b.bucket_end and honest_until
            as is_whole,
          least(b.observed_at, r.started_at) as as_of,
          case when b.observed_at <= honest_until then greatest(0, extract(epoch from
            least(b.bucket_end, b.observed_at, r.started_at) - b.bucket_start)) else 0 end as seconds
        from openai_etl.buckets b left join openai_etl.runs r on r.run_id = b.run_id
        where b.org_id = for_org and b.dataset = for_dataset and b.bucket_width = w.bucket_width
          and b.bucket_start >= p.period and b.bucket_start < p.period + make_interval(secs => period_seconds)
      ) as bucket
    ) as ledger
    where w.width_seconds <= period_seconds and (ledger.loaded > 0 or ledger.refused > 0)
  ), chosen as (
    select distinct on (r.period) r.*,
      bool_or(r.loaded > 0 and r.bucket_width <> '1d') over (partition by r.period) as has_finer
    from reading r
    order by r.period, r.loaded > 0 desc, r.fitting > 0 desc, r.is_complete desc,
      -- Complete, but another complete one was read later and has seen a change since.
      r.is_complete and exists (
        select from reading o
        where o.period = r.period and o.is_complete and (o.as_of, o.run_id) > (r.as_of, r.run_id)
          and (o.changed_at > r.observed_at or (o.changed_at = r.observed_at and o.run_id > r.run_id))
      ),
      case when r.is_complete then 0 else coalesce(r.covers, 0) end desc, r.is_asked desc, r.width_seconds desc
  )
  select c.period, case when c.loaded > 0 then c.bucket_width end, c.loaded, c.refused, c.row_count, c.loaded_until,
    c.refused = 0 and c.settled = period_seconds / c.width_seconds, c.loaded > 0 and c.is_complete, c.has_finer,
    coalesce(meant.grain, '{}'), meant.filters
  from chosen c
  cross join lateral (
    with kind as (
      select distinct b.grain, b.filters from openai_etl.buckets b
      where b.org_id = for_org and b.dataset = for_dataset and b.bucket_width = c.bucket_width
        and b.bucket_start >= c.period and b.bucket_start < c.period + make_interval(secs => period_seconds)
        and b.content_hash is not null
    ), grain as (select distinct kind.grain from kind)
    select (
        select array_agg(common.name order by common.at) from (
          select one.name, min(one.at) as at from grain g, unnest(g.grain) with ordinality as one(name, at)
          group by one.name having count(*) = (select count(*) from grain)
        ) as common
      ) as grain,
      (select case when count(*) <= 1 then min(asked_with.filters) else 'mixed' end
        from (select distinct kind.filters from kind) as asked_with) as filters
  ) as meant
$$;
comment on function openai_etl.told_from(text, text, timestamptz[], integer, timestamptz) is 'The width that each of some days or hours of a dataset is told from, and what of it is loaded. Readings with the filters asked for come first; among them those of which every bucket was read after it had ended, else those that cover more; a complete one that another, read later, has seen a change since comes after it; then a width that is asked for, then the coarser one. Buckets read after honest_until were dated by a clock that was wrong. Periods of which nothing was read are absent.';

create or replace view openai_etl.minute_hours as
select org_id, dataset, usage_hour_utc, buckets_loaded, is_final from openai_etl.hours_of_minutes
where org_id = any (array(select distinct org_id from openai_etl.days));
comment on view openai_etl.minute_hours is 'Hours that are told from minutes.';

create or replace view openai_bi.usage_hourly as
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
    f.batch, f.service_tier, openai_bi.count_or_null(sum(f.num_model_requests)) as requests, openai_bi.count_or_null(sum(f.input_tokens)) as input_tokens,
    openai_bi.count_or_null(sum(f.input_uncached_tokens)) as input_uncached_tokens,
    openai_bi.count_or_null(sum(f.input_cached_tokens)) as input_cached_tokens,
    openai_bi.count_or_null(sum(f.input_cache_write_tokens)) as input_cache_write_tokens, openai_bi.count_or_null(sum(f.output_tokens)) as output_tokens,
    null::numeric, null::text, h.is_final
  from openai_etl.minute_hours h cross join generate_series(0, 59) as minute
  join openai.usage_completions f on f.org_id = h.org_id and f.bucket_width = '1m'
    and f.bucket_start = h.usage_hour_utc + make_interval(mins => minute)
  where h.dataset = 'completions'
  group by h.usage_hour_utc, h.org_id, h.dataset, h.is_final, f.series_id, f.project_id, f.user_id, f.api_key_id,
    f.model, f.batch, f.service_tier
  union all
  select h.usage_hour_utc, h.org_id, h.dataset, f.series_id, '1m', f.project_id, f.user_id, f.api_key_id, f.model,
    null::boolean, null::text, openai_bi.count_or_null(sum(f.num_model_requests)) as requests,
    openai_bi.count_or_null(sum(f.input_tokens)) as input_tokens, null::bigint as input_uncached_tokens,
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
    null::boolean, null::text, openai_bi.count_or_null(sum(f.num_model_requests)) as requests,
    openai_bi.count_or_null(sum(f.input_tokens)) as input_tokens, null::bigint as input_uncached_tokens,
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
    null::boolean, null::text, openai_bi.count_or_null(sum(f.num_model_requests)) as requests, null::bigint as input_tokens,
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
    null::boolean, null::text, openai_bi.count_or_null(sum(f.num_model_requests)) as requests, null::bigint as input_tokens,
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
    null::boolean, null::text, openai_bi.count_or_null(sum(f.num_model_requests)) as requests, null::bigint as input_tokens,
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
    f.batch, f.service_tier, openai_bi.count_or_null(sum(f.num_model_requests)) as requests, openai_bi.count_or_null(sum(f.input_tokens)) as input_tokens,
    openai_bi.count_or_null(sum(f.input_uncached_tokens)) as input_uncached_tokens,
    openai_bi.count_or_null(sum(f.input_cached_tokens)) as input_cached_tokens,
    openai_bi.count_or_null(sum(f.input_cache_write_tokens)) as input_cache_write_tokens, openai_bi.count_or_null(sum(f.output_tokens)) as output_tokens,
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
left join openai_etl.hours_of_minutes by_minute on by_minute.org_id = u.org_id and by_minute.dataset = u.dataset
  and by_minute.usage_hour_utc = u.usage_hour_utc and u.bucket_width = '1h'
where u.org_id = any (array(select distinct org_id from openai_etl.days)) and by_minute.org_id is null;

create or replace view openai_bi.usage_hourly_by_model as
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
  coalesce(by_minute.is_final, b.settled, false) as is_final,
  p.team,
  p.cost_center,
  p.environment
from openai.usage_hourly_rollup u
left join openai.projects p on p.org_id = u.org_id and p.project_id = u.project_id
left join openai.models m on m.model = u.model
left join openai_etl.buckets b on b.org_id = u.org_id and b.dataset = u.dataset and b.bucket_width = '1h'
  and b.bucket_start = u.usage_hour_utc
left join openai_etl.hours_of_minutes by_minute on by_minute.org_id = u.org_id and by_minute.dataset = u.dataset
  and by_minute.usage_hour_utc = u.usage_hour_utc
where u.org_id = any (array(select distinct org_id from openai_etl.days));

create or replace view openai_bi.coverage_hourly as
select
  u.usage_hour_utc,
  u.org_id,
  u.dataset,
  u.bucket_width,
  u.is_complete,
  u.is_final
from (
  select bucket_start as usage_hour_utc, org_id, dataset, bucket_width, true as is_complete, settled as is_final
  from openai_etl.buckets b where bucket_width = '1h' and content_hash is not null and not exists (
    select from openai_etl.hours_of_minutes h
    where h.org_id = b.org_id and h.dataset = b.dataset and h.usage_hour_utc = b.bucket_start)
  union all
  select usage_hour_utc, org_id, dataset, '1m', buckets_loaded = 60, is_final from openai_etl.minute_hours
) as u
where u.org_id = any (array(select distinct org_id from openai_etl.days));


comment on table openai.usage_hourly_rollup is 'Sums of usage facts by hour, project and model, of the one width each hour is told from, written in the transaction that loads the facts. Storage, which is a level, is not here.';
comment on view openai_bi.usage_hourly_by_model is 'Usage by UTC hour, project and model, summed when it is loaded: for hourly charts over weeks. Storage, which is a level, is in storage_daily.';

-- What a store of an earlier version holds.
create temp table told_anew on commit drop as
select known.org_id, known.dataset, (t.period at time zone 'UTC')::date as usage_date_utc, t.*,
  d.bucket_width is distinct from t.bucket_width and t.has_finer as is_summed_anew
from (
  select org_id, dataset, array_agg(usage_date_utc::timestamp at time zone 'UTC') as periods
  from openai_etl.days group by org_id, dataset
) as known
cross join lateral openai_etl.told_from(known.org_id, known.dataset, known.periods, 86400) as t
join openai_etl.days d on d.org_id = known.org_id and d.dataset = known.dataset
  and d.usage_date_utc = (t.period at time zone 'UTC')::date;

update openai_etl.days d set bucket_width = t.bucket_width, buckets_loaded = t.loaded, buckets_refused = t.refused,
  row_count = t.row_count, loaded_until = t.loaded_until, is_final = t.is_final, is_complete = t.is_complete,
  grain = t.grain, filters = t.filters,
  updated_at = case when t.is_summed_anew then now() else d.updated_at end,
  changed_xid = case when t.is_summed_anew then pg_current_xact_id() else d.changed_xid end
from told_anew t
where d.org_id = t.org_id and d.dataset = t.dataset and d.usage_date_utc = t.usage_date_utc;

insert into openai_etl.hours_of_minutes (org_id, dataset, usage_hour_utc, buckets_loaded, is_final)
select known.org_id, known.dataset, t.period, t.loaded, t.is_final
from (
  select org_id, dataset, array_agg(distinct date_bin('1 hour', bucket_start, '1970-01-01T00:00:00Z')) as periods
  from openai_etl.buckets where bucket_width = '1m' group by org_id, dataset
) as known
cross join lateral openai_etl.told_from(known.org_id, known.dataset, known.periods, 3600) as t
where t.bucket_width = '1m';

delete from openai.usage_daily_rollup r using told_anew t
where t.is_summed_anew and r.org_id = t.org_id and r.dataset = t.dataset and r.usage_date_utc = t.usage_date_utc;
delete from openai.usage_hourly_rollup r using openai_etl.hours_of_minutes h
where r.org_id = h.org_id and r.dataset = h.dataset and r.usage_hour_utc = h.usage_hour_utc;

do $$
declare
  fact record;
begin
  for fact in
    select f.relname as facts, substr(f.relname, 7) as dataset,
      string_agg(format('f.%I', c.column_name), ', ') filter (where c.data_type in ('text', 'boolean')) as dimensions,
      string_agg(format('%I', c.column_name), ', ' order by c.data_type = 'bigint', c.ordinal_position) as columns,
      string_agg(case when c.data_type <> 'bigint' then format('f.%I', c.column_name)
          when c.column_name = 'usage_bytes' then 'coalesce(sum(f.usage_bytes) filter (where f.bucket_end = t.loaded_until), 0)'
          else format('sum(f.%I)', c.column_name) end, ', ' order by c.data_type = 'bigint', c.ordinal_position) as sums,
      array_agg(c.column_name::text) as names
    from pg_class f
    join information_schema.columns c on c.table_schema = 'openai' and c.table_name = 'usage_daily_rollup'
      and c.column_name not in ('org_id', 'dataset', 'bucket_width', 'usage_date_utc', 'series_id')
      and exists (select from information_schema.columns own where own.table_schema = 'openai'
        and own.table_name = f.relname and own.column_name = c.column_name)
    where f.relnamespace = 'openai'::regnamespace and f.relkind = 'r' and f.relname like 'usage\_%'
      and f.relname not in ('usage_daily_rollup', 'usage_hourly_rollup')
    group by f.relname
  loop
    execute format(
      'insert into openai.usage_daily_rollup (org_id, dataset, bucket_width, usage_date_utc, series_id, %1$s %2$s)
       select t.org_id, t.dataset, t.bucket_width, t.usage_date_utc, summed.*
       from pg_temp.told_anew t cross join lateral (
         select f.series_id, %3$s %4$s from openai.%5$I f
         where f.org_id = t.org_id and f.bucket_width = t.bucket_width and f.bucket_start >= t.period
           and f.bucket_start < t.period + interval ''24 hours''
         group by f.series_id, %6$s
       ) as summed
       where t.dataset = %7$L and t.is_summed_anew',
      fact.columns, case when 'usage_bytes' = any(fact.names) then ', usage_bytes_seconds' end,
      fact.sums, case when 'usage_bytes' = any(fact.names)
        then ', trim_scale(sum(f.usage_bytes * extract(epoch from f.bucket_end - f.bucket_start)))' end,
      fact.facts, fact.dimensions, fact.dataset);
    continue when 'usage_bytes' = any(fact.names);
    execute (
      select format(
        'insert into openai.usage_hourly_rollup (org_id, dataset, usage_hour_utc, group_no, %1$s)
         select h.org_id, h.dataset, h.usage_hour_utc, summed.*
         from openai_etl.hours_of_minutes h cross join lateral (
           select row_number() over (), %2$s from openai.%3$I f
           where f.org_id = h.org_id and f.bucket_width = ''1m'' and f.bucket_start >= h.usage_hour_utc
             and f.bucket_start < h.usage_hour_utc + interval ''1 hour''
           group by %4$s
         ) as summed
         where h.dataset = %5$L',
        string_agg(quote_ident(rolled), ', ' order by at),
        string_agg(case when at < 3 then format('f.%I', measured) else format('sum(f.%I)', measured) end, ', ' order by at),
        fact.facts, string_agg(format('f.%I', measured), ', ' order by at) filter (where at < 3), fact.dataset)
      from (values (1, 'project_id', array['project_id']), (2, 'model', array['model']),
        (3, 'requests', case when fact.dataset = 'web_search_calls' then '{}' else array['num_model_requests'] end),
        (4, 'input_tokens', array['input_tokens']), (5, 'input_uncached_tokens', array['input_uncached_tokens']),
        (6, 'input_cached_tokens', array['input_cached_tokens']),
        (7, 'input_cache_write_tokens', array['input_cache_write_tokens']), (8, 'output_tokens', array['output_tokens']),
        (9, 'other_quantity', array['images', 'characters', 'seconds', 'num_sessions', 'num_requests'])
      ) as rollup(at, rolled, measures)
      cross join lateral (
        select name as measured from unnest(rollup.measures) with ordinality as one(name, place)
        where name = any(fact.names) order by place limit 1
      ) as found
    );
  end loop;
end $$;
