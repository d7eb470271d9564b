import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasets } from '../../src/catalog/index.ts';
import { type BiWorld, biWorld } from '../support/bi-world.ts';
import { openDuckDb } from './duckdb.ts';
import { exported, folderPlace, newFolder } from './places.ts';
import { compared, duckDbLines, manifestOf, nothingBut, parquetSql, storedLines } from './rows.ts';
import { hyparquetLines } from './second-reader.ts';

let world: BiWorld;

beforeAll(async () => {
  world = await biWorld({ widths: ['1d'] });
}, 120_000);
afterAll(() => world.close());

const duckDbTypes = {
  text: 'VARCHAR',
  int64: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
};

/** What DuckDB is to make of a type that the manifest names. */
function duckDbType(type: string): string {
  return Object.entries(duckDbTypes).find(([name]) => name === type)?.[1] ?? type.toUpperCase();
}

describe('an export as Parquet', () => {
  it('holds every row of every fact and of what gives ids their names, digit for digit, whoever reads it', async () => {
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder));
    const { streams } = await manifestOf(folder);
    const ask = await openDuckDb();
    expect(streams.map(({ name }) => name)).toEqual(expect.arrayContaining(datasets.map(({ name }) => name)));
    for (const stream of streams) {
      const stored = await storedLines(world.nights.database.pool, stream);
      expect(compared(await duckDbLines(ask, folder, stream), stored), stream.name).toEqual(nothingBut(stored));
      expect(compared(await hyparquetLines(folder, stream), stored), stream.name).toEqual(nothingBut(stored));
      expect(stored.length, stream.name).toBeGreaterThan(0);
    }
  }, 60_000);

  it('has the types that the manifest names: exact decimals, whole numbers, days, instants in UTC', async () => {
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder));
    const { streams } = await manifestOf(folder);
    const ask = await openDuckDb();
    for (const stream of streams) {
      const described = await ask(`describe select * from ${parquetSql(folder, stream)}`);
      expect(described.map(({ column_name, column_type }) => [column_name, column_type])).toEqual(
        stream.columns.map(({ name, type }) => [name, duckDbType(type)]),
      );
    }
  });

  it('holds every view as well, those of FOCUS with their names in mixed case', async () => {
    const { pool } = world.nights.database;
    const { rows: views } = await pool.query<{ name: string }>(
      `select schemaname || '.' || viewname as name from pg_views
       where schemaname in ('openai_bi', 'openai_focus') order by 1`,
    );
    const names = views.map(({ name }) => name);
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder), { names });
    const { streams } = await manifestOf(folder);
    const ask = await openDuckDb();
    expect(streams.map(({ name }) => name)).toEqual(names);
    for (const stream of streams) {
      // How long ago something was is another interval every time it is asked.
      const lasting = { ...stream, columns: stream.columns.filter(({ store_type }) => store_type !== 'interval') };
      const stored = await storedLines(pool, lasting);
      expect(compared(await duckDbLines(ask, folder, lasting), stored), stream.name).toEqual(nothingBut(stored));
    }
    const focus = streams.find(({ name }) => name === 'openai_focus.cost_and_usage');
    expect(focus?.files.map(({ path }) => path.replace(/part-.*/, ''))).toEqual([
      'dataset=openai_focus.cost_and_usage/month=2026-10/',
      'dataset=openai_focus.cost_and_usage/month=2026-11/',
    ]);
  }, 120_000);

  it('has decimals as DECIMAL(38,18) where that holds them all, with more decimals where those do, else as text', async () => {
    const { pool } = world.nights.database;
    const { rows } = await pool.query<{ decimals: number }>(
      `select max(scale(trim_scale(amount_value)))::int as decimals from openai.costs`,
    );
    // More than 38 digits altogether, as the API sends them.
    expect(rows[0]?.decimals).toBeGreaterThan(36);
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder), {
      names: ['costs', 'code_interpreter_sessions', 'vector_stores', 'openai_bi.cache_efficiency_daily'],
    });
    const { streams } = await manifestOf(folder);
    const typeOf = (stream: string, column: string) =>
      streams.find(({ name }) => name === stream)?.columns.find(({ name }) => name === column)?.type;
    expect([typeOf('costs', 'amount_value'), typeOf('costs', 'amount_value_rounded')]).toEqual([
      'text',
      'decimal(38,18)',
    ]);
    expect(typeOf('costs', 'quantity')).toBe('decimal(38,18)');
    expect(typeOf('openai_bi.cache_efficiency_daily', 'cache_hit_rate')).toBe('decimal(38,24)');
  });
});
