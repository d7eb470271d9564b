-- Three roles for a database of usage-etl, each with no more rights than its work needs:
--
--   openai_owner    owns the schemas and migrates them             usage-etl migrate, before and after an upgrade
--   openai_writer   loads rows; changes no table's shape           usage-etl sync, backfill, verify, serve, every night
--   openai_reader   reads the views of openai_bi and openai_focus  BI tools, people, usage-etl query
--
-- Run it once in the database that is to hold the data, before or after the first migration, as a superuser or as a role
-- with CREATEROLE that owns the database (on managed servers: the administrator it came with):
--
--   psql "$ADMIN_URL" -v ON_ERROR_STOP=1 -f roles.sql
--
-- Running it again changes nothing, or repairs what has been changed by hand. A database that another role has migrated
-- is handed over to openai_owner. The roles can log in but have no password yet; give each one with psql: \password NAME
--
-- PostgreSQL 15 or newer. All of it, or nothing.

begin;

do $$
declare
  role_name text;
begin
  foreach role_name in array array['openai_owner', 'openai_writer', 'openai_reader'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      execute format('create role %I login', role_name);
    end if;
  end loop;
  -- Only who is a member of a role may hand objects over to it and set its default privileges. Taken back at the end.
  if not pg_has_role('openai_owner', 'usage') then
    execute format('grant openai_owner to %I', current_user);
    perform set_config('usage_etl.borrowed', 'yes', true);
  end if;
end
$$;

-- Rights in the database. Staging tables are temporary ones.
do $$
begin
  execute format('grant connect, create, temporary on database %I to openai_owner', current_database());
  execute format('grant connect, temporary on database %I to openai_writer', current_database());
  execute format('grant connect on database %I to openai_reader', current_database());
end
$$;

-- A function of somebody's own in public, under a name of PostgreSQL's, would be called by tools that do not pin their
-- search path. Databases that were made before PostgreSQL 15 let everybody create there.
do $$
begin
  if to_regnamespace('public') is not null then
    revoke create on schema public from public, openai_writer, openai_reader;
  end if;
  -- Locks are how runs keep out of each other's way: a reader that holds one stops the writer. Everybody may take them as
  -- PostgreSQL comes, and only a superuser can change that; other programs of this database that need them are granted them
  -- likewise.
  if (select rolsuper from pg_roles where rolname = current_user) then
    declare
      lock_function regprocedure;
    begin
      for lock_function in
        select oid::regprocedure from pg_proc
         where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^pg_(try_)?advisory_'
      loop
        execute format('revoke execute on function %s from public, openai_reader', lock_function);
        execute format('grant execute on function %s to openai_owner, openai_writer', lock_function);
      end loop;
    end;
  end if;
end
$$;

create schema if not exists openai;
create schema if not exists openai_etl;
create schema if not exists openai_bi;
create schema if not exists openai_focus;

-- Hands over the schemas, and what an earlier migration by another role has made in them.
do $$
declare
  statement text;
begin
  for statement in
    select format('alter schema %I owner to openai_owner', nspname)
      from pg_namespace
     where nspname in ('openai', 'openai_etl', 'openai_bi', 'openai_focus')
       and nspowner <> 'openai_owner'::regrole
    union all
    select format('alter %s %s owner to openai_owner',
                  case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
                               when 'S' then 'sequence' else 'table' end,
                  relation.oid::regclass)
      from pg_class as relation
     where relnamespace in ('openai'::regnamespace, 'openai_etl'::regnamespace,
                            'openai_bi'::regnamespace, 'openai_focus'::regnamespace)
       and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
       and relowner <> 'openai_owner'::regrole
       -- The sequence of a column goes with its table.
       and not exists (select from pg_depend
                        where classid = 'pg_class'::regclass and objid = relation.oid and deptype in ('a', 'i')
                          and relkind = 'S')
    union all
    select format('alter routine %s owner to openai_owner', pg_proc.oid::regprocedure)
      from pg_proc
     where pronamespace in ('openai'::regnamespace, 'openai_etl'::regnamespace,
                            'openai_bi'::regnamespace, 'openai_focus'::regnamespace)
       and proowner <> 'openai_owner'::regrole
  loop
    execute statement;
  end loop;
end
$$;

-- From here on as the owner: a right that is granted stays granted, whoever runs this file the next time.
set local role openai_owner;

grant usage on schema openai, openai_etl, openai_bi, openai_focus to openai_writer;
grant usage on schema openai_bi, openai_focus to openai_reader;

-- What is there: rows may be written, and nothing else.
revoke all on all tables in schema openai, openai_etl, openai_bi, openai_focus from openai_writer, openai_reader, public;
grant select, insert, update, delete on all tables in schema openai, openai_etl to openai_writer;
grant usage, select on all sequences in schema openai, openai_etl to openai_writer;
grant select on all tables in schema openai_bi, openai_focus to openai_writer, openai_reader;

-- What future migrations will make, the same.
alter default privileges in schema openai, openai_etl grant select, insert, update, delete on tables to openai_writer;
alter default privileges in schema openai, openai_etl grant usage, select on sequences to openai_writer;
alter default privileges in schema openai_bi, openai_focus grant select on tables to openai_writer, openai_reader;

-- The planner has to know the tables that the writer has filled. Before PostgreSQL 17 only their owner may look through
-- them: leave autovacuum on, or run ANALYZE as openai_owner after the first load.
do $$
begin
  if current_setting('server_version_num')::int >= 170000 then
    execute 'grant maintain on all tables in schema openai, openai_etl to openai_writer';
    execute 'alter default privileges in schema openai, openai_etl grant maintain on tables to openai_writer';
  end if;
end
$$;

reset role;

-- The writer never waits for ever with a transaction open: that would keep vacuum from cleaning up.
alter role openai_writer set idle_in_transaction_session_timeout = '15min';

-- The reader: an accident ends by itself. What it may not do does not depend on this, since it may set it otherwise.
alter role openai_reader set default_transaction_read_only = on;
alter role openai_reader set statement_timeout = '60s';
alter role openai_reader set idle_in_transaction_session_timeout = '60s';

do $$
begin
  if current_setting('usage_etl.borrowed', true) = 'yes' then
    execute format('revoke openai_owner from %I', current_user);
  end if;
end
$$;

commit;
