import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { bill, loadDays, setBudget } from '../bi/support/spend.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { emptyFolder, run, runJson } from './command.ts';

// Each command is a process of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  database = await testDatabase();
  folder = mkdtempSync(join(emptyFolder(), 'budgets-'));
  return () => database.close();
});

const env = () => ({ DATABASE_URL: database.url });
const written = (name: string, ...lines: readonly string[]) =>
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
const budgets = (...args: readonly string[]) => runJson(['budgets', ...args], { env: env(), cwd: folder });
const stored = async () =>
  (
    await database.pool.query<{ name: string }>(
      `select concat_ws(' ', budget_name, scope_value, period, amount, currency) as name from openai.budgets order by 1`,
    )
  ).rows.map(({ name }) => name);

describe('budgets FILE', () => {
  it('makes the budgets of the file all there are, and changes nothing the second time', async () => {
    written('b.csv', 'budget_name,scope,scope_value,amount', 'all,,,1000', 'search,project,proj_a,10.50');
    expect(await budgets('b.csv')).toMatchObject({
      exit: 0,
      document: { dry_run: false, added: ['all', 'search'], changed: [], removed: [], unchanged: 0 },
    });
    expect(await stored()).toEqual(['all month 1000 usd', 'search proj_a month 10.50 usd']);
    expect(await budgets('b.csv')).toMatchObject({ document: { added: [], changed: [], removed: [], unchanged: 2 } });

    written('b.yaml', '- budget_name: all', '  amount: 2000', '- budget_name: new', '  amount: 1', '  period: year');
    const change = { added: ['new'], changed: ['all'], removed: ['search'], unchanged: 0 };
    expect(await budgets('b.yaml', '--dry-run')).toMatchObject({ document: { dry_run: true, ...change } });
    expect(await stored()).toEqual(['all month 1000 usd', 'search proj_a month 10.50 usd']);
    expect(await budgets('b.yaml')).toMatchObject({ document: change });
    expect(await stored()).toEqual(['all month 2000 usd', 'new year 1 usd']);
  });

  it('takes back what a query for the budgets printed', async () => {
    await setBudget(database.pool, {
      budget_name: 'Search, "prod"',
      scope: 'team',
      scope_value: 'search',
      amount: '1234.5',
      currency: 'EUR',
      thresholds: '{75,100}',
      valid_from: '2026-11-01',
    });
    await setBudget(database.pool, { budget_name: 'quiet', amount: '1', thresholds: '{}' });
    const { stdout } = await run(['query', '--csv', 'table openai_bi.budgets'], { env: env() });
    written('b.csv', stdout);
    const again = await budgets('b.csv');
    expect(again.exit, again.stdout).toBe(0);
    const { rows } = await database.pool.query('select * from openai.budgets order by amount desc');
    expect(rows).toMatchObject([
      { budget_name: 'Search, "prod"', currency: 'eur', thresholds: ['75', '100'], valid_from: '2026-11-01' },
      { budget_name: 'quiet', thresholds: [], valid_from: '-infinity' },
    ]);
    expect(await budgets('b.csv')).toMatchObject({ document: { unchanged: 2 } });
  });

  it('writes nothing when something is wrong, and says all that is', async () => {
    written('b.csv', 'budget_name,amount', 'a,much', 'b,-1', 'c,1');
    const refused = await run(['budgets', 'b.csv'], { env: env(), cwd: folder });
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain('2 problems in the budgets');
    expect(refused.stderr).toContain('b.csv:2 amount: received "much"');
    expect(refused.stderr).toContain('b.csv:3 amount: received "-1"');
    expect(await stored()).toEqual([]);
    const absent = await run(['budgets', 'absent.csv'], { env: env(), cwd: folder });
    expect(absent).toMatchObject({ exit: 2, stderr: expect.stringContaining('absent.csv: cannot be read (ENOENT)') });
  });

  it('doubts a budget that nothing is known to count towards, and knows ids by their names', async () => {
    await database.pool.query(
      `insert into openai.projects (org_id, project_id, project_name, is_stub, first_seen_at, last_seen_at, updated_at, changed_xid)
       values ('acme', 'proj_a', 'Search', false, now(), now(), now(), pg_current_xact_id())`,
    );
    const lines = ['budget_name,scope,scope_value,amount', 'a,project,proj_a,1', 'b,project,Search,1', 'c,team,x,1'];
    written('b.csv', ...lines, 'd,team,(no team),1');
    const said = await run(['budgets', 'b.csv'], { env: env(), cwd: folder });
    expect(said.exit, said.stderr).toBe(0);
    expect(said.stdout).toBe(
      [
        'Added: a, b, c, d',
        '  ! b: no project Search is known so far, nothing counts towards it; did you mean proj_a?',
        '  ! c: no team x is known so far, nothing counts towards it',
        '0 budgets as the file says already',
        '',
      ].join('\n'),
    );
  });
});

describe('check budgets', () => {
  const today = () => new Date().toISOString().slice(0, 10);

  it('exits with 4 when a budget is exceeded, and with 0 when one only comes near', async () => {
    await loadDays(database.pool, [today()], 'open');
    await bill(database.pool, [{ day: today(), amount: '99.999' }]);
    await setBudget(database.pool, { budget_name: 'everything', amount: '100' });
    const near = await run(['check', 'budgets'], { env: env() });
    expect(near.exit, near.stderr).toBe(0);
    expect(near.stdout).toMatch(/everything +everything +\S+ +\$100\.00 +\$100\.00 +99\.99 +– +– +past 80 %/);
    expect(near.stdout).toContain('No budget is exceeded.');

    await bill(database.pool, [{ day: today(), amount: '100' }]);
    const exceeded = await runJson(['check', 'budgets'], { env: env() });
    expect(exceeded).toMatchObject({
      exit: 4,
      document: {
        status: 'exceeded',
        exit_code: 4,
        budgets: [{ budget_name: 'everything', spent: '100', spent_percent: '100.00', state: 'exceeded' }],
      },
    });
    const text = await run(['check', 'budgets'], { env: env() });
    expect(text).toMatchObject({ exit: 4, stdout: expect.stringContaining('1 of 1 budget exceeded.') });
  });

  it('says what its figures leave out, and what to do when no budget is set', async () => {
    const none = await run(['check', 'budgets'], { env: env() });
    expect(none).toMatchObject({ exit: 0, stdout: expect.stringContaining('usage-etl budgets FILE') });
    await loadDays(database.pool, [today()], 'open');
    await bill(database.pool, [{ day: today(), amount: 5, currency: 'eur' }]);
    await setBudget(database.pool, { budget_name: 'everything', amount: '100' });
    const said = await run(['check', 'budgets'], { env: env() });
    expect(said.stdout).toContain('! everything: costs in eur do not count');
  });
});
