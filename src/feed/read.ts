import type { PoolClient } from 'pg';
import { type FeedColumn, type JsonForm, jsonObjectSql, quoted } from './column.ts';
import type { Bound } from './cursor.ts';
import { keyColumns, type Stream } from './streams.ts';

/** What of a stream is read: all that is known before `bound`, or of that what transactions from `since` on changed. */
export interface Range {
  readonly since: bigint | null;
  readonly bound: Bound;
}

/** One row as it is, each of its two parts one line of JSON. */
export interface Upsert {
  readonly key: string;
  readonly row: string;
}

/** One row that is gone. */
export interface Removal {
  /** One line of JSON. */
  readonly key: string;
  /** ISO 8601, UTC. */
  readonly removedAt: string;
  readonly xid: string;
}

/** What a reader wants to know of a row. */
interface Asked {
  readonly columns: readonly FeedColumn[];
  readonly form: JsonForm;
  /** A name for the transaction that changed it, where that is wanted. */
  readonly xidColumn?: string;
  /** A name for what is null for every row that is there. */
  readonly nullColumn?: string;
}

/** Rows held in memory at a time. */
const batchRows = 2_000;

/** The rows that were added or changed, in no order; `row` has the given columns. To be used in `inSnapshot`. */
export async function* readUpserts(
  client: PoolClient,
  stream: Stream,
  range: Range,
  { columns, form, xidColumn, nullColumn }: Asked,
): AsyncGenerator<readonly Upsert[]> {
  const xid = xidColumn === undefined ? '' : `, ${knownXid(range.bound)}::text::bigint as ${quoted(xidColumn)}`;
  const none = nullColumn === undefined ? '' : `, null as ${quoted(nullColumn)}`;
  const key = jsonObjectSql('f', keyColumns(stream), form);
  const row = jsonObjectSql('f', columns, form, xid + none);
  const sql = `select ${key} as key, ${row} as row from ${source(stream, range)} where ${changed(range)}`;
  yield* fetchAll<Upsert>(client, sql);
}

/** The rows that were removed and have not come back, each once, with its last removal. Nothing in a full read. */
export async function* readRemovals(
  client: PoolClient,
  stream: Stream,
  range: Range,
  form: JsonForm,
): AsyncGenerator<readonly Removal[]> {
  const { since, bound } = range;
  if (since === null) return;
  const columns = keyColumns(stream);
  const types = columns.map(({ name, type }) => `${quoted(name)} ${type}`).join(', ');
  const same = columns.map(({ name }) => `f.${quoted(name)} = k.${quoted(name)}`).join(' and ');
  const sql = `
    select ${jsonObjectSql('k', columns, form)} as key,
      to_json(gone.removed_at) #>> '{}' as "removedAt", gone.removed_xid::text as xid
    from (
      select distinct on (r.key) r.key, r.removed_at, r.removed_xid from openai_etl.removals r
      where r.table_name = 'openai.${stream.table}' and r.removed_xid >= '${since}' and r.removed_xid < '${bound.xid}'
      order by r.key, r.removed_xid desc
    ) gone
    cross join lateral jsonb_to_record(gone.key) as k(${types})
    where not exists (select from openai.${quoted(stream.table)} f where ${same} and ${known('f', bound)})`;
  yield* fetchAll<Removal>(client, sql);
}

/** The rows to look through. A row never changes without its bucket's entry in the ledger, so that is asked first. */
function source({ table, dataset }: Stream, { since }: Range): string {
  const rows = `openai.${quoted(table)} f`;
  if (dataset === null || since === null) return rows;
  // The entry may have been changed again since, beyond the bound, with the row left as it was.
  return `openai_etl.buckets b join ${rows}
    on f.org_id = b.org_id and f.bucket_width = b.bucket_width and f.bucket_start = b.bucket_start
      and b.dataset = '${dataset}' and b.changed_xid >= '${since}'`;
}

function changed({ since, bound }: Range): string {
  if (since === null) return known('f', bound);
  return `f.changed_xid >= '${since}' and f.changed_xid < '${bound.xid}'`;
}

/** What a reader that has come to the bound has. A row of the future was restored from another server. */
function known(row: string, { xid, next }: Bound): string {
  return `(${row}.changed_xid < '${xid}' or ${row}.changed_xid >= '${next}')`;
}

/** The transaction that changed a row; 0 where the id counts along another line. */
function knownXid({ xid }: Bound): string {
  return `case when f.changed_xid < '${xid}' then f.changed_xid else '0'::xid8 end`;
}

/** The answer of a query in batches, so that memory does not grow with it. */
async function* fetchAll<T>(client: PoolClient, sql: string): AsyncGenerator<readonly T[]> {
  await client.query(`declare usage_etl_feed no scroll cursor for ${sql}`);
  for (;;) {
    const { rows } = await client.query<T & object>(`fetch ${batchRows} from usage_etl_feed`);
    if (rows.length > 0) yield rows;
    if (rows.length < batchRows) break;
  }
  await client.query('close usage_etl_feed');
}
