import { ask, type BiScope, type Reader } from './scope.ts';

/** Money of one day and model family; what names no model stands under its service. */
export interface FamilySpend {
  readonly day: string;
  readonly currency: string;
  readonly family: string;
  readonly amount: string;
}

/** What the API told no amount or no currency of is in no sum; the day says that it is incomplete. */
const isKnown = 'billed_cost is not null and currency is not null';

/** The bill by day and model family. */
export function familySpend(reader: Reader, scope: BiScope): Promise<readonly FamilySpend[]> {
  return ask(
    reader,
    `select cost_date::text as day, upper(currency) as currency,
       case when model_family <> '(no model)' then model_family
         when service <> '(no service)' then service
         else '(no model)' end as family,
       trim_scale(sum(billed_cost))::text as amount
     from openai_bi.cost_daily
     where ($1::text[] is null or org_id = any($1)) and cost_date >= $2::date and cost_date < $3::date
       and ${isKnown}
     group by 1, 2, 3`,
    scope,
  );
}

/** What a currency was billed with in all. */
export interface SpendTotal {
  readonly currency: string;
  readonly amount: string;
}

/** The whole bill, by currency. */
export function spendTotals(reader: Reader, scope: BiScope): Promise<readonly SpendTotal[]> {
  return ask(
    reader,
    `select upper(currency) as currency, trim_scale(sum(billed_cost))::text as amount
     from openai_bi.cost_daily
     where ($1::text[] is null or org_id = any($1)) and cost_date >= $2::date and cost_date < $3::date
       and ${isKnown}
     group by 1`,
    scope,
  );
}

/** What a spend can be cut by. */
export const breakdownDimensions = ['organization', 'model', 'project', 'team', 'user'] as const;

/** What a spend is cut by. */
export type BreakdownDimension = (typeof breakdownDimensions)[number];

/** Money of one thing, now and in the period before. */
export interface SpendShare {
  readonly currency: string;
  /** Identity; null for what is unattributed. */
  readonly id: string | null;
  /** Whose id it is; null where it is not one organization's. */
  readonly organization: string | null;
  readonly label: string;
  /** Why it is unattributed, in the words of the view; null where nobody says, and for what is not. */
  readonly reason: string | null;
  readonly amount: string;
  readonly previous_amount: string;
}

interface Cut {
  readonly view: 'cost_daily' | 'cost_by_user_model_daily';
  readonly amount: string;
  readonly id: string;
  readonly organization: string;
  readonly label: string;
  readonly reason: string;
}

const billed = { view: 'cost_daily', amount: 'billed_cost', reason: 'null::text', organization: 'null::text' } as const;

const cuts: Readonly<Record<BreakdownDimension, Cut>> = {
  organization: { ...billed, id: 'org_id', label: 'org_id' },
  model: {
    ...billed,
    id: `coalesce(nullif(model, '(no model)'), nullif(service, '(no service)'))`,
    label: `coalesce(nullif(model, '(no model)'), nullif(service, '(no service)'))`,
    reason: `case parse_status when 'unparsed' then 'unparsed_line_item' when 'no_line_item' then 'no_line_item' else 'credit' end`,
  },
  project: {
    ...billed,
    id: 'project_id',
    organization: 'case when project_id is not null then org_id end',
    label: 'project_name',
  },
  team: { ...billed, id: `nullif(team, '(no team)')`, label: 'team' },
  user: {
    view: 'cost_by_user_model_daily',
    amount: 'allocated_cost',
    id: `case when status = 'allocated' then coalesce(user_id, '(no user)') end`,
    organization: 'case when user_id is not null then org_id end',
    label: 'user_label',
    reason: 'reason',
  },
};

/** The bill cut by one dimension, over the period and over the one before it, `previousFrom` to `from`. */
export function spendShares(
  reader: Reader,
  scope: BiScope,
  previousFrom: string,
  dimension: BreakdownDimension,
): Promise<readonly SpendShare[]> {
  const { view, amount, id, organization, label, reason } = cuts[dimension];
  return ask(
    reader,
    `with share as (
       select upper(currency) as currency, ${id} as id, ${organization} as organization, ${label} as label, ${reason} as reason,
         ${amount} as amount, cost_date >= $2::date as is_now
       from openai_bi.${view}
       where ($1::text[] is null or org_id = any($1)) and cost_date >= $4::date and cost_date < $3::date
         and ${amount} is not null and currency is not null
     )
     select currency, id, organization, coalesce(nullif(max(label), ''), '(empty)') as label, case when id is null then reason end as reason,
       trim_scale(coalesce(sum(amount) filter (where is_now), 0))::text as amount,
       trim_scale(coalesce(sum(amount) filter (where not is_now), 0))::text as previous_amount
     from share
     group by 1, 2, 3, 5
     having count(*) filter (where is_now) > 0
     order by currency, coalesce(sum(amount) filter (where is_now), 0) desc, label, id, organization`,
    scope,
    previousFrom,
  );
}

