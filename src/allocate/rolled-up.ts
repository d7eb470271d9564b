import { addDecimals, type Decimal, formatDecimal, parseDecimal, subtractDecimals, zero } from '../parse/decimal.ts';
import type { Queryable } from './due-days.ts';
import type { DayBounds, Reconciled } from './reconcile.ts';

/** A sum of a day that is not what its costs or parts add up to. Money as exact decimal digits. */
export interface StaleSum {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly currency: string;
  /** The rollup, with its scope where it has several. */
  readonly rollup: string;
  /** True of sums of parts, which the next split writes anew. */
  readonly ofParts: boolean;
  readonly stored: string;
  readonly actual: string;
}

interface SumRow {
  readonly day: string;
  readonly currency: string;
  readonly rollup: string;
  readonly amount: string;
}

/** What each rollup adds up, of the sums of a day. */
const actualOf: Readonly<Record<string, (day: Reconciled) => Decimal>> = {
  cost_daily_rollup: ({ billed }) => decimal(billed),
  'cost_scope_daily_rollup all': ({ billed }) => decimal(billed),
  'cost_scope_daily_rollup project': ({ billed }) => decimal(billed),
  'cost_scope_daily_rollup line_item': ({ billed }) => decimal(billed),
  'cost_scope_daily_rollup api_key': ({ billed }) => decimal(billed),
  cost_user_daily_rollup: split,
  'cost_scope_daily_rollup parts': split,
  'cost_scope_daily_rollup user': split,
  'cost_scope_daily_rollup unattributed': ({ unattributed }) => decimal(unattributed),
};

/**
 * Holds the sums of every rollup of an organization against days that were reconciled from costs and parts themselves,
 * within the same bounds and in the same snapshot, or a load in between would look like a difference. Gives those that differ: none, unless somebody has changed a table by hand.
 */
export async function staleSums(
  database: Queryable,
  organization: string,
  reconciled: readonly Reconciled[],
  { from = null, to = null }: Omit<DayBounds, 'days'> = {},
): Promise<readonly StaleSum[]> {
  const { rows } = await database.query<SumRow>(
    `select to_char(usage_date_utc, 'YYYY-MM-DD') as day, currency, rollup, sum(amount)::text as amount
     from (
       select org_id, usage_date_utc, currency, 'cost_daily_rollup' as rollup, amount from openai.cost_daily_rollup
       union all
       select org_id, usage_date_utc, currency, 'cost_user_daily_rollup', amount from openai.cost_user_daily_rollup
       union all
       select org_id, usage_date_utc, currency, 'cost_scope_daily_rollup ' || scope, amount
       from openai.cost_scope_daily_rollup
     ) as summed
     where org_id = $1
       and ($2::timestamptz is null or usage_date_utc::timestamp at time zone 'UTC' >= $2)
       and ($3::timestamptz is null or usage_date_utc::timestamp at time zone 'UTC' < $3)
     group by usage_date_utc, currency, rollup`,
    [organization, from, to],
  );
  const stored = new Map(rows.map(({ day, currency, rollup, amount }) => [keyOf(day, currency, rollup), amount]));
  const known = new Map(reconciled.map((day) => [keyOf(day.day, day.currency), day]));
  for (const { day, currency } of rows) {
    const key = keyOf(day, currency);
    if (!known.has(key)) known.set(key, { day, currency, ...nothing });
  }
  return [...known.values()].flatMap((day) =>
    Object.entries(actualOf).flatMap(([rollup, actual]) => {
      const amount = stored.get(keyOf(day.day, day.currency, rollup)) ?? '0';
      const should = actual(day);
      if (subtractDecimals(decimal(amount), should).coefficient === 0n) return [];
      const ofParts = /user|parts|unattributed/.test(rollup);
      return [{ day: day.day, currency: day.currency, rollup, ofParts, stored: amount, actual: formatDecimal(should) }];
    }),
  );
}

const nothing = { billed: '0', allocated: '0', unattributed: '0', difference: '0', costs: 0, differing: 0 } as const;

function split({ allocated, unattributed }: Reconciled): Decimal {
  return addDecimals(decimal(allocated), decimal(unattributed));
}

function keyOf(...names: readonly string[]): string {
  return JSON.stringify(names);
}

function decimal(digits: string): Decimal {
  return parseDecimal(digits) ?? zero;
}
