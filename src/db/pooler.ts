import type pg from 'pg';
import { EtlError, messageOf } from '../errors.ts';
import { clientOf } from './proved-client.ts';

const remedy =
  "Let the pooler keep one server connection per session (PgBouncer: pool_mode = session), or name the server's own port " +
  'in DATABASE_URL.';

/** How long a pooler may take to lend out one more connection. */
const patienceMs = 1500;

/** Sessions beside the asking one: the first takes what is free, the second what a pooler that takes turns has left over. */
const neighbours = 2;

/** What PgBouncer says in statement mode to a transaction. */
const noTransactions = /transaction blocks not allowed/;

/**
 * Refuses a pooler that gives each transaction another session of the server, with `database_unsuitable`: locks would stay
 * behind in sessions of others, and settings would change what their statements mean. Nothing is set or locked to find
 * that out. A server that is asked directly shows itself at once, because the process it named when the connection was
 * made is the one that answers.
 */
export async function requireOwnSession(client: pg.ClientBase, config: pg.ClientConfig): Promise<void> {
  const pid = await backendOf(client);
  if (namedAtStart(client) === pid) return;
  const others: pg.Client[] = [];
  try {
    for (let count = 0; count < neighbours; count += 1) {
      const other = new (clientOf(config.connectionString ?? ''))({
        ...config,
        connectionTimeoutMillis: patienceMs,
        query_timeout: patienceMs,
      });
      other.on('error', () => undefined);
      others.push(other);
      // Left open, so that the pooler cannot lend the same session to the next one.
      const taken = await hold(other);
      if (taken === pid || (await backendOf(client)) !== pid) throw shared();
    }
  } finally {
    await Promise.all(others.map((other) => other.end().catch(() => undefined)));
  }
}

/** The refusal of sessions that are not ours alone. */
export function shared(): EtlError {
  return new EtlError(
    'database_unsuitable',
    'A pooler in transaction mode stands before the database: one session of the program is several of the server, ' +
      'and locks are lost or stay behind',
    { remedy },
  );
}

async function hold(other: pg.Client): Promise<number> {
  try {
    await other.connect();
    await other.query('begin');
    return await backendOf(other);
  } catch (failure) {
    if (noTransactions.test(messageOf(failure))) throw shared();
    throw new EtlError(
      'database_transient',
      `The pooler before the database lends no further connection: ${messageOf(failure)}`,
      {
        cause: failure,
        remedy:
          'Give the pooler more server connections for this database (PgBouncer: default_pool_size), or run again when fewer are in use.',
      },
    );
  }
}

async function backendOf(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

/** A pooler invents this number, so that it can find the server to cancel a statement on. */
function namedAtStart(client: pg.ClientBase): unknown {
  return 'processID' in client ? client.processID : null;
}
