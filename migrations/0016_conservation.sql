-- What was received and what became of it: each run's books balance. Null: not counted by the version that ran.
alter table openai_etl.runs
  add column buckets_unanswered bigint not null default 0,
  add column results_placed bigint,
  add column results_merged bigint,
  add column results_quarantined bigint,
  add column results_without_place bigint;
comment on column openai_etl.runs.buckets_unanswered is 'Buckets asked for that nothing received accounts for: what is stored of them stays, and they are read again.';
comment on column openai_etl.runs.results_placed is 'Of the results, those that became a row. With the three that follow: all of them. Null for runs of versions that did not count it.';
comment on column openai_etl.runs.results_merged is 'Of the results, those that are part of another''s row: of equal grain, or the same again. Null for runs of versions that did not count it.';
comment on column openai_etl.runs.results_quarantined is 'Of the results, those set aside: by themselves, or with the bucket that was refused. Null for runs of versions that did not count it.';
comment on column openai_etl.runs.results_without_place is 'Of the results, those in buckets that were not asked for or have no start that can be read. Null for runs of versions that did not count it.';

create table openai_etl.unanswered (
  org_id text not null,
  dataset text not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  first_asked_at timestamptz not null,
  last_asked_at timestamptz not null,
  run_id bigint not null,
  primary key (org_id, dataset, bucket_width, bucket_start)
);
comment on table openai_etl.unanswered is 'Buckets that were asked for last and not answered: what came does not account for them. Gone once they are.';
comment on column openai_etl.unanswered.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.unanswered.dataset is 'Name of the dataset.';
comment on column openai_etl.unanswered.bucket_width is 'Width of the bucket.';
comment on column openai_etl.unanswered.bucket_start is 'Start of the bucket (UTC, inclusive).';
comment on column openai_etl.unanswered.first_asked_at is 'When it was first asked for and not answered.';
comment on column openai_etl.unanswered.last_asked_at is 'When it was last asked for and not answered.';
comment on column openai_etl.unanswered.run_id is 'The run that asked last.';

create or replace view openai_bi.runs as
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
  version,
  buckets_unanswered,
  results_placed,
  results_merged,
  results_quarantined,
  results_without_place
from openai_etl.runs;
comment on column openai_bi.runs.buckets_unanswered is 'Buckets asked for that nothing received accounts for, flow: what is stored of them stays, and they are read again.';
comment on column openai_bi.runs.results_placed is 'Of the results, those that became a row, flow; with the three that follow: all of them. Null for runs of versions that did not count it.';
comment on column openai_bi.runs.results_merged is 'Of the results, those that are part of another''s row, flow. Null for runs of versions that did not count it.';
comment on column openai_bi.runs.results_quarantined is 'Of the results, those set aside, by themselves or with their bucket, flow. Null for runs of versions that did not count it.';
comment on column openai_bi.runs.results_without_place is 'Of the results, those in buckets that were not asked for or have no start that can be read, flow. Null for runs of versions that did not count it.';

create or replace view openai_bi.coverage as
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
  d.updated_at,
  coalesce(u.buckets, 0) as buckets_unanswered
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
) as u on u.org_id = span.org_id and u.dataset = span.dataset and u.day = spine.day;
comment on view openai_bi.coverage is 'What is known of each day of each dataset, from the first one asked for to today (UTC). One row per organization, dataset and day.';
comment on column openai_bi.coverage.buckets_unanswered is 'Buckets of the day, of any width, that were asked for last and not answered: what the other columns say is of an earlier reading, or nothing.';
