import type pg from 'pg';
import { EtlError } from '../errors.ts';
import { connect } from './connection.ts';
import { isConnectionLoss, reasonOf, toDatabaseError } from './database-error.ts';
import { type LockName, lockKey } from './lock-key.ts';
import type { Store } from './store.ts';

export { type LockName, runLock, writerLock } from './lock-key.ts';

/** The advisory locks of one run, all on one connection of their own: they are gone when the run is. */
export interface Locks {
  /** Takes the lock when nobody holds it, this run included; never waits. Rejects when the connection is lost. */
  tryAcquire(name: LockName): Promise<boolean>;
  /** Gives a lock back; nothing happens when it is not held. */
  release(name: LockName): Promise<void>;
  /** True when any session of this database holds the lock, this one included. */
  isHeld(name: LockName): Promise<boolean>;
  /** Aborted with a `database_transient` error when the connection is lost, and every lock with it. */
  readonly signal: AbortSignal;
  /** Gives every lock back. Does not abort the signal. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Without these the server would keep the locks of a run on a machine that vanished for two hours, or drop the locks of
 * one that is only waiting for the API.
 */
const lockSession = `set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3;
  set idle_session_timeout = 0`;

const applicationName = 'usage-etl locks';

/** Opens the connection that holds a run's locks. Rejects with `database_unreachable`. */
export async function openLocks(store: Pick<Store, 'url'>): Promise<Locks> {
  const client = await connect(store.url, applicationName);
  const held = new Set<LockName>();
  const lost = new AbortController();
  let closed: Promise<void> | null = null;

  const lose = (reason: string) => {
    if (closed === null)
      lost.abort(new EtlError('database_transient', `The connection with the locks was lost: ${reason}`));
  };
  client.on('error', (error) => lose(reasonOf(error)));
  // One question at a time, as pg demands of a single connection.
  let lastAnswer: Promise<unknown> = Promise.resolve();
  const ask = (sql: string, name: LockName) => {
    const answer = lastAnswer.then(() => askAbout(client, sql, name, lost));
    lastAnswer = answer.catch(() => undefined);
    return answer;
  };
  await client.query(lockSession);

  return {
    signal: lost.signal,
    tryAcquire: async (name) => {
      if (held.has(name)) return false;
      // Counted as held before it is, so that two calls at once cannot both take it: PostgreSQL lets a session in twice.
      held.add(name);
      const taken = await ask('select pg_try_advisory_lock($1, $2) as answer', name).catch((failure: unknown) => {
        held.delete(name);
        throw failure;
      });
      if (!taken) held.delete(name);
      return taken;
    },
    release: async (name) => {
      if (!held.delete(name) || lost.signal.aborted) return;
      await ask('select pg_advisory_unlock($1, $2) as answer', name);
    },
    isHeld: (name) => ask(isHeldSql, name),
    close: () => {
      closed ??= client.end();
      return closed;
    },
  };
}

/** objsubid 2 marks keys of two int4; both halves are shown unsigned there. */
const isHeldSql = `select exists (
    select from pg_locks
     where locktype = 'advisory' and granted and objsubid = 2
       and database = (select oid from pg_database where datname = current_database())
       and classid = ($1::bigint & 4294967295)::oid and objid = ($2::bigint & 4294967295)::oid
  ) as answer`;

async function askAbout(client: pg.Client, sql: string, name: LockName, lost: AbortController): Promise<boolean> {
  lost.signal.throwIfAborted();
  try {
    const { rows } = await client.query<{ answer: boolean }>(sql, [...lockKey(name)]);
    return rows[0]?.answer === true;
  } catch (failure) {
    if (isConnectionLoss(failure)) lost.abort(toDatabaseError(failure));
    throw toDatabaseError(failure);
  }
}
