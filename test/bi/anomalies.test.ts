import { beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { bill, datesBetween, loadDays, plusDays, type Spend } from './support/spend.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
  return () => database.close();
});

const day = '2026-11-20';
const before = datesBetween(plusDays(day, -28), day);

/** What is found on the day and the three days after it. */
const found = async (columns: string) =>
  (
    await database.pool.query<Record<string, unknown>>(
      `select ${columns} from openai_bi.anomalies_between($1, $2) order by cost_date, scope, scope_value, currency`,
      [day, plusDays(day, 4)],
    )
  ).rows;

/** Two amounts in turn: their mean is the median, half their distance the median deviation. */
const inTurn = (low: number | string, high: number | string, more: Partial<Spend> = {}) =>
  bill(
    database.pool,
    before.map((one, index) => ({ day: one, amount: index % 2 === 0 ? low : high, ...more })),
  );

const billOn = (amount: number | string, more: Partial<Spend> = {}) => bill(database.pool, [{ day, amount, ...more }]);

describe('a spike', () => {
  it('is measured by the median and the median deviation of the 28 days before', async () => {
    await loadDays(database.pool, [...before, ...datesBetween(day, plusDays(day, 3))]);
    await inTurn('87.2', '116.8');
    await billOn(400);
    await bill(database.pool, [
      { day: plusDays(day, 1), amount: '116.8' },
      { day: plusDays(day, 2), amount: '87.2' },
    ]);
    // (400 − 102) × 0.6745 ÷ 14.8 = 13.58; its neighbours are no anomalies.
    expect(await found(`*`)).toEqual([
      {
        cost_date: day,
        org_id: 'acme',
        scope: 'all',
        scope_value: null,
        scope_label: null,
        currency: 'usd',
        kind: 'spike',
        amount: '400',
        median: '102',
        excess: '298',
        deviation: '14.8',
        z: '13.58',
        history_days: 28,
        is_final: true,
      },
      expect.objectContaining({ scope: 'api_key', scope_value: '(no key)' }),
      expect.objectContaining({ scope: 'model_family', scope_value: '(no model)' }),
      expect.objectContaining({ scope: 'project', scope_value: '(no project)' }),
    ]);
  });

  it.each([
    // Deviation 20: 3.5 × 20 ÷ 0.6745 = 103.78 above the median of 100.
    ['z reaches 3.5', 80, 120, '203.79', '3.50'],
    ['z does not', 80, 120, '203.78', null],
    // No deviation at all: 5 % of the median counts instead, 3.5 × 10 ÷ 0.6745 = 51.89 above 200.
    ['5 % of the median stand in for a deviation of 0, reached', 200, 200, '251.90', '3.50'],
    ['5 % of the median stand in for a deviation of 0, not reached', 200, 200, '251.89', null],
    // Of a median of 0.1, 5 % are less than 0.01; the excess of 25 decides.
    ['0.01 stands in where both are smaller, and the excess is 25', '0.1', '0.1', '25.1', '1686.25'],
    ['the excess is less than 25', '0.1', '0.1', '25.09', null],
    ['the cost falls', 400, 500, '1', null],
  ])('is one when %s', async (_, low, high, amount, z) => {
    await loadDays(database.pool, [...before, day]);
    await inTurn(low, high);
    await billOn(amount);
    const all = (await found('scope, z')).filter(({ scope }) => scope === 'all');
    expect(all).toEqual(z === null ? [] : [{ scope: 'all', z }]);
  });

  it('takes final days for its history, 14 at least, and none that is not loaded for 0', async () => {
    await loadDays(database.pool, before.slice(0, 13));
    await loadDays(database.pool, [...before.slice(20), day], 'complete');
    await inTurn(100, 100);
    await billOn(400);
    const [first] = await found('scope, history_days');
    expect(first).toBeUndefined();
    await loadDays(database.pool, [before[27] ?? '']);
    const later = await found('scope, median, history_days, is_final');
    expect(later[0]).toEqual({ scope: 'all', median: '100', history_days: 14, is_final: false });
  });

  it('is looked for in each project, model family and key, in each currency by itself, and in each organization', async () => {
    for (const org of ['acme', 'other']) await loadDays(database.pool, [...before, day], 'final', org);
    const steady = { project: 'proj_steady', key: 'key_steady' };
    const jumpy = { project: 'proj_jumpy', key: 'key_jumpy' };
    await inTurn(1000, 1000, steady);
    await inTurn(10, 10, jumpy);
    await inTurn(10, 10, { ...jumpy, currency: 'eur' });
    await inTurn(10, 10, { ...jumpy, org: 'other' });
    await billOn(1000, steady);
    // Within the noise of the whole bill, and a jump for its project and key.
    await billOn(90, jumpy);
    await billOn(11, { ...jumpy, currency: 'eur' });
    await billOn(10, { ...jumpy, org: 'other' });
    expect(await found('org_id, scope, scope_value, currency, kind')).toEqual([
      { org_id: 'acme', scope: 'api_key', scope_value: 'key_jumpy', currency: 'usd', kind: 'spike' },
      { org_id: 'acme', scope: 'project', scope_value: 'proj_jumpy', currency: 'usd', kind: 'spike' },
    ]);
  });

  it('follows a day that is restated', async () => {
    await loadDays(database.pool, [...before, day]);
    await inTurn(100, 100);
    await billOn(400);
    expect(await found('scope')).toHaveLength(4);
    await billOn(101);
    expect(await found('scope')).toEqual([]);
  });
});

describe('a first cost', () => {
  it('is more than 1 of what cost nothing on every day before', async () => {
    await loadDays(database.pool, [...before, day]);
    await inTurn(500, 500, { project: 'proj_a', key: 'key_a' });
    await billOn(498, { project: 'proj_a', key: 'key_a' });
    await billOn('1.01', { project: 'proj_a', key: 'key_new' });
    await billOn('1', { project: 'proj_a', key: 'key_small' });
    expect(await found('scope, scope_value, kind, amount, median')).toEqual([
      { scope: 'api_key', scope_value: 'key_new', kind: 'first_cost', amount: '1.01', median: '0' },
    ]);
  });

  it('is none where it cost something on one of those days, or where too few are known', async () => {
    await loadDays(database.pool, [...before, day]);
    await inTurn(500, 500, { key: 'key_a' });
    await bill(database.pool, [{ day: before[3] ?? '', amount: '0.01', key: 'key_old' }]);
    await billOn(20, { key: 'key_old' });
    await billOn(500, { key: 'key_a' });
    expect(await found('scope_value')).toEqual([]);
    await database.pool.query(`delete from openai_etl.buckets where bucket_start < '2026-11-07T00:00Z'`);
    await billOn(20, { key: 'key_new' });
    expect(await found('scope_value')).toEqual([]);
  });
});

describe('the view', () => {
  it('shows the last 90 days, whatever zone the session is in', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const days = datesBetween(plusDays(today, -130), today);
    await loadDays(database.pool, days);
    await bill(
      database.pool,
      days.map((one) => ({ day: one, amount: [plusDays(today, -1), plusDays(today, -95)].includes(one) ? 400 : 100 })),
    );
    const client = await database.pool.connect();
    try {
      for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/Los_Angeles']) {
        await client.query(`select set_config('timezone', $1, false)`, [zone]);
        const { rows } = await client.query(
          `select cost_date, z from openai_bi.anomalies_daily where scope = 'all' order by 1`,
        );
        expect(rows).toEqual([{ cost_date: plusDays(today, -1), z: '40.47' }]);
      }
    } finally {
      client.release(true);
    }
  });
});
