import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { readBudgetStatus } from '../../src/derive/budgets.ts';
import { sumUp } from '../support/cost-rows.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { bill, datesBetween, loadDays, plusDays, setBudget } from './support/spend.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
  return () => database.close();
});

/** Each budget as seen from a day, its present period first. */
const status = async (today: string) =>
  (await readBudgetStatus(database.pool, new Date(`${today}T03:17:00Z`))).toSorted((a, b) =>
    a.period_start < b.period_start ? 1 : -1,
  );

/** The only budget's present period. */
const present = async (today: string) => {
  const [one] = await status(today);
  return one;
};

/** The same amount on each of the days. */
const billEach = (days: readonly string[], amount: number, more: Readonly<Record<string, string>> = {}) =>
  bill(
    database.pool,
    days.map((day) => ({ day, amount, ...more })),
  );

describe('what is spent', () => {
  it('counts the days of the period, final or not, and says which is which', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '1000' });
    await loadDays(database.pool, datesBetween('2026-10-25', '2026-11-08'));
    await loadDays(database.pool, datesBetween('2026-11-08', '2026-11-10'), 'complete');
    await loadDays(database.pool, ['2026-11-10'], 'open');
    await billEach(datesBetween('2026-10-25', '2026-11-10'), 10);
    await bill(database.pool, [{ day: '2026-11-10', amount: '0.123456789012345678' }]);
    expect(await status('2026-11-10')).toMatchObject([
      {
        period_start: '2026-11-01',
        period_end: '2026-12-01',
        is_current: true,
        spent: '90.123456789012345678',
        spent_final: '70',
        spent_not_final: '20.123456789012345678',
        spent_percent: '9.01',
        remaining: '909.876543210987654322',
        days: 30,
        days_final: 7,
        days_not_final: 3,
        days_missing: 0,
        state: 'ok',
        thresholds_crossed: [],
      },
      { period_start: '2026-10-01', is_current: false, spent: '70', days_final: 7, days_missing: 24 },
    ]);
  });

  it('is lowered by credits and follows restated days', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '100' });
    await loadDays(database.pool, datesBetween('2026-11-01', '2026-11-05'));
    await billEach(datesBetween('2026-11-01', '2026-11-05'), 20);
    await bill(database.pool, [{ day: '2026-11-02', amount: '-12.5', item: 'Promotional credit' }]);
    expect(await present('2026-11-05')).toMatchObject({ spent: '67.5', thresholds_crossed: ['50'] });
    await billEach(['2026-11-03'], 60);
    expect(await present('2026-11-05')).toMatchObject({
      spent: '107.5',
      remaining: '-7.5',
      state: 'exceeded',
      thresholds_crossed: ['50', '80', '100'],
    });
  });

  it.each([
    ['all', null, '111'],
    ['project', 'proj_a', '101'],
    ['project', '(no project)', '10'],
    ['team', 'search', '101'],
    ['team', '(no team)', '10'],
    ['cost_center', 'cc-42', '101'],
    ['model_family', 'gpt-6-astra', '11'],
    ['api_key', 'key_1', '1'],
    ['user', 'user_1', '7'],
    ['user', '(unattributed)', '93'],
  ])('is that of its scope alone: %s %s', async (scope, scope_value, spent) => {
    const { pool } = database;
    await pool.query(
      `insert into openai.projects
         (org_id, project_id, project_name, team, cost_center, is_stub, first_seen_at, last_seen_at, updated_at, changed_xid)
       values ('acme', 'proj_a', 'Search', 'search', 'cc-42', false, now(), now(), now(), pg_current_xact_id())`,
    );
    await pool.query(
      `insert into openai.line_items
         (line_item, model, token_class, parse_status, parser_version, charge_category, first_seen_at, updated_at, changed_xid)
       values ('gpt-6-astra-2026-10-01, input', 'gpt-6-astra-2026-10-01', 'input_uncached', 'model', 1, 'Usage', now(),
         now(), pg_current_xact_id())`,
    );
    const day = '2026-11-02';
    await loadDays(pool, [day]);
    const item = 'gpt-6-astra-2026-10-01, input';
    await bill(pool, [
      { day, amount: 1, project: 'proj_a', key: 'key_1', item },
      { day, amount: 10, key: 'key_2', item },
      { day, amount: 100, project: 'proj_a', key: 'key_2', item: 'web search tool calls' },
    ]);
    await pool.query(
      `insert into openai.cost_parts
         (org_id, usage_date_utc, series_id, part_no, user_id, status, reason, method, method_version, amount, currency,
          run_id, updated_at, changed_xid)
       select 'acme', '2026-11-02', series_id, part_no, user_id, status, reason, 'token_share', '1', amount, 'usd', 1,
         now(), pg_current_xact_id()
       from openai.costs, (values (1, 'user_1', 'allocated', null, 7), (2, null, 'unattributed', 'usage_gap', 93)) as
         part(part_no, user_id, status, reason, amount)
       where amount_value = 100`,
    );
    await sumUp(pool, 'acme', [day]);
    await setBudget(pool, { budget_name: 'one', scope, scope_value, amount: '1000' });
    expect(await present(day)).toMatchObject({ scope, scope_value, spent });
  });

  it('is that of one organization, or of all together', async () => {
    await setBudget(database.pool, { budget_name: 'a', org_id: 'acme', amount: '1000' });
    await setBudget(database.pool, { budget_name: 'b', amount: '1000' });
    for (const org of ['acme', 'other']) {
      await loadDays(database.pool, datesBetween('2026-11-01', '2026-11-03'), 'final', org);
      await billEach(datesBetween('2026-11-01', '2026-11-03'), org === 'acme' ? 3 : 40, { org });
    }
    const current = (await status('2026-11-02')).filter(({ is_current }) => is_current);
    expect(current.map(({ budget_name, spent }) => [budget_name, spent]).sort()).toEqual([
      ['a', '6'],
      ['b', '86'],
    ]);
  });

  it('counts one currency and names the others', async () => {
    await setBudget(database.pool, { budget_name: 'dollars', amount: '100', currency: 'USD' });
    await loadDays(database.pool, ['2026-11-01', '2026-11-02']);
    await bill(database.pool, [
      { day: '2026-11-01', amount: 30 },
      { day: '2026-11-01', amount: 500, currency: 'eur' },
      { day: '2026-11-02', amount: 500, currency: 'gbp' },
    ]);
    expect(await present('2026-11-02')).toMatchObject({
      currency: 'usd',
      spent: '30',
      state: 'ok',
      other_currencies: 'eur, gbp',
    });
  });

  it('is nothing in a currency without costs, and on a day without data', async () => {
    await setBudget(database.pool, { budget_name: 'francs', amount: '100', currency: 'chf' });
    expect(await present('2026-11-02')).toMatchObject({
      spent: '0',
      forecast: null,
      forecast_method: 'none',
      state: 'ok',
    });
    await loadDays(database.pool, datesBetween('2026-10-01', '2026-11-03'));
    await billEach(datesBetween('2026-10-01', '2026-11-03'), 10);
    expect(await present('2026-11-02')).toMatchObject({
      spent: '0',
      forecast: '0',
      forecast_method: 'weekday_median',
      other_currencies: 'usd',
    });
  });
});

