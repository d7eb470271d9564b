import type { Queryable } from './due-days.ts';
import { bills } from './sources.ts';

/** The costs of one day and currency held against their parts. Money as exact decimal digits. */
export interface Reconciled {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly currency: string;
  readonly billed: string;
  readonly allocated: string;
  readonly unattributed: string;
  /** billed - allocated - unattributed. */
  readonly difference: string;
  readonly costs: number;
  /** Costs whose parts do not add up to them, in money or in quantity; parts of costs that are gone count too. */
  readonly differing: number;
}

/** Which days to reconcile; null: without that bound. */
export interface DayBounds {
  readonly days?: readonly string[] | null;
  /** Inclusive. */
  readonly from?: Date | null;
  /** Exclusive. */
  readonly to?: Date | null;
}

/** Compares every cost of an organization with the sum of its parts, and gives the days with their sums. */
export async function reconcile(
  database: Queryable,
  organization: string,
  { days = null, from = null, to = null }: DayBounds,
): Promise<readonly Reconciled[]> {
  const startOf = (day: string) => `(${day}::timestamp at time zone 'UTC')`;
  const within = (start: string) =>
    `($3::timestamptz is null or ${start} >= $3) and ($4::timestamptz is null or ${start} < $4)`;
  const bill = bills.map(
    ({ table, money }) => `
      select (bucket_start at time zone 'UTC')::date as day, series_id, ${money.currency} as currency,
        ${money.amount} as amount, quantity
      from openai.${table} where org_id = $1 and bucket_width = '1d' and ${within('bucket_start')}
        and ${money.amount} is not null and ${money.currency} is not null
        and ($2::date[] is null or bucket_start = any(array(select ${startOf('day')} from unnest($2) as day)))`,
  );
  const { rows } = await database.query<Reconciled>(
    `select to_char(day, 'YYYY-MM-DD') as day, currency, coalesce(sum(bill.amount), 0)::text as billed,
       coalesce(sum(split.allocated), 0)::text as allocated, coalesce(sum(split.unattributed), 0)::text as unattributed,
       trim_scale(coalesce(sum(bill.amount), 0) - coalesce(sum(split.amount), 0))::text as difference,
       count(bill.amount)::int as costs,
       (count(*) filter (where (bill.amount, bill.quantity) is distinct from (split.amount, split.quantity)))::int as differing
     from (${bill.join(' union all ')}) as bill
     full join (
       select usage_date_utc as day, series_id, currency, sum(amount) as amount, sum(quantity) as quantity,
         sum(amount) filter (where status = 'allocated') as allocated,
         sum(amount) filter (where status = 'unattributed') as unattributed
       from openai.cost_parts
       where org_id = $1 and ($2::date[] is null or usage_date_utc = any($2)) and ${within(startOf('usage_date_utc'))}
       group by 1, 2, 3
     ) as split using (day, series_id, currency)
     group by day, currency order by day, currency`,
    [organization, days, from, to],
  );
  return rows;
}
