create table openai_etl.organizations (
  org_id text primary key,
  organization_id text,
  organization_header text,
  first_seen_at timestamptz not null,
  changed_at timestamptz not null,
  run_id bigint not null
);
comment on table openai_etl.organizations is 'What identifies the organization that is stored under a name of the configuration, as the API has said it: another one''s answers are refused.';
comment on column openai_etl.organizations.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.organizations.organization_id is 'Id that results of costs carry; null as long as none has.';
comment on column openai_etl.organizations.organization_header is 'What the header openai-organization of the answers says; null as long as none has had it.';
comment on column openai_etl.organizations.first_seen_at is 'When anything that identifies the organization was first received.';
comment on column openai_etl.organizations.changed_at is 'When something was added to it, or another organization adopted.';
comment on column openai_etl.organizations.run_id is 'Run that last changed it.';

-- Every night compares what it read: what is known of a bucket is looked for by the bucket.
create index tie_outs_of_bucket on openai_etl.tie_outs (org_id, dataset, bucket_width, bucket_start);
create index tie_outs_differing on openai_etl.tie_outs (org_id, dataset) where not agrees;
comment on column openai_etl.tie_outs.run_id is 'Run that compared: a verify, or the sync or backfill that had read the bucket.';
