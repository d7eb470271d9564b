import pg from 'pg';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { reasonOf } from './database-error.ts';
import { requireOwnSession } from './pooler.ts';
import { clientOf } from './proved-client.ts';
import { sessionSettings } from './session-settings.ts';
import { meaningOf } from './sqlstate.ts';
import { targetOf, tlsConfig } from './tls.ts';
import { tlsRemedy } from './tls-failure.ts';
import { decideEncryption } from './tls-probe.ts';
import { valueTypes } from './value-types.ts';

/** PostgreSQL 15, as server_version_num. */
const oldestServerVersion = 150_000;

const connectTimeoutMs = 10_000;

/** A dead peer is noticed about 20 seconds after the last word from it. */
const keepAliveDelayMs = 10_000;

/** An answer that does not come for so long never will: something between keeps a connection up that leads nowhere. */
const answerTimeoutMs = 3_600_000;

/** Settings every connection of the program shares. Throws `database_unreachable` for TLS files that cannot be used. */
export function connectionConfig(databaseUrl: string, applicationName: string): pg.ClientConfig {
  return {
    connectionString: targetOf(databaseUrl).url,
    ...tlsConfig(databaseUrl),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    types: valueTypes,
  };
}

/**
 * Makes sure that a new connection is a session of its own, and gives it the program's settings. In this order: what is
 * set through a pooler in transaction mode changes the sessions of others.
 */
async function prepareSession(client: pg.ClientBase, config: pg.ClientConfig): Promise<void> {
  await requireOwnSession(client, config);
  await client.query(sessionSettings);
}

/**
 * A pool on the database. Nothing is connected yet. A connection that breaks is logged and replaced.
 */
export function createPool(databaseUrl: string, applicationName: string, maxConnections: number, log: Log): pg.Pool {
  const config = connectionConfig(databaseUrl, applicationName);
  const pool = new pg.Pool({
    ...config,
    Client: clientOf(databaseUrl),
    max: maxConnections,
    // The pool waits for it, whatever its declared type says, so that no query overtakes the settings.
    onConnect: (client) => prepareSession(client, config),
  });
  const onLoss = (error: Error) => {
    // A server that stops right after the pool says goodbye may cut a socket that is still closing.
    if (!pool.ending) log.warn({ reason: reasonOf(error) }, 'a connection to PostgreSQL was lost');
  };
  pool.on('error', onLoss);
  // The pool listens only while a connection is idle; one that breaks while lent out would end the process.
  pool.on('connect', (client) => client.on('error', onLoss));
  return pool;
}

/** One connection of its own. Rejects with `database_unreachable`. */
export async function connect(databaseUrl: string, applicationName: string): Promise<pg.Client> {
  const config = connectionConfig(databaseUrl, applicationName);
  const client = new (clientOf(databaseUrl))(config);
  // Every query on a lost connection says so itself; without a listener the loss would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await prepareSession(client, config);
    return client;
  } catch (failure) {
    await client.end().catch(() => undefined);
    throw unreachable(databaseUrl, failure);
  }
}

/**
 * The database URL with `sslmode=prefer` decided by asking the server; from then on every connection is made alike.
 * Rejects with `database_unreachable`.
 */
export async function decided(databaseUrl: string): Promise<string> {
  try {
    return await decideEncryption(databaseUrl, connectTimeoutMs);
  } catch (failure) {
    throw unreachable(databaseUrl, failure);
  }
}

/** The error of a server that could not be reached or lets nobody in: where and why, without user or password. */
export function unreachable(databaseUrl: string, failure: unknown): EtlError {
  if (failure instanceof EtlError) return failure;
  const where = addressOf(databaseUrl);
  const meaning = failure instanceof pg.DatabaseError ? meaningOf(failure.code ?? '') : null;
  const remedy = tlsRemedy(failure) ?? meaning?.remedy;
  const code = meaning?.code === 'database_denied' ? meaning.code : 'database_unreachable';
  return new EtlError(code, `PostgreSQL at ${where} cannot be used: ${reasonOf(failure)}`, {
    cause: failure,
    ...(remedy !== undefined && { remedy }),
  });
}

/**
 * Refuses servers older than the program supports, and databases that cannot hold every text, with
 * `database_unsuitable`.
 */
export async function requireSupportedServer(client: Pick<pg.Pool, 'query'> | pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string; encoding: string; database: string }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as name,
       getdatabaseencoding() as encoding, current_database() as database`,
  );
  for (const row of rows) {
    checkServerVersion(row.number, row.name);
    checkEncoding(row.encoding, row.database);
  }
}

/** In any other encoding a name with a dash or an emoji in it would stop the load, or be stored as something else. */
function checkEncoding(encoding: string, database: string): void {
  if (encoding === 'UTF8') return;
  throw new EtlError('database_unsuitable', `The database ${database} has the encoding ${encoding}; UTF8 is needed`, {
    remedy:
      "Create another one with: create database NAME encoding 'UTF8' template template0; and name it in DATABASE_URL.",
  });
}

/** `number` is server_version_num, `name` server_version. */
function checkServerVersion(number: number, name: string): void {
  if (number < oldestServerVersion) {
    throw new EtlError('database_unsuitable', `The database is PostgreSQL ${name}; 15 or newer is needed`);
  }
}

/** host:port or socket:port of a database URL, as pg reads it with its defaults. */
function addressOf(databaseUrl: string): string {
  const { host, port } = targetOf(databaseUrl);
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
