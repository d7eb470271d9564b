import type pg from 'pg';
import { sumUp } from '../../support/cost-rows.ts';

/** One billed amount. */
export interface Spend {
  /** UTC date. */
  readonly day: string;
  readonly amount: string | number;
  readonly org?: string;
  readonly project?: string;
  readonly key?: string;
  readonly item?: string;
  readonly currency?: string;
}

/** How the ledger knows a day: settled; read after its end; read before its end. */
export type DayState = 'final' | 'complete' | 'open';

const dayMs = 86_400_000;

/** The UTC dates from the first to before the second. */
export function datesBetween(from: string, until: string): readonly string[] {
  const days = (Date.parse(until) - Date.parse(from)) / dayMs;
  return Array.from({ length: days }, (_, index) => plusDays(from, index));
}

/** The UTC date so many days later. */
export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);
}

/** Tells the ledger that the costs of these days are loaded; a day that it knows changes its state. */
export async function loadDays(
  pool: Querier,
  days: readonly string[],
  state: DayState = 'final',
  org = 'acme',
): Promise<void> {
  await pool.query(
    `insert into openai_etl.buckets
       (org_id, dataset, bucket_width, bucket_start, bucket_end, grain, row_count, content_hash, revision, observed_at,
        changed_at, settled, status, run_id, changed_xid)
     select $2, 'costs', '1d', day.start, day.start + interval '24 hours', '{}', 0, '\\x00', 1, seen.at, seen.at,
       $3 = 'final', 'loaded', 1, pg_current_xact_id()
     from (select text::timestamp at time zone 'UTC' as start from unnest($1::text[]) as text) as day
     cross join lateral (
       select day.start + case $3 when 'final' then interval '9 days' when 'complete' then interval '27 hours'
         else interval '12 hours' end as at
     ) as seen
     on conflict (org_id, dataset, bucket_width, bucket_start) do update
       set settled = excluded.settled, observed_at = excluded.observed_at`,
    [days, org, state],
  );
}

/** Stores billed amounts as they are loaded; a second amount of the same group and day replaces the first. */
export async function bill(pool: Querier, spends: readonly Spend[]): Promise<void> {
  const rows = spends.map(({ day, amount, org, project, key, item, currency }) => ({
    day,
    amount: String(amount),
    org_id: org ?? 'acme',
    project_id: project ?? null,
    api_key_id: key ?? null,
    line_item: item ?? null,
    currency: currency ?? 'usd',
  }));
  await pool.query(
    `insert into openai.costs
       (org_id, series_id, bucket_width, bucket_start, bucket_end, project_id, line_item, api_key_id, amount_value,
        amount_currency, run_id, loaded_at, updated_at)
     select org_id, md5(concat_ws('|', org_id, project_id, '/', line_item, '/', api_key_id, '/', currency))::uuid, '1d',
       start, start + interval '24 hours', project_id, line_item, api_key_id, amount, currency, 1, start, start
     from jsonb_to_recordset($1::jsonb) as given
       (day text, amount numeric, org_id text, project_id text, api_key_id text, line_item text, currency text)
     cross join lateral (select day::timestamp at time zone 'UTC' as start) as begin
     on conflict (org_id, bucket_start, series_id) do update set amount_value = excluded.amount_value`,
    [JSON.stringify(rows)],
  );
  for (const [organization, some] of Map.groupBy(rows, ({ org_id }) => org_id)) {
    await sumUp(pool, organization, [...new Set(some.map(({ day }) => day))]);
  }
}

/** Sets a budget; columns that are not given are as the table has them. */
export async function setBudget(pool: Querier, budget: Readonly<Record<string, unknown>>): Promise<void> {
  const names = Object.keys(budget);
  await pool.query(
    `insert into openai.budgets (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(budget),
  );
}

type Querier = Pick<pg.Pool, 'query'>;
