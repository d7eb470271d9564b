import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const select = async (sql: string) => (await database.pool.query<Record<string, unknown>>(sql)).rows;

const views = `select c.oid, c.oid::regclass::text as name from pg_class c
  where relkind = 'v' and relnamespace in ('openai_bi'::regnamespace, 'openai_focus'::regnamespace)`;

/** Columns others were told of, in this order; a view may have more after them. */
const promised: Readonly<Record<string, string>> = {
  usage_daily: `usage_date_utc org_id dataset project_id project_name user_id user_label api_key_id api_key_label model
    model_family is_batch service_tier requests input_tokens input_uncached_tokens input_cached_tokens
    input_cache_write_tokens output_tokens other_quantity other_unit is_final`,
  usage_hourly: `usage_hour_utc org_id dataset project_id project_name user_id user_label api_key_id api_key_label model
    model_family is_batch service_tier requests input_tokens input_uncached_tokens input_cached_tokens
    input_cache_write_tokens output_tokens other_quantity other_unit is_final`,
  storage_daily: 'usage_date_utc org_id project_id project_name stored_bytes gib_hours is_final',
  data_freshness: 'org_id dataset bucket_width data_through final_through last_success_at age status',
  coverage: 'org_id dataset day state',
  restatements: 'observed_at org_id dataset day project_id line_item model measure old_value new_value change',
};

describe('the views of usage', () => {
  it.each(Object.entries(promised))('%s begins with the columns that were promised', async (view, columns) => {
    const found = await select(
      `select attname as name from pg_attribute where attrelid = 'openai_bi.${view}'::regclass and attnum > 0 order by attnum`,
    );
    const names = columns.split(/\s+/);
    expect(found.slice(0, names.length).map(({ name }) => name)).toEqual(names);
  });

  it('have the columns and types that were shipped', async () => {
    const columns = await select(
      `select c.relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) as line
       from pg_class c join pg_attribute a on a.attrelid = c.oid and attnum > 0
       where c.relnamespace = 'openai_bi'::regnamespace and (c.relname ~ '^usage_' or c.relname in ('storage_daily',
         'cache_efficiency_daily', 'data_freshness', 'coverage', 'coverage_hourly', 'restatements', 'calendar', 'models'))
       order by c.relname, attnum`,
    );
    const lines = columns.map(({ line }) => String(line)).join('\n');
    await expect(`${lines}\n`).toMatchFileSnapshot('./usage-contract.txt');
  });

  it('hold no view or column without an explanation, and no function', async () => {
    expect(
      await select(
        `select v.name, a.attname as column from (${views}) v
         left join pg_attribute a on a.attrelid = v.oid and attnum > 0
         where coalesce(obj_description(v.oid, 'pg_class'), '') = '' or coalesce(col_description(v.oid, attnum), '') = ''`,
      ),
    ).toEqual([]);
    expect(
      await select(
        `select oid::regprocedure::text as name from pg_proc
         where pronamespace in ('openai_bi'::regnamespace, 'openai_focus'::regnamespace)
           and coalesce(obj_description(oid, 'pg_proc'), '') = ''`,
      ),
    ).toEqual([]);
  });

  it('say of every count whether it may be added up', async () => {
    expect(
      await select(
        `select c.relname || '.' || attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid and attnum > 0
         where c.relnamespace = 'openai_bi'::regnamespace and c.relname ~ '^usage_' and atttypid in ('bigint'::regtype, 'numeric'::regtype)
           and col_description(c.oid, attnum) !~ 'flow|level|overlapping'`,
      ),
    ).toEqual([]);
  });

  it('say of every total what it counts and of every part what it is part of', async () => {
    const parts = await select(
      `select attname as name, col_description(attrelid, attnum) as comment from pg_attribute
       where attrelid = 'openai_bi.usage_completions_daily'::regclass and attname in ('input_tokens', 'input_cached_tokens', 'input_audio_tokens')`,
    );
    expect(Object.fromEntries(parts.map(({ name, comment }) => [name, String(comment).slice(0, 60)]))).toEqual({
      input_tokens: 'tokens, flow. All input tokens of every modality: uncached, ',
      input_cached_tokens: 'tokens, overlapping: already counted in input_tokens, never ',
      input_audio_tokens: 'tokens, overlapping: already counted in input_uncached_token',
    });
  });
});

describe('openai_reader', () => {
  const suffix = randomBytes(4).toString('hex');
  const password = 'reader-test-password';
  const denied = '42501';
  let reader: pg.Client;

  beforeAll(async () => {
    // Roles belong to the whole server: each test makes its own of the names in the file.
    const file = new URL('../../docs/roles.sql', import.meta.url);
    const sql = (await readFile(file, 'utf8')).replaceAll(/openai_(owner|writer|reader)/g, `$&_${suffix}`);
    await database.pool.query(sql);
    await database.pool.query(`alter role openai_reader_${suffix} password '${password}'`);
    const url = new URL(database.url);
    url.username = `openai_reader_${suffix}`;
    url.password = password;
    reader = new pg.Client(url.href);
    await reader.connect();
  });
  afterAll(async () => {
    await reader.end();
    await database.pool.query(`reassign owned by openai_owner_${suffix} to current_user`);
    for (const role of ['owner', 'writer', 'reader']) {
      await database.pool.query(`drop owned by openai_${role}_${suffix}`);
    }
    const server = new pg.Client(inject('postgres').url);
    await server.connect();
    for (const role of ['reader', 'writer', 'owner']) await server.query(`drop role openai_${role}_${suffix}`);
    await server.end();
  });

  const outcome = (sql: string) =>
    reader.query(sql).then(
      () => 'done',
      (failure: unknown) => (failure instanceof pg.DatabaseError ? failure.code : Promise.reject(failure)),
    );

  it('reads every view and every function of the two schemas', async () => {
    const names = await select(views);
    expect(names.length).toBeGreaterThan(30);
    for (const { name } of names) {
      expect({ name, outcome: await outcome(`select * from ${String(name)} limit 1`) }).toEqual({
        name,
        outcome: 'done',
      });
    }
    expect(await outcome(`select * from openai_bi.usage_daily_local('Asia/Kolkata')`)).toBe('done');
    expect(await outcome(`select openai_bi.model_family('gpt-4-0613')`)).toBe('done');
  });

  it('is refused every table and every write', async () => {
    const tables = await select(
      `select c.oid::regclass::text as name from pg_class c where relkind in ('r', 'p', 'v')
         and relnamespace in ('openai'::regnamespace, 'openai_etl'::regnamespace)`,
    );
    expect(tables.length).toBeGreaterThan(30);
    for (const { name } of tables) {
      expect({ name, outcome: await outcome(`select * from ${String(name)} limit 1`) }).toEqual({
        name,
        outcome: denied,
      });
    }
    await reader.query('set default_transaction_read_only = off');
    for (const { name } of await select(views)) {
      const attempt = await outcome(`delete from ${String(name)}`);
      // Some views cannot be written by anybody.
      expect([denied, '55000']).toContain(attempt);
    }
  });
});
