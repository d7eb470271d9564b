import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyColumns, streams, streamsNamed } from '../../src/feed/streams.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

/** Columns that may change without the row counting as changed. */
const untracked = ['changed_xid', 'last_seen_at', 'parser_version'];

/** Tables of schema openai that no feed follows: sums of what it carries, and what people have set themselves. */
const notFollowed = /^(?:budgets|models|\w+_rollup)$/;

describe('the streams of a feed', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(async () => {
    await database.close();
  });

  it('are every table of schema openai but what is derived from them or set by hand', async () => {
    const { rows } = await database.pool.query<{ relname: string }>(
      `select relname from pg_class where relnamespace = 'openai'::regnamespace and relkind in ('r', 'p')`,
    );
    const followed = rows.map(({ relname }) => relname).filter((name) => !notFollowed.test(name));
    expect(streams.map(({ table }) => table).sort()).toEqual(followed.sort());
  });

  it.each(streams)('carry of $name what the table has, under its primary key', async (stream) => {
    const table = `openai.${stream.table}`;
    const { rows } = await database.pool.query<{ name: string; type: string; nullable: boolean }>(
      `select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
      [table],
    );
    const stored = rows.map((column) => ({
      ...column,
      type: column.type === 'timestamp with time zone' ? 'timestamptz' : column.type,
    }));
    expect(stream.columns).toEqual(stored.filter(({ name }) => !untracked.includes(name)));
    expect(stored).toContainEqual({ name: 'changed_xid', type: 'xid8', nullable: false });
    const key = await database.pool.query<{ definition: string }>(
      `select pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = $1::regclass and contype = 'p'`,
      [table],
    );
    expect(key.rows).toEqual([{ definition: `PRIMARY KEY (${stream.key.join(', ')})` }]);
    expect(keyColumns(stream).map(({ name }) => name)).toEqual(stream.key);
  });

  it('are found by the name of their dataset and of their table, with its schema or without', () => {
    const names = (wanted: readonly string[]) => streamsNamed(wanted).map(({ name }) => name);
    expect(names(['costs', 'openai.projects'])).toEqual(['openai.projects', 'costs']);
    expect(names(['openai.usage_completions', 'completions'])).toEqual(['completions']);
    expect(names(['users', 'usage_completions'])).toEqual(['openai.users', 'completions']);
    expect(names([])).toEqual(streams.map(({ name }) => name));
    expect(() => streamsNamed(['costs', 'cost'])).toThrow(
      expect.objectContaining({ code: 'arguments_invalid', message: 'no stream is called "cost"' }),
    );
  });
});
