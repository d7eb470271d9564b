import pg from 'pg';
import { vi } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { meaningOf } from '../../../src/db/sqlstate.ts';
import { toEtlError } from '../../../src/errors.ts';
import { createLog } from '../../../src/log.ts';
import { withStore } from '../../../src/run/database.ts';
import { errorReport } from '../../../src/run/tally.ts';
import type { Struck } from '../fault-case.ts';
import type { World } from '../world.ts';
import { startDatabaseProxy, type Trap } from './database-proxy.ts';
import { sendsRows, type WireMessage } from './wire.ts';

/** One sync as the command line runs it, on the database of a URL, which may not even be there. */
export async function nightOn(world: World, databaseUrl: string, clock: Clock = world.clock): Promise<Struck> {
  const lines: string[] = [];
  const log = createLog('trace', { write: (line) => lines.push(line) });
  const patience = new AbortController().signal;
  const config = { databaseUrl, dataDir: '' };
  try {
    const struck = await withStore({ config, clock, log, patience }, 'any', (store) =>
      world.night({}, { store, clock }),
    );
    return { ...struck, printed: [...lines, struck.printed].join('\n') };
  } catch (thrown) {
    const error = toEtlError(thrown);
    const errors = [errorReport(error)];
    return { exit: error.exit, errors, report: null, printed: [...lines, JSON.stringify(errors)].join('\n') };
  }
}

/** A night on the world's database, reached through a proxy with a trap in it. Rejects when the trap is never sprung. */
export async function nightThrough(
  world: World,
  { isMoment, act }: Ambush,
  { clock = world.clock, settings = {} }: { readonly clock?: Clock; readonly settings?: Settings } = {},
): Promise<Struck> {
  const proxy = await startDatabaseProxy(world.nights.database.url);
  let sprung = false;
  proxy.set((message) => {
    if (sprung || !isMoment(message)) return 'pass';
    sprung = true;
    return act(message);
  });
  try {
    const struck = await nightOn(world, withSettings(proxy.url, settings), clock);
    if (!sprung) throw new Error(`the moment never came: ${struck.printed}`);
    return struck;
  } finally {
    await proxy.close();
  }
}

/** What happens at the first message that is the moment; all others pass. */
export interface Ambush {
  readonly isMoment: (message: WireMessage) => boolean;
  readonly act: Trap;
}

/** Picks the first message of a kind that comes after rows were sent, so that it is a slice's. */
export function afterRows(isMoment: (message: WireMessage) => boolean): (message: WireMessage) => boolean {
  let sent = false;
  return (message) => {
    sent ||= sendsRows(message);
    return sent && isMoment(message);
  };
}

/** Settings of sessions, by their PostgreSQL names; `query_timeout` is the client's, in milliseconds. */
export type Settings = Readonly<Record<string, string>>;

/** A database URL whose sessions begin with these settings. */
export function withSettings(databaseUrl: string, { query_timeout, ...settings }: Settings): string {
  const url = new URL(databaseUrl);
  if (query_timeout !== undefined) url.searchParams.set('query_timeout', query_timeout);
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`);
  if (options.length > 0) url.searchParams.set('options', options.join(' '));
  return url.href;
}

/** A database URL with another user, password or database. */
export function urlWith(
  databaseUrl: string,
  parts: { readonly user?: string; readonly password?: string; readonly database?: string },
): string {
  const url = new URL(databaseUrl);
  if (parts.user !== undefined) url.username = parts.user;
  if (parts.password !== undefined) url.password = parts.password;
  if (parts.database !== undefined) url.pathname = `/${parts.database}`;
  return url.href;
}

/** A session beside the run's own, such as a person or another program has. */
export async function beside<T>(world: World, work: (session: pg.Client) => Promise<T>): Promise<T> {
  const session = new pg.Client(world.nights.database.url);
  await session.connect();
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

/** Resolves when a session of the run waits for a lock that the given session holds. */
export async function untilBlocked(world: World, session: pg.Client): Promise<void> {
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
  await vi.waitFor(
    async () => {
      const waiting = await world.nights.database.pool.query(
        'select from pg_stat_activity where datname = current_database() and $1 = any (pg_blocking_pids(pid))',
        [rows[0]?.pid],
      );
      if (waiting.rowCount === 0) throw new Error('nothing waits for the lock');
    },
    { timeout: 20_000, interval: 10 },
  );
}

/** What is to be done about a SQLSTATE, where its code alone does not say it. */
export function remedyOf(state: string): { readonly remedy?: string } {
  const { remedy } = meaningOf(state);
  return remedy === undefined ? {} : { remedy };
}

/** Rejects when what the run printed does not show that the fault was felt. */
export function felt(struck: Struck, sign: RegExp): Struck {
  if (!sign.test(struck.printed)) throw new Error(`no sign of ${sign.source} in: ${struck.printed}`);
  return struck;
}
