import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { toEtlError } from '../../src/errors.ts';
import { runQuery } from '../../src/run/query.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await database.pool.query(`
    create table public.precious (id int primary key);
    insert into public.precious select generate_series(1, 10);
    create sequence public.counter;
    create function public.spoil() returns int language plpgsql volatile as
      $$ begin delete from public.precious; return 1; end $$;
    create function public.spoil_as_owner() returns int language sql volatile security definer as
      'delete from public.precious returning id';
    insert into openai_etl.runs (command, org_id, started_at, status, version)
      values ('sync', 'acme', now(), 'ok', 'test')`);
});

afterAll(() => database.close());

/** All that a statement could have left behind. */
async function traces() {
  const { rows } = await database.pool.query<Record<string, unknown>>(`
    select (select count(*)::int from public.precious) as precious,
      (select last_value::int from public.counter) as counter,
      (select is_called from public.counter) as counted,
      (select count(*)::int from openai_etl.runs) as runs,
      (select count(*)::int from pg_class) as relations,
      (select count(*)::int from pg_proc) as routines,
      (select count(*)::int from pg_largeobject_metadata) as large_objects,
      (select count(*)::int from pg_locks where locktype = 'advisory'
          and database = (select oid from pg_database where datname = current_database())) as advisory_locks,
      (select count(*)::int from pg_db_role_setting) as role_settings,
      current_setting('work_mem') as work_mem,
      current_setting('default_transaction_read_only') as read_only,
      current_user::text as role`);
  return rows[0];
}

const query = (sql: string) => runQuery(database, sql, new AbortController().signal);

/** 'answered', or the code of the error. */
async function outcome(sql: string): Promise<string> {
  return query(sql).then(
    () => 'answered',
    (failure: unknown) => toEtlError(failure).code,
  );
}

/** The server ends a session a moment after the client has left it. */
const expectNoTrace = () => vi.waitFor(async () => expect(await traces()).toEqual(before), { timeout: 5000 });

let before: Awaited<ReturnType<typeof traces>>;

beforeEach(async () => {
  before = await traces();
});

describe('query, even as a superuser, refuses and leaves no trace of', () => {
  it.each([
    ['insert', 'insert into public.precious values (11)'],
    ['update', 'update public.precious set id = -id'],
    ['merge', 'merge into public.precious using (select 1) s on true when matched then delete'],
    ['DML in a CTE', 'with gone as (delete from public.precious returning 1) select * from gone'],
    [
      'DML in a CTE of a CTE',
      'with a as (with b as (delete from public.precious returning 1) select * from b) table a',
    ],
    ['a function that deletes', 'select public.spoil()'],
    ['a function that deletes with its owner’s rights', 'select public.spoil_as_owner()'],
    ['a function in EXPLAIN ANALYZE', 'explain analyze select public.spoil()'],
    ['explained DML', 'explain (analyze, costs off) delete from public.precious'],
    ['an explained table', 'explain analyze create table public.other as select 1'],
    ['SQL in a string', `select query_to_xml('delete from public.precious returning 1', true, false, '')`],
    ['nextval', `select nextval('public.counter')`],
    ['setval', `select setval('public.counter', 99)`],
    ['a DO block', `do $$ begin delete from public.precious; end $$`],
    ['CALL', 'call public.spoil()'],
    ['PREPARE', 'prepare p as delete from public.precious'],
    ['EXECUTE', 'execute p'],
    ['a cursor of its own', 'declare c cursor with hold for select 1'],
    ['a way out by commit', 'commit; begin; delete from public.precious'],
    ['a second statement', 'select 1; drop table public.precious'],
    ['a second statement behind comments', 'select 1 /* ; */ ; -- \n drop table public.precious'],
    ['set transaction', 'set transaction read write'],
    ['begin read write', 'begin read write'],
    ['leaving read-only mode by a function', `select set_config('transaction_read_only', 'off', true)`],
    ['a setting of the role', 'alter role current_user set work_mem = 64'],
    ['a setting of the system', `alter system set work_mem = '1GB'`],
    ['select into', 'select 1 as x into public.other'],
    ['a temporary table', 'create temporary table other as select 1'],
    ['select for update', 'select * from public.precious for update'],
    ['lock table', 'lock table public.precious'],
    ['truncate', 'truncate public.precious'],
    ['drop', 'drop table public.precious'],
    ['a grant', 'grant all on public.precious to public'],
    ['a program', `copy (select 1) to program 'true'`],
    ['a file of the server', `copy public.precious to '/tmp/precious'`],
    ['listen', 'listen channel'],
    ['vacuum', 'vacuum'],
    ['a large object written to a file', `select lo_export(1, '/tmp/usage-etl-lo-export')`],
    ['a file of the server as a large object', `select lo_import('/etc/hostname')`],
    ['a file of the server that is read', `select pg_read_file('PG_VERSION')`],
    ['a folder of the server that is listed', `select pg_ls_dir('.')`],
    ['a reload of the configuration', 'select pg_reload_conf()'],
    ['a rotated log', 'select pg_rotate_logfile()'],
    [
      'the end of a session of the superuser',
      'select pg_terminate_backend(pid) from pg_stat_activity where usesysid = 10',
    ],
    ['statistics thrown away', 'select pg_stat_reset()'],
    ['a restore point', `select pg_create_restore_point('here')`],
    ['a new segment of WAL', 'select pg_switch_wal()'],
    ['a replication slot', `select pg_create_physical_replication_slot('mine')`],
  ])('%s', async (_what, sql) => {
    expect(await outcome(sql)).toBe('query_refused');
    await expectNoTrace();
  });
});

describe('query answers, and takes back afterwards,', () => {
  it.each([
    ['a setting of its session', `select set_config('work_mem', '64MB', false)`],
    ['a role it has taken', `select set_config('role', 'none', false)`],
    ['read-only mode it wants to leave later', `select set_config('default_transaction_read_only', 'off', false)`],
    ['an advisory lock', 'select pg_advisory_lock(42)'],
    ['a shared advisory lock', 'select pg_try_advisory_lock_shared(1, 2)'],
    ['a notification', `select pg_notify('channel', 'payload')`],
  ])('%s', async (_what, sql) => {
    expect(await outcome(sql)).toBe('answered');
    await expectNoTrace();
  });

  it('a large object, which PostgreSQL 15 lets a read-only transaction make', async () => {
    expect(['answered', 'query_refused']).toContain(await outcome('select lo_create(0)'));
    await expectNoTrace();
  });
});

describe('query still reads', () => {
  it.each([
    'select count(*) from openai_etl.runs',
    'table public.precious',
    'values (1), (2)',
    'with x as (select 1 as one) select * from x',
    'explain analyze select * from openai.costs',
    'show server_version',
    'select * from pg_stat_activity',
  ])('%s', async (sql) => {
    expect((await query(sql)).rows.length).toBeGreaterThan(0);
  });
});
