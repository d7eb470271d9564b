import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Width, widthSeconds } from '../../src/catalog/width.ts';
import { packagedMigrations } from '../../src/db/migration-files.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import { embeddingLoader, embeddingSlice, type Groups } from '../support/embedding-loads.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { daysBack, liveThroughNights } from '../support/nights.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { expectRollupsToEqualFacts, rollupDifferences } from '../support/rollup-facts.ts';

vi.setConfig({ testTimeout: 120_000 });

const daySeconds = widthSeconds['1d'];

describe('rollups of an organization’s nights', () => {
  it.each([[['1h']], [['1m']], [['1d']], [['1h', '1d', '1m']]] satisfies [Width[]][])(
    'equal their facts at widths %j, through first loads, restatements and growing days',
    async (widths) => {
      const nights = await liveThroughNights({ widths, days: widths.includes('1m') ? 2 : 6 });
      try {
        await nights.sync();
        await expectRollupsToEqualFacts(nights.database.pool);
        const day = daysBack(nights, 1);
        nights.simulator.restate([
          { dataset: 'completions', day, kind: 'scale', factor: 1.5 },
          { dataset: 'embeddings', day, kind: 'empty-day' },
          { dataset: 'vector_stores', day, kind: 'scale', factor: 3 },
          { dataset: 'images', day, kind: 'move-group', where: {}, to: { user_id: 'user-moved' } },
          {
            dataset: 'moderations',
            day,
            kind: 'add-group',
            dimensions: { model: 'new' },
            measures: { input_tokens: 7, num_model_requests: 1 },
            minute: 700,
          },
        ]);
        nights.clock.advance(5 * 3_600_000);
        await nights.sync({ acceptRestatement: true });
        await expectRollupsToEqualFacts(nights.database.pool);
        const { rows } = await nights.database.pool.query<{ rows: number }>(
          `select count(*)::int as rows from openai.usage_daily_rollup`,
        );
        const rolledUp = widths.some((width) => width !== '1d') ? 'something' : 'nothing';
        expect(rows[0]?.rows === 0 ? 'nothing' : 'something').toBe(rolledUp);
      } finally {
        await nights.close();
      }
    },
  );

  it('are not written again for buckets that say the same', async () => {
    const nights = await liveThroughNights({ widths: ['1h'], days: 4 });
    try {
      await nights.sync();
      const versions = async () =>
        (
          await nights.database.pool.query(
            `select ctid, xmin, xmax from openai.usage_daily_rollup union all
             select ctid, xmin, xmax from openai.usage_hourly_rollup`,
          )
        ).rows;
      const before = await versions();
      expect(before.length).toBeGreaterThan(100);
      const { datasets } = await nights.sync();
      expect(datasets.some(({ buckets_unchanged }) => buckets_unchanged > 0)).toBe(true);
      expect(datasets.every(({ buckets_loaded }) => buckets_loaded === 0)).toBe(true);
      expect(await versions()).toEqual(before);
    } finally {
      await nights.close();
    }
  });

  it('follow a day to 1d as soon as it is loaded so, and the open day to what goes further', async () => {
    const nights = await liveThroughNights({ widths: ['1h', '1d'], days: 3 });
    const of = (width: Width) => ({
      config: {
        ...nights.config,
        organizations: nights.config.organizations.map((organization) => ({
          ...organization,
          datasets: organization.datasets.filter((settings) => settings.width === width),
        })),
      },
    });
    const told = async () =>
      (
        await nights.database.pool.query(
          `select bucket_width, count(*)::int as days, bool_or(is_final) as any_final, count(rows)::int as rolled_up
           from openai_etl.days d
           left join (select distinct dataset, usage_date_utc, 1 as rows from openai.usage_daily_rollup) r
             using (dataset, usage_date_utc)
           where dataset = 'completions' group by 1`,
        )
      ).rows;
    try {
      await nights.sync({}, of('1h'));
      expect(await told()).toMatchObject([{ bucket_width: '1h', days: 4 }]);
      await expectRollupsToEqualFacts(nights.database.pool);
      await nights.sync({}, of('1d'));
      expect(await told()).toMatchObject([{ bucket_width: '1d', days: 4, rolled_up: 4 }]);
      await expectRollupsToEqualFacts(nights.database.pool);
      nights.clock.advance(3_600_000);
      await nights.sync({}, of('1h'));
      expect(await told()).toMatchObject([{ bucket_width: '1h', days: 4, rolled_up: 4 }]);
      await expectRollupsToEqualFacts(nights.database.pool);
    } finally {
      await nights.close();
    }
  });

  it('are filled by the migration for a store that was loaded before there were any', async () => {
    const nights = await liveThroughNights({ widths: ['1h', '1m', '1d'], days: 3 });
    const { pool } = nights.database;
    const everything = async () =>
      (
        await pool.query(
          `select to_jsonb(r)::text as row from openai.usage_daily_rollup r union all
           select (to_jsonb(r) - 'group_no')::text from openai.usage_hourly_rollup r union all
           select (to_jsonb(d) - '{updated_at,changed_xid}'::text[])::text from openai_etl.days d order by 1`,
        )
      ).rows;
    try {
      await nights.sync();
      const loaded = await everything();
      expect(loaded.length).toBeGreaterThan(200);
      await pool.query(
        `truncate openai.usage_daily_rollup, openai.usage_hourly_rollup, openai_etl.days, openai_etl.hours_of_minutes,
           openai_etl.asked`,
      );
      for (const migration of ['0006_rollup.sql', '0019_settings.sql']) {
        const sql = await readFile(join(packagedMigrations, migration), 'utf8');
        const [, filling] = sql.split('-- What a store of an earlier version holds.');
        await pool.query(filling ?? '');
      }
      await expectRollupsToEqualFacts(pool);
      expect(await everything()).toEqual(loaded);
    } finally {
      await nights.close();
    }
  });
});

