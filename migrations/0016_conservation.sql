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
