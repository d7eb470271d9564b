import { describe, expect, it } from 'vitest';
import { readBudgetFile } from '../../src/config.ts';

const csv = (...lines: readonly string[]) => readBudgetFile('b.csv', lines.join('\n'), ['acme', 'other']);
const yaml = (text: string) => readBudgetFile('b.yaml', text, ['acme', 'other']);

/** What is wrong, as `where: received; accepted`. */
const problems = (read: ReturnType<typeof readBudgetFile>) =>
  read.problems.map(({ where, received, accepted }) => `${where}: ${received}; ${accepted}`);

const standard = {
  org_id: null,
  scope: 'all',
  scope_value: null,
  period: 'month',
  currency: 'usd',
  thresholds: ['50', '80', '100'],
  valid_from: null,
  valid_to: null,
};

describe('a file of budgets', () => {
  it('needs a name and an amount, whose digits are kept', () => {
    expect(csv('budget_name,amount', 'all,1000.000000000000000001')).toEqual({
      budgets: [{ where: 'b.csv:2', budget_name: 'all', amount: '1000.000000000000000001', ...standard }],
      problems: [],
    });
    expect(yaml('- {budget_name: all, amount: 1000.10}').budgets).toMatchObject([{ amount: '1000.10' }]);
  });

  it('says all there is to say of one, in CSV and in YAML', () => {
    const whole = {
      budget_name: 'Search, "prod"',
      org_id: 'acme',
      scope: 'team',
      scope_value: '0042',
      period: 'quarter',
      amount: '5000',
      currency: 'eur',
      thresholds: ['80', '99.5', '120'],
      valid_from: '2026-07-01',
      valid_to: '2027-01-01',
    };
    const names = Object.keys(whole).join(',');
    const line = '"Search, ""prod""",acme,Team,0042,Quarter,5000,EUR,120% 80 99.5 80,2026-07-01,2027-01-01';
    expect(csv(names, line)).toMatchObject({ budgets: [whole], problems: [] });
    expect(csv(`\ufeff${names.replaceAll(',', ';')}`, line.replaceAll(/,(?! )/g, ';'))).toMatchObject({
      budgets: [whole],
    });
    const listed = `budgets:
      - budget_name: Search, "prod"
        org_id: acme
        scope: team
        scope_value: 0042
        period: quarter
        amount: 5000
        currency: EUR
        thresholds: [120, 80, 99.5]
        valid_from: 2026-07-01
        valid_to: 2027-01-01
    `;
    expect(yaml(listed)).toMatchObject({ budgets: [whole], problems: [] });
  });

  it('may be what a query for the budgets printed', () => {
    const header = 'budget_name,org_id,scope,scope_value,period,amount,currency,thresholds,valid_from,valid_to';
    const read = csv(header, 'all,,all,,month,1000,usd,"{50,80,100}",,', 'quiet,,all,,month,1,usd,{},,2027-01-01');
    expect(read.problems).toEqual([]);
    expect(read.budgets).toMatchObject([standard, { ...standard, thresholds: [], valid_to: '2027-01-01' }]);
    expect(yaml('- {budget_name: quiet, amount: 1, thresholds: []}').budgets).toMatchObject([{ thresholds: [] }]);
  });

  it('is refused with everything that is wrong with it, each where it stands', () => {
    const read = csv(
      'budget_name,org_id,scope,scope_value,period,amount,currency,thresholds,valid_from,valid_to',
      ',,,,,1,,,,',
      'a,acm,,,,1,,,,',
      'b,,poject,x,,1,,,,',
      'c,,project,,,1,,,,',
      'd,,all,x,,1,,,,',
      'e,,,x,,1,,,,',
      'f,,,,week,1,,,,',
      'g,,,,,"1,000",,,,',
      'h,,,,,0.00,,,,',
      'i,,,,,-5,,,,',
      'j,,,,,1e3,,,,',
      'k,,,,,1,$,,,',
      'l,,,,,1,,50 none,,',
      'm,,,,,1,,,2026-11-02,',
      'n,,,,quarter,1,,,2026-11-01,',
      'o,,,,year,1,,,,2026-02-01',
      'p,,,,,1,,,2026-13-01,',
      'q,,,,,1,,,2026-11-01,2026-11-01',
      'r,,,,,1,,,,2026-12-01',
      'r,,,,,1,,,2026-11-01,',
    );
    expect(read.problems.map(({ where }) => where)).toEqual([
      'b.csv:2 budget_name',
      'b.csv:3 org_id',
      'b.csv:4 scope',
      'b.csv:4 scope_value',
      'b.csv:5 scope_value',
      'b.csv:6 scope_value',
      'b.csv:7 scope',
      'b.csv:8 period',
      'b.csv:9 amount',
      'b.csv:10 amount',
      'b.csv:11 amount',
      'b.csv:12 amount',
      'b.csv:13 currency',
      'b.csv:14 thresholds',
      'b.csv:15 valid_from',
      'b.csv:16 valid_from',
      'b.csv:17 valid_to',
      'b.csv:18 valid_from',
      'b.csv:19 valid_to',
      'b.csv:21 budget_name',
    ]);
    expect(read.problems[1]).toMatchObject({ received: 'received "acm"', suggestion: 'acme' });
    expect(read.problems[2]).toMatchObject({ received: 'received "poject"', suggestion: 'project' });
    expect(problems(read).at(-1)).toBe(
      'b.csv:21 budget_name: "r" again, as in b.csv:20; another name, or ranges of validity that do not overlap',
    );
  });

  it('may raise an amount by a second range of validity', () => {
    const read = csv('budget_name,amount,valid_from,valid_to', 'a,1,,2026-11-01', 'a,2,2026-11-01,');
    expect(read.problems).toEqual([]);
  });

  it.each([
    ['an unknown column', csv('budget_name,ammount,amount', 'a,1,1'), 'b.csv:1: unknown name "ammount"'],
    ['a column twice', csv('budget_name,amount,amount', 'a,1,1'), 'b.csv:1: amount twice'],
    ['no amounts', csv('budget_name,period', 'a,month'), 'b.csv:1: no amount'],
    ['a line that is too short', csv('budget_name,amount', 'a'), 'b.csv:2: 1 cells'],
    ['an open quote', csv('budget_name,amount', '"a,1'), 'b.csv: malformed CSV'],
    ['nothing but a header', csv('budget_name,amount'), 'b.csv: no budgets'],
    ['YAML that is none', yaml('- {budget_name: a'), 'b.yaml:1: malformed YAML'],
    ['no list', yaml('budget_name: a'), 'b.yaml: no list'],
    ['a list of texts', yaml('budgets:\n  - a'), 'b.yaml:2: not a mapping'],
    ['a list for an amount', yaml('- budget_name: a\n  amount: [1]'), 'b.yaml:1 amount: not a text'],
    [
      'a mapping for thresholds',
      yaml('- budget_name: a\n  amount: 1\n  thresholds: {a: 1}'),
      'b.yaml:1 thresholds: not a text',
    ],
  ])('is refused for %s', (_, read, expected) => {
    expect(read.budgets).toEqual([]);
    expect(problems(read)).toEqual([expect.stringContaining(expected)]);
  });
});