describe('the rollup of one dataset', () => {
  const firstDay = Date.UTC(2026, 0, 1) / 1000;
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

  const loads = (width: Width, recheck = false) => embeddingLoader(store, width, { recheck });
  const february = (day: number) => new Date(Date.UTC(2026, 1, day));
  const select = async (sql: string) => (await database.pool.query<Record<string, unknown>>(sql)).rows;

  it('is right at every moment while slices that share days, at two widths, are loaded and restated at once', async () => {
    const hours = 96;
    const models = ['a', 'b', 'c', 'd', 'e'];
    const groups = (round: number, hour: number): Groups =>
      Object.fromEntries(
        models
          .filter((_, index) => (hour * 7 + index * 3 + round) % 4 !== 0)
          .map((model, index) => [model, 1 + ((hour * 31 + index * 17 + round * 13) % 100)]),
      );
    const starts = [0, 5, 16, 29, 40, 52, 64, 71, 83];
    let isLoading = true;
    const observations: unknown[] = [];
    let looks = 0;
    const observer = (async () => {
      while (isLoading) {
        observations.push(...(await rollupDifferences(database.pool)));
        looks += 1;
      }
    })();
    try {
      for (const round of [0, 1, 2]) {
        const load = loads('1h');
        const hourly = starts.map((first, index) => {
          const last = starts[index + 1] ?? hours;
          const buckets = Array.from({ length: last - first }, (_, offset) => groups(round, first + offset));
          return load(embeddingSlice('1h', firstDay + first * 3600, buckets), february(1 + round));
        });
        // The third day is also loaded at 1d, in the middle of it all.
        const daily =
          round === 1
            ? [loads('1d')(embeddingSlice('1d', firstDay + 2 * daySeconds, [{ a: 1, b: 2 }]), february(2))]
            : [];
        await Promise.all([...hourly, ...daily]);
        await expectRollupsToEqualFacts(database.pool);
      }
    } finally {
      isLoading = false;
      await observer;
    }
    expect(observations).toEqual([]);
    expect(looks).toBeGreaterThan(3);
    expect(
      await select(
        `select to_char(usage_date_utc, 'DD') as day, bucket_width, buckets_loaded, is_final from openai_etl.days order by 1`,
      ),
    ).toEqual([
      { day: '01', bucket_width: '1h', buckets_loaded: 24, is_final: true },
      { day: '02', bucket_width: '1h', buckets_loaded: 24, is_final: true },
      { day: '03', bucket_width: '1h', buckets_loaded: 24, is_final: true },
      { day: '04', bucket_width: '1h', buckets_loaded: 24, is_final: true },
    ]);
  });

  it('is not final before the day is whole, and tells how far it goes', async () => {
    await loads('1h')(embeddingSlice('1h', firstDay, [{ a: 1 }, {}, { a: 2 }]), february(1));
    const told = `select bucket_width, buckets_loaded, row_count, is_final,
      to_char(loaded_until at time zone 'UTC', 'HH24:MI') as until from openai_etl.days`;
    expect(await select(told)).toEqual([
      { bucket_width: '1h', buckets_loaded: 3, row_count: 2, is_final: false, until: '03:00' },
    ]);
    await loads('1h')(
      embeddingSlice(
        '1h',
        firstDay + 3 * 3600,
        Array.from({ length: 21 }, () => ({ a: 1 })),
      ),
      february(1),
    );
    expect(await select(told)).toEqual([
      { bucket_width: '1h', buckets_loaded: 24, row_count: 23, is_final: true, until: '00:00' },
    ]);
    expect(await select('select model, input_tokens, num_model_requests from openai.usage_daily_rollup')).toEqual([
      { model: 'a', input_tokens: 24, num_model_requests: 23 },
    ]);
  });

  it('sums exactly beyond what a double holds', async () => {
    const large = Number.MAX_SAFE_INTEGER;
    await loads('1h')(embeddingSlice('1h', firstDay, [{ a: large }, { a: large - 1 }]), february(1));
    await loads('1h')(embeddingSlice('1h', firstDay + 7200, [{ a: large }]), february(1));
    expect(await select('select input_tokens::text from openai.usage_daily_rollup')).toEqual([
      { input_tokens: String(3n * BigInt(large) - 1n) },
    ]);
    await expectRollupsToEqualFacts(database.pool);
  });

  it('refuses a slice whose sums are larger than bigint, as it refuses such a count', async () => {
    const largest = '9223372036854775807';
    const slice = embeddingSlice('1h', firstDay, [{ a: 1 }, { a: 2 }]);
    const rows = slice.buckets.map((bucket) => ({
      ...bucket,
      rows: bucket.rows.map((row) => ({ ...row, measures: [BigInt(largest), 1] })),
    }));
    await expect(loads('1h')({ ...slice, buckets: rows }, february(1))).rejects.toMatchObject({
      code: 'database_refused_data',
    });
    expect(await select('select count(*)::int as rows from openai.usage_embeddings')).toEqual([{ rows: 0 }]);
  });

  it('is summed up anew where the ledger and the facts were put back from different days', async () => {
    const load = loads('1h');
    await load(embeddingSlice('1h', firstDay, [{ a: 1 }, { a: 2 }, { b: 3 }]), february(1));
    await select(
      'delete from openai_etl.buckets where bucket_start < (select max(bucket_start) from openai_etl.buckets)',
    );
    await load(embeddingSlice('1h', firstDay, [{ a: 10 }, { c: 2 }]), february(2));
    await expectRollupsToEqualFacts(database.pool);
    await select('delete from openai_etl.buckets; delete from openai.usage_embeddings');
    await load(embeddingSlice('1h', firstDay, [{ a: 10 }, { c: 2 }, {}]), february(3));
    await expectRollupsToEqualFacts(database.pool);
    await select('delete from openai.usage_embeddings');
    await loads('1h', true)(embeddingSlice('1h', firstDay, [{ a: 10 }, { c: 2 }, {}]), february(4));
    await expectRollupsToEqualFacts(database.pool);
    expect(await select('select sum(input_tokens)::int as tokens from openai.usage_daily_rollup')).toEqual([
      { tokens: 12 },
    ]);
  });
});
