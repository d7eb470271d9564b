import { costs } from '../../catalog/datasets/costs.ts';
import { datasets } from '../../catalog/index.ts';
import { ask, type BiScope, type Reader } from './scope.ts';

/** How far a day is known. */
export type DayState = 'final' | 'loaded' | 'empty' | 'incomplete' | 'missing' | 'refused';

/** The state of one UTC day: of its costs, and of its tokens. */
export interface KnownDay {
  readonly day: string;
  readonly costs: DayState;
  readonly usage: DayState;
}

/** Datasets that count tokens. */
const tokenDatasets = datasets
  .filter(({ columns }) => columns.some(({ name }) => name === 'input_tokens'))
  .map(({ name }) => name);

/**
 * Every day from the scope's first to its last, with the worst state over the organizations that have any costs, and
 * over the datasets of tokens that reach back to that day.
 */
export function knownDays(reader: Reader, scope: BiScope): Promise<readonly KnownDay[]> {
  return ask(
    reader,
    `with wanted as (
       select one::date as day from generate_series($2::date::timestamp, $3::date::timestamp - interval '1 day', interval '1 day') as one
     ), organization as (
       select distinct org_id from openai_bi.coverage where $1::text[] is null or org_id = any($1)
     ), known as (
       select org_id, dataset, day,
         array_position(array['refused', 'missing', 'incomplete', 'loaded', 'final', 'empty'], state) as badness
       from openai_bi.coverage
       where ($1::text[] is null or org_id = any($1)) and day >= $2::date and day < $3::date
     ), cost as (
       select wanted.day, min(coalesce(known.badness, 2)) as badness
       from wanted cross join organization
       left join known on known.day = wanted.day and known.org_id = organization.org_id and known.dataset = $4
       group by 1
     ), used as (
       select day, min(badness) as badness from known where dataset = any(string_to_array($5, ' ')) group by 1
     )
     select wanted.day::text as day,
       (array['refused', 'missing', 'incomplete', 'loaded', 'final', 'empty'])[coalesce(cost.badness, 2)] as costs,
       (array['refused', 'missing', 'incomplete', 'loaded', 'final', 'empty'])[coalesce(used.badness, 2)] as usage
     from wanted left join cost on cost.day = wanted.day left join used on used.day = wanted.day
     order by wanted.day`,
    scope,
    costs.name,
    tokenDatasets.join(' '),
  );
}

/** How far a dataset is loaded. Instants. */
export interface DatasetFreshness {
  readonly organization: string;
  readonly dataset: string;
  readonly width: string;
  readonly data_through: Date | null;
  readonly final_through: Date | null;
  readonly last_success_at: Date | null;
  readonly status: string;
  /** Days of the period by state. */
  readonly final: number;
  readonly loaded: number;
  readonly empty: number;
  readonly incomplete: number;
  readonly missing: number;
  readonly refused: number;
}

/** Freshness of every dataset, and how many days of the period it covers. */
export function datasetFreshness(reader: Reader, scope: BiScope): Promise<readonly DatasetFreshness[]> {
  return ask(
    reader,
    `with days as (
       select org_id, dataset, count(*) filter (where state = 'final') as final,
         count(*) filter (where state = 'loaded') as loaded, count(*) filter (where state = 'empty') as empty,
         count(*) filter (where state = 'incomplete') as incomplete,
         count(*) filter (where state = 'missing') as missing, count(*) filter (where state = 'refused') as refused,
         count(*) as known
       from openai_bi.coverage where day >= $2::date and day < $3::date
       group by 1, 2
     )
     select fresh.org_id as organization, fresh.dataset, fresh.bucket_width as width, fresh.data_through,
       fresh.final_through, fresh.last_success_at, fresh.status,
       coalesce(final, 0)::bigint as final, coalesce(loaded, 0)::bigint as loaded, coalesce(empty, 0)::bigint as empty,
       coalesce(incomplete, 0)::bigint as incomplete,
       ($3::date - $2::date - coalesce(known, 0) + coalesce(missing, 0))::bigint as missing,
       coalesce(refused, 0)::bigint as refused
     from openai_bi.data_freshness as fresh
     left join days on days.org_id = fresh.org_id and days.dataset = fresh.dataset
     where $1::text[] is null or fresh.org_id = any($1)
     order by 1, 2, array_position(array['1d', '1h', '1m'], fresh.bucket_width)`,
    scope,
  );
}

/** What was restated of one day's bill. */
export interface RestatedDay {
  readonly day: string;
  readonly currency: string;
  readonly observed_at: Date;
  /** Amounts that changed. */
  readonly amounts: number;
  readonly change: string;
  /** The bill of the day as it is now. */
  readonly billed: string;
  /** And without the changes. */
  readonly billed_before: string;
}

/** Restatements of the scope's bill, by day, the newest day first. */
export function restatedDays(reader: Reader, scope: BiScope): Promise<readonly RestatedDay[]> {
  return ask(
    reader,
    `with restated as (
       select day, upper(currency) as currency, max(observed_at) as observed_at, count(*)::bigint as amounts, sum(change) as change
       from openai_bi.restatements
       where ($1::text[] is null or org_id = any($1)) and day >= $2::date and day < $3::date
         and dataset = $4 and measure = 'amount_value' and currency is not null
       group by 1, 2
     ), billed as (
       select cost_date, upper(currency) as currency, sum(billed_cost) as billed from openai_bi.cost_daily
       where ($1::text[] is null or org_id = any($1)) and cost_date >= $2::date and cost_date < $3::date
         and currency is not null
       group by 1, 2
     )
     select restated.day::text as day, restated.currency, observed_at, amounts, trim_scale(change)::text as change,
       trim_scale(coalesce(billed, 0))::text as billed, trim_scale(coalesce(billed, 0) - change)::text as billed_before
     from restated left join billed on billed.cost_date = restated.day and billed.currency = restated.currency
     order by restated.day desc, restated.currency`,
    scope,
    costs.name,
  );
}
