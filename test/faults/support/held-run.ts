import { expect, vi } from 'vitest';
import type { Fault } from '../../../src/simulator/index.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import type { Struck } from '../fault-case.ts';
import type { RunningCommand, World } from '../world.ts';
import { type Act, type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts';
import { sends, type WireMessage } from './wire.ts';

/** How long a moment may take to come on a busy machine. */
export const patience = { timeout: 20_000, interval: 5 } as const;

/** A run that is stuck at one message to or from the database. */
export interface HeldRun extends RunningCommand {
  /** Lets the message through, and everything after it. */
  release(): void;
}

/**
 * Starts a run and acts on it once it is stuck at the first message that `isMoment` picks. `then`: what becomes of that
 * message when the act is over.
 */
export async function holdAt(
  world: World,
  isMoment: Moment,
  act: (held: HeldRun) => Promise<Struck>,
  then: Act = 'pass',
  database: Pick<TestDatabase, 'url' | 'pool'> = world.nights.database,
): Promise<Struck> {
  const proxy = await startDatabaseProxy(database.url);
  try {
    const released = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const before = await sessions(database);
    arm(proxy, isMoment, () => {
      reached.resolve();
      return released.promise.then(() => then);
    });
    const run = world.start(['sync'], { DATABASE_URL: proxy.url });
    await reachedBefore(run, reached.promise);
    const struck = await act({ ...run, release: () => released.resolve() });
    released.resolve();
    await sessionsEnded(database, before);
    return struck;
  } finally {
    await proxy.close();
  }
}

/** The first message that is picked is held; whatever comes on other connections passes. */
function arm(proxy: DatabaseProxy, isMoment: Moment, hold: () => Promise<Act>): void {
  let held = false;
  proxy.set((message) => {
    if (held || !isMoment(message)) return 'pass';
    held = true;
    return hold();
  });
}

/** Rejects when the run ends before the moment is there. */
async function reachedBefore({ ended }: RunningCommand, moment: Promise<void>): Promise<void> {
  const early = ended.then((struck) => {
    throw new Error(`the run ended before its moment, with ${struck.exit}: ${struck.printed}`);
  });
  await Promise.race([moment, early]);
  // It ends later; that is then no error any more.
  early.catch(() => undefined);
}

/** Server processes of a database that are not the tests' own. */
export async function sessions({ pool }: Pick<TestDatabase, 'pool'>): Promise<readonly number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and application_name like 'usage-etl%'
       and application_name <> 'usage-etl tests'`,
  );
  return rows.map(({ pid }) => pid);
}

/** The server notices by itself that a client is gone; a next run would start later than that. */
export async function sessionsEnded(database: Pick<TestDatabase, 'pool'>, before: readonly number[]): Promise<void> {
  await vi.waitFor(async () => {
    const left = (await sessions(database)).filter((pid) => !before.includes(pid));
    expect(left).toEqual([]);
  }, patience);
}

/** Starts a run whose requests from the nth on are answered wrongly, and resolves with it when that one has come in. */
export async function holdAtRequest(
  world: World,
  { nth, then }: { readonly nth: number; readonly then: Fault['then'] },
  act: (run: RunningCommand) => Promise<Struck>,
): Promise<Struck> {
  const { simulator, database } = world.nights;
  const before = await sessions(database);
  const seen = simulator.requests.length;
  world.setFaults([{ when: { from: nth }, then }]);
  const run = world.start();
  const arrived = () => expect(simulator.requests.length).toBeGreaterThanOrEqual(seen + nth);
  await reachedBefore(run, vi.waitFor(arrived, patience));
  const struck = await act(run);
  await sessionsEnded(database, before);
  return struck;
}

/** Picks a message. */
export type Moment = (message: WireMessage) => boolean;

/** Buckets that were there before enter the ledger last; fresh ones are claimed first. */
export const writesLedger: Moment = (message) =>
  sends(message, /insert into openai_etl\.buckets/) && !/where b\.content_hash is null/.test(message.text);

/** The first message of a kind after a slice has written its ledger. */
export function onceLedgerIsWritten(isMoment: Moment): Moment {
  let written = false;
  return (message) => {
    written ||= writesLedger(message);
    return written && isMoment(message);
  };
}
