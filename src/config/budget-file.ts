import { parseInstant } from './instant.ts';
import { type Problem, problem, quoted } from './problem.ts';
import { readTableFile, type TableEntry, type TableForm } from './table-file.ts';

/** What a budget may be for. */
const scopes = ['all', 'project', 'team', 'cost_center', 'model_family', 'api_key', 'user'] as const;

const periods = ['month', 'quarter', 'year'] as const;

/** What a file of budgets may say of each. */
const columns = [
  'budget_name',
  'org_id',
  'scope',
  'scope_value',
  'period',
  'amount',
  'currency',
  'thresholds',
  'valid_from',
  'valid_to',
] as const;

/** One budget, checked. */
export interface Budget {
  readonly budget_name: string;
  /** Null for all organizations together. */
  readonly org_id: string | null;
  readonly scope: (typeof scopes)[number];
  /** Null for the scope `all`, and only for it. */
  readonly scope_value: string | null;
  readonly period: (typeof periods)[number];
  /** Exact decimal text, more than 0. */
  readonly amount: string;
  /** Three letters in lower case. */
  readonly currency: string;
  /** Percentages as exact decimal text, ascending. */
  readonly thresholds: readonly string[];
  /** UTC date, the first day of a period; null for no beginning. */
  readonly valid_from: string | null;
  /** UTC date, the first day of a period, exclusive; null for no end. */
  readonly valid_to: string | null;
}

/** Budgets as read, with everything that is wrong with them. */
export interface BudgetFile {
  readonly budgets: readonly (Budget & { readonly where: string })[];
  readonly problems: readonly Problem[];
}

const form: TableForm<(typeof columns)[number]> = {
  columns,
  needs: [
    { oneOf: ['budget_name'], without: 'no budget_name' },
    { oneOf: ['amount'], without: 'no amount' },
  ],
  lists: ['thresholds'],
  noun: 'budgets',
};

type Entry = TableEntry<(typeof columns)[number]>;

/** Where something is wrong: says so and gives what stands in for it until then. */
type Refuse = (column: (typeof columns)[number], accepted: string, names?: readonly string[]) => void;

const longestText = 200;
const defaultThresholds = ['50', '80', '100'];

/**
 * Reads the text of a file of budgets, as YAML where its name ends so, else as CSV with a header line. `organizations` are
 * the names that org_id may be. Never throws.
 */
export function readBudgetFile(file: string, text: string, organizations: readonly string[]): BudgetFile {
  const read = readTableFile(file, text, form);
  const problems: Problem[] = [...read.problems];
  const budgets = read.entries.map((entry) => ({
    where: entry.where,
    ...budgetOf(entry, organizations, (column, accepted, names) => {
      const text = entry.values[column] ?? '';
      const received = text === '' ? 'nothing' : `received ${quoted(text)}`;
      problems.push(problem(`${entry.where} ${column}`, received, accepted, names ? { name: text, names } : null));
    }),
  }));
  return { budgets, problems: [...problems, ...overlaps(budgets)] };
}

function budgetOf({ values }: Entry, organizations: readonly string[], refuse: Refuse): Budget {
  const budget_name = values.budget_name ?? '';
  if (budget_name === '' || !isPlain(budget_name)) refuse('budget_name', plainText);
  const org_id = values.org_id || null;
  if (org_id !== null && !organizations.includes(org_id)) {
    refuse('org_id', `${organizations.join(', ')}, or nothing for all`, organizations);
  }
  const period = oneOf('period', values.period, periods, 'month', refuse);
  return {
    budget_name,
    org_id,
    ...scopeOf(values, refuse),
    period,
    amount: amountOf(values.amount ?? '', refuse),
    currency: currencyOf(values.currency || 'usd', refuse),
    thresholds: thresholdsOf(values.thresholds ?? '', refuse),
    ...validityOf(values, period, refuse),
  };
}

