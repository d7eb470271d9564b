import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createPool } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { silentLog } from '../../src/log.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { run, runJson } from '../cli/command.ts';

// Each command is a process of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const adminKey = 'sk-admin-ROLETEST0123456789';
const password = 'role-test-password';
const denied = '42501';

/** Roles belong to the whole server: of the names in the file, each test database makes its own. */
async function rolesSql(suffix: string): Promise<string> {
  const file = fileURLToPath(new URL('../../docs/roles.sql', import.meta.url));
  return (await readFile(file, 'utf8')).replaceAll(/openai_(owner|writer|reader)/g, `$&_${suffix}`);
}

async function as<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const execute = (url: string, sql: string) => as(url, (client) => client.query<Record<string, unknown>>(sql));

/** The SQLSTATE that a statement is refused with; 'done' when it is not. */
async function outcome(url: string, sql: string): Promise<string> {
  return execute(url, sql).then(
    () => 'done',
    (failure: unknown) => (failure instanceof pg.DatabaseError ? (failure.code ?? '') : Promise.reject(failure)),
  );
}

function urlFor(user: string, database: string): string {
  const url = new URL(inject('postgres').url);
  url.username = user;
  url.password = password;
  url.pathname = `/${database}`;
  return url.href;
}

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ clock: systemClock, adminKey });
});

afterAll(() => simulator.close());

