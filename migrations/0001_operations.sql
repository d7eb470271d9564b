create schema if not exists openai;
comment on schema openai is 'Facts as OpenAI reports them: one table per dataset. Read the views of openai_bi for BI.';
create schema if not exists openai_etl;
comment on schema openai_etl is 'What usage-etl knows of its own work: runs, the ledger of buckets, restatements, quarantine, drift, capabilities, tie-outs.';
create schema if not exists openai_bi;
comment on schema openai_bi is 'Views for BI: the stable contract.';
create schema if not exists openai_focus;
comment on schema openai_focus is 'FOCUS views.';

create table openai_etl.runs (
  run_id bigint generated always as identity primary key,
  command text not null,
  org_id text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  status text not null check (status in ('running', 'ok', 'partial', 'failed')),
  requests bigint not null default 0,
  pages bigint not null default 0,
  results bigint not null default 0,
  rows_inserted bigint not null default 0,
  rows_updated bigint not null default 0,
  rows_deleted bigint not null default 0,
  buckets_loaded bigint not null default 0,
  buckets_unchanged bigint not null default 0,
  buckets_refused bigint not null default 0,
  error text,
  version text not null
);
comment on table openai_etl.runs is 'One execution of a command for one organization.';
comment on column openai_etl.runs.run_id is 'Identity of the run.';
comment on column openai_etl.runs.command is 'sync, backfill or verify.';
comment on column openai_etl.runs.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.runs.started_at is 'When the run started; every bucket boundary of the run is computed from this one instant.';
comment on column openai_etl.runs.finished_at is 'When the run ended; null while it runs, and for one that was killed.';
comment on column openai_etl.runs.status is 'running; ok: all asked for is loaded; partial: something failed or was refused; failed: nothing was loaded, or the run was killed.';
comment on column openai_etl.runs.requests is 'HTTP requests made, retries included.';
comment on column openai_etl.runs.pages is 'Pages read whole.';
comment on column openai_etl.runs.results is 'Results received in those pages.';
comment on column openai_etl.runs.rows_inserted is 'Fact rows inserted.';
comment on column openai_etl.runs.rows_updated is 'Fact rows of which a value changed.';
comment on column openai_etl.runs.rows_deleted is 'Fact rows that the API no longer reports.';
comment on column openai_etl.runs.buckets_loaded is 'Buckets that were new or changed.';
comment on column openai_etl.runs.buckets_unchanged is 'Buckets recognized as unchanged by their hash.';
comment on column openai_etl.runs.buckets_refused is 'Buckets not applied because a result could not be typed.';
comment on column openai_etl.runs.error is 'What went wrong, one line per error; null when nothing did.';
comment on column openai_etl.runs.version is 'Version of usage-etl that ran.';

create table openai_etl.buckets (
  org_id text not null,
  dataset text not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  bucket_end timestamptz not null,
  grain text[] not null,
  filters text,
  row_count integer not null,
  content_hash bytea,
  revision integer not null,
  observed_at timestamptz not null,
  changed_at timestamptz not null,
  settled boolean not null,
  status text not null check (status in ('loaded', 'refused')),
  run_id bigint not null,
  changed_xid xid8 not null,
  primary key (org_id, dataset, bucket_width, bucket_start)
);
comment on table openai_etl.buckets is 'The ledger: what is known of each bucket. A bucket without an entry was never read; one with row_count 0 was read and is empty.';
comment on column openai_etl.buckets.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.buckets.dataset is 'Name of the dataset.';
comment on column openai_etl.buckets.bucket_width is 'Width of the bucket: 1m, 1h or 1d.';
comment on column openai_etl.buckets.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai_etl.buckets.bucket_end is 'End of the bucket (UTC), exclusive.';
comment on column openai_etl.buckets.grain is 'Dimensions the stored rows were grouped by, in column order.';
comment on column openai_etl.buckets.filters is 'Filter parameters the stored rows were asked with, as canonical JSON; null when there were none.';
comment on column openai_etl.buckets.row_count is 'Rows stored for the bucket.';
comment on column openai_etl.buckets.content_hash is 'SHA-256 of the stored rows as encoded for COPY, sorted by series_id; null when the bucket was refused before it was ever loaded.';
comment on column openai_etl.buckets.revision is 'Number of different contents loaded so far; 0 when none.';
comment on column openai_etl.buckets.observed_at is 'When the API was asked for the stored content most recently; an older reading never replaces it.';
comment on column openai_etl.buckets.changed_at is 'When the stored content last changed.';
comment on column openai_etl.buckets.settled is 'True when read again long enough after the bucket closed: taken as final.';
comment on column openai_etl.buckets.status is 'loaded; refused: the newest reading could not be typed, what is stored is older.';
comment on column openai_etl.buckets.run_id is 'Run that last read the bucket.';
comment on column openai_etl.buckets.changed_xid is 'Transaction that last changed the content: the safe cursor of change feeds.';

create table openai_etl.restatements (
  restatement_id bigint generated always as identity primary key,
  org_id text not null,
  dataset text not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  series_id uuid not null,
  change text not null check (change in ('added', 'updated', 'removed')),
  old_row jsonb,
  new_row jsonb,
  observed_at timestamptz not null,
  run_id bigint not null
);
comment on table openai_etl.restatements is 'Changes of buckets that were closed when they were last read: what a closed bucket used to say.';
comment on column openai_etl.restatements.restatement_id is 'Identity of the entry.';
comment on column openai_etl.restatements.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.restatements.dataset is 'Name of the dataset.';
comment on column openai_etl.restatements.bucket_width is 'Width of the bucket.';
comment on column openai_etl.restatements.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai_etl.restatements.series_id is 'The group that changed.';
comment on column openai_etl.restatements.change is 'added: the group was not there before; updated: a value changed; removed: the API no longer reports the group.';
comment on column openai_etl.restatements.old_row is 'Dimensions, attributes, measures and extra before; null for added.';
comment on column openai_etl.restatements.new_row is 'Dimensions, attributes, measures and extra after; null for removed.';
comment on column openai_etl.restatements.observed_at is 'When the API was asked for the new content.';
comment on column openai_etl.restatements.run_id is 'Run that found the change.';

