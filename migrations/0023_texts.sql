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
  cross join (values ('1m', interval '1 minute'), ('1h', interval '1 hour'), ('1d', interval '1 day')) as w(bucket_width, step)
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
