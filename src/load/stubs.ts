import type { Pool } from 'pg';
import type { Dataset } from '../catalog/dataset.ts';
import { dimensionsOf } from '../catalog/dataset.ts';
import { directoryTables } from '../catalog/directory/tables.ts';
import { mostKeyBytes } from '../catalog/storable.ts';
import { inTransaction } from '../db/transaction.ts';

/** The ids of facts that have tables of their own. */
const stubbed = directoryTables.flatMap(({ name, stub }) => (stub === null ? [] : [{ name, ...stub }]));

/** More buckets than this are asked for as a range: a superset costs less than so many look-ups. */
const mostBuckets = 1000;

/** Changed buckets of one dataset at one width; their days' sums, where these are of that width, name the same ids. */
interface Changed {
  readonly dataset: Dataset;
  readonly width: string;
  readonly isSummed: boolean;
  readonly starts: readonly Date[];
}

/**
 * Gives every id that changed usage and costs carry and that no list holds a row of its own: one statement over what has
 * changed since the last time, by whatever run. One too long for an index is its own label. Gives how many ids were new.
 */
export async function recordStubs(
  pool: Pool,
  organization: string,
  datasets: readonly Dataset[],
  seenAt: Date,
): Promise<number> {
  return await inTransaction(pool, async (client) => {
    const { rows } = await client.query<ChangedRow>(changedSql, [organization]);
    const changed = rows.flatMap(
      ({ dataset: name, bucket_width: width, is_summed: isSummed, starts }): readonly Changed[] => {
        const dataset = datasets.find((one) => one.name === name);
        return dataset === undefined || idsOf(dataset).length === 0 ? [] : [{ dataset, width, isSummed, starts }];
      },
    );
    let added = 0;
    if (changed.length > 0) {
      const values = changed.flatMap(({ width, starts }) => [width, boundsOf(starts)]);
      const found = await client.query<{ added: number }>(stubsSql(changed), [organization, seenAt, ...values]);
      added = found.rows[0]?.added ?? 0;
    }
    const [progress] = rows;
    if (progress !== undefined) await client.query(progressSql, [organization, progress.until]);
    return added;
  });
}

interface ChangedRow {
  readonly dataset: string;
  readonly bucket_width: string;
  readonly is_summed: boolean;
  readonly starts: readonly Date[];
  readonly until: string;
}

/** A progress ahead of every transaction there has been was restored from another server: it says nothing. */
const changedSql = `
  select b.dataset, b.bucket_width, coalesce(d.is_rolled_up and d.bucket_width = b.bucket_width, false) as is_summed,
    array_agg(b.bucket_start) as starts, pg_snapshot_xmin(pg_current_snapshot())::text as until
  from openai_etl.buckets b
  left join openai_etl.days d on d.org_id = b.org_id and d.dataset = b.dataset
    and d.usage_date_utc = (b.bucket_start at time zone 'UTC')::date
  where b.org_id = $1 and b.row_count > 0 and b.changed_xid >= coalesce((
      select seen_xid from openai_etl.stub_progress
      where org_id = $1 and seen_xid <= pg_snapshot_xmax(pg_current_snapshot())
    ), '0'::xid8)
  group by 1, 2, 3`;

const progressSql = `
  insert into openai_etl.stub_progress (org_id, seen_xid) values ($1, $2::text::xid8)
  on conflict (org_id) do update set seen_xid = excluded.seen_xid`;

function idsOf(dataset: Dataset): readonly string[] {
  const dimensions = dimensionsOf(dataset).map(({ name }) => name);
  return stubbed.map(({ dimension }) => dimension).filter((name) => dimensions.includes(name));
}

function boundsOf(starts: readonly Date[]): readonly Date[] {
  if (starts.length <= mostBuckets) return starts;
  const times = starts.map((start) => start.getTime());
  return [new Date(times.reduce((a, b) => Math.min(a, b))), new Date(times.reduce((a, b) => Math.max(a, b)))];
}

/** $1 organization, $2 seen at, then width and bounds of each part. */
function stubsSql(changed: readonly Changed[]): string {
  const ids = stubbed.map(({ dimension }) => dimension).join(', ');
  const parts = changed.map((part, index) => partSql(part, 3 + 2 * index)).join(' union ');
  const inserts = stubbed.map(insertSql).join(', ');
  const added = stubbed.map(({ name }) => `(select count(*) from ${name} where added)`).join(' + ');
  return `with found (${ids}) as materialized (${parts}), ${inserts} select (${added})::int as added`;
}

/** The ids of changed buckets; `at` is the number of the parameter that is their width, their bounds come next. */
function partSql({ dataset, isSummed, starts }: Changed, at: number): string {
  const { name, table } = dataset;
  const known = idsOf(dataset);
  const columns = stubbed
    .map(({ dimension }) => (known.includes(dimension) ? `f.${dimension}` : 'null::text'))
    .join(', ');
  const width = `$${at}`;
  const bounds = `$${at + 1}::timestamptz[]`;
  const isRange = starts.length > mostBuckets;
  if (isSummed) {
    const days = `select (start at time zone 'UTC')::date from unnest(${bounds}) as start`;
    const inside = isRange
      ? `between (${days} order by 1 limit 1) and (${days} order by 1 desc limit 1)`
      : `in (${days})`;
    return `select distinct ${columns} from openai.usage_daily_rollup f
      where f.org_id = $1 and f.dataset = '${name}' and f.bucket_width = ${width} and f.usage_date_utc ${inside}`;
  }
  const inside = isRange ? `between (${bounds})[1] and (${bounds})[2]` : `= any(${bounds})`;
  return `select distinct ${columns} from openai."${table}" f
    where f.org_id = $1 and f.bucket_width = ${width} and f.bucket_start ${inside}`;
}

/**
 * In the order of the ids, so that two runs that find the same ones do not wait for each other crosswise. Rows that stay
 * as they are are left out first: a conflict locks, and so writes, the row it then leaves alone.
 */
function insertSql({ name, dimension, values }: (typeof stubbed)[number]): string {
  const constants = Object.entries(values);
  const columns = [dimension, ...constants.map(([column]) => column)].join(', ');
  const selected = [dimension, ...constants.map(([, value]) => `'${value}'`)].join(', ');
  return `${name} as (
      insert into openai.${name} as t
        (org_id, ${columns}, is_stub, first_seen_at, last_seen_at, updated_at, changed_xid)
      select distinct $1::text, ${selected}, true, $2::timestamptz, $2::timestamptz, now(), pg_current_xact_id()
      from found where octet_length(${dimension}) <= ${mostKeyBytes} and not exists (
        select from openai.${name} k where k.org_id = $1 and k.${dimension} = found.${dimension}
          and not (k.is_stub and k.last_seen_at < $2)
      ) order by ${dimension}
      on conflict (org_id, ${dimension}) do update set last_seen_at = excluded.last_seen_at
        where t.is_stub and t.last_seen_at < excluded.last_seen_at
      returning xmax = 0 as added
    )`;
}
