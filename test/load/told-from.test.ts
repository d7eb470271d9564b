import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { type Width, widthSeconds } from '../../src/catalog/width.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { recordAsked } from '../../src/load/asked.ts';
import { silentLog } from '../../src/log.ts';
import { embeddingLoader, embeddingSlice, type Groups } from '../support/embedding-loads.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { expectRollupsToEqualFacts } from '../support/rollup-facts.ts';

vi.setConfig({ testTimeout: 60_000 });

const day = Date.UTC(2026, 0, 1) / 1000;
const at = (hours: number) => new Date((day + hours * 3600) * 1000);
const later = at(40 * 24);

let database: TestDatabase;
let store: Store;
beforeEach(async () => {
  database = await testDatabase();
  const clock = fakeClock('2026-03-01T00:00:00Z');
  store = await openStore({ databaseUrl: database.url, dataDir: '', clock, log: silentLog });
});
afterEach(async () => {
  await store.close();
  await database.close();
});

const select = async (sql: string) => (await database.pool.query<Record<string, unknown>>(sql)).rows;

/** Loads so many buckets of a width from the start of the day, each of so many tokens, as read after so many hours. */
async function load(width: Width, buckets: number, tokens: number, hours: number, first = 0): Promise<void> {
  const groups: readonly Groups[] = Array.from({ length: buckets }, () => ({ a: tokens }));
  await embeddingLoader(store, width)(embeddingSlice(width, day + first * widthSeconds[width], groups), at(hours));
}

/** The width the day is told from, and its tokens. */
async function told() {
  await expectRollupsToEqualFacts(database.pool);
  const [row] = await select(`select string_agg(distinct bucket_width, ' ') as width, sum(input_tokens)::int as tokens
    from openai_bi.usage_daily where usage_date_utc = '2026-01-01'`);
  return [row?.['width'], row?.['tokens']];
}

/** The same of the first hour, whose rollup by model must agree. */
async function toldHour() {
  await expectRollupsToEqualFacts(database.pool);
  const of = (view: string) =>
    `(select sum(input_tokens)::int from openai_bi.${view} where usage_hour_utc = '2026-01-01 00:00Z')`;
  const [row] = await select(
    `select (select string_agg(distinct bucket_width, ' ') from openai_bi.usage_hourly
         where usage_hour_utc = '2026-01-01 00:00Z') as width, ${of('usage_hourly')} as tokens,
       ${of('usage_hourly_by_model')} as by_model,
       (select count(*)::int from openai_bi.coverage_hourly where usage_hour_utc = '2026-01-01 00:00Z') as covered`,
  );
  expect(row).toMatchObject({ by_model: row?.['tokens'], covered: 1 });
  return [row?.['width'], row?.['tokens']];
}

describe('a day is told from', () => {
  it('its 24 hours, where 1d was read at noon', async () => {
    await load('1d', 1, 12, 12);
    await load('1h', 24, 1, 30);
    expect(await told()).toEqual(['1h', 24]);
  });

  it('its 1440 minutes, where 1h was read while the last hours were to come', async () => {
    await load('1h', 14, 60, 12);
    await load('1m', 1440, 1, 30);
    expect(await told()).toEqual(['1m', 1440]);
  });

  it('1d read at noon, where only some of its hours are there, until these go further', async () => {
    await load('1d', 1, 12, 12);
    await load('1h', 11, 1, 30);
    expect(await told()).toEqual(['1d', 12]);
    await load('1h', 2, 1, 31, 11);
    expect(await told()).toEqual(['1h', 13]);
  });

  it('what goes further while it is open: last night at 1d, or hours up to now', async () => {
    await load('1d', 1, 3, 3);
    await load('1h', 10, 1, 9.5);
    expect(await told()).toEqual(['1h', 10]);
    await load('1d', 1, 11, 11);
    expect(await told()).toEqual(['1d', 11]);
  });

  it('what was read last and has changed since, whichever width it is', async () => {
    await load('1d', 1, 24, 100);
    await load('1h', 24, 2, 200);
    expect(await told()).toEqual(['1h', 48]);
    await load('1d', 1, 72, 300);
    expect(await told()).toEqual(['1d', 72]);
    await load('1m', 1440, 1, 400);
    expect(await told()).toEqual(['1m', 1440]);
  });

  it('the same width as before, without a write, when another is read again and says the same', async () => {
    await load('1d', 1, 24, 100);
    await load('1h', 24, 1, 100);
    const versions = `select xmin, ctid from openai.usage_daily_rollup union all select xmin, ctid from openai_etl.days`;
    const before = await select(versions);
    expect(await told()).toEqual(['1d', 24]);
    await load('1h', 24, 1, 200);
    await load('1d', 1, 24, 300);
    await load('1h', 24, 1, 400);
    expect(await select(versions)).toEqual(before);
  });

  it('what no clock has dated ahead', async () => {
    await load('1d', 1, 12, 24 * 400);
    await load('1h', 24, 1, 30);
    expect(await told()).toEqual(['1h', 24]);
  });

  it('a width that is asked for, where two say as much, and from the other when that is', async () => {
    const ask = (widths: readonly Width[]) =>
      recordAsked(database.pool, { organization: 'acme', dataset: embeddings, widths, filters: null }, later);
    await load('1d', 1, 24, 100);
    await load('1h', 24, 1, 100);
    await ask(['1h']);
    expect(await told()).toEqual(['1h', 24]);
    await ask(['1d', '1h']);
    expect(await told()).toEqual(['1d', 24]);
    const filters = '{"project_ids":["proj_1"]}';
    await recordAsked(database.pool, { organization: 'acme', dataset: embeddings, widths: ['1d'], filters }, later);
    expect(await told()).toEqual(['1d', 24]);
    expect(await select('select is_complete, filters from openai_bi.coverage limit 1')).toEqual([
      { is_complete: true, filters: null },
    ]);
  });
});

describe('an hour is told from', () => {
  it('its minutes, where 1h was read when half of it was over, and from 1h when it is read again', async () => {
    await load('1h', 1, 30, 0.5);
    expect(await toldHour()).toEqual(['1h', 30]);
    await load('1m', 60, 1, 2);
    expect(await toldHour()).toEqual(['1m', 60]);
    await load('1h', 1, 60, 3);
    expect(await toldHour()).toEqual(['1h', 60]);
    await load('1m', 60, 2, 4);
    expect(await toldHour()).toEqual(['1m', 120]);
  });

  it('1h, where only some minutes are there', async () => {
    await load('1m', 20, 1, 2);
    expect(await toldHour()).toEqual(['1m', 20]);
    await load('1h', 1, 60, 3);
    expect(await toldHour()).toEqual(['1h', 60]);
  });
});
