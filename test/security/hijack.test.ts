import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import { createPool } from '../../src/db/connection.ts';
import { silentLog } from '../../src/log.ts';
import { run } from '../cli/command.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

vi.setConfig({ testTimeout: 120_000 });

const role = `hijacker_${randomBytes(4).toString('hex')}`;
const password = 'hijack-test-password';

let database: TestDatabase;

/** PostgreSQL's own session, as the role that may create in `public` and nothing else. */
async function asHijacker(sql: string): Promise<void> {
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  const client = new pg.Client(url.href);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

beforeEach(async () => {
  database = await testDatabase();
  await database.pool.query(`create role ${role} login password '${password}'`);
  await database.pool.query(`grant create on schema public to ${role}`);
});

afterEach(async () => {
  await database.close();
  const client = new pg.Client(inject('postgres').url);
  await client.connect();
  await client.query(`drop role ${role}`);
  await client.end();
});

it('a role that may create in public changes no function, operator or name that the program uses', async () => {
  await asHijacker(`
    create function public.unnest(amounts numeric[]) returns setof numeric language sql as 'select 0::numeric';
    create function public.unnest(texts text[]) returns setof text language sql as $$ select 'mine' $$;
    create function public.equal(a int, b int) returns bool language sql as 'select false';
    create operator public.= (leftarg = int, rightarg = int, function = public.equal);
    create table public.pg_namespace (nspname text);
    create type public.text as (a int);
    create function public.set_config(a text, b text, c boolean) returns text language sql as 'select null::pg_catalog.text'`);
  const name = new URL(database.url).pathname.slice(1);
  // As an administrator may have set it up, or the role itself where it is its own.
  await database.pool.query(`alter database "${name}" set search_path = public, pg_catalog`);
  const pool = createPool(database.url, 'usage-etl tests', 1, silentLog);
  try {
    const { rows } = await pool.query(
      `select (select sum(a) from unnest($1::numeric[]) as a) as sum, (select string_agg(t, ',') from unnest($2::text[]) as t) as texts,
         1 = 1 as same, (select count(*) > 2 from pg_namespace) as own, current_setting('search_path') as path`,
      [
        ['1.5', '2'],
        ['a', 'b'],
      ],
    );
    expect(rows).toEqual([{ sum: '3.5', texts: 'a,b', same: true, own: true, path: 'pg_catalog, pg_temp' }]);
  } finally {
    await pool.end();
  }
});

it('whatever a role or a database prefers, statements and values mean the same', async () => {
  const name = new URL(database.url).pathname.slice(1);
  const preferences = {
    default_transaction_isolation: 'serializable',
    array_nulls: 'off',
    standard_conforming_strings: 'off',
    backslash_quote: 'on',
    transform_null_equals: 'on',
    bytea_output: 'escape',
    extra_float_digits: '-5',
    timezone: 'Asia/Tokyo',
    datestyle: 'German',
    intervalstyle: 'sql_standard',
  };
  for (const [setting, value] of Object.entries(preferences)) {
    await database.pool.query(`alter database "${name}" set ${setting} = '${value}'`);
  }
  const pool = createPool(database.url, 'usage-etl tests', 1, silentLog);
  try {
    const { rows } = await pool.query(
      String.raw`select '{NULL}'::text[] = array[null::text] as nulls, length('\n') as characters, (null = null) is null as unknown,
         0.1::float8 + 0.2::float8 = 0.30000000000000004 and (0.1::float8 + 0.2::float8)::text = '0.30000000000000004' as doubles,
         '\x00'::bytea::text as bytes, '2026-01-02 03:04+00'::timestamptz::text as instant,
         date '2026-01-02'::text as date, interval '1 day 2 hours'::text as span,
         current_setting('transaction_isolation') as isolation`,
    );
    expect(rows).toEqual([
      {
        nulls: true,
        characters: 2,
        unknown: true,
        doubles: true,
        bytes: String.raw`\x00`,
        instant: '2026-01-02 03:04:00+00',
        date: '2026-01-02',
        span: 'P1DT2H',
        isolation: 'read committed',
      },
    ]);
  } finally {
    await pool.end();
  }
});

it('query answers with PostgreSQL’s own functions, too', async () => {
  await asHijacker(
    `create function public.unnest(amounts numeric[]) returns setof numeric language sql as 'select 0::numeric'`,
  );
  const done = await run(['query', '--csv', 'select sum(a) as sum from unnest(array[1.5, 2]) as a'], {
    env: { DATABASE_URL: database.url },
  });
  expect(done.stdout, done.stderr).toBe('sum\n3.5\n');
});
