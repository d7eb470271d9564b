import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { checkFocus } from '../../src/derive/focus/check.ts';
import { importBudgets, runBudgetCheck } from '../../src/run/budgets.ts';
import { runMap } from '../../src/run/map.ts';
import { readReportData } from '../../src/run/report-data.ts';
import { expectToAddUp } from '../allocate/stored-parts.ts';
import { liveThroughNights, type Nights, organization } from '../support/nights.ts';
import { toldApi, type Use } from '../support/told-api.ts';

let open: readonly { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open) await one.close();
});

async function live(truth: readonly Use[]): Promise<Nights> {
  const api = await toldApi(truth);
  const nights = await liveThroughNights({
    datasets: [completions, costs, costsByUser],
    days: 10,
    config: { baseUrl: api.url },
  });
  open = [nights, api];
  return nights;
}

const rows = async ({ database }: Nights, sql: string) =>
  (await database.pool.query<{ row: string }>(`select concat_ws(' ', ${sql}`)).rows.map(({ row }) => row);

const of = { day: '2026-11-20', project_id: 'p1', model: 'gpt-6-astra', line_item: 'gpt-6-astra, input', user_id: 'a' };

describe('a currency', { timeout: 60_000 }, () => {
  const truth = [
    { ...of, amount: 10, currency: 'USD' },
    { ...of, amount: 5, currency: 'usd' },
    { ...of, project_id: 'p2', amount: 7, currency: 'Usd' },
    { ...of, amount: 3, currency: 'EUR' },
  ];

  it('is one however it is spelled, and what came is kept', async () => {
    const nights = await live(truth);
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
    const stored = `project_id, amount_currency, trim_scale(amount_value), extra) as row from openai.costs order by 1`;
    expect(await rows(nights, stored)).toEqual([
      'p1 eur 3 {"amount.currency": "EUR"}',
      'p1 usd 15 {"amount.currency": "USD"}',
      'p2 usd 7 {"amount.currency": "Usd"}',
    ]);
    const sums = ['eur 3', 'usd 22'];
    for (const view of ['cost_daily', 'cost_daily_by_line_item']) {
      const sql = `currency, trim_scale(sum(billed_cost))) as row from openai_bi.${view} group by currency order by 1`;
      expect(await rows(nights, sql)).toEqual(sums);
    }
    for (const view of ['cost_by_user_model_daily', 'cost_daily_by_user']) {
      const sql = `currency, trim_scale(sum(allocated_cost))) as row from openai_bi.${view} group by currency order by 1`;
      expect(await rows(nights, sql)).toEqual(sums);
    }
    const reconciled = `currency, trim_scale(billed), costs_off) as row from openai_bi.reconciliation_daily order by 1`;
    expect(await rows(nights, reconciled)).toEqual(['eur 3 0', 'usd 22 0']);
    const focus = `"BillingCurrency", trim_scale(sum("BilledCost"))) as row from openai_focus.cost_and_usage group by "BillingCurrency" order by 1`;
    expect(await rows(nights, focus)).toEqual(['EUR 3', 'USD 22']);
    await expectToAddUp(nights);
    expect(await nights.verify()).toMatchObject({ exit_code: 0 });
  });

  it('of a store from before is folded with its series, and the next reading restates nothing', async () => {
    const nights = await live([
      { ...of, amount: 10, currency: 'USD' },
      { ...of, project_id: 'p2', amount: 7 },
      { ...of, project_id: 'p3', amount: 1, currency: 'EUR' },
    ]);
    await nights.sync();
    const { pool } = nights.database;
    const all = `project_id, amount_currency, series_id, trim_scale(amount_value)) as row from openai.costs order by 1`;
    const sums = `scope, scope_value, currency, trim_scale(amount), digest) as row from openai.cost_scope_daily_rollup order by 1`;
    const before = [await rows(nights, all), await rows(nights, sums)];
    for (const table of ['costs', 'costs_by_user']) {
      await pool.query(
        `update openai.${table} set amount_currency = upper(amount_currency), extra = null, series_id = gen_random_uuid() where project_id <> 'p2'`,
      );
    }
    await pool.query(
      `update openai.cost_scope_daily_rollup set currency = upper(currency) where scope in ('all', 'project')`,
    );
    const migration = await readFile(join(import.meta.dirname, '../../migrations/0020_meaning.sql'), 'utf8');
    await pool.query(
      `begin; ${migration.slice(migration.indexOf('create function openai_etl.fold_currencies'))}; commit`,
    );
    expect([await rows(nights, all), await rows(nights, sums)]).toEqual(before);
    const restated = await rows(nights, `count(*)) as row from openai_etl.restatements`);
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
    expect(await rows(nights, `count(*)) as row from openai_etl.restatements`)).toEqual(restated);
    expect([await rows(nights, all), await rows(nights, sums)]).toEqual(before);
    await expectToAddUp(nights);
  });
});