describe('the period', () => {
  it.each([
    ['month', '2027-02-10', '2027-02-01', '2027-03-01', 28],
    ['month', '2028-02-29', '2028-02-01', '2028-03-01', 29],
    ['month', '2026-12-31', '2026-12-01', '2027-01-01', 31],
    ['quarter', '2026-11-10', '2026-10-01', '2027-01-01', 92],
    ['year', '2028-11-10', '2028-01-01', '2029-01-01', 366],
  ])('is a %s of UTC days: %s', async (period, today, period_start, period_end, days) => {
    await setBudget(database.pool, { budget_name: 'all', amount: '1', period });
    expect(await present(today)).toMatchObject({ period, period_start, period_end, days });
  });

  it('follows the range of validity, so that a raised amount counts from its own period on', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '100', valid_to: '2026-11-01' });
    await setBudget(database.pool, { budget_name: 'all', amount: '250', valid_from: '2026-11-01' });
    const seen = async (today: string) => (await status(today)).map((one) => [one.period_start, one.amount]);
    expect(await seen('2026-10-31')).toEqual([
      ['2026-10-01', '100'],
      ['2026-09-01', '100'],
    ]);
    expect(await seen('2026-11-01')).toEqual([
      ['2026-11-01', '250'],
      ['2026-10-01', '100'],
    ]);
  });

  it('of a table edited by hand is refused where it is none', async () => {
    const refused = async (budget: Readonly<Record<string, unknown>>) =>
      await setBudget(database.pool, { budget_name: 'bad', amount: '1', ...budget }).then(
        () => 'taken',
        (failure: unknown) => (failure instanceof Error && 'code' in failure ? failure.code : failure),
      );
    for (const bad of [
      { valid_from: '2026-11-02' },
      { period: 'quarter', valid_from: '2026-11-01' },
      { valid_from: '2026-11-01', valid_to: '2026-11-01' },
      { period: 'week' },
      { amount: '0' },
      { amount: 'NaN' },
      { amount: 'Infinity' },
      { scope: 'project' },
      { scope_value: 'proj_a' },
      { currency: '$' },
      { thresholds: '{50,0}' },
      { thresholds: '{50,null}' },
    ]) {
      expect([bad, await refused(bad)]).toEqual([bad, '23514']);
    }
    expect(await refused({ thresholds: '{}' })).toBe('taken');
  });
});

