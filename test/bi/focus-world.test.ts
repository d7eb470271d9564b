import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../../src/db/connection.ts';
import { silentLog } from '../../src/log.ts';
import { type FocusReport, runFocusCheck } from '../../src/run/focus.ts';
import { type BiWorld, biWorld } from '../support/bi-world.ts';

const refusal = { kind: 'refuse-grouping', dimension: 'api_key_id' } as const;

let world: BiWorld;

beforeAll(async () => {
  // Without keys an amount has several users, and its split something to do.
  const withoutKeys = { when: { dataset: 'costs', groupBy: 'api_key_id' }, then: refusal } as const;
  world = await biWorld({ widths: ['1d'], days: 40, simulator: { faults: [withoutKeys] } });
});

afterAll(() => world.close());

const rowsOf = async (sql: string) => {
  const { rows } = await world.nights.database.pool.query<Record<string, unknown>>(sql);
  return rows;
};

function expectNoViolation(report: FocusReport): void {
  expect(report.rules.filter(({ verdict }) => verdict !== 'kept' && verdict !== 'deviation')).toEqual([]);
  expect(report).toMatchObject({ status: 'ok', exit_code: 0, violations: 0 });
}

describe('a synced organization with everything that makes a bill hard to read', () => {
  it('keeps every rule of FOCUS but the published deviations, which are counted', async () => {
    const report = await runFocusCheck(world.nights.store);
    expectNoViolation(report);
    expect(report.charges).toBeGreaterThan(500);
    expect(report.parts).toBeGreaterThan(report.charges);
    const unmeasured = report.deviations.find(({ letter }) => letter === 'a');
    expect(unmeasured?.charges).toBeGreaterThan(0);
    expect(unmeasured?.charges).toBeLessThan(report.charges / 10);
  });

  it('has the bill in each view to the last digit, currency by currency', async () => {
    const sum = (amount: string, currency: string, view: string) =>
      rowsOf(
        `select upper(${currency}) as currency, trim_scale(sum(${amount}))::text as sum from ${view} group by 1 order by 1`,
      );
    const bill = await sum('amount_value', 'amount_currency', 'openai.costs');
    expect(bill.map(({ currency }) => currency)).toEqual(['EUR', 'USD']);
    expect(await sum('billed_cost', 'currency', 'openai_bi.cost_daily')).toEqual(bill);
    expect(await sum('allocated_cost', 'currency', 'openai_bi.cost_by_user_model_daily')).toEqual(bill);
    expect(await sum('billed', 'currency', 'openai_bi.reconciliation_daily')).toEqual(bill);
    expect(await sum('"BilledCost"', '"BillingCurrency"', 'openai_focus.cost_and_usage')).toEqual(bill);
    expect(await sum('"BilledCost"', '"BillingCurrency"', 'openai_focus.cost_and_usage_allocated')).toEqual(bill);
  });

  it('reconciles on every day, cost by cost, after a restatement too', async () => {
    const off = await rowsOf(
      `select * from openai_bi.reconciliation_daily where difference <> 0 or costs_off <> 0 or reason <> '(none)'`,
    );
    expect(off).toEqual([]);
    const days = await rowsOf(
      `select cost_date::text as day from openai_bi.reconciliation_daily where currency = 'usd'`,
    );
    expect(days.length).toBeGreaterThan(35);
    expect(days.map(({ day }) => day)).toContain(world.restatedDay);
  });

  it('can be checked by a role that may read the views and nothing else', async () => {
    const role = `focus_reader_${randomBytes(4).toString('hex')}`;
    const { pool, url } = world.nights.database;
    await pool.query(
      `create role ${role}; grant usage on schema openai_bi, openai_focus to ${role};
       grant select on all tables in schema openai_bi, openai_focus to ${role}`,
    );
    const asReader = new URL(url);
    asReader.searchParams.set('options', `-c role=${role} -c default_transaction_read_only=on`);
    const readers = createPool(asReader.href, 'usage-etl tests', 1, silentLog);
    try {
      await expect(readers.query('select from openai.costs')).rejects.toThrow('permission denied');
      expectNoViolation(await runFocusCheck({ pool: readers }));
    } finally {
      await readers.end();
      await pool.query(`drop owned by ${role}; drop role ${role}`);
    }
  });
});
