import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { runJson } from '../cli/command.ts';
import { execute } from '../support/execute.ts';
import { type Pooler, pgbouncer, startPooler } from '../support/pgbouncer.ts';
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/postgres.ts';

// Each command is a process of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const adminKey = 'sk-admin-UNSUITABLE0123456789';
const password = 'unsuitable-test-password';
const role = `unsuitable_${randomBytes(4).toString('hex')}`;

let simulator: Simulator;
let database: TestDatabase | undefined;
let pooler: Pooler | undefined;

beforeAll(async () => {
  simulator = await startSimulator({ clock: systemClock, adminKey });
});

beforeEach(() => execute(inject('postgres').url, `create role ${role} login password '${password}'`));

afterEach(async () => {
  await pooler?.close();
  pooler = undefined;
  await database?.close();
  database = undefined;
  await execute(inject('postgres').url, `drop role ${role}`);
});

afterAll(() => simulator.close());

const allRights = `
  grant usage on schema openai, openai_etl, openai_bi, openai_focus to ${role};
  grant select, insert, update, delete on all tables in schema openai, openai_etl, openai_bi, openai_focus to ${role};
  grant usage, select on all sequences in schema openai, openai_etl to ${role}`;

interface Environment {
  readonly database?: 'migrated' | 'empty' | 'LATIN1' | 'SQL_ASCII';
  /** Said by an administrator; @ is the database. */
  readonly sql?: string;
  readonly pooled?: string;
  /** The check that fails, and what its remedy says. */
  readonly fails: string;
  readonly remedy: RegExp;
}

const asRole = { database: 'migrated' } as const;

const environments: Readonly<Record<string, Environment>> = {
  'a database in LATIN1': { database: 'LATIN1', fails: 'database', remedy: /encoding 'UTF8'/ },
  'a database in SQL_ASCII': { database: 'SQL_ASCII', fails: 'database', remedy: /encoding 'UTF8'/ },
  'an empty database in which the role may not create': {
    database: 'empty',
    fails: 'migrations',
    remedy: /grant create on database/,
  },
  'a schema openai of another owner': {
    database: 'empty',
    sql: `create schema openai; grant create on database @ to ${role}`,
    fails: 'migrations',
    remedy: /openai_owner/,
  },
  'a schema openai that holds something else': {
    database: 'empty',
    sql: `grant create on database @ to ${role}; create schema openai authorization ${role};
      set role ${role}; create table openai.costs (mine int); reset role`,
    fails: 'migrations',
    remedy: /database of its own/,
  },
  'schemas in which the role may not create': {
    database: 'empty',
    sql: `create schema openai_bi; create schema openai_focus; grant create on database @ to ${role}`,
    fails: 'migrations',
    remedy: /openai_owner/,
  },
  'a migration that is pending, for a role that owns nothing': {
    ...asRole,
    sql: `${allRights}; delete from openai_etl.migrations where version = (select max(version) from openai_etl.migrations)`,
    fails: 'migrations',
    remedy: /openai_owner/,
  },
  'a migration that has changed': {
    ...asRole,
    sql: `${allRights}; update openai_etl.migrations set checksum = 'other' where version = 3`,
    fails: 'migrations',
    remedy: /Install usage-etl again/,
  },
  'a database that a newer program has migrated': {
    ...asRole,
    sql: `${allRights}; insert into openai_etl.migrations values (999, 'later', 'x', now(), '9')`,
    fails: 'migrations',
    remedy: /newer usage-etl/,
  },
  'no right to temporary tables': {
    ...asRole,
    sql: `${allRights}; revoke temporary on database @ from public`,
    fails: 'temporary tables',
    remedy: /grant temporary on database/,
  },
  'a database that is read-only by default': {
    ...asRole,
    sql: `${allRights}; alter database @ set default_transaction_read_only = on`,
    fails: 'writable',
    remedy: /default_transaction_read_only off/,
  },
  'a role that is read-only by default': {
    ...asRole,
    sql: `${allRights}; alter role ${role} set default_transaction_read_only = on`,
    fails: 'writable',
    remedy: /default_transaction_read_only off/,
  },
  'a role that may only read': {
    ...asRole,
    sql: `${allRights}; revoke insert, update, delete on all tables in schema openai, openai_etl from ${role}`,
    fails: 'rights',
    remedy: /openai_writer/,
  },
  'a role that may not change one table': {
    ...asRole,
    sql: `${allRights}; revoke update on openai_etl.buckets from ${role}`,
    fails: 'rights',
    remedy: /openai_writer/,
  },
  'a role that may not see the schemas': { ...asRole, fails: 'migrations', remedy: /role that migrated/ },
  'a role that may take no locks': {
    ...asRole,
    sql: `${allRights}; revoke execute on function pg_try_advisory_lock(int, int) from public`,
    fails: 'locks',
    remedy: /roles\.sql/,
  },
  'a role that may not connect': {
    ...asRole,
    sql: `${allRights}; revoke connect on database @ from public`,
    fails: 'database',
    remedy: /./,
  },
  ...(pgbouncer !== null && {
    'a pooler in transaction mode': { pooled: 'transaction', fails: 'database', remedy: /pool_mode = session/ },
    'a pooler in statement mode': { pooled: 'statement', fails: 'database', remedy: /pool_mode = session/ },
  }),
};

