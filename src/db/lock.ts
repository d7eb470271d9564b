import type { LockName } from './lock-key.ts';
import { answerOf, keepSession, type LockSession, tryLock } from './lock-session.ts';
import type { Patience } from './patience.ts';
import type { Store } from './store.ts';

export { directoryLock, exportLock, type LockName, runLock, writerLock } from './lock-key.ts';

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
 * Opens the connection that holds a run's locks. With `patience`, a connection that is lost is made again and every lock
 * taken again; they are lost only when that takes too long or another run was quicker. Rejects with
 * `database_unreachable`.
 */
export async function openLocks(store: Pick<Store, 'url'>, patience: Patience | null = null): Promise<Locks> {
  const held = new Set<LockName>();
  const granted = new Set<LockName>();
  const sessions = await keepSession(store.url, granted, patience);
  // One question at a time, as pg demands of a single connection.
  let lastAnswer: Promise<unknown> = Promise.resolve();
  const ask = (question: (session: LockSession) => Promise<boolean>) => {
    const answer = lastAnswer.then(() => sessions.ask(question));
    lastAnswer = answer.catch(() => undefined);
    return answer;
  };
  return {
    signal: sessions.signal,
    tryAcquire: async (name) => {
      if (held.has(name)) return false;
      // Counted as held before it is, so that two calls at once cannot both take it: PostgreSQL lets a session in twice.
      held.add(name);
      const taken = await ask((session) => tryLock(session, name)).catch((failure: unknown) => {
        held.delete(name);
        throw failure;
      });
      if (taken) granted.add(name);
      else held.delete(name);
      return taken;
    },
    release: async (name) => {
      granted.delete(name);
      if (!held.delete(name) || sessions.signal.aborted) return;
      await ask(({ client }) => answerOf(client, unlockSql, name)).catch((failure: unknown) => {
        // Gone with the connection, which is all that was wanted.
        if (!sessions.signal.aborted) throw failure;
      });
    },
    isHeld: (name) => ask(({ client }) => answerOf(client, isHeldSql, name)),
    close: sessions.close,
  };
}

const unlockSql = 'select pg_advisory_unlock($1, $2) as answer';

/** objsubid 2 marks keys of two int4; both halves are shown unsigned there. */
const isHeldSql = `select exists (
    select from pg_locks
     where locktype = 'advisory' and granted and objsubid = 2
       and database = (select oid from pg_database where datname = current_database())
       and classid = ($1::bigint & 4294967295)::oid and objid = ($2::bigint & 4294967295)::oid
  ) as answer`;
