import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anOrganization, insertCost, insertLedger, sumUp } from '../support/cost-rows.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { storeBill } from './cost-world.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await storeBill(database.pool);
});

afterAll(() => database.close());

async function rowsOf(sql: string): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await database.pool.query<Record<string, unknown>>(sql);
  return rows;
}

/** Runs `work` on a bill of its own. */
async function withBill(work: (pool: TestDatabase['pool']) => Promise<void>): Promise<void> {
  const own = await testDatabase();
  try {
    await work(own.pool);
  } finally {
    await own.close();
  }
}

describe('cost_daily', () => {
  it('has every amount billed once, whatever is unknown of it', async () => {
    const bill = `select amount_currency as currency, count(*), sum(amount_value)::text from openai.costs group by 1 order by 1`;
    const view = `select currency, count(*), sum(billed_cost)::text from openai_bi.cost_daily group by 1 order by 1`;
    const billed = await rowsOf(bill);
    expect(billed).toHaveLength(2);
    expect(await rowsOf(view)).toEqual(billed);
  });

  it('shows what is null as a labelled value, and leaves ids as they are', async () => {
    const [row] = await rowsOf(`select * from openai_bi.cost_daily where billed_cost = 0.01`);
    expect(row).toMatchObject({
      project_id: null,
      project_name: '(no project)',
      team: '(no team)',
      cost_center: '(no cost center)',
      api_key_id: null,
      api_key_label: '(no key)',
      line_item: '(no line item)',
      model: '(no model)',
      token_class: '(no token class)',
      service: '(no service)',
      parse_status: 'no_line_item',
      quantity: null,
      unit_price: null,
    });
  });

  it('shows the names, what the line item says, and the price of a unit', async () => {
    const [row] = await rowsOf(
      `select cost_date::text as cost_date, * from openai_bi.cost_daily where line_item like 'priority%'`,
    );
    expect(row).toMatchObject({
      project_name: 'Search',
      team: 'search',
      cost_center: '42',
      api_key_label: 'backend',
      surface: 'priority',
      model: 'gpt-6-astra',
      token_class: 'output',
      qualifier: 'long context',
      charge_category: 'Usage',
      quantity: '30',
      quantity_unit: 'tokens',
    });
    const prices = await rowsOf(
      `select unit_price::numeric(20, 10)::text as price from openai_bi.cost_daily where billed_cost = 100`,
    );
    expect(prices).toEqual([{ price: '0.0001666667' }]);
  });

  it('keeps every digit, and rounds only in the column that says so', async () => {
    const [row] = await rowsOf(
      `select billed_cost::text, billed_cost_rounded::text from openai_bi.cost_daily where service = 'file search'`,
    );
    expect(row).toEqual({ billed_cost: '0.1234567890123456789012345', billed_cost_rounded: '0.123457' });
  });

  it('calls a day final when it is settled and its newest reading could be typed', async () => {
    await withBill(async (pool) => {
      for (const [day, change] of [
        ['2026-01-01', ''],
        ['2026-01-02', 'settled = false'],
        ['2026-01-03', `status = 'refused'`],
      ] as const) {
        await insertCost(pool, { day, item: 'x', amount: '1' });
        if (change !== '') {
          await pool.query(`update openai_etl.buckets set ${change} where bucket_start = $1`, [`${day}T00:00:00Z`]);
        }
      }
      const { rows } = await pool.query(
        'select cost_date::text as day, is_final from openai_bi.cost_daily order by cost_date',
      );
      expect(rows).toEqual([
        { day: '2026-01-01', is_final: true },
        { day: '2026-01-02', is_final: false },
        { day: '2026-01-03', is_final: false },
      ]);
    });
  });
});

