import type pg from 'pg';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { datasets as catalog } from '../../src/catalog/index.ts';
import { type Width, widthSeconds } from '../../src/catalog/width.ts';
import { systemClock } from '../../src/clock.ts';
import { isObject, JsonNumber, parseJsonExact } from '../../src/parse/json.ts';
import { jsonbText } from '../../src/parse/jsonb.ts';
import { digest } from './oracle.ts';

/** An entry of the ledger. */
export interface Entry {
  readonly dataset: string;
  readonly width: Width;
  /** Unix seconds. */
  readonly start: number;
  readonly grain: readonly string[];
  readonly rowCount: number;
  /** False when the bucket was refused before it was ever loaded. */
  readonly loaded: boolean;
  readonly revision: number;
  /** Unix milliseconds. */
  readonly observedAt: number;
  readonly settled: boolean;
  readonly status: 'loaded' | 'refused';
  readonly runId: number;
}

/** A row of a fact table. */
export interface StoredRow {
  readonly dataset: string;
  readonly width: Width;
  readonly start: number;
  readonly end: number;
  readonly series: string;
  /** jsonb text of dimensions, attributes, measures and extra, as restatements keep it. */
  readonly line: string;
}

/** An entry of openai_etl.restatements. */
export interface StoredRestatement {
  readonly id: number;
  readonly dataset: string;
  readonly width: Width;
  readonly start: number;
  readonly series: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** The identity of a bucket. */
export function bucketKey({ dataset, width, start }: Pick<Entry, 'dataset' | 'width' | 'start'>): string {
  return `${dataset} ${width} ${start}`;
}

/** A bucket for people. */
export function bucketName({ dataset, width, start }: Pick<Entry, 'dataset' | 'width' | 'start'>): string {
  return `${dataset} ${width} ${new Date(start * 1000).toISOString()}`;
}

const epoch = (column: string) => `extract(epoch from ${column})::float8`;

/** The number of a transaction that everything written from now on comes after. */
export async function presentTransaction(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ id: string }>('select pg_current_xact_id()::text as id');
  return Number(rows[0]?.id);
}

/** A transaction whose program is gone ends within this time, or never. */
const longestTransactionMs = 60_000;

/**
 * Waits until no other session of the database is in a transaction that writes: one whose connection was cut may still
 * be committing when its program has given it up, and would be seen by one look at the store and not by the next.
 */
export async function transactionsEnded(pool: pg.Pool): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  while (systemClock.monotonicMs() - startedMs < longestTransactionMs) {
    const writing = await pool.query(
      `select from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_xid is not null limit 1`,
    );
    if (writing.rowCount === 0) return;
    await systemClock.sleep(10);
  }
  throw new Error('a transaction has not ended a minute after its run');
}

/** The entries of the ledger written since a transaction. */
export async function entriesSince(pool: pg.Pool, transaction: number): Promise<readonly Entry[]> {
  const { rows } = await pool.query<Omit<Entry, 'observedAt'> & { readonly observedAt: Date }>(
    `select dataset, bucket_width as width, ${epoch('bucket_start')} as start, grain, row_count as "rowCount",
       content_hash is not null as loaded, revision, observed_at as "observedAt", settled, status, run_id as "runId"
     from openai_etl.buckets where xmin::text::bigint > $1`,
    [transaction],
  );
  return rows.map((row) => ({ ...row, runId: Number(row.runId), observedAt: row.observedAt.getTime() }));
}

/** A bucket of which the fact tables and the ledger are compared. */
export interface Balance {
  readonly dataset: string;
  readonly width: Width;
  readonly start: number;
  /** Rows in the fact table, and as the ledger has it; null: no entry. */
  readonly stored: number;
  readonly rowCount: number | null;
  readonly bucketEnds: boolean;
  /** True where a row was written since the transaction. */
  readonly written: boolean;
}

/** Buckets whose rows are not as many as the ledger says, end elsewhere, or were written since a transaction. */
export async function balances(pool: pg.Pool, transaction: number): Promise<readonly Balance[]> {
  const { rows } = await pool.query<Balance>(
    catalog.map(({ name, table }) => balanceSql(name, table)).join(' union all '),
    [transaction],
  );
  return rows;
}

