import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { widthSeconds } from '../../src/catalog/width.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import { embeddingLoader, embeddingSlice, type Groups } from '../support/embedding-loads.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

vi.setConfig({ testTimeout: 60_000 });

const firstDay = Date.UTC(2026, 0, 1) / 1000;
const dayAt = (index: number) => firstDay + index * widthSeconds['1d'];
const february = new Date('2026-02-01T00:00:00Z');

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
const hours = (count: number, groups: Groups) => Array.from({ length: count }, () => groups);

describe('coverage', () => {
  const states = `select day::text, state, is_final, bucket_width, buckets_loaded, row_count from openai_bi.coverage
    where day < '2026-01-08' order by day`;

  it('tells of each day whether it is final, loaded, empty, missing or refused', async () => {
    const daily = embeddingLoader(store, '1d');
    const hourly = embeddingLoader(store, '1h');
    await daily(embeddingSlice('1d', dayAt(0), [{ a: 1 }, {}]), february);
    await hourly(embeddingSlice('1h', dayAt(2), hours(24, { a: 1 })), february);
    await hourly(embeddingSlice('1h', dayAt(3), hours(5, { a: 1 })), february);
    // Read while it was open, and not again.
    await daily(embeddingSlice('1d', dayAt(5), [{ a: 1 }]), new Date((dayAt(5) + 3600) * 1000));
    const refused = embeddingSlice('1d', dayAt(6), [{ a: 1 }]);
    const fault = { reason: 'negative_count', detail: 'a count is negative' } as const;
    await daily({ ...refused, buckets: refused.buckets.map((bucket) => ({ ...bucket, rows: [], fault })) }, february);
    expect(await select(states)).toEqual([
      { day: '2026-01-01', state: 'final', is_final: true, bucket_width: '1d', buckets_loaded: 1, row_count: 1 },
      { day: '2026-01-02', state: 'empty', is_final: true, bucket_width: '1d', buckets_loaded: 1, row_count: 0 },
      { day: '2026-01-03', state: 'final', is_final: true, bucket_width: '1h', buckets_loaded: 24, row_count: 24 },
      { day: '2026-01-04', state: 'loaded', is_final: false, bucket_width: '1h', buckets_loaded: 5, row_count: 5 },
      { day: '2026-01-05', state: 'missing', is_final: false, bucket_width: null, buckets_loaded: 0, row_count: 0 },
      { day: '2026-01-06', state: 'loaded', is_final: false, bucket_width: '1d', buckets_loaded: 1, row_count: 1 },
      { day: '2026-01-07', state: 'refused', is_final: false, bucket_width: null, buckets_loaded: 0, row_count: 0 },
    ]);
  });

  it('becomes final when nothing but time has passed, and goes on to today', async () => {
    const load = embeddingLoader(store, '1d');
    await load(embeddingSlice('1d', dayAt(0), [{ a: 1 }]), new Date((dayAt(0) + 3600) * 1000));
    expect(await select(states)).toMatchObject([
      { state: 'loaded' },
      ...hours(6, {}).map(() => ({ state: 'missing' })),
    ]);
    await load(embeddingSlice('1d', dayAt(0), [{ a: 1 }]), february);
    expect(await select(`${states} limit 1`)).toMatchObject([{ state: 'final', is_final: true }]);
    expect(
      await select(
        `select max(day) = (now() at time zone 'UTC')::date as today, min(day)::text as first from openai_bi.coverage`,
      ),
    ).toEqual([{ today: true, first: '2026-01-01' }]);
  });
});