describe('cost_by_user_model_daily', () => {
  it('adds up to the bill of every day that is split, in every currency, the unattributed rest included', async () => {
    const split = await rowsOf(
      `select currency, sum(allocated_cost)::numeric(40, 30)::text as sum from openai_bi.cost_by_user_model_daily
       group by 1 order by 1`,
    );
    const billed = await rowsOf(
      `select currency, sum(billed_cost)::numeric(40, 30)::text as sum from openai_bi.cost_daily
       where cost_date = '2026-11-03' group by 1 order by 1`,
    );
    expect(split).toEqual(billed);
  });

  it('tells nobody in particular from nobody known', async () => {
    const labels = await rowsOf(
      `select distinct user_label, user_kind, status from openai_bi.cost_by_user_model_daily order by 1`,
    );
    expect(labels).toEqual([
      { user_label: '(no user)', user_kind: 'none', status: 'allocated' },
      { user_label: '(unattributed)', user_kind: 'none', status: 'unattributed' },
      { user_label: 'Ada', user_kind: 'user', status: 'allocated' },
      { user_label: 'user_2', user_kind: 'unknown', status: 'allocated' },
      { user_label: 'user_3', user_kind: 'unknown', status: 'allocated' },
    ]);
  });

  it('says how each amount was split, and why it was not', async () => {
    const euros = await rowsOf(
      `select user_label, reason, method, is_billed_by_user, allocated_cost::text as cost
       from openai_bi.cost_by_user_model_daily where currency = 'eur' order by 1`,
    );
    const method = { method: 'billed_user_share', is_billed_by_user: true };
    expect(euros).toEqual([
      { user_label: '(unattributed)', reason: 'user_share_gap', cost: '0.1', ...method },
      { user_label: 'user_2', reason: '(allocated)', cost: '7.4', ...method },
    ]);
  });
});

describe('reconciliation_daily', () => {
  const view = `select cost_date::text as day, currency, trim_scale(billed)::text as billed,
      trim_scale(allocated + unattributed)::text as split, trim_scale(difference)::text as difference,
      reason, costs, costs_off, is_final
    from openai_bi.reconciliation_daily order by 1, 2`;

  it('is 0 where a day is split, and shows a day that is not as a difference, never as unattributed', async () => {
    expect(await rowsOf(view)).toEqual([
      expect.objectContaining({ day: '2026-11-03', currency: 'eur', billed: '7.5', difference: '0', reason: '(none)' }),
      expect.objectContaining({ day: '2026-11-03', currency: 'usd', difference: '0', costs: 9, costs_off: 0 }),
      {
        day: '2026-11-05',
        currency: 'usd',
        billed: '24',
        split: '0',
        difference: '24',
        reason: 'not_split_yet',
        costs: 1,
        costs_off: 1,
        is_final: false,
      },
    ]);
  });

  it('says so when the bill changed after the split, when it is gone, and when errors cancel each other out', async () => {
    await withBill(async (pool) => {
      const ofNobody = (amount: string) => [{ user: null, reason: 'credit', amount }];
      await insertCost(pool, { day: '2026-01-01', item: 'a', amount: '5', parts: ofNobody('4') });
      await insertCost(pool, { day: '2026-01-02', item: 'a', amount: '5', parts: ofNobody('4') });
      await insertCost(pool, { day: '2026-01-02', item: 'b', amount: '1', parts: ofNobody('2') });
      const gone = await insertCost(pool, { day: '2026-01-03', item: 'a', amount: '5', parts: ofNobody('5') });
      await pool.query('delete from openai.costs where series_id = $1', [gone]);
      await sumUp(pool, anOrganization, ['2026-01-03']);
      const { rows } = await pool.query(view);
      expect(rows).toMatchObject([
        { day: '2026-01-01', difference: '1', reason: 'split_outdated', costs_off: 1 },
        { day: '2026-01-02', difference: '0', reason: 'split_outdated', costs_off: 2 },
        { day: '2026-01-03', difference: '-5', reason: 'no_longer_billed', costs: 0, costs_off: 1 },
      ]);
    });
  });

  it('goes by what load and split have summed; reconciliation_between finds what was changed by hand', async () => {
    await withBill(async (pool) => {
      const parts = [{ user: 'user_1', amount: '5' }];
      const series = await insertCost(pool, { day: '2026-01-01', item: 'a', amount: '5', parts });
      await insertCost(pool, { day: '2026-01-01', item: 'b', amount: '7', parts: [{ user: 'user_1', amount: '7' }] });
      const between = `select cost_date::text as day, billed, allocated, difference, costs, costs_off, parts
        from openai_bi.reconciliation_between('2026-01-01', '2026-01-02')`;
      const whole = {
        day: '2026-01-01',
        billed: '12',
        allocated: '12',
        difference: '0',
        costs: 2,
        costs_off: 0,
        parts: 2,
      };
      expect((await pool.query(between)).rows).toEqual([whole]);
      await pool.query('update openai.cost_parts set amount = 4 where series_id = $1', [series]);
      const off = { ...whole, allocated: '11', difference: '1', costs_off: 1 };
      expect((await pool.query(between)).rows).toEqual([off]);
      expect((await pool.query(view)).rows).toMatchObject([{ day: '2026-01-01', difference: '0', costs_off: 0 }]);
    });
  });
});