function scopeOf(values: Entry['values'], refuse: Refuse): Pick<Budget, 'scope' | 'scope_value'> {
  const scope = oneOf('scope', values.scope, scopes, 'all', refuse);
  const scope_value = values.scope_value || null;
  if (scope === 'all' && scope_value !== null && !values.scope) {
    refuse('scope', `what ${quoted(scope_value)} is: ${scopes.slice(1).join(', ')}`);
  } else if (scope === 'all' && scope_value !== null) {
    refuse('scope_value', 'nothing, where scope is all');
  } else if (scope !== 'all' && (scope_value === null || !isPlain(scope_value))) {
    refuse('scope_value', `which ${scope} it is for, ${plainText}`);
  }
  return { scope, scope_value };
}

const decimal = /^\d{1,30}(?:\.\d{1,18})?$/;

function amountOf(text: string, refuse: Refuse): string {
  if (!isPositive(text)) refuse('amount', 'a number above 0 such as 1500 or 1500.50, without separators');
  return text;
}

function currencyOf(text: string, refuse: Refuse): string {
  if (!/^[a-z]{3}$/i.test(text)) refuse('currency', 'three letters such as usd');
  return text.toLowerCase();
}

/** `{}` is how PostgreSQL writes a list of none. */
function thresholdsOf(text: string, refuse: Refuse): readonly string[] {
  if (text === '') return defaultThresholds;
  const given = text.split(/[\s,;%{}]+/).filter((part) => part !== '');
  if (!given.every(isPositive)) refuse('thresholds', 'percentages above 0 such as 50 80 100, or {} for none');
  return [...new Set(given)].sort((a, b) => Number(a) - Number(b));
}

function validityOf(
  values: Entry['values'],
  period: Budget['period'],
  refuse: Refuse,
): Pick<Budget, 'valid_from' | 'valid_to'> {
  const dateOf = (column: 'valid_from' | 'valid_to') => {
    const text = values[column] || null;
    if (text !== null && !isPeriodStart(text, period)) refuse(column, `YYYY-MM-DD, the first day of a ${period}`);
    return text;
  };
  const valid_from = dateOf('valid_from');
  const valid_to = dateOf('valid_to');
  if (valid_from !== null && valid_to !== null && valid_from >= valid_to) {
    refuse('valid_to', 'a day after valid_from: the first on which it is no longer valid');
  }
  return { valid_from, valid_to };
}

function isPeriodStart(text: string, period: Budget['period']): boolean {
  if (!/^\d{4}-\d{2}-01$/.test(text) || parseInstant(text) === null) return false;
  const month = Number(text.slice(5, 7));
  return { month: true, quarter: month % 3 === 1, year: month === 1 }[period];
}

/** Budgets of one name follow each other. */
function overlaps(budgets: BudgetFile['budgets']): readonly Problem[] {
  return budgets.flatMap((budget, at) => {
    const other = budgets
      .slice(0, at)
      .find((earlier) => earlier.budget_name === budget.budget_name && meet(earlier, budget));
    if (other === undefined) return [];
    return [
      problem(
        `${budget.where} budget_name`,
        `${quoted(budget.budget_name)} again, as in ${other.where}`,
        'another name, or ranges of validity that do not overlap',
      ),
    ];
  });
}

function meet(a: Budget, b: Budget): boolean {
  const first = '';
  const last = '9999-99-99';
  return (a.valid_from ?? first) < (b.valid_to ?? last) && (b.valid_from ?? first) < (a.valid_to ?? last);
}

function oneOf<T extends string>(
  column: 'scope' | 'period',
  text: string | undefined,
  accepted: readonly T[],
  standard: T,
  refuse: Refuse,
): T {
  if (!text) return standard;
  const found = accepted.find((one) => one === text.toLowerCase());
  if (found === undefined) refuse(column, accepted.join(', '), accepted);
  return found ?? standard;
}

function isPositive(text: string): boolean {
  return decimal.test(text) && /[1-9]/.test(text);
}

const plainText = `a text of one line, at most ${longestText} characters`;

function isPlain(text: string): boolean {
  return text.length <= longestText && !/\p{Cc}/u.test(text);
}
