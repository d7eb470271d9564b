import type { Store } from '../db/store.ts';

/** One column of an answer. */
export interface QueryColumn {
  readonly name: string;
  /** As PostgreSQL names it, such as `numeric` or `timestamp with time zone`. */
  readonly type: string;
}

/** What a query answered, every value as PostgreSQL writes it: no digit of a numeric is lost on the way. */
export interface QueryAnswer {
  readonly columns: readonly QueryColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** How a statement is run: behind a cursor, as it stands, or not at all. */
export type StatementKind = 'cursor' | 'direct' | 'refused';

const leadingNoise = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*/;

/**
 * What a statement is, by its first word. Only a query can stand behind a cursor, and PostgreSQL refuses anything else
 * there, which also keeps out what a read-only transaction alone would let through (COPY … TO PROGRAM).
 */
export function statementKind(sql: string): StatementKind {
  const word = /^[a-z]+/i.exec(sql.replace(leadingNoise, ''))?.[0].toLowerCase();
  if (word === undefined) return 'refused';
  if (['select', 'with', 'values', 'table'].includes(word)) return 'cursor';
  return ['explain', 'show'].includes(word) ? 'direct' : 'refused';
}

/** What is put before a query; the positions in PostgreSQL's messages count from its start. */
export const cursorPrefix = 'declare usage_etl_query no scroll cursor for\n';

/**
 * Runs one statement in a read-only transaction that is rolled back, without the rights of a superuser, on a connection
 * that is closed after it. Two statements at once are refused, since the extended protocol takes one. Rejects with the error of pg. Aborting the signal cancels the statement.
 */
export async function readOnlyQuery(
  pool: Store['pool'],
  sql: string,
  kind: Exclude<StatementKind, 'refused'>,
  signal: AbortSignal,
): Promise<QueryAnswer> {
  const client = await pool.connect();
  const cancel = await canceller(pool, client);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    await client.query('begin read only');
    await client.query('set local default_transaction_read_only = on');
    await client.query(leaveSuperuser);
    const answer = await (kind === 'direct' ? texts(client, sql) : throughCursor(client, sql));
    const columns = await namedTypes(client, answer.fields);
    return { columns, rows: answer.rows };
  } finally {
    signal.removeEventListener('abort', cancel);
    // Takes back what the statement set for its session, too. What no rollback takes back, such as an advisory lock, ends
    // with the connection.
    await client.query('rollback').catch(() => undefined);
    client.release(true);
  }
}

/**
 * To a superuser a read-only transaction leaves all that is no table: files of the server, other sessions, programs. A
 * role that may read every table and nothing else takes its place; any other user keeps the rights it has.
 */
const leaveSuperuser = `select set_config('role', 'pg_read_all_data', true) from pg_roles
  where rolname = current_user and rolsuper`;

type Client = Pick<Store['pool'], 'query'>;

/** A function that cancels what the connection is doing, through another connection. */
async function canceller(pool: Store['pool'], client: Client): Promise<() => void> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return () => {
    // The caller sees the canceled statement; a cancel that fails leaves a statement that ends by itself.
    pool.query('select pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => undefined);
  };
}

async function throughCursor(client: Client, sql: string) {
  await texts(client, cursorPrefix + sql);
  return texts(client, 'fetch all from usage_etl_query');
}

/** Runs one statement by the extended protocol; every value arrives as its text. */
function texts(client: Client, text: string) {
  const statement = {
    text,
    queryMode: 'extended',
    rowMode: 'array' as const,
    types: { getTypeParser: () => (value: string) => value },
  };
  return client.query<(string | null)[]>(statement);
}

async function namedTypes(
  client: Client,
  fields: readonly { readonly name: string; readonly dataTypeID: number }[],
): Promise<readonly QueryColumn[]> {
  const oids = [...new Set(fields.map(({ dataTypeID }) => dataTypeID))];
  const { rows } = await client.query<{ oid: number; type: string }>(
    'select oid::bigint as oid, format_type(oid, null) as type from pg_type where oid = any($1::oid[])',
    [oids],
  );
  const types = new Map(rows.map(({ oid, type }) => [oid, type]));
  return fields.map(({ name, dataTypeID }) => ({ name, type: types.get(dataTypeID) ?? 'unknown' }));
}
