-- Up to when the data of a dataset are there is computed in one place, for people and programs alike.

create table openai_etl.starts (
  org_id text not null,
  dataset text not null,
  bucket_width text not null,
  start timestamptz not null,
  primary key (org_id, dataset, bucket_width)
);
comment on table openai_etl.starts is 'Since when each dataset is wanted at each width, as the newest sync had it.';
comment on column openai_etl.starts.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.starts.dataset is 'Name of the dataset.';
comment on column openai_etl.starts.bucket_width is 'Width of the buckets.';
comment on column openai_etl.starts.start is 'Start of the first bucket wanted: the configured start, or the horizon where that is later.';

create index buckets_not_loaded on openai_etl.buckets (org_id, dataset, bucket_width) where status <> 'loaded';

create view openai_etl.reach as
select
  kind.org_id,
  kind.dataset,
  kind.bucket_width,
  since.bucket_start as since,
  least(loaded.bucket_end, last_of.observed_at) as data_through,
  least(loaded.bucket_end, last_of.observed_at, unsettled.bucket_start) as final_through,
  newest.observed_at as last_success_at
from (
  select distinct org_id, dataset, w.bucket_width, w.step
  from openai_etl.days
  cross join (values ('1m', interval '1 minute'), ('1h', interval '1 hour'), ('1d', interval '24 hours')) as w(bucket_width, step)
) as kind
left join openai_etl.starts s using (org_id, dataset, bucket_width)
cross join lateral (
  select b.bucket_start from openai_etl.buckets b
  where b.org_id = kind.org_id and b.dataset = kind.dataset and b.bucket_width = kind.bucket_width
  order by b.bucket_start limit 1
) as first_of
cross join lateral (
  select b.bucket_end, b.observed_at from openai_etl.buckets b
  where b.org_id = kind.org_id and b.dataset = kind.dataset and b.bucket_width = kind.bucket_width and b.content_hash is not null
  order by b.bucket_start desc limit 1
) as newest
cross join lateral (select least(first_of.bucket_start, s.start) as bucket_start) as since
cross join lateral (
  select case
    -- As a rule nothing is missing, and counting finds out faster than looking for where.
    when not exists (
        select from openai_etl.buckets b
        where b.org_id = kind.org_id and b.dataset = kind.dataset and b.bucket_width = kind.bucket_width and b.status <> 'loaded'
      ) and since.bucket_start + kind.step * (
        select count(*)::integer from openai_etl.buckets b
        where b.org_id = kind.org_id and b.dataset = kind.dataset and b.bucket_width = kind.bucket_width
          and b.bucket_start >= since.bucket_start
      ) = newest.bucket_end
    then newest.bucket_end
    else (
      select max(island.bucket_end) from (
        select b.bucket_end, b.bucket_start - row_number() over (order by b.bucket_start) * kind.step as before
        from openai_etl.buckets b
        where b.org_id = kind.org_id and b.dataset = kind.dataset and b.bucket_width = kind.bucket_width
          and b.bucket_start >= since.bucket_start and b.status = 'loaded'
      ) as island
      where island.before = since.bucket_start - kind.step
    )
  end as bucket_end
) as loaded
left join lateral (
  select b.observed_at from openai_etl.buckets b
  where b.org_id = kind.org_id and b.dataset = kind.dataset and b.bucket_width = kind.bucket_width
    and b.bucket_start < loaded.bucket_end
  order by b.bucket_start desc limit 1
) as last_of on true
left join lateral (
  select b.bucket_start from openai_etl.buckets b
  where b.org_id = kind.org_id and b.dataset = kind.dataset and b.bucket_width = kind.bucket_width and not b.settled
  order by b.bucket_start limit 1
) as unsettled on loaded.bucket_end is not null;
comment on view openai_etl.reach is 'Up to when the data of each dataset are there at each width, and up to when they are final.';
comment on column openai_etl.reach.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.reach.dataset is 'Name of the dataset.';
comment on column openai_etl.reach.bucket_width is 'Width of the buckets.';
comment on column openai_etl.reach.since is 'Start of the first bucket that should be there: the first one wanted, or an older one that is stored.';
comment on column openai_etl.reach.data_through is 'Where the buckets end that are loaded without a gap since then, or when the last of them was read where that was earlier; null when the first is not loaded. A refused bucket is a gap.';
comment on column openai_etl.reach.final_through is 'Everything before this instant is loaded and settled; null where data_through is.';
comment on column openai_etl.reach.last_success_at is 'When the API was last asked for the newest bucket with success.';

