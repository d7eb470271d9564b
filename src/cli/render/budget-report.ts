import type { BudgetImport, BudgetReport, BudgetStatus } from '../../run/budgets.ts';
import { count, counted, money } from '../numbers.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';

/** How far the budgets are spent, for people: the worst first, then what cannot be relied on. */
export function budgetText({ budgets, today }: BudgetReport, style: Style): string {
  if (budgets.length === 0) return 'No budget is set for today: usage-etl budgets FILE sets them.';
  const columns = [
    { title: 'budget', shrinksTo: 12 },
    { title: 'for', shrinksTo: 8, droppable: true },
    { title: 'until' },
    { title: 'spent', align: 'right' },
    { title: 'of', align: 'right' },
    { title: '%', align: 'right' },
    { title: 'forecast', align: 'right' },
    { title: '%', align: 'right' },
    { title: 'state' },
  ] as const;
  const sorted = budgets.toSorted((a, b) => rank(a) - rank(b));
  const rows = sorted.map((budget) => [
    style.bold(budget.budget_name),
    placeOf(budget),
    budget.period_end,
    money(budget.spent, budget.currency),
    money(budget.amount, budget.currency),
    budget.spent_percent,
    budget.forecast === null ? '–' : money(budget.forecast, budget.currency),
    budget.forecast_percent ?? '–',
    stateOf(budget, style),
  ]);
  const notes = sorted.flatMap((budget) => notesOf(budget));
  const lines = notes.map((note) => `  ${style.warn('!')} ${note}`);
  const parts = [
    table(columns, rows, style),
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
    verdict(sorted, style),
  ];
  return [...parts, style.dim(`As of ${today} (UTC); until: the day after the period.`)].join('\n\n');
}

const states = ['exceeded', 'forecast_exceeded', 'warning', 'ok'] as const;

function rank({ state }: BudgetStatus): number {
  return states.indexOf(state);
}

function placeOf({ org_id, scope, scope_label, scope_value }: BudgetStatus): string {
  const what = scope === 'all' ? 'everything' : `${scope} ${scope_label ?? scope_value ?? ''}`;
  return org_id === null ? what : `${org_id}: ${what}`;
}

function stateOf({ state, thresholds_crossed: crossed }: BudgetStatus, style: Style): string {
  switch (state) {
    case 'exceeded':
      return style.bad('exceeded');
    case 'forecast_exceeded':
      return style.warn('will be exceeded');
    case 'warning':
      return style.warn(`past ${crossed.at(-1) ?? ''} %`);
    case 'ok':
      return style.good('ok');
  }
}

/** What the figures leave out. */
function notesOf(budget: BudgetStatus): readonly string[] {
  const { budget_name, days_missing, other_currencies } = budget;
  return [
    ...(days_missing === 0
      ? []
      : [`${budget_name}: ${counted(days_missing, 'day')} of the period not loaded and not counted`]),
    ...(other_currencies === null ? [] : [`${budget_name}: costs in ${other_currencies} do not count`]),
  ];
}

function verdict(budgets: readonly BudgetStatus[], style: Style): string {
  const exceeded = budgets.filter(({ state }) => state === 'exceeded').length;
  return exceeded === 0
    ? style.good('No budget is exceeded.')
    : style.bad(`${count(exceeded)} of ${counted(budgets.length, 'budget')} exceeded.`);
}

/** What became of the budgets of a file, for people. */
export function budgetImportText(report: BudgetImport, style: Style): string {
  const { added, changed, removed, unchanged, unknown, dry_run: dryRun } = report;
  const lineOf = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${what} ${names.map((name) => style.bold(name)).join(', ')}`];
  const would = dryRun ? 'Would be ' : '';
  const word = (text: string) => (dryRun ? `${would}${text}:` : `${text[0]?.toUpperCase()}${text.slice(1)}:`);
  const doubts = unknown.map(
    ({ budget_name, scope, scope_value, meant }) =>
      `  ${style.warn('!')} ${budget_name}: no ${scope} ${scope_value} is known so far, nothing counts towards it${meant === null ? '' : `; did you mean ${meant}?`}`,
  );
  return [
    ...lineOf(word('added'), added),
    ...lineOf(word('changed'), changed),
    ...lineOf(word('removed'), removed),
    ...doubts,
    `${counted(unchanged, 'budget')} as the file says already`,
  ].join('\n');
}
