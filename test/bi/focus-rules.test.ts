import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings, focusViews } from '../../src/derive/focus/check.ts';
import { brokenQuery, type FocusRule } from '../../src/derive/focus/rule.ts';
import { focusRules } from '../../src/derive/focus/rules.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { storeBill } from './cost-world.ts';
import { mutations } from './focus-mutations.ts';

const copies = { charges: 'pg_temp.charges', allocated: 'pg_temp.allocated' };

let database: TestDatabase;
let client: pg.PoolClient;

beforeAll(async () => {
  database = await testDatabase();
  await storeBill(database.pool);
  client = await database.pool.connect();
  for (const view of ['charges', 'allocated'] as const) {
    await client.query(`create temp table ${view} as select * from ${focusViews[view]}`);
  }
});

afterAll(async () => {
  client.release();
  await database.close();
});

/** What breaks a rule in the copies, each change taken back after it. */
async function afterwards<T>(id: string, look: () => Promise<T>): Promise<T> {
  const mutation = mutations.get(id);
  if (mutation === undefined) throw new Error(`nothing breaks ${id}`);
  await client.query('begin');
  try {
    await client.query(mutation.sql.replaceAll('TABLE', copies[mutation.view]));
    return await look();
  } finally {
    await client.query('rollback');
  }
}

async function brokenBy(rule: FocusRule): Promise<number> {
  let broken = 0;
  for (const view of rule.views) {
    broken += (await client.query(brokenQuery(rule, copies[view], copies))).rowCount ?? 0;
  }
  return broken;
}

it('is known of every rule what breaks it', () => {
  const ids = focusRules.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...mutations.keys()].toSorted()).toEqual(ids.toSorted());
});

describe.each(focusRules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it(`is kept by the views, and a wrong row is seen: ${rule.sentence}`, async () => {
    expect(await brokenBy(rule)).toBe(0);
    expect(await afterwards(id, () => brokenBy(rule))).toBeGreaterThan(0);
  });
});

it('finds at once what the rules find one by one', async () => {
  const whole = await findings(client, copies);
  expect(whole).toMatchObject({ charges: 11, parts: 21 });
  expect(whole.results.filter(({ broken }) => broken !== 0)).toEqual([]);
  for (const id of ['CAU-PricingUnit-C-003', 'CAU-SkuId-C-005', 'CAU-AllocatedMethodDetailsObject-O-027']) {
    const found = await afterwards(id, () => findings(client, copies));
    expect(found.results.filter(({ broken }) => broken !== 0).map(({ rule }) => rule.id)).toContain(id);
  }
});

it('finds the same whether it reads all days at a time or one', { timeout: 60_000 }, async () => {
  // In another month too, so that there are days to be told apart, and what holds across them.
  const twice = async () => {
    for (const table of Object.values(copies)) {
      await client.query(`insert into ${table} select * from ${table}`);
      await client.query(
        `update ${table} set "ChargePeriodStart" = "ChargePeriodStart" + interval '31 days'
         where ctid in (select max(ctid) from ${table} group by "x_SourceRecordId", "x_PartNumber")`,
      );
    }
  };
  const counts = ({ charges, parts, results }: Awaited<ReturnType<typeof findings>>) => ({
    charges,
    parts,
    broken: results.map(({ rule, broken, deviating }) => [rule.id, broken, deviating]),
  });
  const ids = [
    'CAU-SkuPriceId-C-008',
    'CAU-ChargePeriodStart-C-003',
    'ATT-DataGeneratorCalculatedSplitCostAllocationHandling-A-012',
  ];
  for (const id of ids) {
    const [whole, byDay] = await afterwards(id, async () => {
      await twice();
      return [await findings(client, copies, 1_000_000), await findings(client, copies, 1)];
    });
    expect(whole).toMatchObject({ charges: 22, parts: 42 });
    expect(whole?.results.find(({ rule }) => rule.id === id)?.broken).toBeGreaterThan(0);
    expect(counts(byDay ?? whole)).toEqual(counts(whole));
  }
});

it('asks nothing about rows when a column is missing, and calls that no success', async () => {
  const found = await afterwards('CAU-CostAndUsage-D-006', () => findings(client, copies));
  const missing = found.results.filter(({ broken }) => broken !== null && broken > 0).map(({ rule }) => rule.id);
  expect(missing).toEqual(['CAU-CostAndUsage-D-006', 'own-column-order']);
  expect(found.results.filter(({ broken }) => broken === null).length).toBeGreaterThan(50);
});

it('lets pass what is published as a deviation, and counts it with its money', async () => {
  const { deviations, results } = await findings(client, copies);
  expect(deviations.map(({ letter }) => letter)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(deviations[0]).toMatchObject({ charges: 3, amounts: [{ currency: 'USD', amount: '1.76' }] });
  const deviating = results.filter(({ deviating }) => deviating > 0).map(({ rule }) => rule.id);
  expect(deviating).toEqual([
    'CAU-ConsumedQuantity-C-006',
    'CAU-PricingQuantity-C-005',
    'CAU-SkuId-C-005',
    'CAU-SkuPriceId-C-005',
  ]);
});
