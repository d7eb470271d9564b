import { describe, expect, it } from 'vitest';
import { type AnomalyFact, anomalyConditions, type BudgetFact, budgetConditions } from '../../src/alert/spending.ts';

const november: BudgetFact = {
  budget_name: 'search',
  org_id: 'acme',
  period: 'month',
  period_start: '2026-11-01',
  period_end: '2026-12-01',
  amount: '100.00',
  currency: 'usd',
  spent: '10.00',
  spent_percent: '10.00',
  forecast: '30.00',
  forecast_percent: '30.00',
  forecast_method: 'weekday_median',
  state: 'ok',
  thresholds_crossed: [],
  days_missing: 0,
};

const told = (changed: Partial<BudgetFact>) =>
  budgetConditions({ ...november, ...changed }).map(({ kind, subject }) => `${kind}: ${subject}`);

describe('a budget', () => {
  it('says nothing before a threshold is reached', () => {
    expect(told({})).toEqual([]);
  });

  it('tells the highest of the thresholds reached, once in a period', () => {
    expect(told({ state: 'warning', thresholds_crossed: ['50'] })).toEqual(['budget_threshold: 2026-11-01 50% search']);
    expect(told({ state: 'warning', thresholds_crossed: ['50', '80'] })).toEqual([
      'budget_threshold: 2026-11-01 80% search',
    ]);
    expect(told({ state: 'warning', thresholds_crossed: ['50'], period_start: '2026-12-01' })).toEqual([
      'budget_threshold: 2026-12-01 50% search',
    ]);
  });

  it('that is exceeded is told as that, and thresholds above 100 % besides', () => {
    expect(told({ state: 'exceeded', thresholds_crossed: ['50', '80', '100'] })).toEqual([
      'budget_exceeded: 2026-11-01 search',
    ]);
    expect(told({ state: 'exceeded', thresholds_crossed: [] })).toEqual(['budget_exceeded: 2026-11-01 search']);
    expect(told({ state: 'exceeded', thresholds_crossed: ['50', '120'] })).toEqual([
      'budget_exceeded: 2026-11-01 search',
      'budget_threshold: 2026-11-01 120% search',
    ]);
  });

  it('that will be exceeded is told with its figures and what they come from', () => {
    const found = budgetConditions({
      ...november,
      state: 'forecast_exceeded',
      forecast: '109.00',
      forecast_percent: '109.00',
      days_missing: 2,
    });
    expect(found).toMatchObject([
      {
        kind: 'budget_forecast',
        org_id: 'acme',
        summary: 'budget search: will be exceeded, 109.00 of 100.00 usd expected (109.00 %)',
        detail:
          'month from 2026-11-01 to before 2026-12-01: 10.00 usd spent so far; 109.00 usd expected at its end (weekday_median); 2 days of it are not loaded',
      },
    ]);
  });

  it('of all organizations is about none in particular', () => {
    expect(budgetConditions({ ...november, org_id: null, state: 'exceeded' })).toMatchObject([{ org_id: '' }]);
  });

  it('named by an e-mail address is told apart without showing it', () => {
    const named = (budget_name: string) => budgetConditions({ ...november, budget_name, state: 'exceeded' });
    const text = JSON.stringify([named('eve@example.com'), named('bob@example.com')]);
    expect(text).not.toContain('@');
    expect(named('eve@example.com')[0]?.subject).not.toBe(named('bob@example.com')[0]?.subject);
  });
});

const now = new Date('2026-11-23T03:20:00Z');

const jump: AnomalyFact = {
  org_id: 'acme',
  cost_date: '2026-11-22',
  scope: 'project',
  scope_value: 'proj_a',
  scope_label: 'Search',
  currency: 'usd',
  kind: 'spike',
  amount: '400.00',
  median: '102.00',
  z: '13.58',
};

const jumps = (...changed: readonly Partial<AnomalyFact>[]) =>
  anomalyConditions(
    changed.map((one) => ({ ...jump, ...one })),
    now,
  ).map(({ subject }) => subject);

describe('a jump', () => {
  it('is told with what it usually costs', () => {
    expect(anomalyConditions([jump], now)).toMatchObject([
      {
        kind: 'cost_anomaly',
        subject: '2026-11-22 usd project proj_a',
        summary: 'project Search cost 400.00 usd on 2026-11-22, usually 102.00',
        detail: 'robust z-score 13.58, 3.5 or more is told',
      },
    ]);
    expect(anomalyConditions([{ ...jump, kind: 'first_cost', median: '0.00' }], now)).toMatchObject([
      { summary: 'project Search cost 400.00 usd on 2026-11-22, and nothing on the days before' },
    ]);
  });

  it('that lasts is told when it begins, whatever order the days come in', () => {
    const days = ['2026-11-22', '2026-11-20', '2026-11-21', '2026-11-18'];
    expect(jumps(...days.map((cost_date) => ({ cost_date })))).toEqual(['2026-11-18 usd project proj_a']);
  });

  it('is told again after 7 quiet days and not sooner', () => {
    expect(jumps({ cost_date: '2026-11-22' }, { cost_date: '2026-11-15' })).toEqual([]);
    expect(jumps({ cost_date: '2026-11-22' }, { cost_date: '2026-11-14' })).toEqual(['2026-11-22 usd project proj_a']);
  });

  it('of more than 7 days ago is not news', () => {
    expect(jumps({ cost_date: '2026-11-17' })).toEqual(['2026-11-17 usd project proj_a']);
    expect(jumps({ cost_date: '2026-11-16' })).toEqual([]);
  });

  it('of the whole bill is told where nothing in it is seen to have jumped', () => {
    const bill = { scope: 'all', scope_value: null, scope_label: null } as const;
    expect(jumps(bill)).toEqual(['2026-11-22 usd all']);
    expect(jumps(bill, {})).toEqual(['2026-11-22 usd project proj_a']);
    expect(jumps(bill, { currency: 'eur' })).toEqual(['2026-11-22 usd all', '2026-11-22 eur project proj_a']);
  });
});