async function prepare({ database: kind = 'migrated', sql, pooled }: Environment): Promise<string> {
  database = kind === 'migrated' ? await testDatabase() : await emptyDatabase();
  const name = new URL(database.url).pathname.slice(1);
  if (kind === 'LATIN1' || kind === 'SQL_ASCII') {
    await database.pool.end();
    const server = inject('postgres').url;
    await execute(server, `drop database ${name}`);
    await execute(server, `create database ${name} template template0 encoding '${kind}' locale 'C'`);
    const { url } = database;
    database = { ...database, url, close: () => execute(server, `drop database ${name} with (force)`) };
  }
  if (sql !== undefined) await execute(database.url, sql.replaceAll('@', name));
  if (pooled !== undefined && pgbouncer !== null) {
    pooler = await startPooler(pgbouncer, pooled);
    return pooler.through(database.url);
  }
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  return url.href;
}

interface Checked {
  readonly checks: readonly { readonly name: string; readonly status: string; readonly remedy: string | null }[];
}

/** What check and sync come to, one after the other. */
async function both(url: string) {
  const env = {
    OPENAI_ADMIN_KEY: adminKey,
    OPENAI_BASE_URL: simulator.url,
    DATABASE_URL: url,
    USAGE_ETL_START: new Date(systemClock.now().getTime() - 3 * 86_400_000).toISOString().slice(0, 10),
  };
  const check = await runJson(['check'], { env });
  const sync = await runJson(['sync', '--dataset', 'costs'], { env });
  return { check, sync, checks: (check.document as Checked).checks };
}

describe('check and sync agree', () => {
  it.each(Object.entries(environments))('on %s, and check says what to do', async (_name, environment) => {
    const { check, sync, checks } = await both(await prepare(environment));
    expect([check.exit, sync.exit === 0], sync.stdout).toEqual([1, false]);
    const failing = checks.filter(({ status, name }) => status === 'failed' && name === environment.fails);
    expect(failing, JSON.stringify(checks)).toMatchObject([{ remedy: expect.stringMatching(environment.remedy) }]);
  });

  it.each([
    ['a role with the rights of the writer', { ...asRole, sql: allRights }],
    [
      'a role without rights to sequences, which identities do not need',
      { ...asRole, sql: `${allRights}; revoke all on all sequences in schema openai, openai_etl from ${role}` },
    ],
    [
      'an empty database in which the role may create',
      { database: 'empty', sql: `grant create on database @ to ${role}` },
    ],
  ] as const)('on %s, which suits', async (_name, environment) => {
    const { check, sync } = await both(await prepare({ ...environment, fails: '', remedy: /./ }));
    expect([check.exit, sync.exit], check.stdout + sync.stdout).toEqual([0, 0]);
  });
});