describe('an empty text', { timeout: 60_000 }, () => {
  const truth = [
    { ...of, amount: 1, project_id: '', tokens: 1 },
    { ...of, amount: 2, line_item: '', tokens: 2 },
    { ...of, amount: 4, api_key_id: '', tokens: 4 },
    { ...of, amount: 8, user_id: '', tokens: 8 },
    { ...of, amount: 16, tokens: 16, model: '', service_tier: '' },
    { day: of.day, amount: 32 },
  ];

  it('is a value of its own in facts and views, and null in FOCUS, which passes its own check', async () => {
    const nights = await live(truth);
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
    await expectToAddUp(nights);
    expect(
      await rows(
        nights,
        `count(*) filter (where project_id = ''), count(*) filter (where line_item = ''), count(*) filter (where api_key_id = '')) as row from openai.costs`,
      ),
    ).toEqual(['1 1 1']);
    expect(
      await rows(
        nights,
        `scope, scope_value, scope_label, trim_scale(amount)) as row from openai_bi.cost_daily_by_scope where scope_value in ('(empty)') order by 1`,
      ),
    ).toEqual([
      'api_key (empty) (empty) 4',
      'line_item (empty) (empty) 2',
      'project (empty) (empty) 1',
      'user (empty) (empty) 8',
    ]);
    for (const [view, amount] of [
      ['cost_daily', 'billed_cost'],
      ['cost_daily_by_line_item', 'billed_cost'],
      ['cost_daily_by_user', 'allocated_cost'],
      ['cost_by_user_model_daily', 'allocated_cost'],
    ]) {
      expect(
        await rows(
          nights,
          `trim_scale(sum(${amount})), trim_scale(sum(${amount}) filter (where project_id = ''))) as row from openai_bi.${view}`,
        ),
      ).toEqual(['63 1']);
    }
    const { rows: focus } = await nights.database.pool.query<{ empty: number; sum: string }>(
      `select count(*) filter (where '' in (select value from jsonb_each_text(to_jsonb(f))))::int as empty,
         trim_scale(sum("BilledCost")) as sum from openai_focus.cost_and_usage_allocated f`,
    );
    expect(focus).toEqual([{ empty: 0, sum: '63' }]);
    const { results } = await checkFocus(nights.store.pool);
    expect(results.filter(({ broken, rule }) => broken !== 0 && rule.strength === 'must')).toEqual([]);
    expect(await nights.verify()).toMatchObject({ exit_code: 0 });
  });

  it('is no currency: its cost is kept as one without', async () => {
    const nights = await live([{ ...of, amount: 1, currency: '' }]);
    expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{}, { amounts_missing: 1 }, {}] });
    expect(await rows(nights, `amount_value, amount_currency is null) as row from openai.costs`)).toEqual(['1 t']);
  });
});

describe('text that people own', { timeout: 60_000 }, () => {
  const [composed, decomposed] = ['Équipe Café'.normalize('NFC'), 'Équipe Café'.normalize('NFD')];

  it.each([
    ['mapped decomposed', decomposed, composed],
    ['budgeted decomposed', composed, decomposed],
    ['with a space at its end', `"${decomposed} "`, ` ${composed}`],
  ])('meets itself in another spelling: %s', async (_, mapped, budgeted) => {
    const nights = await live([{ ...of, amount: 10 }]);
    await nights.sync();
    const { pool } = nights.database;
    await pool.query(`update openai.projects set project_name = $1, is_stub = false`, [decomposed]);
    const options = { file: 'map.csv', dryRun: false, organizations: null };
    const text = `project_name,team,cost_center\n${composed},${mapped},${mapped}`;
    expect(await runMap(nights.store, { ...options, text })).toMatchObject({ status: 'ok' });
    expect(await runMap(nights.store, { ...options, text: text.normalize('NFD') })).toMatchObject({ changed: [] });
    const yaml = `- {budget_name: a, scope: team, scope_value: "${budgeted}", amount: 5}`;
    const written = await importBudgets(nights.store, {
      file: 'budgets.yaml',
      text: yaml,
      dryRun: false,
      organizations: [organization],
    });
    expect(written.unknown).toEqual([]);
    await pool.query(
      `insert into openai.budgets (budget_name, scope, scope_value, amount) values ('by SQL', 'cost_center', $1, 5)`,
      [decomposed],
    );
    const { budgets } = await runBudgetCheck(nights.store, nights.clock);
    expect(budgets.map(({ spent }) => spent)).toEqual(['10', '10']);
    const bounds = { from: '2026-11-14', to: '2026-11-23', organizations: null };
    const report = await readReportData(pool, bounds, nights.clock.now());
    expect(report.spend[0]?.breakdowns.find(({ dimension }) => dimension === 'team')?.rows).toMatchObject([
      { label: composed, amount: '10' },
    ]);
  });
});