describe('the forecast', () => {
  /** Four weeks up to Sunday 2026-11-08: 10 on each day of the week, 2 on Saturdays, 0 on Sundays. */
  const usualWeeks = async () => {
    const days = datesBetween('2026-10-12', '2026-11-09');
    await loadDays(database.pool, days);
    const weekday = (day: string) => new Date(day).getUTCDay();
    await bill(
      database.pool,
      days.flatMap((day) => (weekday(day) === 0 ? [] : [{ day, amount: weekday(day) === 6 ? 2 : 10 }])),
    );
  };

  it('takes each day to come for the median of its weekday', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '200' });
    await usualWeeks();
    // An outlier is no median: one Monday of 4 cost 500.
    await bill(database.pool, [{ day: '2026-10-19', amount: 500 }]);
    // November 2026 begins on a Sunday. Spent: 0 + 5 × 10 + 2 + 0. To come from the 9th: 16 days of 10, 3 Saturdays of 2.
    expect(await present('2026-11-09')).toMatchObject({
      spent: '52',
      forecast: '218',
      forecast_percent: '109.00',
      forecast_method: 'weekday_median',
      state: 'forecast_exceeded',
    });
  });

  it('believes a day that is not final upward only', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '1000' });
    await usualWeeks();
    await loadDays(database.pool, ['2026-11-09', '2026-11-10'], 'complete');
    await bill(database.pool, [
      { day: '2026-11-09', amount: 3 },
      { day: '2026-11-10', amount: 45 },
    ]);
    // 218 as above, but the 9th counts 10 instead of the 3 that are known, and the 10th 45 instead of 10.
    expect(await present('2026-11-11')).toMatchObject({ spent: '100', forecast: '253' });
    await loadDays(database.pool, ['2026-11-09', '2026-11-10'], 'final');
    expect(await present('2026-11-11')).toMatchObject({ spent: '100', forecast: '246' });
  });

  it('leaves days out of the median that are not loaded, and expects them as it does days to come', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '1000' });
    await usualWeeks();
    await database.pool.query(
      `delete from openai_etl.buckets where bucket_start in ('2026-10-12T00:00Z', '2026-10-19T00:00Z', '2026-11-03T00:00Z')`,
    );
    await database.pool.query(
      `delete from openai.costs where bucket_start in ('2026-10-12T00:00Z', '2026-10-19T00:00Z', '2026-11-03T00:00Z')`,
    );
    await sumUp(database.pool, 'acme', ['2026-10-12', '2026-10-19', '2026-11-03']);
    // Two Mondays without data are not two Mondays of 0.
    expect(await present('2026-11-09')).toMatchObject({ spent: '42', forecast: '218', days_missing: 1 });
  });

  it('without 14 final days is the run rate, from the third whole day on', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '100' });
    await loadDays(database.pool, ['2027-02-01', '2027-02-02'], 'complete');
    await loadDays(database.pool, ['2027-02-03'], 'open');
    await bill(database.pool, [
      { day: '2027-02-01', amount: 1 },
      { day: '2027-02-02', amount: 2 },
      { day: '2027-02-03', amount: '0.5' },
    ]);
    expect(await present('2027-02-03')).toMatchObject({ spent: '3.5', forecast: null, forecast_method: 'none' });
    await loadDays(database.pool, ['2027-02-03'], 'complete');
    await bill(database.pool, [{ day: '2027-02-03', amount: 9 }]);
    // 12 ÷ 3 days × 28 days.
    expect(await present('2027-02-04')).toMatchObject({
      spent: '12',
      forecast: '112',
      forecast_percent: '112.00',
      forecast_method: 'linear',
      state: 'forecast_exceeded',
    });
  });

  it('of a month of 31 days by run rate', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '100' });
    const days = datesBetween('2027-01-01', '2027-01-05');
    await loadDays(database.pool, days, 'complete');
    await billEach(days, 3);
    expect(await present('2027-01-05')).toMatchObject({ forecast: '93', state: 'ok' });
  });

  it('of a period whose every day is final is what was spent', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '1000' });
    await loadDays(database.pool, datesBetween('2026-10-01', '2026-11-09'));
    await billEach(datesBetween('2026-10-01', '2026-11-01'), 10);
    const [, before] = await status('2026-11-09');
    expect(before).toMatchObject({
      period_start: '2026-10-01',
      spent: '310',
      forecast: '310',
      forecast_method: 'actual',
      days_missing: 0,
    });
  });

  it('adds up organizations, each by its own history, and expects nothing of one that is no longer read', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '10000' });
    await usualWeeks();
    await loadDays(database.pool, datesBetween('2026-11-01', '2026-11-05'), 'complete', 'young');
    await billEach(datesBetween('2026-11-01', '2026-11-05'), 100, { org: 'young' });
    await loadDays(database.pool, datesBetween('2026-08-01', '2026-09-01'), 'final', 'gone');
    await billEach(datesBetween('2026-08-01', '2026-09-01'), 7000, { org: 'gone' });
    // 218 of the usual weeks and 30 days of 100.
    expect(await present('2026-11-09')).toMatchObject({ spent: '452', forecast: '3218', forecast_method: 'linear' });
  });

  it('expects nothing of days before the first that is loaded', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '10000', period: 'year' });
    await loadDays(database.pool, datesBetween('2026-12-01', '2026-12-31'));
    await billEach(datesBetween('2026-12-01', '2026-12-31'), 10);
    expect(await present('2026-12-31')).toMatchObject({ spent: '300', forecast: '310', days_missing: 334 });
  });
});

