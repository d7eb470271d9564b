import type pg from 'pg';
import { expectLines } from './difference.ts';
import { instantText } from './plan.ts';
import type { Row } from './results.ts';
import { bucketsOf, type Store } from './store.ts';
import { tallied } from './tally.ts';

/** A billed amount as it is stored. */
export interface Bill {
  readonly organization: string;
  readonly day: string;
  readonly series: string;
  readonly fields: Row;
}

/** One part of a billed amount, as a view shows it. */
export interface Part {
  readonly organization: string;
  readonly day: string;
  readonly series: string;
  readonly project: string | null;
  readonly user: string | null;
  readonly status: string;
  readonly method: string;
  readonly amount: string;
  readonly currency: string;
}

/** All that is billed. */
export function billsOf(store: Store, dataset = 'costs'): readonly Bill[] {
  return bucketsOf(store, dataset, '1d').flatMap(({ organization, position, facts }) =>
    facts.map(({ series, fields }) => ({ organization, day: instantText(position).slice(0, 10), series, fields })),
  );
}

const amountOfBill = ({ fields }: Bill) => fields['amount_value'] ?? '0';
export const currencyOf = ({ fields }: Bill) => fields['amount_currency'] ?? '';

const who = `org_id as organization, to_char(cost_date, 'YYYY-MM-DD') as day`;

/** The parts of all bills. */
export async function readParts(pool: pg.Pool): Promise<readonly Part[]> {
  const { rows } = await pool.query<Part>(
    `select ${who}, series_id::text as series, project_id as project, user_id as user, status, method,
       allocated_cost::text as amount, currency from openai_bi.cost_by_user_model_daily`,
  );
  return rows;
}

interface Told {
  readonly key: readonly (string | null)[];
  readonly amount: string;
}

/** Holds the money views against the bills as stored, digit for digit. Throws Difference. */
export async function checkCosts(pool: pg.Pool, bills: readonly Bill[], parts: readonly Part[]): Promise<void> {
  const told = async (view: string, columns: string, amount: string) => {
    const { rows } = await pool.query<Told>(
      `select array[org_id, to_char(cost_date, 'YYYY-MM-DD'), currency, ${columns}]::text[] as key, ${amount}::text as amount
       from openai_bi.${view}`,
    );
    return tallied(
      rows,
      ({ key }) => key,
      (row) => row.amount,
    );
  };
  const billed = (...names: readonly string[]) =>
    tallied(
      bills,
      (bill) => [bill.organization, bill.day, currencyOf(bill), ...names.map((name) => bill.fields[name])],
      amountOfBill,
    );
  const each = tallied(bills, (bill) => [bill.organization, bill.day, currencyOf(bill), bill.series], amountOfBill);
  const whose = ({ organization, day, currency, user, status }: Part) => [organization, day, currency, status, user];

  expectLines(() => 'cost_daily', each, await told('cost_daily', 'series_id', 'billed_cost'));
  expectLines(
    () => 'cost_by_user_model_daily, added up by cost',
    each,
    tallied(
      parts,
      ({ organization, day, currency, series }) => [organization, day, currency, series],
      ({ amount }) => amount,
    ),
  );
  expectLines(
    () => 'cost_daily_by_line_item',
    billed('project_id', 'line_item', 'quantity_unit'),
    await told('cost_daily_by_line_item', 'project_id, line_item, quantity_unit', 'billed_cost'),
  );
  expectLines(
    () => 'cost_daily_by_user',
    tallied(parts, whose, ({ amount }) => amount),
    await told('cost_daily_by_user', 'status, user_id', 'allocated_cost'),
  );
  expectLines(() => 'reconciliation_daily', billed(), await told('reconciliation_daily', "''", 'billed').then(keyless));
  await checkScopes(pool, bills, parts);
  await checkReconciled(pool);
}

const keyless = (lines: readonly string[]) => lines.map((line) => line.replace(' | (none) =', ' ='));

async function checkScopes(pool: pg.Pool, bills: readonly Bill[], parts: readonly Part[]): Promise<void> {
  const { rows } = await pool.query<Told>(
    `select array[org_id, to_char(cost_date, 'YYYY-MM-DD'), currency, scope, scope_value] as key, amount::text as amount
     from openai_bi.cost_daily_by_scope`,
  );
  const scopes = { all: null, project: 'project_id', line_item: 'line_item', api_key: 'api_key_id' } as const;
  const expected = Object.entries(scopes).flatMap(([scope, field]) =>
    tallied(
      bills,
      (bill) => [bill.organization, bill.day, currencyOf(bill), scope, field === null ? null : bill.fields[field]],
      amountOfBill,
    ),
  );
  const ofUsers = tallied(
    parts,
    ({ organization, day, currency, user, status }) => [
      organization,
      day,
      currency,
      'user',
      status === 'unattributed' ? '(unattributed)' : user,
    ],
    ({ amount }) => amount,
  );
  expectLines(
    () => 'cost_daily_by_scope',
    [...expected, ...ofUsers],
    tallied(
      rows,
      ({ key }) => key,
      ({ amount }) => amount,
    ),
  );
}

async function checkReconciled(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ line: string }>(
    `select concat_ws(' ', org_id, cost_date, currency, difference, costs_off, reason) as line
     from openai_bi.reconciliation_daily where difference <> 0 or costs_off <> 0`,
  );
  expectLines(
    () => 'reconciliation_daily: something is off',
    [],
    rows.map(({ line }) => line),
  );
}