function balanceSql(dataset: string, table: string): string {
  const seconds = Object.entries(widthSeconds).map(([width, size]) => `when '${width}' then ${size}`);
  return `select '${dataset}' as dataset, bucket_width as width, ${epoch('bucket_start')} as start,
      coalesce(stored, 0)::int as stored, row_count as "rowCount", coalesce(ends, true) as "bucketEnds",
      coalesce(written, false) as written
    from (select bucket_width, bucket_start, count(*) as stored, max(xmin::text::bigint) > $1 as written,
            bool_and(bucket_end = bucket_start + make_interval(secs => case bucket_width ${seconds.join(' ')} end)) as ends
          from openai."${table}" group by 1, 2) facts
    full join (select bucket_width, bucket_start, row_count from openai_etl.buckets where dataset = '${dataset}') ledger
      using (bucket_width, bucket_start)
    where written or not ends or coalesce(stored, 0) is distinct from row_count`;
}

/** The number of entries in the ledger. */
export async function ledgerSize(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from openai_etl.buckets');
  return rows[0]?.n ?? 0;
}

const notSaid = [
  'org_id',
  'series_id',
  'bucket_width',
  'bucket_start',
  'bucket_end',
  'run_id',
  'loaded_at',
  'updated_at',
  'changed_xid',
];

/** The rows of the buckets given, or of all. */
export async function rowsOf(pool: pg.Pool, buckets: readonly Entry[] | 'all'): Promise<readonly StoredRow[]> {
  const names =
    buckets === 'all' ? catalog.map(({ name }) => name) : [...new Set(buckets.map(({ dataset }) => dataset))];
  if (names.length === 0) return [];
  const said = `(to_jsonb(f) - array[${notSaid.map((name) => `'${name}'`).join(', ')}])::text`;
  const chosen =
    buckets === 'all'
      ? ''
      : `where (f.bucket_width, f.bucket_start) in (select width, to_timestamp(start)
           from unnest($1::text[], $2::text[], $3::float8[]) b(dataset, width, start) where b.dataset = `;
  const selects = catalog
    .filter(({ name }) => names.includes(name))
    .map(
      ({ name, table }) =>
        `select '${name}' as dataset, bucket_width as width, ${epoch('bucket_start')} as start,
           ${epoch('bucket_end')} as "end", series_id::text as series, ${said} as line
         from openai."${table}" f ${chosen === '' ? '' : `${chosen}'${name}')`}`,
    );
  const values =
    buckets === 'all'
      ? []
      : [buckets.map(({ dataset }) => dataset), buckets.map(({ width }) => width), buckets.map(({ start }) => start)];
  return (await pool.query<StoredRow>(selects.join(' union all '), values)).rows;
}

/** Restatements recorded after one, in the order they were recorded. */
export async function restatementsAfter(pool: pg.Pool, id: number): Promise<readonly StoredRestatement[]> {
  const { rows } = await pool.query<StoredRestatement>(
    `select restatement_id as id, dataset, bucket_width as width, ${epoch('bucket_start')} as start,
       series_id::text as series, old_row::text as before, new_row::text as after
     from openai_etl.restatements where restatement_id > $1 order by restatement_id`,
    [id],
  );
  return rows.map((row) => ({ ...row, id: Number(row.id) }));
}

/** Digest of the rows of a bucket as they are stored, series included. */
export function linesDigest(rows: ReadonlyMap<string, string>): string {
  return digest([...rows].map(([series, line]) => `${series} ${line}`));
}

/** Digest of what rows say, comparable with the oracle's. */
export function contentDigest(dataset: Dataset, rows: ReadonlyMap<string, string>): string {
  return digest([...rows.values()].map((line) => contentOf(dataset, line)));
}

/** What a row says: its values in column order, digit for digit, and its unknown fields. */
export function contentOf({ columns }: Dataset, line: string): string {
  const row = parseJsonExact(line);
  if (!isObject(row)) throw new TypeError('a row is not an object');
  const values = columns.map(({ name }) => exact(row[name]));
  const { extra = null } = row;
  return JSON.stringify([...values, extra === null ? null : jsonbText(extra)]);
}

function exact(value: unknown): unknown {
  return value instanceof JsonNumber ? value.source : (value ?? null);
}
