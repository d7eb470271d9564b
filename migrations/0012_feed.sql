-- What a change feed needs: which transaction last changed each row, and which rows are gone.
-- Rows that are here already are known before there was a feed: transaction 0. That default is a constant, which rewrites
-- nothing; the one that replaces it spares COPY the column.

alter table openai.usage_completions add changed_xid xid8 not null default '0';
alter table openai.usage_completions alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_completions.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_embeddings add changed_xid xid8 not null default '0';
alter table openai.usage_embeddings alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_embeddings.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_moderations add changed_xid xid8 not null default '0';
alter table openai.usage_moderations alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_moderations.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_images add changed_xid xid8 not null default '0';
alter table openai.usage_images alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_images.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_audio_speeches add changed_xid xid8 not null default '0';
alter table openai.usage_audio_speeches alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_audio_speeches.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_audio_transcriptions add changed_xid xid8 not null default '0';
alter table openai.usage_audio_transcriptions alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_audio_transcriptions.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_vector_stores add changed_xid xid8 not null default '0';
alter table openai.usage_vector_stores alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_vector_stores.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_code_interpreter_sessions add changed_xid xid8 not null default '0';
alter table openai.usage_code_interpreter_sessions alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_code_interpreter_sessions.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_file_search_calls add changed_xid xid8 not null default '0';
alter table openai.usage_file_search_calls alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_file_search_calls.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_web_search_calls add changed_xid xid8 not null default '0';
alter table openai.usage_web_search_calls alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_web_search_calls.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.usage_decisions add changed_xid xid8 not null default '0';
alter table openai.usage_decisions alter changed_xid set default pg_current_xact_id();
comment on column openai.usage_decisions.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.costs add changed_xid xid8 not null default '0';
alter table openai.costs alter changed_xid set default pg_current_xact_id();
comment on column openai.costs.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.costs_by_user add changed_xid xid8 not null default '0';
alter table openai.costs_by_user alter changed_xid set default pg_current_xact_id();
comment on column openai.costs_by_user.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

alter table openai.name_history add changed_xid xid8 not null default '0';
alter table openai.name_history alter changed_xid set default pg_current_xact_id();
comment on column openai.name_history.changed_xid is 'Transaction that last changed the row: the safe cursor of change feeds.';

-- A feed finds changed buckets here and then their rows; the parts of costs have no ledger that it could ask.
create index buckets_changed on openai_etl.buckets (changed_xid);
create index cost_parts_changed on openai.cost_parts (changed_xid);

create table openai_etl.removals (
  removed_xid xid8 not null,
  removal_id bigint generated always as identity,
  table_name text not null,
  key jsonb not null,
  removed_at timestamptz not null,
  run_id bigint,
  primary key (removed_xid, removal_id)
);
create index removals_removed_at on openai_etl.removals (removed_at);
comment on table openai_etl.removals is 'Rows that were deleted from tables of schema openai, written in the transaction that deleted them and kept for 400 days. A row may have come back since.';
comment on column openai_etl.removals.removed_xid is 'Transaction that deleted the row: the safe cursor of change feeds.';
comment on column openai_etl.removals.removal_id is 'Tells removals of one transaction apart.';
comment on column openai_etl.removals.table_name is 'The table, with its schema.';
comment on column openai_etl.removals.key is 'Values of the columns of its primary key, by name.';
comment on column openai_etl.removals.removed_at is 'When the row was deleted.';
comment on column openai_etl.removals.run_id is 'Run that deleted it (openai_etl.runs); null when no run did.';

create table openai_etl.removal_purges (
  history text primary key,
  purged_xid xid8 not null,
  purged_at timestamptz not null
);
comment on table openai_etl.removal_purges is 'Up to where removals have been forgotten: a cursor that is not after it would miss some.';
comment on column openai_etl.removal_purges.history is 'Line of transaction ids, as cursors name it: another after a restore into another server.';
comment on column openai_etl.removal_purges.purged_xid is 'Newest transaction of which a removal was forgotten.';
comment on column openai_etl.removal_purges.purged_at is 'When that was.';
