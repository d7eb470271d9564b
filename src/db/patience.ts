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

/**
 * Does `work`, and does it again while the database is away: restarting, failing over, or without room for one more
 * connection. `work` may be cut off anywhere, so it must come to the same when repeated. Rejects with what it rejected
 * with last.
 */
export async function patiently<T>({ clock, log, signal }: Patience, work: () => Promise<T>): Promise<T> {
  const deadlineMs = clock.monotonicMs() + patienceMs;
  for (let waits = 0; ; waits += 1) {
    try {
      const result = await work();
      if (waits > 0) log.info('PostgreSQL is back');
      return result;
    } catch (thrown) {
      if (!isAway(thrown) || signal?.aborted === true || clock.monotonicMs() >= deadlineMs) throw thrown;
      if (waits === 0) log.warn({ reason: reasonOf(thrown) }, 'PostgreSQL is away; waiting for it');
      await clock.sleep(pauseMs, signal);
    }
  }
}

function isAway(thrown: unknown): boolean {
  const failure = thrown instanceof EtlError ? thrown.cause : thrown;
  const state = failure instanceof pg.DatabaseError ? failure.code : undefined;
  return state === tooManyConnections || (state !== databaseDropped && isConnectionLoss(failure));
}