describe('unit_price_daily', () => {
  it('divides sums by sums, and compares with the last day that had a price', async () => {
    await withBill(async (pool) => {
      const cost = { item: 'gpt-6-astra, input', unit: 'tokens' };
      await insertCost(pool, { ...cost, day: '2026-01-01', project: 'a', amount: '1', quantity: '1000000' });
      await insertCost(pool, { ...cost, day: '2026-01-01', project: 'b', amount: '5', quantity: '2000000' });
      await insertCost(pool, { ...cost, day: '2026-01-01', project: 'c', amount: '9', quantity: null });
      await insertCost(pool, { ...cost, day: '2026-01-04', amount: '3', quantity: '1000', unit: '1000_tokens' });
      await insertCost(pool, { ...cost, day: '2026-01-04', amount: '2.5', quantity: '1000000' });
      await insertCost(pool, { ...cost, day: '2026-01-05', amount: '0', quantity: '0' });
      await insertLedger(pool, 'costs', '2026-01-05');
      const { rows } = await pool.query(
        `select cost_date::text as day, quantity_unit, amount::text, quantity::text,
           trim_scale(price_per_million_tokens)::text as price, previous_date::text as before,
           trim_scale(unit_price_change_ratio)::text as change
         from openai_bi.unit_price_daily order by cost_date, quantity_unit`,
      );
      expect(rows).toEqual([
        {
          day: '2026-01-01',
          quantity_unit: 'tokens',
          amount: '6',
          quantity: '3000000',
          price: '2',
          before: null,
          change: null,
        },
        {
          day: '2026-01-04',
          quantity_unit: '1000_tokens',
          amount: '3',
          quantity: '1000',
          price: '3',
          before: null,
          change: null,
        },
        {
          day: '2026-01-04',
          quantity_unit: 'tokens',
          amount: '2.5',
          quantity: '1000000',
          price: '2.5',
          before: '2026-01-01',
          change: '0.25',
        },
      ]);
    });
  });
});

describe('every view of money', () => {
  const views = ['cost_daily', 'cost_by_user_model_daily', 'reconciliation_daily', 'unit_price_daily'];

  it.each(views)('%s says the same in every time zone', async (view) => {
    const said = async (zone: string) => {
      const client = await database.pool.connect();
      try {
        await client.query('begin');
        await client.query(`set local time zone '${zone}'`);
        const { rows } = await client.query(
          `select md5(string_agg(line, e'\n' order by line)) as said, count(*)
           from (select (to_jsonb(v) - array['updated_at', 'split_at'])::text as line from openai_bi.${view} as v) as lines`,
        );
        return rows;
      } finally {
        await client.query('rollback');
        client.release();
      }
    };
    const utc = await said('UTC');
    expect(await said('America/Los_Angeles')).toEqual(utc);
    expect(await said('Pacific/Kiritimati')).toEqual(utc);
  });

  it('keeps the columns that others rely on, with their types', async () => {
    const columns = await rowsOf(
      `select table_name || '.' || column_name as name, data_type as type from information_schema.columns
       where table_schema = 'openai_bi'`,
    );
    const types = new Map(columns.map(({ name, type }) => [name, type]));
    const expected = Object.entries(contract).flatMap(([view, ofView]) =>
      Object.entries(ofView).map(([column, type]) => [`${view}.${column}`, type]),
    );
    expect(expected.map(([name]) => [name, types.get(name)])).toEqual(expected);
  });
});

const text = 'text';
const contract: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cost_daily: {
    cost_date: 'date',
    org_id: text,
    project_id: text,
    project_name: text,
    team: text,
    cost_center: text,
    api_key_id: text,
    api_key_label: text,
    line_item: text,
    surface: text,
    model: text,
    token_class: text,
    service: text,
    charge_category: text,
    billed_cost: 'numeric',
    currency: text,
    quantity: 'numeric',
    quantity_unit: text,
    unit_price: 'numeric',
    is_final: 'boolean',
    updated_at: 'timestamp with time zone',
  },
  cost_by_user_model_daily: {
    cost_date: 'date',
    org_id: text,
    project_id: text,
    project_name: text,
    user_id: text,
    user_label: text,
    model: text,
    token_class: text,
    status: text,
    reason: text,
    method: text,
    allocated_cost: 'numeric',
    currency: text,
  },
  reconciliation_daily: {
    cost_date: 'date',
    org_id: text,
    currency: text,
    billed: 'numeric',
    allocated: 'numeric',
    unattributed: 'numeric',
    difference: 'numeric',
  },
  unit_price_daily: { cost_date: 'date', org_id: text, line_item: text, currency: text, unit_price: 'numeric' },
};
