import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { focusRules } from '../../src/derive/focus/rules.ts';
import { run, runJson } from '../cli/command.ts';
import { insertCost } from '../support/cost-rows.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { storeBill } from './cost-world.ts';

let database: TestDatabase;
let env: { readonly DATABASE_URL: string };

beforeAll(async () => {
  database = await testDatabase();
  env = { DATABASE_URL: database.url };
  await storeBill(database.pool);
});

afterAll(() => database.close());

describe('check focus', () => {
  it('ends with 0 when nothing but published deviations is found, a line per rule', async () => {
    const { exit, stdout } = await run(['check', 'focus'], { env });
    expect(exit).toBe(0);
    expect(stdout.match(/(?:kept|deviation a)$/gm)).toHaveLength(focusRules.length);
    expect(stdout).toMatch(/No rule is violated\. \d+ rules asked of 11 charges and 21 parts\./);
    expect(stdout).toMatch(/^ {2}a .* 3 charges, \$1\.76\.$/m);
  });

  it('ends with 4 and names the rule when a split does not add up', async () => {
    const own = await testDatabase();
    try {
      await insertCost(own.pool, {
        day: '2026-01-01',
        item: 'gpt-6-astra, input',
        amount: '2',
        quantity: '10',
        unit: 'tokens',
        parts: [{ user: 'user_1', amount: '1.9', quantity: '10', share: '10' }],
      });
      const { exit, document } = await runJson(['check', 'focus'], { env: { DATABASE_URL: own.url } });
      expect(exit).toBe(4);
      expect(document).toMatchObject({ status: 'violations', violations: 1, exit_code: 4 });
      expect(document).toMatchObject({
        rules: expect.arrayContaining([
          expect.objectContaining({
            rule: 'ATT-DataGeneratorCalculatedSplitCostAllocationHandling-A-012',
            rows: 1,
            verdict: 'violation',
          }),
        ]),
      });
    } finally {
      await own.close();
    }
  });

  it('prints the metadata document as JSON, asked for it or not', async () => {
    for (const json of [[], ['--json']]) {
      const { exit, stdout } = await run(['check', 'focus', '--metadata', ...json], { env });
      expect(exit).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        DatasetInstance: [{ FocusDataset: 'CostAndUsage' }, { FocusDataset: 'CostAndUsage' }],
      });
    }
  });

  it('finds nothing to object to in an empty store', async () => {
    const own = await testDatabase();
    try {
      const { exit, document } = await runJson(['check', 'focus'], { env: { DATABASE_URL: own.url } });
      expect({ exit, document }).toMatchObject({ exit: 0, document: { status: 'ok', charges: 0, parts: 0 } });
    } finally {
      await own.close();
    }
  });

  it('leaves check itself as it was, and refuses what else stands behind it', async () => {
    const { exit, stderr } = await run(['check', 'fokus'], { env });
    expect(exit).toBe(2);
    expect(stderr).toMatch(/usage-etl check: too many arguments.*accepted: .*focus/);
  });
});
