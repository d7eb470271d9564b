import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { checkFocus } from '../../src/derive/focus/check.ts';
import { readStatus } from '../../src/run/status.ts';
import { emitTap } from '../../src/run/tap.ts';
import { openDuckDb } from '../export/duckdb.ts';
import { exported, folderPlace, newFolder } from '../export/places.ts';
import { compared, duckDbLines, manifestOf, nothingBut, storedLines } from '../export/rows.ts';
import { target } from '../feed/singer-checker.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import { transactionsToEnd } from '../support/quiet.ts';
import { bucket, page, type ScriptedApi, scriptedApi } from '../support/scripted-api.ts';

const daySeconds = 86_400;

/** A result of costs as the API may send it: `amount` is left out where it is not given. */
function cost(lineItem: string, amount?: unknown) {
  const always = { object: 'organization.costs.result', project_id: 'proj_a', line_item: lineItem };
  return amount === undefined ? always : { ...always, amount };
}

const usd = (value: unknown) => ({ value, currency: 'usd' });

describe('a cost of which the API tells no amount', () => {
  let api: ScriptedApi;
  let nights: Nights;
  let days: Map<number, readonly unknown[]>;
  const ask = async (sql: string) => (await nights.database.pool.query<Record<string, unknown>>(sql)).rows;
  const dayBefore = (count: number) => daysBack(nights, count).getTime() / 1000;

  beforeEach(async () => {
    days = new Map();
    api = await scriptedApi(({ path, start, end }) => {
      if (path !== '/organization/costs' || start === null || end === null) return page([]);
      const starts = Array.from(
        { length: Math.ceil((end - start) / daySeconds) },
        (_, nth) => start + nth * daySeconds,
      );
      return page(starts.map((at) => bucket(at, daySeconds, days.get(at) ?? [cost('gpt-5, input', usd(10))])));
    });
    nights = await liveThroughNights({ datasets: [costs], days: 20, config: { baseUrl: api.url } });
  });
  afterEach(async () => {
    await nights.close();
    await api.close();
  });

  const stored = (lineItem: string) =>
    ask(
      `select amount_value::text as amount, amount_currency as currency, extra from openai.costs where line_item = '${lineItem}'`,
    );
  const coverage = async (count: number) =>
    (
      await ask(
        `select state, is_final, amounts_missing from openai_bi.coverage where day = '${daysBack(nights, count).toISOString().slice(0, 10)}'`,
      )
    )[0];

  it.each([
    ['no amount', undefined, null, null],
    ['an amount that is null', null, null, null],
    ['an amount without value and currency', {}, null, null],
    ['no value', { currency: 'usd' }, null, 'usd'],
    ['a value that is null', usd(null), null, 'usd'],
    ['no currency', { value: 5 }, '5', null],
    ['a currency that is null', { value: '5.50', currency: null }, '5.5', null],
  ])(
    'with %s is kept as sent, in no sum of a currency, and its day is incomplete',
    async (_title, amount, value, currency) => {
      days.set(dayBefore(10), [cost('strange', amount), cost('gpt-5, input', usd(7))]);
      const report = await nights.sync();
      expect(report).toMatchObject({ status: 'ok', exit_code: 0 });
      expect(report.datasets[0]).toMatchObject({ amounts_missing: 1, quarantined: 0, buckets_refused: 0 });
      expect(report.datasets[0]?.money).toEqual([{ currency: 'usd', loaded: '207', moved: '207' }]);
      expect(await stored('strange')).toEqual([{ amount: value, currency, extra: null }]);
      expect(await coverage(10)).toEqual({ state: 'incomplete', is_final: false, amounts_missing: 1 });
      expect(await coverage(11)).toEqual({ state: 'final', is_final: true, amounts_missing: 0 });
      const day = daysBack(nights, 10).toISOString().slice(0, 10);
      for (const known of [
        `select sum(amount)::text as sum from openai.cost_daily_rollup where usage_date_utc = '${day}'`,
        `select sum(amount)::text as sum from openai.cost_parts where usage_date_utc = '${day}'`,
        `select sum("BilledCost")::text as sum from openai_focus.cost_and_usage where "ChargePeriodStart" = '${day}T00:00Z'`,
        `select sum(billed)::text as sum from openai_bi.reconciliation_between('${day}', '${day}'::date + 1)`,
        `select billed::text as sum from openai_bi.reconciliation_daily where cost_date = '${day}' and amounts_missing = 1`,
      ]) {
        expect(await ask(known), known).toEqual([{ sum: '7' }]);
      }
      expect(await ask(`select is_final, is_complete from openai_bi.cost_days where cost_date = '${day}'`)).toEqual([
        { is_final: false, is_complete: false },
      ]);
      expect(await nights.verify()).toMatchObject({ status: 'ok', exit_code: 0 });
      const status = await readStatus(nights.context, { datasets: null, organizations: null });
      expect(status.datasets[0]).toMatchObject({ amounts_missing: 1, days_incomplete: 1 });
      const focus = await checkFocus(nights.database.pool);
      expect(focus.deviations.find(({ letter }) => letter === 'e')?.charges).toBe(1);
      expect(focus.results.filter(({ rule, broken }) => rule.strength === 'must' && broken !== 0)).toEqual([]);
    },
  );

  it('is added to the known amounts of its group as unknown: their sum stands, and says that it lacks some', async () => {
    days.set(dayBefore(10), [cost('m, input', usd(null)), cost('m, input', usd(3)), cost('m, input', usd(null))]);
    expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ amounts_missing: 2 }] });
    expect(await stored('m, input')).toEqual([{ amount: '3', currency: 'usd', extra: { amounts_missing: 2 } }]);
    expect(await coverage(10)).toMatchObject({ state: 'incomplete', amounts_missing: 2 });
    expect(await nights.verify()).toMatchObject({ exit_code: 0 });
  });

  it('leaves a day of which nothing is known out of every sum, instead of showing 0', async () => {
    days.set(dayBefore(10), [cost('strange')]);
    await nights.sync();
    const day = daysBack(nights, 10).toISOString().slice(0, 10);
    for (const view of [
      'cost_daily_by_line_item',
      'cost_daily_by_scope',
      'cost_daily_by_user',
      'reconciliation_daily',
    ]) {
      expect(await ask(`select * from openai_bi.${view} where cost_date = '${day}'`), view).toEqual([]);
    }
    expect(await ask(`select billed_cost, currency from openai_bi.cost_daily where cost_date = '${day}'`)).toEqual([
      { billed_cost: null, currency: null },
    ]);
    expect(await coverage(10)).toMatchObject({ state: 'incomplete' });
  });

  it.each([
    ['no value', usd(null)],
    ['no currency', { value: 3 }],
    ['no amount', undefined],
  ])('with %s takes the place of a known one, and gives way to it, each with a restatement', async (_title, amount) => {
    days.set(dayBefore(2), [cost('m, input', usd(3))]);
    await nights.sync();
    days.set(dayBefore(2), [cost('m, input', amount)]);
    expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ amounts_missing: 1 }] });
    expect(
      (await stored('m, input')).filter(({ amount: known, currency }) => known === '3' && currency === 'usd'),
    ).toEqual([]);
    expect(await coverage(2)).toMatchObject({ state: 'incomplete' });
    const [first] = await ask('select count(*)::int as n from openai_etl.restatements');
    expect(first?.['n']).toBeGreaterThan(0);
    days.set(dayBefore(2), [cost('m, input', usd(3))]);
    await nights.sync();
    expect(await stored('m, input')).toEqual([{ amount: '3', currency: 'usd', extra: null }]);
    expect(await coverage(2)).toMatchObject({ state: 'loaded', amounts_missing: 0 });
    const [second] = await ask('select count(*)::int as n from openai_etl.restatements');
    expect(Number(second?.['n'])).toBeGreaterThan(Number(first?.['n']));
    expect(await ask('select sum(amount)::text as sum from openai.cost_parts')).toEqual([{ sum: '203' }]);
  });

  it.each(['ten', '', true, []])('that cannot be read (%j) refuses its bucket all the same', async (value) => {
    days.set(dayBefore(10), [cost('strange', usd(value))]);
    expect(await nights.sync()).toMatchObject({ exit_code: 3, datasets: [{ buckets_refused: 1 }] });
  });

  it('is null in the feed and in exports too', async () => {
    days.set(dayBefore(10), [
      cost('strange'),
      cost('m, input', usd(null)),
      cost('m, input', usd(3)),
      cost('b', { value: 5 }),
    ]);
    await nights.sync();
    await transactionsToEnd(nights.database.pool);
    let tapped = '';
    const from = { catalog: null, state: null, now: nights.clock.now(), signal: nights.context.signal };
    await emitTap(nights.store, from, (part) => {
      tapped += part;
      return Promise.resolve(true);
    });
    // The checker holds every record against its schema.
    const warehouse = target();
    warehouse.take(tapped);
    const taken = [...(warehouse.tables.get('costs')?.values() ?? [])].map(({ record }) => record);
    const amountOf = (item: string) => taken.find(({ line_item }) => line_item === item);
    expect(amountOf('strange')).toMatchObject({ amount_value: null, amount_currency: null });
    expect(amountOf('b')).toMatchObject({ amount_value: '5', amount_currency: null });
    expect(amountOf('m, input')).toMatchObject({ amount_value: '3', amount_currency: 'usd' });
    const folder = newFolder();
    await exported(nights, folderPlace(folder), { names: ['costs', 'openai_bi.cost_daily', 'openai_bi.coverage'] });
    const { streams } = await manifestOf(folder);
    const duckDb = await openDuckDb();
    for (const stream of streams) {
      const stored = await storedLines(nights.database.pool, stream);
      expect(compared(await duckDbLines(duckDb, folder, stream), stored), stream.name).toEqual(nothingBut(stored));
    }
  });

  it('is not held against a total as if it were 0, and a total without an amount is not held against anything', async () => {
    await nights.sync();
    days.set(dayBefore(10), [cost('m, input', usd(null))]);
    expect(await nights.verify()).toMatchObject({ status: 'ok', exit_code: 0 });
    days.set(dayBefore(10), [cost('m, input', usd(11))]);
    expect(await nights.verify()).toMatchObject({ status: 'difference', exit_code: 4 });
  });
});
