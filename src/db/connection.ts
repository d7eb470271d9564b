import pg from 'pg';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { reasonOf } from './database-error.ts';
import { valueTypes } from './value-types.ts';

/** PostgreSQL 15, as server_version_num. */
const oldestServerVersion = 150_000;

const connectTimeoutMs = 10_000;

/** A dead peer is noticed about 20 seconds after the last word from it. */
const keepAliveDelayMs = 10_000;

/** Whatever zone and style the server or the role prefers, instants and dates mean the same here. */
const sessionSettings = `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'`;

/** Settings every connection of the program shares. */
export function connectionConfig(databaseUrl: string, applicationName: string): pg.ClientConfig {
  return {
    connectionString: databaseUrl,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    types: valueTypes,
  };
}

/** Gives a new connection the program's session settings. */
async function prepareSession(client: pg.ClientBase): Promise<void> {
  await client.query(sessionSettings);
}

/**
 * A pool on the database. Nothing is connected yet. A connection that breaks is logged and replaced.
 */
export function createPool(databaseUrl: string, applicationName: string, maxConnections: number, log: Log): pg.Pool {
  const pool = new pg.Pool({
    ...connectionConfig(databaseUrl, applicationName),
    max: maxConnections,
    // The pool waits for it, whatever its declared type says, so that no query overtakes the settings.
    onConnect: prepareSession,
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
  const client = new pg.Client(connectionConfig(databaseUrl, applicationName));
  try {
    await client.connect();
    await prepareSession(client);
    return client;
  } catch (failure) {
    await client.end().catch(() => undefined);
    throw unreachable(databaseUrl, failure);
  }
}

/** The error of a server that could not be reached: where and why, without user or password. */
export function unreachable(databaseUrl: string, failure: unknown): EtlError {
  const where = addressOf(databaseUrl);
  return new EtlError('database_unreachable', `PostgreSQL at ${where} cannot be used: ${reasonOf(failure)}`, {
    cause: failure,
  });
}

/** Refuses servers older than the program supports, with `database_unsuitable`. */
export async function requireSupportedServer(client: Pick<pg.Pool, 'query'> | pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
  );
  for (const row of rows) checkServerVersion(row.number, row.name);
}

/** `number` is server_version_num, `name` server_version. */
function checkServerVersion(number: number, name: string): void {
  if (number < oldestServerVersion) {
    throw new EtlError('database_unsuitable', `The database is PostgreSQL ${name}; 15 or newer is needed`);
  }
}

/** host:port or socket:port of a database URL, as pg reads it with its defaults. */
function addressOf(databaseUrl: string): string {
  const { host, port } = new pg.Client(databaseUrl);
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
