import type pg from 'pg';
import { EtlError } from '../errors.ts';
import { connect } from './connection.ts';
import { isConnectionLoss, reasonOf, toDatabaseError } from './database-error.ts';
import { type LockName, lockKey } from './lock-key.ts';
import { type Patience, patiently } from './patience.ts';
import { shared } from './pooler.ts';

/** Without this the server would drop the locks of a run that is only waiting for the API. */
const lockSession = 'set idle_session_timeout = 0';

const applicationName = 'usage-etl locks';

/** How long the server may take to end a session that is told to. */
const endPatienceMs = 5000;

/** Asks about one lock, as `answer`. */
export async function answerOf(client: pg.Client, sql: string, name: LockName): Promise<boolean> {
  const { rows } = await client.query<{ answer: boolean }>(sql, [...lockKey(name)]);
  return rows[0]?.answer === true;
}

/**
 * Takes a lock when no other session holds it, and only in the session that holds the others. Rejects with
 * `database_unsuitable` where a pooler has passed the question to another one: nothing is locked then, and the session
 * with the locks is ended.
 */
export async function tryLock(
  { client, pid }: { readonly client: pg.ClientBase; readonly pid: number },
  name: LockName,
): Promise<boolean> {
  const { rows } = await client.query<{ answer: boolean | null }>(
    'select case when pg_backend_pid() = $3 then pg_try_advisory_lock($1, $2) end as answer',
    [...lockKey(name), pid],
  );
  const answer = rows[0]?.answer ?? null;
  if (answer !== null) return answer;
  await client.query('select pg_terminate_backend($1)', [pid]);
  throw shared();
}

/** The session that holds the locks; another one takes its place when it is lost. */
export interface KeptSession {
  /** Puts a question to the session of the moment, again when that is lost. Rejects with an EtlError. */
  ask<T>(question: (session: LockSession) => Promise<T>): Promise<T>;
  /** Aborted with a `database_transient` error when the locks are lost for good. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

/** A session on the server that may hold locks. */
export interface LockSession {
  readonly client: pg.Client;
  /** Process and start of the session on the server: together no other session has them. */
  readonly pid: number;
  readonly startedAt: string;
}

/**
 * Opens the session, and with `patience` opens it again when it is lost, taking the locks `granted` again. Rejects with
 * `database_unreachable`.
 */
export async function keepSession(
  url: string,
  granted: ReadonlySet<LockName>,
  patience: Patience | null,
): Promise<KeptSession> {
  const lost = new AbortController();
  const closing = new AbortController();
  const gone = new WeakSet<LockSession>();
  const give = (error: EtlError) => lost.abort(error);

  const lose = (session: LockSession, failure: unknown) => {
    if (closing.signal.aborted || gone.has(session)) return;
    gone.add(session);
    session.client.end().catch(() => undefined);
    const error = new EtlError('database_transient', `The connection with the locks was lost: ${reasonOf(failure)}`);
    if (patience === null) give(error);
    else current = retake(session, patience).catch(() => session);
  };
  const watch = (session: LockSession) => {
    session.client.on('error', (failure) => lose(session, failure));
    return session;
  };
  const retake = async (session: LockSession, { clock, log, signal = closing.signal }: Patience) => {
    const signals = AbortSignal.any([signal, closing.signal]);
    log.warn('the connection with the locks of this run was lost; taking them again');
    try {
      return watch(await patiently({ clock, log, signal: signals }, () => openAgain(url, session, granted)));
    } catch (failure) {
      const { message } = toDatabaseError(failure);
      give(new EtlError('database_transient', `The locks of this run were lost: ${message}`, { cause: failure }));
      throw failure;
    }
  };

  let current = Promise.resolve(watch(await openSession(url)));
  let closed: Promise<void> | null = null;
  return {
    signal: lost.signal,
    ask: async (question) => {
      for (;;) {
        const session = await current;
        lost.signal.throwIfAborted();
        try {
          return await question(session);
        } catch (failure) {
          if (!isConnectionLoss(failure) || closing.signal.aborted) throw toDatabaseError(failure);
          lose(session, failure);
        }
      }
    },
    close: () => {
      closing.abort();
      closed ??= current.then(({ client }) => client.end());
      return closed;
    },
  };
}

async function openSession(url: string): Promise<LockSession> {
  const client = await connect(url, applicationName);
  try {
    await client.query(lockSession);
    const { rows } = await client.query<{ pid: number; startedAt: string }>(
      `select pid, backend_start::text as "startedAt" from pg_stat_activity where pid = pg_backend_pid()`,
    );
    return { client, pid: rows[0]?.pid ?? 0, startedAt: rows[0]?.startedAt ?? '' };
  } catch (failure) {
    await client.end().catch(() => undefined);
    throw toDatabaseError(failure);
  }
}

/** The server may not have noticed that the session before is gone; it is ended, so that its locks can be taken. */
async function openAgain(url: string, before: LockSession, names: ReadonlySet<LockName>): Promise<LockSession> {
  const session = await openSession(url);
  try {
    await session.client.query(
      'select pg_terminate_backend(pid, $3) from pg_stat_activity where pid = $1 and backend_start::text = $2',
      [before.pid, before.startedAt, endPatienceMs],
    );
    for (const name of names) {
      if (!(await tryLock(session, name))) {
        throw new EtlError('database_transient', 'another run has taken one of them over');
      }
    }
    return session;
  } catch (failure) {
    await session.client.end().catch(() => undefined);
    throw failure;
  }
}
