import pg from 'pg';
import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isConnectionLoss, reasonOf } from './database-error.ts';

/** What waiting takes. */
export interface Patience {
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** A restart or a failover takes seconds; what takes longer than this needs a person. */
const patienceMs = 60_000;
const pauseMs = 500;

/** SQLSTATEs too_many_connections, which passes, and database_dropped, which does not. */
const tooManyConnections = '53300';
const databaseDropped = '57P04';

/** SQLSTATEs serialization_failure and deadlock_detected: of two transactions that met, this one was given up. */
const conflicts: ReadonlySet<string | undefined> = new Set(['40001', '40P01']);

/**
 * Does `work`, and does it again while the database is away (restarting, failing over, or without room for one more
 * connection), or when it lost a race with another transaction. `work` may be cut off anywhere, so it must come to the
 * same when repeated. Rejects with what it rejected with last.
 */
export async function patiently<T>({ clock, log, signal }: Patience, work: () => Promise<T>): Promise<T> {
  const deadlineMs = clock.monotonicMs() + patienceMs;
  let away = false;
  for (;;) {
    try {
      const result = await work();
      if (away) log.info('PostgreSQL is back');
      return result;
    } catch (thrown) {
      const lostRace = conflicts.has(stateOf(thrown));
      if (!(lostRace || isAway(thrown)) || signal?.aborted === true || clock.monotonicMs() >= deadlineMs) throw thrown;
      if (lostRace) log.debug({ reason: reasonOf(thrown) }, 'a transaction lost a race; trying again');
      else if (!away) log.warn({ reason: reasonOf(thrown) }, 'PostgreSQL is away; waiting for it');
      away ||= !lostRace;
      await clock.sleep(pauseMs, signal);
    }
  }
}

function isAway(thrown: unknown): boolean {
  const state = stateOf(thrown);
  return state === tooManyConnections || (state !== databaseDropped && isConnectionLoss(failureOf(thrown)));
}

function stateOf(thrown: unknown): string | undefined {
  const failure = failureOf(thrown);
  return failure instanceof pg.DatabaseError ? failure.code : undefined;
}

function failureOf(thrown: unknown): unknown {
  return thrown instanceof EtlError ? thrown.cause : thrown;
}
