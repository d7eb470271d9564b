import type { Pool } from 'pg';
import { inTransaction } from '../db/store.ts';

/** One budget, as openai.budgets keeps it; amounts and percentages are exact decimal text. */
export interface StoredBudget {
  readonly budget_name: string;
  readonly org_id: string | null;
  readonly scope: string;
  readonly scope_value: string | null;
  readonly period: string;
  readonly amount: string;
  readonly currency: string;
  readonly thresholds: readonly string[];
  /** UTC date; null for no beginning. */
  readonly valid_from: string | null;
  /** UTC date; null for no end. */
  readonly valid_to: string | null;
}

/** What became of the budgets, by name. */
export interface ReplacedBudgets {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
}

const givenSql = `
  select budget_name, org_id, scope, scope_value, period, amount, currency, thresholds,
    coalesce(valid_from, '-infinity') as valid_from, coalesce(valid_to, 'infinity') as valid_to
  from jsonb_to_recordset($1::jsonb) as given (budget_name text, org_id text, scope text, scope_value text, period text,
    amount numeric, currency text, thresholds numeric[], valid_from date, valid_to date)`;

const removeSql = `
  delete from openai.budgets b
  where not exists (
    select from (${givenSql}) as given where given.budget_name = b.budget_name and given.valid_from = b.valid_from
  )
  returning budget_name`;

const writeSql = `
  insert into openai.budgets as b
    (budget_name, org_id, scope, scope_value, period, amount, currency, thresholds, valid_from, valid_to)
  ${givenSql}
  on conflict (budget_name, valid_from) do update set
    org_id = excluded.org_id, scope = excluded.scope, scope_value = excluded.scope_value, period = excluded.period,
    amount = excluded.amount, currency = excluded.currency, thresholds = excluded.thresholds,
    valid_to = excluded.valid_to
  where (b.*) is distinct from (excluded.*)
  returning budget_name, xmax = 0 as is_new`;

/** Makes the given budgets all there are, in one transaction; what is the same already is not written. */
export function replaceBudgets(
  pool: Pool,
  budgets: readonly StoredBudget[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<ReplacedBudgets> {
  const given = [JSON.stringify(budgets)];
  return inTransaction(pool, async (client) => {
    if (dryRun) await client.query('savepoint before');
    const removed = (await client.query<{ budget_name: string }>(removeSql, given)).rows;
    const written = (await client.query<{ budget_name: string; is_new: boolean }>(writeSql, given)).rows;
    if (dryRun) await client.query('rollback to savepoint before');
    const namesOf = (rows: readonly { readonly budget_name: string }[]) => rows.map((row) => row.budget_name).sort();
    return {
      added: namesOf(written.filter(({ is_new }) => is_new)),
      changed: namesOf(written.filter(({ is_new }) => !is_new)),
      removed: namesOf(removed),
      unchanged: budgets.length - written.length,
    };
  });
}
