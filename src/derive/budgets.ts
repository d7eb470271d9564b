import type { Store } from '../db/store.ts';

/** How far one budget is spent in one period, as openai_bi.budget_status has it; amounts are exact decimal text. */
export interface BudgetStatus {
  readonly budget_name: string;
  /** Null for all organizations together. */
  readonly org_id: string | null;
  readonly scope: string;
  readonly scope_value: string | null;
  readonly scope_label: string | null;
  readonly period: 'month' | 'quarter' | 'year';
  /** UTC date, inclusive. */
  readonly period_start: string;
  /** UTC date, exclusive. */
  readonly period_end: string;
  readonly is_current: boolean;
  readonly amount: string;
  readonly currency: string;
  readonly spent: string;
  readonly spent_final: string;
  readonly spent_not_final: string;
  readonly spent_percent: string;
  readonly remaining: string;
  readonly forecast: string | null;
  readonly forecast_percent: string | null;
  readonly forecast_method: 'weekday_median' | 'linear' | 'actual' | 'none';
  readonly state: 'ok' | 'warning' | 'exceeded' | 'forecast_exceeded';
  readonly thresholds: readonly string[];
  readonly thresholds_crossed: readonly string[];
  readonly other_currencies: string | null;
  readonly days: number;
  readonly days_final: number;
  readonly days_not_final: number;
  readonly days_missing: number;
}

const statusSql = `
  select * from openai_bi.budget_status_on(($1::timestamptz at time zone 'UTC')::date)
  order by budget_name, org_id nulls first, period_start`;

/** Every budget as seen from the UTC day of `now`: its present period and the one before. */
export async function readBudgetStatus(
  pool: Pick<Store['pool'], 'query'>,
  now: Date,
): Promise<readonly BudgetStatus[]> {
  return (await pool.query<BudgetStatus & Record<string, unknown>>(statusSql, [now])).rows;
}

/** A budget for something that no list and no cost has ever shown. */
export interface UnknownScope {
  readonly budget_name: string;
  readonly scope: string;
  readonly scope_value: string;
  /** The id of what has that name: budgets go by ids. Null when nothing has. */
  readonly meant: string | null;
}

/** What another organization has is not what a budget of one is for. */
const isTheirs = '(b.org_id is null or n.org_id = b.org_id)';

/** Every id that facts carry has a row in the directory, be it a stub. */
const unknownSql = `
  select distinct b.budget_name, b.scope, b.scope_value, case b.scope
      when 'project' then (select min(project_id) from openai.projects n where n.project_name = b.scope_value and ${isTheirs})
      when 'api_key' then (select min(api_key_id) from openai.api_keys n where n.api_key_name = b.scope_value and ${isTheirs})
      when 'user' then (
        select min(user_id) from openai.users n where b.scope_value in (n.user_name, n.user_email) and ${isTheirs})
    end as meant
  from jsonb_to_recordset($1::jsonb) as b (budget_name text, org_id text, scope text, scope_value text)
  where b.scope <> 'all' and b.scope_value !~ '^\\(.*\\)$' and not case b.scope
    when 'project' then exists (select from openai.projects n where project_id = b.scope_value and ${isTheirs})
    when 'team' then exists (select from openai.projects n where team = b.scope_value and ${isTheirs})
    when 'cost_center' then exists (select from openai.projects n where cost_center = b.scope_value and ${isTheirs})
    when 'model_family' then exists (
      select from openai.line_items where openai_bi.model_family(model) = b.scope_value)
    when 'api_key' then exists (select from openai.api_keys n where api_key_id = b.scope_value and ${isTheirs})
    when 'user' then exists (select from openai.users n where user_id = b.scope_value and ${isTheirs})
  end
  order by b.budget_name, b.scope_value`;

/** Those of the budgets that nothing can count towards, as far as is known: probably mistyped. */
export async function readUnknownScopes(
  pool: Pick<Store['pool'], 'query'>,
  budgets: readonly {
    readonly budget_name: string;
    readonly org_id: string | null;
    readonly scope: string;
    readonly scope_value: string | null;
  }[],
): Promise<readonly UnknownScope[]> {
  const given = [JSON.stringify(budgets)];
  return (await pool.query<UnknownScope & Record<string, unknown>>(unknownSql, given)).rows;
}
