import type pg from 'pg';
import { type Bill, currencyOf } from './cost-check.ts';
import { expectLines } from './difference.ts';
import { instantText } from './plan.ts';
import { tallied } from './tally.ts';

interface Budget {
  readonly name: string;
  readonly organization: string | null;
  readonly project: string | null;
}

const budgets: readonly Budget[] = [
  { name: 'everything', organization: null, project: null },
  { name: 'alpha', organization: 'alpha', project: null },
  { name: 'project of alpha', organization: 'alpha', project: 'proj_1' },
  { name: 'project of beta', organization: 'beta', project: 'proj_1' },
];

/** Sets budgets that overlap, to see what counts towards them. */
export async function setBudgets(pool: pg.Pool): Promise<void> {
  for (const { name, organization, project } of budgets) {
    await pool.query(
      `insert into openai.budgets (budget_name, org_id, scope, scope_value, period, amount, currency, thresholds, valid_from, valid_to)
       values ($1, $2, $3, $4, 'month', 1000, 'usd', '{50}', '-infinity', 'infinity')`,
      [name, organization, project === null ? 'all' : 'project', project],
    );
  }
}

interface Spent {
  readonly name: string;
  readonly first: string;
  readonly spent: string;
}

/** Holds what budgets and jumps say was spent against the bills as stored. Throws Difference. */
export async function checkBudgets(pool: pg.Pool, bills: readonly Bill[], now: number): Promise<void> {
  const today = instantText(now).slice(0, 10);
  const { rows } = await pool.query<Spent>(
    `select budget_name as name, to_char(period_start, 'YYYY-MM-DD') as first, spent::text as spent
     from openai_bi.budget_status_on($1)`,
    [today],
  );
  const since = rows.map(({ first }) => first).toSorted()[0] ?? today;
  const expected = budgets.flatMap(({ name, organization, project }) => {
    const counted = bills.filter(
      (bill) =>
        bill.day >= since &&
        bill.day <= today &&
        currencyOf(bill) === 'usd' &&
        (organization === null || bill.organization === organization) &&
        (project === null || bill.fields['project_id'] === project),
    );
    return tallied(
      counted,
      ({ day }) => [name, day.slice(0, 7)],
      ({ fields }) => fields['amount_value'] ?? '0',
    );
  });
  const told = tallied(
    rows,
    ({ name, first }) => [name, first.slice(0, 7)],
    ({ spent }) => spent,
  );
  expectLines(() => `budget_status_on ${today}`, expected, told);
  await checkJumps(pool, bills, today);
}

interface Jump {
  readonly organization: string;
  readonly day: string;
  readonly scope: string;
  readonly value: string | null;
  readonly currency: string;
  readonly amount: string;
}

const fieldOf: Readonly<Record<string, string>> = { project: 'project_id', api_key: 'api_key_id' };

/** What the words of sums by one thing stand for. */
function meantBy(value: string | null): string | null {
  if (value === '(empty)') return '';
  return value === null || value.startsWith('(no ') ? null : value;
}

async function checkJumps(pool: pg.Pool, bills: readonly Bill[], today: string): Promise<void> {
  const { rows } = await pool.query<Jump>(
    `select org_id as organization, to_char(cost_date, 'YYYY-MM-DD') as day, scope, scope_value as value, currency,
       amount::text as amount
     from openai_bi.anomalies_between($1::date - 60, $1::date + 1) where scope in ('all', 'project', 'api_key')`,
    [today],
  );
  const key = ({ organization, day, scope, value, currency }: Omit<Jump, 'amount'>) => [
    organization,
    day,
    currency,
    scope,
    value,
  ];
  const expected = rows.flatMap((jump) => {
    const field = fieldOf[jump.scope];
    const same = bills.filter(
      (bill) =>
        bill.organization === jump.organization &&
        bill.day === jump.day &&
        currencyOf(bill) === jump.currency &&
        (field === undefined || (bill.fields[field] ?? null) === meantBy(jump.value)),
    );
    return tallied(
      same,
      () => key(jump),
      ({ fields }) => fields['amount_value'] ?? '0',
    );
  });
  expectLines(
    () => 'anomalies_between',
    expected,
    tallied(rows, key, ({ amount }) => amount),
  );
}