create table openai_etl.quarantine (
  quarantine_id bigint generated always as identity primary key,
  org_id text not null,
  dataset text not null,
  bucket_width text not null,
  bucket_start timestamptz,
  reason text not null,
  detail text not null,
  raw jsonb not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  seen_count integer not null default 1,
  run_id bigint not null
);
create unique index quarantine_same on openai_etl.quarantine
  (org_id, dataset, bucket_width, bucket_start, reason, md5(raw::text)) nulls not distinct;
comment on table openai_etl.quarantine is 'What the API sent that could not be typed, as received (e-mail addresses masked).';
comment on column openai_etl.quarantine.quarantine_id is 'Identity of the entry.';
comment on column openai_etl.quarantine.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.quarantine.dataset is 'Dataset that was being read.';
comment on column openai_etl.quarantine.bucket_width is 'Width that was being read.';
comment on column openai_etl.quarantine.bucket_start is 'Start of the bucket (UTC); null when the bucket itself has no usable start.';
comment on column openai_etl.quarantine.reason is 'Stable code of what is wrong with it.';
comment on column openai_etl.quarantine.detail is 'What is wrong with it, for a person.';
comment on column openai_etl.quarantine.raw is 'The result or bucket as received.';
comment on column openai_etl.quarantine.first_seen_at is 'When it was first received.';
comment on column openai_etl.quarantine.last_seen_at is 'When it was last received.';
comment on column openai_etl.quarantine.seen_count is 'How many times it was received.';
comment on column openai_etl.quarantine.run_id is 'Run that received it last.';

create table openai_etl.drift (
  org_id text not null,
  dataset text not null,
  kind text not null check (kind in ('field', 'object', 'value')),
  name text not null,
  sample jsonb,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  seen_count bigint not null default 1,
  primary key (org_id, dataset, kind, name)
);
comment on table openai_etl.drift is 'What the API sends that the catalog does not know.';
comment on column openai_etl.drift.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.drift.dataset is 'Dataset that was being read.';
comment on column openai_etl.drift.kind is 'field: an unknown field of a result, kept in extra; object: an unknown object tag, kept in quarantine; value: an answer outside what was asked.';
comment on column openai_etl.drift.name is 'Name of the field, tag or value.';
comment on column openai_etl.drift.sample is 'One value as received (e-mail addresses masked).';
comment on column openai_etl.drift.first_seen_at is 'When it was first received.';
comment on column openai_etl.drift.last_seen_at is 'When it was last received.';
comment on column openai_etl.drift.seen_count is 'How many results carried it.';

create table openai_etl.capabilities (
  org_id text not null,
  dataset text not null,
  status text not null check (status in ('available', 'reduced', 'unavailable')),
  grain text[] not null,
  refused text[] not null,
  horizon timestamptz,
  detail text,
  checked_at timestamptz not null,
  status_since timestamptz not null,
  primary key (org_id, dataset)
);
comment on table openai_etl.capabilities is 'What the API grants each organization for each dataset.';
comment on column openai_etl.capabilities.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.capabilities.dataset is 'Name of the dataset.';
comment on column openai_etl.capabilities.status is 'available; reduced: the API refuses a dimension asked for; unavailable: it refuses or lacks the endpoint.';
comment on column openai_etl.capabilities.grain is 'Dimensions obtained, in column order.';
comment on column openai_etl.capabilities.refused is 'Dimensions asked for and refused by the API.';
comment on column openai_etl.capabilities.horizon is 'Earliest instant the API still answers; null when it never said.';
comment on column openai_etl.capabilities.detail is 'What the API refused, for a person; null when nothing.';
comment on column openai_etl.capabilities.checked_at is 'When all dimensions asked for were last tried; a reduced set is tried again a week after.';
comment on column openai_etl.capabilities.status_since is 'Since when the status is what it is.';

create table openai_etl.tie_outs (
  org_id text not null,
  dataset text not null,
  bucket_width text not null,
  bucket_start timestamptz not null,
  measure text not null,
  stored numeric,
  reported numeric not null,
  difference numeric not null,
  checked_at timestamptz not null,
  run_id bigint not null,
  primary key (run_id, org_id, dataset, bucket_width, bucket_start, measure)
);
comment on table openai_etl.tie_outs is 'Comparisons of stored sums with the ungrouped totals the API itself reports, one row per bucket and measure compared.';
comment on column openai_etl.tie_outs.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.tie_outs.dataset is 'Name of the dataset.';
comment on column openai_etl.tie_outs.bucket_width is 'Width of the bucket.';
comment on column openai_etl.tie_outs.bucket_start is 'Start of the bucket (UTC), inclusive.';
comment on column openai_etl.tie_outs.measure is 'Measure compared; with its currency where a bucket holds several.';
comment on column openai_etl.tie_outs.stored is 'Sum of the stored rows; null when the bucket was never loaded.';
comment on column openai_etl.tie_outs.reported is 'The total the API reports ungrouped.';
comment on column openai_etl.tie_outs.difference is 'stored - reported; a bucket never loaded counts as 0.';
comment on column openai_etl.tie_outs.checked_at is 'When the API was asked.';
comment on column openai_etl.tie_outs.run_id is 'The verify run.';