describe('thresholds', () => {
  it('are crossed when they are reached, and all is spent only when it is', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '100', thresholds: '{50,99.99,100,120}' });
    await loadDays(database.pool, ['2026-11-01']);
    const spending = async (amount: string) => {
      await bill(database.pool, [{ day: '2026-11-01', amount }]);
      const one = await present('2026-11-01');
      return [one?.spent_percent, one?.state, one?.thresholds_crossed];
    };
    expect(await spending('49.999999999999999999')).toEqual(['49.99', 'ok', []]);
    expect(await spending('50')).toEqual(['50.00', 'warning', ['50']]);
    expect(await spending('99.999999999999999999')).toEqual(['99.99', 'warning', ['50', '99.99']]);
    expect(await spending('100')).toEqual(['100.00', 'exceeded', ['50', '99.99', '100']]);
    expect(await spending('120')).toEqual(['120.00', 'exceeded', ['50', '99.99', '100', '120']]);
  });
});

describe('the view', () => {
  it('shows the present day as UTC has it, whatever zone the session is in', async () => {
    await setBudget(database.pool, { budget_name: 'all', amount: '100' });
    const today = new Date().toISOString().slice(0, 10);
    await loadDays(database.pool, [plusDays(today, -1), today]);
    const client = await database.pool.connect();
    try {
      const seen: unknown[] = [];
      for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/Los_Angeles']) {
        await client.query(`select set_config('timezone', $1, false)`, [zone]);
        seen.push((await client.query('select * from openai_bi.budget_status order by period_start')).rows);
      }
      expect(seen[0]).toHaveLength(2);
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    } finally {
      client.release(true);
    }
  });

  it('and that of anomalies are open to a role that may read openai_bi and nothing else, and closed to its writes', async () => {
    await setBudget(database.pool, { budget_name: 'one', scope: 'user', scope_value: 'user_1', amount: '100' });
    await loadDays(database.pool, datesBetween('2026-10-20', '2026-11-20'));
    await billEach(datesBetween('2026-10-20', '2026-11-20'), 10);
    const reader = `budget_reader_${randomBytes(6).toString('hex')}`;
    const client = await database.pool.connect();
    try {
      await client.query('begin');
      await client.query(`create role ${reader}`);
      await client.query(`grant usage on schema openai_bi to ${reader}`);
      await client.query(`grant select on all tables in schema openai_bi to ${reader}`);
      await client.query(`set local role ${reader}`);
      for (const sql of [
        'select * from openai_bi.budgets',
        'select * from openai_bi.cost_days',
        'select * from openai_bi.budget_status',
        `select * from openai_bi.budget_status_on('2026-11-19')`,
        'select * from openai_bi.anomalies_daily',
        `select * from openai_bi.anomalies_between('2026-11-10', '2026-11-20')`,
      ]) {
        await expect(client.query(sql), sql).resolves.toBeDefined();
      }
      await client.query('savepoint asked');
      for (const sql of ['select * from openai.budgets', 'delete from openai_bi.budgets']) {
        await expect(client.query(sql), sql).rejects.toMatchObject({ code: '42501' });
        await client.query('rollback to asked');
      }
    } finally {
      // The role goes with the transaction that made it.
      await client.query('rollback');
      client.release(true);
    }
  });
});
