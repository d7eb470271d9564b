import pg from 'pg';
import type { Log } from '../log.ts';
import { connectionConfig } from './connection.ts';
import { isConnectionLoss, reasonOf } from './database-error.ts';
import { superuser } from './embedded-cluster.ts';
import { lockKey } from './lock-key.ts';
import { clientOf, provedBy } from './proved-client.ts';

/** The database of the embedded server that holds the tables. */
const databaseName = 'usage_etl';

/** Always there, so that users are counted even while the other one is dropped or restored. */
const maintenanceDatabase = 'postgres';

const serverKey = [...lockKey('server:users')];

/** What came of knocking at the port that a server noted down. */
export type Knock =
  | { readonly answer: 'session'; readonly session: pg.Client }
  /** It starts or stops: knock again. */
  | { readonly answer: 'busy' }
  /** Nobody listens, or it is somebody else's server. */
  | { readonly answer: 'stranger'; readonly reason: string };

/** The URL of a database of the embedded server. */
export function embeddedUrl(port: number, password: string, database = databaseName): string {
  return provedBy(`postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`);
}

/**
 * Opens a session. Only the server that was set up with this password can answer: SCRAM proves it in both directions.
 * Of two copies of one data folder, the data folder tells which one answers.
 */
export async function knock(port: number, password: string, data: string, log: Log): Promise<Knock> {
  const url = embeddedUrl(port, password, maintenanceDatabase);
  const session = new (clientOf(url))(connectionConfig(url, 'usage-etl server'));
  session.on('error', (error) => log.debug({ reason: reasonOf(error) }, 'the private server closed the session'));
  try {
    await session.connect();
    const { rows } = await session.query<{ data: string }>(`select current_setting('data_directory') as data`);
    if (rows[0]?.data === data) return { answer: 'session', session };
    await session.end();
    return { answer: 'stranger', reason: 'it serves another data folder' };
  } catch (failure) {
    await session.end().catch(() => undefined);
    const cannotConnectNow = failure instanceof pg.DatabaseError && isConnectionLoss(failure);
    return cannotConnectNow ? { answer: 'busy' } : { answer: 'stranger', reason: reasonOf(failure) };
  }
}

/** Counts this session among the users of the server; false while the last user before it is stopping the server. */
export async function enterAsUser(session: pg.Client): Promise<boolean> {
  return ask(session, 'select pg_try_advisory_lock_shared($1, $2) as answer', serverKey);
}

/**
 * Takes this session off the users; true when it was the last one. From then on nobody else can enter until the session
 * ends. The order matters: of two users who leave at once, the one who asks last finds nobody.
 */
export async function leaveAsUser(session: pg.Client): Promise<boolean> {
  await session.query('select pg_advisory_unlock_all()');
  return ask(session, 'select pg_try_advisory_lock($1, $2) as answer', serverKey);
}

/** Number of sessions that use the server. */
export async function countUsers(session: pg.Client): Promise<number> {
  const { rows } = await session.query<{ users: number }>(
    `select count(*)::int as users from pg_locks
      where locktype = 'advisory' and granted and mode = 'ShareLock' and objsubid = 2 and classid = $1::bigint::oid`,
    serverKey.slice(0, 1),
  );
  return rows[0]?.users ?? 0;
}

/** Makes the database for the tables when it is not there. */
export async function ensureDatabase(session: pg.Client): Promise<void> {
  if (await ask(session, 'select exists (select from pg_database where datname = $1) as answer', [databaseName]))
    return;
  await session.query(`create database ${databaseName}`).catch((failure: unknown) => {
    if (!(failure instanceof pg.DatabaseError && alreadyThere.has(failure.code ?? ''))) throw failure;
  });
}

/** SQLSTATEs of a database that another command made at the same moment: duplicate_database, unique_violation. */
const alreadyThere = new Set(['42P04', '23505']);

async function ask(session: pg.Client, sql: string, values: readonly (string | number)[]): Promise<boolean> {
  const { rows } = await session.query<{ answer: boolean }>(sql, [...values]);
  return rows[0]?.answer === true;
}