describe.each([
  ['a superuser', 'superuser', 'before the first migration'],
  ['a role with CREATEROLE that owns the database', 'createrole', 'before the first migration'],
  ['a role with CREATEROLE that owns the database', 'createrole', 'after it has migrated itself'],
])('roles.sql, run by %s (%s) %s', (_who, attribute, when) => {
  const suffix = randomBytes(4).toString('hex');
  const database = `usage_etl_roles_${suffix}`;
  const administrator = `roles_admin_${suffix}`;
  const roles = ['owner', 'writer', 'reader'].map((role) => `openai_${role}_${suffix}`);
  const [owner, writer, reader] = roles.map((role) => urlFor(role, database));
  const admin = urlFor(administrator, database);
  const server = inject('postgres').url;

  const environment = (url: string | undefined) => ({
    OPENAI_ADMIN_KEY: adminKey,
    OPENAI_BASE_URL: simulator.url,
    DATABASE_URL: url ?? '',
    USAGE_ETL_START: new Date(systemClock.now().getTime() - 5 * 86_400_000).toISOString().slice(0, 10),
  });

  beforeAll(async () => {
    await execute(server, `create role ${administrator} login ${attribute} password '${password}'`);
    await execute(server, `create database ${database} owner ${administrator} template template0`);
    if (when.startsWith('after')) {
      const pool = createPool(admin, 'usage-etl tests', 1, silentLog);
      await migrate(pool, { log: silentLog, version: 'test' });
      await pool.end();
    }
    await execute(admin, await rolesSql(suffix));
    await execute(admin, await rolesSql(suffix));
    for (const role of roles) await execute(admin, `alter role ${role} password '${password}'`);
  });

  afterAll(async () => {
    await execute(server, `drop database ${database} with (force)`);
    for (const role of [...roles, administrator].reverse()) await execute(server, `drop role ${role}`);
  });

  it('leaves nobody a member of the owner', async () => {
    const { rows } = await execute(
      server,
      `select count(*)::int as members from pg_auth_members
        where roleid = '${roles[0]}'::regrole and not admin_option`,
    );
    expect(rows).toEqual([{ members: 0 }]);
  });

  it('lets the owner migrate, and the writer load, verify and tell, every night', async () => {
    const migrated = await run(['migrate'], { env: environment(owner) });
    expect(migrated.exit, migrated.stderr).toBe(0);
    for (const args of [
      ['sync', '--dataset', 'costs,completions'],
      ['verify', '--dataset', 'costs'],
      ['status'],
      ['query', 'select count(*) from openai.costs'],
    ]) {
      const done = await runJson(args, { env: environment(writer) });
      expect(done.exit, `${args[0]}: ${done.stdout}${done.stderr}`).toBe(0);
    }
    const { rows } = await execute(writer ?? '', 'select count(*)::int > 0 as loaded from openai.costs');
    expect(rows).toEqual([{ loaded: true }]);
  });

  it('leaves no loaded table unknown to the planner, where PostgreSQL can grant the writer the right to it', async () => {
    const { rows } = await execute(
      admin,
      `select relname from pg_class where relkind = 'r' and reltuples < 0 and pg_relation_size(oid) > 0
          and relnamespace in ('openai'::regnamespace, 'openai_etl'::regnamespace)
          and current_setting('server_version_num')::int >= 170000`,
    );
    expect(rows).toEqual([]);
  });

  it('lets nobody but the owner of the database create in public', async () => {
    await execute(admin, 'grant create on schema public to public');
    await execute(admin, await rolesSql(suffix));
    for (const url of [writer, reader]) {
      const attempt =
        'set default_transaction_read_only = off; commit; create function public.mine() returns int language sql return 1';
      expect(await outcome(url ?? '', attempt)).toBe(denied);
    }
  });

  it('takes the locks of runs from the reader, where a superuser ran it', async () => {
    const attempt = 'select pg_try_advisory_lock(1, 2)';
    expect(await outcome(reader ?? '', attempt)).toBe(attribute === 'superuser' ? denied : 'done');
    expect(await outcome(writer ?? '', attempt)).toBe('done');
  });

  it('lets the writer change rows and nothing else', async () => {
    for (const sql of [
      'create table openai.mine (x int)',
      'create table openai_bi.mine (x int)',
      'create view openai_bi.mine as select 1 as x',
      'create schema mine',
      'create table public.mine (x int)',
      'alter table openai.costs add column mine int',
      'drop table openai.costs',
      'drop schema openai_etl cascade',
      'truncate openai.costs',
      'create index on openai.costs (org_id)',
      'create function openai.mine() returns int language sql return 1',
      `comment on table openai.costs is 'mine'`,
      `set role ${roles[0]}`,
      'create role mine',
      'select * from pg_authid',
      `copy (select 1) to program 'true'`,
      `select pg_read_file('PG_VERSION')`,
    ]) {
      expect({ sql, outcome: await outcome(writer ?? '', sql) }).toEqual({ sql, outcome: denied });
    }
  });

  it('lets the reader read views, those of later migrations too, and nothing else', async () => {
    await execute(owner ?? '', 'create view openai_bi.later as select count(*)::int as rows from openai.costs');
    await execute(owner ?? '', 'create view openai_focus.later as select 1 as one');
    await execute(owner ?? '', 'create view openai_bi.writable as select run_id, error from openai_etl.runs');
    const { rows } = await execute(reader ?? '', 'select rows > 0 as seen from openai_bi.later, openai_focus.later');
    expect(rows).toEqual([{ seen: true }]);
    const queried = await run(['query', '--csv', 'select one from openai_focus.later'], { env: environment(reader) });
    expect(queried, queried.stderr).toMatchObject({ stdout: 'one\n1\n' });

    const tables = await execute(
      owner ?? '',
      `select oid::regclass::text as name from pg_class
        where relkind in ('r', 'p', 'S') and relnamespace in ('openai'::regnamespace, 'openai_etl'::regnamespace)`,
    );
    expect(tables.rows.length).toBeGreaterThan(20);
    for (const { name } of tables.rows) {
      expect({ name, outcome: await outcome(reader ?? '', `select * from ${name}`) }).toEqual({
        name,
        outcome: denied,
      });
    }
  });

  it('lets the reader write nothing even after it has left read-only mode', async () => {
    const readOnly = '25006';
    expect(await outcome(reader ?? '', 'create temporary table mine (x int)')).toBe(readOnly);
    for (const sql of [
      'insert into openai.costs default values',
      'update openai_etl.runs set error = null',
      'delete from openai_etl.buckets',
      'truncate openai.costs',
      'update openai_bi.writable set error = null',
      'delete from openai_bi.writable',
      'create view openai_bi.mine as select 1 as x',
      'create table public.mine (x int)',
      'create schema mine',
      'drop view openai_bi.later',
      `select nextval('openai_etl.runs_run_id_seq')`,
      `set role ${roles[1]}`,
      `copy (select 1) to program 'true'`,
    ]) {
      const attempt = `set default_transaction_read_only = off; commit; ${sql}`;
      expect({ sql, outcome: await outcome(reader ?? '', attempt) }).toEqual({ sql, outcome: denied });
    }
  });

  it('gives the reader a time limit', async () => {
    const { rows } = await execute(reader ?? '', 'show statement_timeout');
    expect(rows).toEqual([{ statement_timeout: '1min' }]);
  });
});
