import { connect, createServer, type Server, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { requireSupportedServer } from '../../src/db/connection.ts';
import { inTransaction, openStore, type Store, type StoreOptions, toDatabaseError } from '../../src/db/store.ts';
import { EtlError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { emptyDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await emptyDatabase();
  store = await open();
});

afterAll(async () => {
  await store.close();
  await database.close();
});

function open(change: Partial<StoreOptions> = {}): Promise<Store> {
  return openStore({
    databaseUrl: database.url,
    dataDir: '/nonexistent',
    clock: systemClock,
    log: silentLog,
    ...change,
  });
}

function urlWith(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

async function scalar(query: string): Promise<unknown> {
  const { rows } = await store.pool.query<{ value: unknown }>(`select ${query} as value`);
  return rows[0]?.value;
}

describe('a store', () => {
  test('works in UTC whatever the role prefers, and says who it is', async () => {
    const elsewhere = await open({
      databaseUrl: urlWith((url) => url.searchParams.set('options', '-c timezone=Asia/Tokyo -c datestyle=German')),
    });
    const { rows } = await elsewhere.pool.query(
      `select current_setting('timezone') as zone, current_setting('application_name') as name, now()::text as text`,
    );
    expect(rows).toEqual([{ zone: 'UTC', name: 'usage-etl', text: expect.stringMatching(/^\d{4}-\d\d-\d\d .*\+00$/) }]);
    await elsewhere.close();
  });

  test('answers Kysely and pg from one pool', async () => {
    const { rows } = await sql<{ one: number }>`select 1 as one`.execute(store.kysely);
    expect(rows).toEqual([{ one: 1 }]);
    expect(store).toMatchObject({ embedded: false, url: database.url });
  });

  test('survives the loss of every connection, idle or lent out, and goes on', async () => {
    const lent = await store.pool.connect();
    const lost = new Promise((resolve) => lent.once('end', resolve));
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'usage-etl' and datname = current_database()`,
    );
    await lost;
    await expect(lent.query('select 1')).rejects.toThrow();
    lent.release(true);
    expect(await scalar('1')).toBe(1);
  });

  test('can be closed twice', async () => {
    const other = await open();
    await other.close();
    await expect(other.close()).resolves.toBeUndefined();
  });
});

describe('values', () => {
  test.each([
    ['a bigint that a double holds', '9007199254740991::bigint', 9007199254740991],
    ['a bigint that it does not', '9007199254740993::bigint', '9007199254740993'],
    ['an array of bigint', 'array[1, null, 9007199254740993]::bigint[]', [1, null, '9007199254740993']],
    ['a numeric', '0.1234567890123456789::numeric', '0.1234567890123456789'],
    ['an array of numeric', 'array[1.10, null]::numeric[]', ['1.10', null]],
    ['an instant', `'2026-01-02 03:04:05+00'::timestamptz`, new Date('2026-01-02T03:04:05Z')],
    ['a date', `'2026-01-02'::date`, '2026-01-02'],
    ['JSON with harmless numbers', `'{"a": [1, 2.50, -0.001, 1e3]}'::jsonb`, { a: [1, 2.5, -0.001, 1000] }],
    ['JSON with a number a double rounds', `'{"a": 0.1234567890123456789}'::jsonb`, { a: '0.1234567890123456789' }],
    ['an interval', `'90 minutes'::interval`, 'PT1H30M'],
  ])('%s arrives exactly', async (_title, query, value) => {
    expect(await scalar(query)).toEqual(value);
  });
});

describe('a database that cannot be used', () => {
  test('is named by host, port and reason, never by password', async () => {
    const refused = open({ databaseUrl: 'postgres://someone:hunter2@127.0.0.1:1/usage' });
    await expect(refused).rejects.toMatchObject({
      code: 'database_unreachable',
      message: 'PostgreSQL at 127.0.0.1:1 cannot be used: connect ECONNREFUSED 127.0.0.1:1',
    });
  });

  test('is named when it does not exist', async () => {
    const missing = open({
      databaseUrl: urlWith((url) => {
        url.pathname = '/nowhere';
      }),
    });
    await expect(missing).rejects.toMatchObject({
      code: 'database_unreachable',
      message: expect.stringContaining('database "nowhere" does not exist (SQLSTATE 3D000)'),
    });
  });

  test('whose URL cannot be read is refused without repeating it', async () => {
    const failure = await open({ databaseUrl: 'postgres://someone:hunter2@host:port/x' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).toMatchObject({ code: 'database_unreachable' });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('hunter2');
  });

  test('that is older than PostgreSQL 15 is named by its version', async () => {
    await database.pool.query(`
      create schema old;
      create function old.current_setting(name text) returns text language sql as
        $$ select case name when 'server_version_num' then '140011' else '14.11' end $$`);
    const client = await database.pool.connect();
    await client.query(`set search_path = old, pg_catalog`);
    const refused = expect(requireSupportedServer(client)).rejects;
    await refused.toMatchObject({
      code: 'database_unsuitable',
      message: 'The database is PostgreSQL 14.11; 15 or newer is needed',
    });
    client.release(true);
  });

  test('that says it is starting is waited for', async () => {
    const clock = fakeClock('2026-01-01T00:00:00Z');
    const proxy = await startingServer(2);
    const late = await open({
      databaseUrl: urlWith((url) => {
        url.host = `127.0.0.1:${proxy.port}`;
      }),
      clock,
    });
    expect(clock.waits).toEqual([250, 250]);
    await late.close();
    proxy.server.close();
  });
});

/** In front of the real server: turns the first connections away as a starting PostgreSQL does. */
async function startingServer(turnedAway: number): Promise<{ server: Server; port: number }> {
  const real = new URL(database.url);
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections += 1;
    socket.on('error', () => socket.destroy());
    if (connections > turnedAway) {
      const upstream = connect(Number(real.port), real.hostname);
      upstream.on('error', () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
      return;
    }
    socket.once('data', () => {
      const fields = Buffer.from('SFATAL\0C57P03\0Mthe database system is starting up\0\0');
      const length = Buffer.alloc(4);
      length.writeInt32BE(fields.length + 4);
      socket.end(Buffer.concat([Buffer.from('E'), length, fields]));
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return { server, port };
}

describe('a transaction', () => {
  beforeAll(async () => {
    await database.pool.query('create table public.kept (value int primary key)');
  });

  async function kept(): Promise<unknown[]> {
    const { rows } = await database.pool.query<{ value: number }>('select value from public.kept order by value');
    return rows.map(({ value }) => value);
  }

  test('is committed when its work resolves, with the result of the work', async () => {
    const result = await inTransaction(store.pool, async (client) => {
      await client.query('insert into public.kept values (1)');
      return 'done';
    });
    expect([result, await kept()]).toEqual(['done', [1]]);
  });

  test('is rolled back when its work rejects, and the error of the work comes through untouched', async () => {
    const reason = new Error('the work failed');
    const failing = inTransaction(store.pool, async (client) => {
      await client.query('insert into public.kept values (2)');
      throw reason;
    });
    await expect(failing).rejects.toBe(reason);
    expect(await kept()).toEqual([1]);
  });

  test('reports the first error when the connection dies and the rollback fails too', async () => {
    const failing = inTransaction(store.pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      throw new Error('the work failed first');
    });
    await expect(failing).rejects.toThrow('the work failed first');
    expect(await scalar('1')).toBe(1);
  });

  test('turns what PostgreSQL refuses into an error that says so, without the values of rows', async () => {
    const failing = inTransaction(store.pool, (client) => client.query('insert into public.kept values (1)'));
    await expect(failing).rejects.toMatchObject({
      code: 'database_refused_data',
      message: 'PostgreSQL refused: duplicate key value violates unique constraint "kept_pkey" (SQLSTATE 23505)',
    });
  });

  test('turns a deadlock, a lost race and a shutdown into errors that are worth another try', async () => {
    for (const state of ['40P01', '40001', '57P01', '53300', '08006']) {
      const failing = inTransaction(store.pool, (client) =>
        client.query(`do $$ begin raise exception 'as told' using errcode = '${state}'; end $$`),
      );
      await expect(failing, state).rejects.toMatchObject({ code: 'database_transient', verdict: 'retry' });
    }
  });

  test('turns a full disk, a missing right and a read-only server into errors that are not', async () => {
    const codes = { '53100': 'database_full', '42501': 'database_denied', '25006': 'database_read_only' };
    for (const [state, code] of Object.entries({ ...codes, '53400': 'database_refused' })) {
      const failing = inTransaction(store.pool, (client) =>
        client.query(`do $$ begin raise exception 'as told' using errcode = '${state}'; end $$`),
      );
      await expect(failing, state).rejects.toMatchObject({
        code,
        verdict: 'stop_run',
        message: `PostgreSQL refused: as told (SQLSTATE ${state})`,
      });
    }
  });
});

test('what is no database error stays what it is', () => {
  const own = new EtlError('mass_removal', 'as raised');
  expect(toDatabaseError(own)).toBe(own);
  expect(toDatabaseError(new TypeError('a defect'))).toMatchObject({ code: 'internal' });
  expect(toDatabaseError(new Error('Connection terminated unexpectedly'))).toMatchObject({
    code: 'database_transient',
  });
});
