import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readYaml } from '../deploy/yaml.ts';
import { type BiWorld, biWorld } from '../support/bi-world.ts';
import { dbtSources } from './dbt-sources.ts';

const freshness = z.strictObject({
  warn_after: z.strictObject({ count: z.int().positive(), period: z.literal('hour') }),
  error_after: z.strictObject({ count: z.int().positive(), period: z.literal('hour') }),
});
const column = z.strictObject({
  name: z.string(),
  data_type: z.string(),
  description: z.string().min(1),
  quote: z.literal(true).optional(),
  data_tests: z.array(z.unknown()).min(1).optional(),
});
const table = z.strictObject({
  name: z.string(),
  description: z.string().min(1),
  config: z.strictObject({ freshness: z.null().optional(), loaded_at_query: z.string().optional() }),
  columns: z.array(column).min(1),
});
const source = z.strictObject({
  name: z.string(),
  schema: z.string(),
  description: z.string().min(1),
  config: z.strictObject({ freshness }),
  tables: z.array(table).min(1),
});
const file = z.strictObject({ version: z.literal(2), sources: z.array(source).length(2) });

describe('the sources for dbt', () => {
  let world: BiWorld;
  const ask = async (sql: string) => (await world.nights.database.pool.query<Record<string, unknown>>(sql)).rows;

  beforeAll(async () => {
    world = await biWorld({ widths: ['1d'], days: 10 });
  });

  afterAll(() => world.close());

  it('are every view and column that the database has, with its comments', async () => {
    await expect(await dbtSources(world.nights.database.pool)).toMatchFileSnapshot('../../deploy/dbt/sources.yml');
  });

  it('are what dbt takes, and answer to the names they give', async () => {
    const { sources } = file.parse((await readYaml('deploy/dbt/sources.yml'))[0]);
    for (const { schema, tables } of sources) {
      for (const { name, columns } of tables) {
        const list = columns.map((each) => (each.quote === true ? `"${each.name}"` : each.name)).join(', ');
        await expect(ask(`select ${list} from ${schema}.${name} limit 0`)).resolves.toEqual([]);
      }
    }
  });

  it('tell when they were last read, each by one instant of the latest night', async () => {
    const { sources } = file.parse((await readYaml('deploy/dbt/sources.yml'))[0]);
    const queries = new Set(
      sources.flatMap(({ tables }) => tables.flatMap(({ config }) => config.loaded_at_query ?? [])),
    );
    expect(queries.size).toBeGreaterThan(10);
    for (const query of queries) {
      const rows = await ask(query);
      expect(rows, query).toEqual([{ min: world.nights.clock.now() }]);
    }
  });

  it('leave no view of a required dataset without a word on freshness', async () => {
    const { sources } = file.parse((await readYaml('deploy/dbt/sources.yml'))[0]);
    const silent = sources.flatMap(({ tables }) =>
      tables.filter(({ config }) => config.loaded_at_query === undefined).map(({ name }) => name),
    );
    expect(silent.filter((name) => /_daily$|_hourly$|^cost_and_usage/.test(name))).toEqual([
      'coverage_hourly',
      'usage_decisions_daily',
    ]);
  });

  it('come with a test that finds nothing on a split bill, and every day whose bill moved behind it', async () => {
    const template = await readFile(
      join(import.meta.dirname, '../../deploy/dbt/tests/bill_is_split_exactly.sql'),
      'utf8',
    );
    const sql = template.replaceAll(/\{\{ source\('(\w+)', '(\w+)'\) \}\}/g, '$1.$2');
    expect(sql).not.toContain('{{');
    expect(await ask(sql)).toEqual([]);
    await ask(
      `update openai.costs set amount_value = amount_value + 1e-18
       where bucket_start = (select min(bucket_start) from openai.costs)`,
    );
    expect(await ask(sql)).toHaveLength(1);
  });
});
