import { datasets as catalog } from '../catalog/index.ts';
import type { Queryable } from './coverage.ts';

/** The newest finished run of a command for an organization. */
export interface LastRun {
  readonly org_id: string;
  readonly command: string;
  readonly status: 'ok' | 'partial' | 'failed';
  readonly started_at: Date;
  readonly finished_at: Date;
}

/** What the newest comparison with the API's own totals came to. */
export interface LastTieOut {
  readonly org_id: string;
  readonly dataset: string;
  readonly measure: string;
  /** Decimal text: the differences of all buckets that do not agree, each as a positive number, added up. */
  readonly difference: string;
  readonly buckets: number;
  readonly disagreeing: number;
  readonly checked_at: Date;
}

/** Money of the last whole UTC day, of an organization that has loaded it. */
export interface Spend {
  readonly org_id: string;
  readonly currency: string;
  /** Decimal text. */
  readonly amount: string;
}

/** What waits for the webhook. */
export interface Waiting {
  readonly waiting: number;
  /** Of those, how many could not be delivered so far. */
  readonly failing: number;
}

/** The newest finished run of each command and organization. */
export async function readLastRuns(client: Queryable): Promise<readonly LastRun[]> {
  return (await client.query<LastRun>(lastRunsSql)).rows;
}

const lastRunsSql = `
  select distinct on (org_id, command) org_id, command, status, started_at, finished_at
  from openai_etl.runs where status <> 'running' and finished_at is not null
  order by org_id, command, run_id desc`;

/** How many runs are recorded as at work. */
export async function readRunning(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `select count(*) as n from openai_etl.runs where status = 'running'`,
  );
  return rows[0]?.n ?? 0;
}

/** What the webhook has not taken yet. */
export async function readWaiting(client: Queryable): Promise<Waiting> {
  const { rows } = await client.query<Waiting>(
    `select count(*) as waiting, count(*) filter (where attempts > 0) as failing
     from openai_etl.notifications where delivered_at is null`,
  );
  return rows[0] ?? { waiting: 0, failing: 0 };
}

interface Ledger {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: string;
}

/** The newest tie-outs of each dataset, whichever run made them, and what is known to differ since an older one. */
export async function readTieOuts(client: Queryable, of: readonly Ledger[]): Promise<readonly LastTieOut[]> {
  const column = (name: keyof Ledger) => of.map((ledger) => ledger[name]);
  return (await client.query<LastTieOut>(tieOutsSql, [column('org_id'), column('dataset'), column('bucket_width')]))
    .rows;
}

/**
 * The newest run of each is looked for from the newest run backwards, through the key: the table grows for ever. A night
 * compares the newest buckets only: a difference further back stays one until its bucket is compared anew.
 */
const tieOutsSql = `
  with ended as materialized (
    select run_id, org_id from openai_etl.runs where status <> 'running'
  ), differing as materialized (
    select d.org_id, d.dataset, d.bucket_width, d.measure, sum(abs(d.difference)) as difference, count(*) as buckets
    from openai_etl.tie_outs d
    where not d.agrees and not exists (
      select from openai_etl.tie_outs newer
      where newer.org_id = d.org_id and newer.dataset = d.dataset and newer.bucket_width = d.bucket_width
        and newer.bucket_start = d.bucket_start and newer.run_id > d.run_id
    )
    group by 1, 2, 3, 4
  ), compared as (
  select t.org_id, t.dataset, t.bucket_width, t.measure, count(*) as buckets, max(t.checked_at) as checked_at
  from unnest($1::text[], $2::text[], $3::text[]) as ledger(org_id, dataset, bucket_width),
    lateral (
      select r.run_id from ended r
      where r.org_id = ledger.org_id and exists (
        select from openai_etl.tie_outs one where one.run_id = r.run_id and one.org_id = ledger.org_id
          and one.dataset = ledger.dataset and one.bucket_width = ledger.bucket_width)
      order by r.run_id desc limit 1
    ) as newest,
    openai_etl.tie_outs t
  where t.run_id = newest.run_id and t.org_id = ledger.org_id and t.dataset = ledger.dataset
    and t.bucket_width = ledger.bucket_width
  group by 1, 2, 3, 4
  )
  select c.org_id, c.dataset, c.measure, coalesce(sum(d.difference), 0) as difference, sum(c.buckets)::bigint as buckets,
    coalesce(sum(d.buckets), 0)::bigint as disagreeing, max(c.checked_at) as checked_at
  from compared c left join differing d using (org_id, dataset, bucket_width, measure)
  group by 1, 2, 3 order by 1, 2, 3`;

/** The datasets whose money is the bill; an optional one is the same money cut anew. */
const bills = catalog.flatMap(({ name, table, money, optional }) =>
  money === undefined || optional ? [] : [{ name, table, money }],
);

/**
 * The money of the UTC day that ends at `today`, per organization and currency. An organization is absent as long as
 * that day is not loaded as it was after its end, or came with amounts missing: an unknown sum is not 0.
 */
export async function readSpend(
  client: Queryable,
  organizations: readonly string[],
  today: Date,
): Promise<readonly Spend[]> {
  const yesterday = new Date(today.getTime() - 86_400_000);
  const spends: Spend[] = [];
  for (const { name, table, money } of bills) {
    const sql = spendSql(`openai."${table}"`, `"${money.amount}"`, `"${money.currency}"`);
    spends.push(...(await client.query<Spend>(sql, [name, yesterday, today, organizations])).rows);
  }
  return spends;
}

/** A day on which nothing was spent is 0 in the currency of the last money there was. */
function spendSql(table: string, amount: string, currency: string): string {
  return `
    select b.org_id, day.currency, trim_scale(day.amount)::text as amount
    from openai_etl.buckets b, lateral (
      select ${currency} as currency, sum(${amount}) as amount from ${table} f
      where f.org_id = b.org_id and f.bucket_width = '1d' and f.bucket_start >= $2 and f.bucket_start < $3
      group by 1
      union all
      (select ${currency}, 0 from ${table} f
       where f.org_id = b.org_id and f.bucket_start < $2 and b.row_count = 0 and ${currency} is not null
       order by f.bucket_start desc limit 1)
    ) as day
    where b.org_id = any($4) and b.dataset = $1 and b.bucket_width = '1d' and b.bucket_start = $2
      and b.status = 'loaded' and b.observed_at >= b.bucket_end and b.amounts_missing = 0
    order by 1, 2`;
}
