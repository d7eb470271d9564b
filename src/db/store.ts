import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { connect, createPool, decided, requireSupportedServer, unreachable } from './connection.ts';
import { useEmbeddedServer } from './embedded.ts';
import { patiently } from './patience.ts';
import type { Tables } from './tables.ts';
import { targetOf } from './tls.ts';

export { toDatabaseError } from './database-error.ts';
export { inTransaction } from './transaction.ts';

/** The database a command works on. */
export interface Store {
  /** Holds the password, and how every connection is protected. */
  readonly url: string;
  readonly pool: pg.Pool;
  readonly kysely: Kysely<Tables>;
  /** True when the database is the private server in the data folder. */
  readonly embedded: boolean;
  /** Closes every connection, and stops the private server when no other command uses it. Safe to call twice. */
  close(): Promise<void>;
}

/** How to open a store. */
export interface StoreOptions {
  /** Null: the private server in `dataDir`, started when it is not running. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Given for a run that nobody watches: a server that is away is waited for, until this is aborted. */
  readonly patience?: AbortSignal | undefined;
  /** As pg_stat_activity shows it. Default `usage-etl`. */
  readonly applicationName?: string;
  /** Default 8. */
  readonly maxConnections?: number;
}

const defaultApplicationName = 'usage-etl';
const defaultMaxConnections = 8;

/** A server that says it is starting is waited for this long. */
const startupPatienceMs = 30_000;
const startupPollMs = 250;

/** SQLSTATE cannot_connect_now: starting up, in recovery, or shutting down. */
const startingUp = '57P03';

/**
 * Opens the database and makes sure it answers and is new enough. Rejects with `database_unreachable`,
 * `database_unsuitable`, and for the private server with `embedded_unavailable` or `folder_unusable`.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, dataDir, clock, log } = options;
  if (databaseUrl !== null) return openPool(databaseUrl, options, null);
  const server = await useEmbeddedServer({ dataDir, clock, log });
  try {
    return await openPool(server.url, options, () => server.release());
  } catch (failure) {
    await server.release();
    throw failure;
  }
}

async function openPool(
  givenUrl: string,
  options: StoreOptions,
  release: (() => Promise<void>) | null,
): Promise<Store> {
  requireReadable(givenUrl);
  const { patience: signal, clock, log } = options;
  if (signal !== undefined) await patiently({ clock, log, signal }, () => knock(givenUrl));
  const url = await decided(givenUrl);
  const pool = createPool(
    url,
    options.applicationName ?? defaultApplicationName,
    options.maxConnections ?? defaultMaxConnections,
    options.log,
  );
  try {
    await firstAnswer(pool, url, options.clock);
    await requireSupportedServer(pool);
  } catch (failure) {
    await pool.end();
    throw failure;
  }
  const close = async () => {
    await pool.end();
    await release?.();
  };
  let closed: Promise<void> | null = null;
  return {
    url,
    pool,
    kysely: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }),
    embedded: release !== null,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** A URL that cannot be read must not travel on in an error: it holds the password. */
function requireReadable(url: string): void {
  try {
    targetOf(url);
  } catch {
    throw new EtlError('database_unreachable', 'The database URL is not a PostgreSQL URL', {
      remedy: 'Write DATABASE_URL as postgres://user:password@host:port/database, special characters percent-encoded.',
    });
  }
}

/** Rejects while nobody can connect. */
async function knock(givenUrl: string): Promise<void> {
  const client = await connect(await decided(givenUrl), defaultApplicationName);
  await client.end();
}

async function firstAnswer(pool: pg.Pool, url: string, clock: Clock): Promise<void> {
  const deadlineMs = clock.monotonicMs() + startupPatienceMs;
  for (;;) {
    try {
      await pool.query('select 1');
      return;
    } catch (failure) {
      const starting = failure instanceof pg.DatabaseError && failure.code === startingUp;
      if (!starting || clock.monotonicMs() >= deadlineMs) throw unreachable(url, failure);
      await clock.sleep(startupPollMs);
    }
  }
}