describe('freshness', () => {
  it('tells how far each width reaches, how far that is final, and how old it is', async () => {
    const readAt = new Date((dayAt(1) + 1800) * 1000);
    await embeddingLoader(store, '1d')(embeddingSlice('1d', dayAt(0), [{ a: 1 }, { a: 1 }]), readAt);
    await embeddingLoader(store, '1h')(embeddingSlice('1h', dayAt(0), hours(3, { a: 1 })), readAt);
    const { rows } = await database.pool.query<Record<string, unknown>>(
      `select bucket_width, data_through, final_through, last_success_at, status,
         age between now() - data_through - interval '1 minute' and now() - data_through as aged
       from openai_bi.data_freshness order by 1`,
    );
    expect(rows).toEqual([
      {
        bucket_width: '1d',
        data_through: readAt,
        final_through: new Date(dayAt(1) * 1000),
        last_success_at: readAt,
        status: 'stale',
        aged: true,
      },
      {
        bucket_width: '1h',
        data_through: new Date((dayAt(0) + 3 * 3600) * 1000),
        final_through: new Date((dayAt(0) + 3 * 3600) * 1000),
        last_success_at: readAt,
        status: 'stale',
        aged: true,
      },
    ]);
  });

  it('is fresh within 30 hours', async () => {
    const [now] = await select('select extract(epoch from now())::float8 as seconds');
    const today = Math.floor(Number(now?.['seconds']) / widthSeconds['1d']) * widthSeconds['1d'];
    await embeddingLoader(store, '1d')(embeddingSlice('1d', today, [{ a: 1 }]), new Date((today + 1) * 1000));
    expect(await select('select status from openai_bi.data_freshness')).toEqual([{ status: 'fresh' }]);
  });
});

describe('models', () => {
  it.each([
    ['gpt-5.6-sol', 'gpt-5.6-sol'],
    ['gpt-5.4-mini-2026-03-17', 'gpt-5.4-mini'],
    ['gpt-4o-audio-preview-2025-06-03', 'gpt-4o-audio-preview'],
    ['gpt-4-1106-preview', 'gpt-4'],
    ['gpt-3.5-turbo-0125', 'gpt-3.5-turbo'],
    ['ft:gpt-4o-mini-2024-07-18:acme:support:abc123', 'gpt-4o-mini'],
    ['ft-gpt-4o-2024-08-06', 'gpt-4o'],
    ['text-embedding-ada-002-v2', 'text-embedding-ada-002-v2'],
    ['text-moderation-007', 'text-moderation-007'],
    ['o5', 'o5'],
    [null, null],
  ])('%s is of the family %s', async (model, family) => {
    const { rows } = await database.pool.query('select openai_bi.model_family($1) as family', [model]);
    expect(rows).toEqual([{ family }]);
  });

  it('are entered as soon as usage names them, and not twice', async () => {
    const load = embeddingLoader(store, '1h');
    await load(embeddingSlice('1h', dayAt(0), [{ 'a-2026-01-01': 1 }, { b: 1 }]), february);
    await load(embeddingSlice('1h', dayAt(1), [{ b: 1, c: 1 }]), new Date('2026-02-02T00:00:00Z'));
    expect(await select('select model, model_family, first_seen_at from openai_bi.models order by 1')).toEqual([
      { model: 'a-2026-01-01', model_family: 'a', first_seen_at: february },
      { model: 'b', model_family: 'b', first_seen_at: february },
      { model: 'c', model_family: 'c', first_seen_at: new Date('2026-02-02T00:00:00Z') },
    ]);
  });
});

describe('the calendar', () => {
  it('has every day once, with its weeks and months', async () => {
    expect(
      await select(
        `select count(*)::int as days, max(calendar_date) - min(calendar_date) + 1 as span, min(calendar_date)::text as first,
           bool_and(is_weekend = (weekday_name in ('Saturday', 'Sunday'))) as weekends,
           max(calendar_date) > (now() at time zone 'UTC')::date + 300 as ahead,
           bool_and(is_past = (calendar_date < (now() at time zone 'UTC')::date)) as past
         from openai_bi.calendar`,
      ),
    ).toMatchObject([{ first: '2020-01-01', weekends: true, ahead: true, past: true }]);
    const [count] = await select(
      `select count(distinct calendar_date) = max(calendar_date) - min(calendar_date) + 1 as whole from openai_bi.calendar`,
    );
    expect(count).toEqual({ whole: true });
    expect(await select(`select * from openai_bi.calendar where calendar_date = '2024-12-30'`)).toEqual([
      {
        calendar_date: '2024-12-30',
        year: 2024,
        quarter: 4,
        month: 12,
        month_start: '2024-12-01',
        month_name: 'December',
        days_in_month: 31,
        day_of_month: 30,
        iso_year: 2025,
        iso_week: 1,
        week_start: '2024-12-30',
        iso_weekday: 1,
        weekday_name: 'Monday',
        is_weekend: false,
        is_past: true,
      },
    ]);
  });
});
