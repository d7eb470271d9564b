import { expect } from 'vitest';
import type { Queryable } from './rollup-facts.ts';

const day = `(bucket_start at time zone 'UTC')::date`;

/** Each sum told a second time, from the rows: what, then the sums, then the same of the rollup. */
const sides: readonly (readonly [what: string, facts: string, rollup: string])[] = [
  [
    'costs by project and line item',
    `select org_id, ${day} as day, project_id, line_item, amount_currency, quantity_unit, sum(amount_value),
       sum(case when quantity is not null then amount_value end), sum(quantity), count(*),
       count(*) filter (where quantity is not null)
     from openai.costs group by 1, 2, 3, 4, 5, 6`,
    `select org_id, usage_date_utc, project_id, line_item, currency, quantity_unit, amount, priced_amount, quantity, costs,
       priced_costs
     from openai.cost_daily_rollup`,
  ],
  ...(['project', 'line_item', 'api_key'] as const).map((scope) => {
    const [column, none] = {
      project: ['project_id', 'project'],
      line_item: ['line_item', 'line item'],
      api_key: ['api_key_id', 'key'],
    }[scope];
    return [
      `costs by ${scope}`,
      `select org_id, ${day} as day, coalesce(${column}, '(no ${none})'), amount_currency, sum(amount_value), count(*)
       from openai.costs group by 1, 2, 3, 4`,
      scopeRows(scope),
    ] as const;
  }),
  [
    'all costs',
    `select org_id, ${day} as day, '', amount_currency, sum(amount_value), count(*) from openai.costs group by 1, 2, 3, 4`,
    scopeRows('all'),
  ],
  [
    'all parts',
    `select org_id, usage_date_utc, '', currency, sum(amount), count(*) from openai.cost_parts group by 1, 2, 3, 4`,
    scopeRows('parts'),
  ],
  [
    'the unattributed rest',
    `select org_id, usage_date_utc, '', currency, sum(amount), count(*) from openai.cost_parts
     where reason is not null group by 1, 2, 3, 4`,
    scopeRows('unattributed'),
  ],
  [
    'parts by user',
    `select org_id, usage_date_utc, coalesce(user_id, case when reason is null then '(no user)' else '(unattributed)' end),
       currency, sum(amount), count(*)
     from openai.cost_parts group by 1, 2, 3, 4`,
    scopeRows('user'),
  ],
  [
    'parts by user, model, project and key',
    `select org_id, usage_date_utc, project_id, api_key_id, user_id, model, status, reason, method, currency, sum(amount),
       count(*)
     from openai.cost_parts group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`,
    `select org_id, usage_date_utc, project_id, api_key_id, user_id, model, status, reason, method, currency, amount, parts
     from openai.cost_user_daily_rollup`,
  ],
  [
    'the reconciliation',
    `select cost_date, org_id, currency, billed, allocated, unattributed, difference, costs, costs_off, parts
     from openai_bi.reconciliation_between('-infinity', 'infinity')`,
    `select cost_date, org_id, currency, billed, allocated, unattributed, difference, costs, costs_off, parts
     from openai_bi.reconciliation_daily`,
  ],
];

function scopeRows(scope: string): string {
  return `select org_id, usage_date_utc, scope_value, currency, amount, entries
    from openai.cost_scope_daily_rollup where scope = '${scope}'`;
}

const differenceSql = sides
  .flatMap(([what, facts, rollup]) => [
    `(select '${what}' as what, 'only in the rows' as side, to_jsonb(one)::text as row from (${facts} except all ${rollup}) as one)`,
    `(select '${what}', 'only in the sums', to_jsonb(one)::text from (${rollup} except all ${facts}) as one)`,
  ])
  .join(' union all ');

/** Sums of costs and parts that only one side has, all of one instant; none when they equal their rows. */
export async function costRollupDifferences(client: Queryable): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await client.query<Record<string, unknown>>(
    `select * from (${differenceSql}) as difference limit 5`,
  );
  return rows;
}

/** Asserts that the sums of costs and parts equal their rows. */
export async function expectCostRollupsToEqualFacts(client: Queryable): Promise<void> {
  expect(await costRollupDifferences(client)).toEqual([]);
}