create or replace view openai_bi.data_freshness as
select
  org_id,
  dataset,
  bucket_width,
  data_through,
  final_through,
  last_success_at,
  now() - data_through as age,
  case when now() - data_through <= interval '30 hours' then 'fresh' else 'stale' end as status
from openai_etl.reach;
comment on column openai_bi.data_freshness.data_through is 'Where the buckets end that are loaded without a gap since the first one wanted, or when the last of them was read where that was earlier; null when the first is not loaded.';
comment on column openai_bi.data_freshness.final_through is 'Everything before this instant is loaded and settled; null where data_through is.';
comment on column openai_bi.data_freshness.age is 'Time since data_through; null where that is.';
comment on column openai_bi.data_freshness.status is 'fresh; stale: data_through is more than 30 hours ago, which a sync a night does not let happen, or null.';

create or replace view openai_bi.coverage as
select
  span.org_id,
  span.dataset,
  spine.day,
  case
    when d.buckets_refused > 0 then 'refused'
    when d.bucket_width is null then 'missing'
    when short.amounts_missing > 0 then 'incomplete'
    when d.row_count = 0 and d.buckets_loaded = case d.bucket_width when '1d' then 1 when '1h' then 24 else 1440 end then 'empty'
    when d.is_final then 'final'
    else 'loaded'
  end as state,
  coalesce(d.is_final and short.amounts_missing is null, false) as is_final,
  d.bucket_width,
  coalesce(d.buckets_loaded, 0) as buckets_loaded,
  coalesce(d.row_count, 0) as row_count,
  d.loaded_until,
  d.updated_at,
  coalesce(u.buckets, 0) as buckets_unanswered,
  coalesce(d.is_complete, false) as is_complete,
  d.filters,
  coalesce(short.amounts_missing, 0) as amounts_missing
from (
  select org_id, dataset, min(day) as first_day, max(day) as last_day
  from (
    select org_id, dataset, usage_date_utc as day from openai_etl.days
    union all
    select org_id, dataset, (bucket_start at time zone 'UTC')::date from openai_etl.unanswered
  ) as known group by 1, 2
) as span
cross join lateral (
  select one::date as day from generate_series(span.first_day::timestamp,
    greatest(span.last_day, (now() at time zone 'UTC')::date)::timestamp, interval '1 day') as one
) as spine
left join openai_etl.days d on d.org_id = span.org_id and d.dataset = span.dataset and d.usage_date_utc = spine.day
left join (
  select org_id, dataset, (bucket_start at time zone 'UTC')::date as day, count(*)::int as buckets
  from openai_etl.unanswered group by 1, 2, 3
) as u on u.org_id = span.org_id and u.dataset = span.dataset and u.day = spine.day
left join openai_etl.buckets short on short.org_id = span.org_id and short.dataset = span.dataset and short.bucket_width = '1d'
  and short.bucket_start = spine.day::timestamp at time zone 'UTC' and short.amounts_missing > 0;
comment on view openai_bi.coverage is 'What is known of each day of each dataset, from the first one asked for to today (UTC). One row per organization, dataset and day.';
comment on column openai_bi.coverage.buckets_unanswered is 'Buckets of the day, of any width, that were asked for last and not answered: what the other columns say is of an earlier reading, or nothing.';
comment on column openai_bi.coverage.is_complete is 'True when the whole day was read after it had ended, with the filters asked for.';
comment on column openai_bi.coverage.filters is 'Filter parameters its rows were asked with, as canonical JSON; null when there were none; mixed when parts of the day were asked with others. Days of different filters do not compare.';
comment on column openai_bi.coverage.state is 'refused: the newest reading of a bucket could not be typed; missing: nothing is loaded; incomplete: loaded, but costs came without an amount or its currency; empty: every bucket is loaded, and there was no usage; final: loaded whole and settled; loaded: may still change.';
comment on column openai_bi.coverage.is_final is 'True when the whole day is loaded and settled, an empty one too; false while amounts are missing.';
comment on column openai_bi.coverage.amounts_missing is 'Costs of the day that came without an amount or its currency, flow; 0 of usage.';
