import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { type Width, widthSeconds } from '../../src/catalog/width.ts';
import { syncText } from '../../src/cli/render/sync-report.ts';
import { createStyle } from '../../src/cli/style.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import { type Answer, type AskedOf, bucket, page, type ScriptedApi, scriptedApi } from '../support/scripted-api.ts';

const day = 86_400;

type Bucket = ReturnType<typeof bucket>;

/** What an honest API says: a result in every bucket, whatever the range. */
function honest(asked: AskedOf): readonly Bucket[] {
  const step = widthSeconds[asked.width as Width];
  const [start, end] = [asked.start ?? 0, asked.end ?? 0];
  return Array.from({ length: Math.ceil((end - start) / step) }, (_, index) =>
    bucket(start + index * step, step, [asked.path.endsWith('costs') ? cost(10) : completion(100)]),
  );
}

const cost = (value: number, project = 'proj_1') => ({
  object: costs.object,
  amount: { value, currency: 'usd' },
  line_item: null,
  project_id: project,
});

const completion = (tokens: number) => ({
  object: completions.object,
  input_tokens: tokens,
  output_tokens: 1,
  num_model_requests: 1,
  model: 'm',
});

describe('what an answer leaves out', () => {
  let api: ScriptedApi;
  let nights: Nights;

  async function live(dataset: Dataset, days: number, width: Width = '1d'): Promise<void> {
    nights = await liveThroughNights({ datasets: [dataset], widths: [width], days, config: { baseUrl: api.url } });
  }
  beforeEach(async () => {
    api = await scriptedApi((asked) => page(honest(asked)));
  });
  afterEach(async () => {
    await nights.close();
    await api.close();
  });

  const answerWith = (change: (buckets: readonly Bucket[], asked: AskedOf) => Answer) =>
    api.answerWith((asked) => change(honest(asked), asked));
  const rows = async (sql: string) => (await nights.database.pool.query<Record<string, unknown>>(sql)).rows;
  const one = async (sql: string) => (await rows(sql))[0];
  const bill = () => one('select sum(amount_value)::text as total, count(*)::int as rows from openai.costs');
  const ledger = () => rows('select * from openai_etl.buckets order by bucket_start');
  const startOf = (daysAgo: number) => daysBack(nights, daysAgo).getTime() / 1000;

  /** Of every run the books balance: each result received is in one of the counts. */
  async function expectBalance(): Promise<void> {
    const unbalanced = await rows(
      `select run_id from openai_bi.runs where command <> 'verify'
         and results is distinct from results_placed + results_merged + results_quarantined + results_without_place`,
    );
    expect(unbalanced).toEqual([]);
  }

  it('is unanswered, and keeps its money, when a bucket came whose start cannot be read', async () => {
    await live(costs, 9);
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
    expect(await bill()).toEqual({ total: '100', rows: 10 });
    const before = await ledger();
    for (const start of [null, 'soon', 1.5, undefined]) {
      answerWith((buckets) =>
        page(buckets.map((one, index) => (index === buckets.length - 4 ? { ...one, start_time: start } : one))),
      );
      const report = await nights.sync();
      expect(report).toMatchObject({
        exit_code: 3,
        datasets: [
          {
            status: 'partial',
            buckets_unanswered: 1,
            results: 10,
            results_placed: 9,
            results_without_place: 1,
            without_place: { outside: { buckets: 0, results: 0 }, undated: { buckets: 1, results: 1 } },
          },
        ],
      });
      expect(await bill()).toEqual({ total: '100', rows: 10 });
      expect(syncText(report, createStyle(false, Number.POSITIVE_INFINITY))).toContain(
        '1 result in 1 bucket without a start that can be read',
      );
    }
    const kept = await ledger();
    expect(kept[6]).toEqual(before[6]);
    expect(await rows('select day::text, state from openai_bi.coverage where buckets_unanswered > 0')).toEqual([
      { day: daysBack(nights, 3).toISOString().slice(0, 10), state: 'loaded' },
    ]);
    expect(await one('select buckets_unanswered from openai_bi.runs order by run_id desc limit 1')).toEqual({
      buckets_unanswered: 1,
    });
    answerWith((buckets) => page(buckets));
    expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ buckets_unanswered: 0 }] });
    expect(await rows('select * from openai_etl.unanswered')).toEqual([]);
    await expectBalance();
  });

  it('is read again even where it was settled, until it is answered', async () => {
    await live(costs, 40);
    await nights.sync();
    const old = startOf(38);
    const without = (buckets: readonly Bucket[]) =>
      page(buckets.map((one) => (one.start_time === old ? { ...one, start_time: null } : one)));
    answerWith(without);
    expect(await nights.sync({ command: 'backfill', from: new Date(old * 1000), refetch: true })).toMatchObject({
      exit_code: 3,
      datasets: [{ buckets_unanswered: 1 }],
    });
    const config = { ...nights.config, rereadRows: 0 };
    expect(await nights.sync({}, { config })).toMatchObject({ exit_code: 3, datasets: [{ buckets_unanswered: 1 }] });
    answerWith((buckets) => page(buckets));
    expect(await nights.sync({}, { config })).toMatchObject({ exit_code: 0 });
    expect(await bill()).toEqual({ total: '410', rows: 41 });
  });

  it('is unanswered when all starts are in milliseconds, and nothing is proved by such totals', async () => {
    await live(costs, 9);
    const inMilliseconds = (buckets: readonly Bucket[]) =>
      page(buckets.map((one) => ({ ...one, start_time: one.start_time * 1000, end_time: one.end_time * 1000 })));
    answerWith(inMilliseconds);
    const report = await nights.sync();
    expect(report).toMatchObject({
      exit_code: 3,
      datasets: [{ status: 'partial', buckets_unanswered: 10, results_without_place: 10, data_through: null }],
    });
    expect(await ledger()).toEqual([]);
    expect(
      await rows(
        'select distinct state, buckets_unanswered from openai_bi.coverage where day < current_date and buckets_unanswered > 0',
      ),
    ).toEqual([{ state: 'missing', buckets_unanswered: 1 }]);
    answerWith((buckets) => page(buckets));
    await nights.sync();
    answerWith(inMilliseconds);
    const verified = await nights.verify();
    expect(verified.exit_code).not.toBe(0);
    expect(verified.checked[0]?.errors[0]?.message).toContain(
      'a total cannot be typed: a bucket has no start_time that can be read',
    );
    await expectBalance();
  });

  it('writes nothing of it in a preview either, and says what would be missing', async () => {
    await live(costs, 9);
    await nights.sync();
    answerWith((buckets) => page(buckets.map((one, index) => (index === 5 ? { ...one, start_time: null } : one))));
    expect(await nights.sync({ preview: true })).toMatchObject({ exit_code: 3, datasets: [{ buckets_unanswered: 1 }] });
    expect(await rows('select * from openai_etl.unanswered')).toEqual([]);
  });

  it('is no zero where the answer begins later than asked, but a horizon once that is proved', async () => {
    await live(completions, 89);
    const kept = startOf(5);
    api.answerWith((asked) => {
      const start = Math.max(asked.start ?? 0, kept);
      return page(honest({ ...asked, start, end: Math.max(asked.end ?? 0, start + 3 * day) }));
    });
    const report = await nights.sync();
    const horizon = new Date(kept * 1000).toISOString();
    expect(report).toMatchObject({ exit_code: 0, datasets: [{ buckets_loaded: 6, buckets_unanswered: 0, horizon }] });
    expect(await ledger()).toHaveLength(6);
    await expectBalance();
  });

  it('is never taken from what is stored when the API has begun to keep less', async () => {
    await live(costs, 20);
    await nights.sync();
    const kept = startOf(18);
    api.answerWith((asked) => page(honest({ ...asked, start: Math.max(asked.start ?? 0, kept) })));
    const horizon = new Date(kept * 1000).toISOString();
    expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ horizon, rows_deleted: 0 }] });
    expect(await bill()).toEqual({ total: '210', rows: 21 });
  });

  it.each([
    ['for every day', (hour: number) => hour % 24 === 0],
    ['for the second day alone', (hour: number) => hour === 24],
  ])('is unanswered in every hour that a bucket of a whole day reaches over, which comes %s', async (_title, comes) => {
    const days = 3;
    await live(completions, days, '1h');
    answerWith((buckets) =>
      page(
        buckets
          .filter(({ start_time: at }) => comes((at - startOf(days)) / 3600))
          .map((one) => ({ ...one, end_time: one.start_time + day })),
      ),
    );
    const report = await nights.sync();
    expect(report.exit_code).toBe(3);
    const [entries] = await rows(
      `select count(*) filter (where status = 'refused')::int as refused,
         count(*) filter (where status = 'loaded' and bucket_start >= to_timestamp(${startOf(days - 1)})
           and bucket_start < to_timestamp(${startOf(days - 2)}))::int as empty from openai_etl.buckets`,
    );
    expect(entries).toMatchObject({ empty: 0 });
    expect(Number(entries?.['refused'])).toBeGreaterThan(0);
    await expectBalance();
  });

  it.each([
    ['half an hour late', 1800],
    ['half an hour early', -1800],
  ])('is unanswered in every bucket that one off the grid reaches into: %s', async (_title, shift) => {
    await live(completions, 1, '1h');
    answerWith((buckets) =>
      page(
        buckets
          .slice(0, 6)
          .map((one) => ({ ...one, start_time: one.start_time + shift, end_time: one.end_time + shift })),
      ),
    );
    await nights.sync();
    const first = (await ledger()).slice(0, 1);
    expect(first).toMatchObject([{ status: 'refused' }]);
    const [seventh] = await rows(
      `select status from openai_etl.buckets where bucket_start = to_timestamp(${startOf(1) + 6 * 3600})`,
    );
    expect(seventh).toEqual(shift > 0 ? undefined : { status: 'loaded' });
    await expectBalance();
  });

  it('follows pages that come newest first, an empty one between', async () => {
    await live(costs, 9);
    api.answerWith((asked) => {
      const newestFirst = honest(asked).toReversed();
      const number = asked.page === null ? 0 : Number(asked.page);
      const pages = [newestFirst.slice(0, 2), [], ...[2, 4, 6, 8].map((at) => newestFirst.slice(at, at + 2))];
      return page(pages[number] ?? [], number + 1 < pages.length ? String(number + 1) : null);
    });
    expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ buckets_loaded: 10, rows_inserted: 10 }] });
  });

  it('follows a day of 80 groups, three results a page', async () => {
    await live(costs, 1);
    const groups = (start: number) => Array.from({ length: 80 }, (_, group) => cost(1, `proj_${start}_${group}`));
    api.answerWith((asked) => {
      const number = Number(asked.page ?? 0);
      const days = honest(asked).map(({ start_time: at }) => at);
      const pages = days.flatMap((at) =>
        Array.from({ length: 27 }, (_, index) => bucket(at, day, groups(at).slice(index * 3, index * 3 + 3))),
      );
      return page(pages.slice(number, number + 1), number + 1 < pages.length ? String(number + 1) : null);
    });
    expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ rows_inserted: 160, results: 160 }] });
  });

  it('is empty, as ever, where everything received found its place', async () => {
    await live(costs, 9);
    answerWith((buckets) => page(buckets.filter((_, index) => index !== 5 && index !== 6)));
    expect(await nights.sync()).toMatchObject({
      exit_code: 0,
      datasets: [{ buckets_loaded: 10, buckets_unanswered: 0 }],
    });
    expect(await rows('select row_count from openai_etl.buckets where row_count = 0')).toHaveLength(2);
  });

  it('is a harmless surplus where every bucket asked for has come, but its results are told', async () => {
    await live(costs, 9);
    answerWith((buckets) => page([...buckets, bucket(startOf(-30), day, [cost(1), cost(2)])]));
    expect(await nights.sync()).toMatchObject({
      exit_code: 0,
      datasets: [
        {
          results: 12,
          results_placed: 10,
          results_without_place: 2,
          without_place: { outside: { buckets: 1, results: 2 } },
        },
      ],
    });
    answerWith((buckets) => page([...buckets.slice(0, 5), ...buckets.slice(6), bucket(startOf(-30), day, [])]));
    expect(await nights.sync()).toMatchObject({ exit_code: 3, datasets: [{ buckets_unanswered: 1 }] });
    expect(await bill()).toEqual({ total: '100', rows: 10 });
    await expectBalance();
  });
});