/** How far the parts of an organization's bill add up to it on one day. */
export interface DayReconciliation {
  readonly day: string;
  readonly organization: string;
  readonly currency: string;
  readonly billed: string;
  readonly allocated: string;
  readonly unattributed: string;
  readonly difference: string;
  /** Null when nothing is off. */
  readonly reason: string | null;
  /** Amounts whose own parts do not add up to them. */
  readonly costs_off: number;
}

/** Billed, allocated and unattributed by day and organization: what one lacks is not made up for by another. */
export function reconciliation(reader: Reader, scope: BiScope): Promise<readonly DayReconciliation[]> {
  return ask(
    reader,
    `select cost_date::text as day, org_id as organization, upper(currency) as currency,
       trim_scale(sum(billed))::text as billed, trim_scale(sum(allocated))::text as allocated, trim_scale(sum(unattributed))::text as unattributed,
       trim_scale(sum(difference))::text as difference,
       string_agg(distinct nullif(reason, '(none)'), ', ') as reason, sum(costs_off)::bigint as costs_off
     from openai_bi.reconciliation_daily
     where ($1::text[] is null or org_id = any($1)) and cost_date >= $2::date and cost_date < $3::date
     group by 1, 2, 3 order by 1, 2, 3`,
    scope,
  );
}

/** The effective price of a line item on one day, to one organization: each has its own. */
export interface DayPrice {
  readonly day: string;
  readonly organization: string;
  readonly currency: string;
  readonly line_item: string;
  readonly unit: string;
  readonly amount: string;
  readonly price: string;
}

/** How many decimals a price is told with: ratios rarely end. */
const priceDecimals = 12;

/** Effective prices of the so many largest line items of each currency. Prices of tokens are by the million. */
export function dayPrices(reader: Reader, scope: BiScope, largest: number): Promise<readonly DayPrice[]> {
  return ask(
    reader,
    `with priced as (
       select cost_date, org_id, upper(currency) as currency, line_item,
         case when quantity_unit in ('tokens', '1000_tokens') then '1M tokens' when quantity_unit = '(no unit)' then 'one' else replace(quantity_unit, '_', ' ') end as unit,
         sum(amount) as amount,
         sum(case quantity_unit when 'tokens' then quantity * 0.000001 when '1000_tokens' then quantity * 0.001
           else quantity end) as quantity
       from openai_bi.unit_price_daily
       where ($1::text[] is null or org_id = any($1)) and cost_date >= $2::date and cost_date < $3::date
       group by 1, 2, 3, 4, 5
     ), ranked as (
       select *, dense_rank() over (partition by currency order by total desc, line_item, unit, org_id) as place
       from (select *, sum(amount) over (partition by org_id, currency, line_item, unit) as total from priced) as summed
     )
     select cost_date::text as day, org_id as organization, currency, line_item, unit, trim_scale(amount)::text as amount,
       trim_scale(round(amount / quantity, $5::int))::text as price
     from ranked where place <= $4::int and quantity <> 0
     order by currency, place, cost_date`,
    scope,
    largest,
    priceDecimals,
  );
}

/** A line item that is not understood, with the money it carries. */
export interface UnparsedSpend {
  readonly line_item: string;
  readonly currency: string;
  readonly amount: string;
}

/** The money of line items that the parser does not understand. */
export function unparsedSpend(reader: Reader, scope: BiScope): Promise<readonly UnparsedSpend[]> {
  return ask(
    reader,
    `select coalesce(nullif(line_item, ''), '(empty)') as line_item, upper(currency) as currency,
       trim_scale(sum(billed_cost))::text as amount
     from openai_bi.cost_daily
     where ($1::text[] is null or org_id = any($1)) and cost_date >= $2::date and cost_date < $3::date
       and ${isKnown}
       and parse_status = 'unparsed'
     group by 1, 2 order by sum(billed_cost) desc, 1, 2`,
    scope,
  );
}
