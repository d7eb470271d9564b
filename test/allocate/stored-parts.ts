import { expect } from 'vitest';
import { type Nights, organization } from '../support/nights.ts';

const rowsOf = async (nights: Nights, sql: string, values: readonly unknown[] = []) =>
  (await nights.database.pool.query<Record<string, unknown>>(sql, [...values])).rows;

/**
 * Asserts that every stored cost is the sum of its parts, in money and in quantity, that no part is of no cost, and that
 * days and currencies agree too. Gives the number of costs and of parts.
 */
export async function expectToAddUp(nights: Nights): Promise<{ readonly costs: number; readonly parts: number }> {
  const { pool } = nights.database;
  const off = await rowsOf(
    nights,
    `select c.series_id, c.line_item, c.amount_value, c.quantity, sum(p.amount) as parts, sum(p.quantity) as quantities
     from openai.costs c left join openai.cost_parts p
       on p.org_id = c.org_id and p.series_id = c.series_id and p.currency = c.amount_currency
       and p.usage_date_utc = (c.bucket_start at time zone 'UTC')::date
       and p.line_item is not distinct from c.line_item and p.project_id is not distinct from c.project_id
       and p.api_key_id is not distinct from c.api_key_id and p.quantity_unit is not distinct from c.quantity_unit
     where c.org_id = $1 group by c.org_id, c.bucket_start, c.series_id
     having sum(p.amount) is distinct from c.amount_value or sum(p.quantity) is distinct from c.quantity
       or bool_or(sign(p.amount) * sign(c.amount_value) < 0) limit 5`,
    [organization],
  );
  expect(off).toEqual([]);
  const days = await rowsOf(
    nights,
    `select day, currency, billed.amount, split.amount as parts from
       (select (bucket_start at time zone 'UTC')::date as day, amount_currency as currency, sum(amount_value) as amount
          from openai.costs where org_id = $1 group by 1, 2) as billed
       full join (select usage_date_utc as day, currency, sum(amount) as amount
          from openai.cost_parts where org_id = $1 group by 1, 2) as split using (day, currency)
     where billed.amount is distinct from split.amount`,
    [organization],
  );
  expect(days).toEqual([]);
  const { rows } = await pool.query<{ costs: number; parts: number }>(
    'select (select count(*) from openai.costs) as costs, (select count(*) from openai.cost_parts) as parts',
  );
  return { costs: Number(rows[0]?.costs), parts: Number(rows[0]?.parts) };
}

/** Every stored part with the version of its row, so that a rewrite shows. */
export async function partVersions(nights: Nights): Promise<ReadonlyMap<string, string>> {
  const rows = await rowsOf(
    nights,
    `select concat_ws(' ', usage_date_utc, series_id, part_no) as key, concat_ws(' ', xmin, ctid, updated_at) as version
     from openai.cost_parts`,
  );
  return new Map(rows.map(({ key, version }) => [String(key), String(version)]));
}

/** Sums of stored parts by the values of an expression, exact. */
export async function partsBy(nights: Nights, expression: string): Promise<Readonly<Record<string, string>>> {
  const rows = await rowsOf(
    nights,
    `select coalesce((${expression})::text, '(none)') as key, trim_scale(sum(amount))::text as amount
     from openai.cost_parts group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ key, amount }) => [String(key), String(amount)]));
}
