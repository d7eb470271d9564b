import { expect, vi } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { embeddedStoreFaults } from './embedded-store.ts';
import type { FaultCase, Struck } from './fault-case.ts';
import { type DatabaseProxy, startDatabaseProxy } from './support/database-proxy.ts';
import { reports, sends, type WireMessage } from './support/wire.ts';
import type { RunningCommand, World } from './world.ts';

const realTime = { time: 'real' } as const;
const patience = { timeout: 20_000, interval: 5 } as const;

/** An interrupted run rolls back and ends within so many milliseconds, however busy the machine. */
const endsWithinMs = 9000;

/** So long a second signal may take; a first one waits longer for the database. */
const atOnceMs = 3000;

/** What becomes of the message at which a run was held, once the run is dead. */
type Fate = 'pass and cut' | 'cut';

/** A run that is stuck at one message to or from the database. */
interface HeldRun extends RunningCommand {
  /** Lets the message through, and everything after it. */
  release(): void;
}

/** Starts a run and resolves when it is stuck at the first message that `isMoment` picks. */
async function holdAt(
  world: World,
  isMoment: (message: WireMessage) => boolean,
  act: (held: HeldRun) => Promise<Struck>,
  fate: Fate | 'pass' = 'pass',
): Promise<Struck> {
  const proxy = await startDatabaseProxy(world.nights.database.url);
  try {
    const released = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const before = await sessions(world);
    arm(proxy, isMoment, () => {
      reached.resolve();
      return released.promise.then(() => fate);
    });
    const run = world.start(['sync'], { DATABASE_URL: proxy.url });
    await reachedBefore(run, reached.promise);
    const struck = await act({ ...run, release: () => released.resolve() });
    released.resolve();
    await sessionsEnded(world, before);
    return struck;
  } finally {
    await proxy.close();
  }
}

/** The first message that is picked is held; whatever comes on other connections passes. */
function arm(
  proxy: DatabaseProxy,
  isMoment: (message: WireMessage) => boolean,
  hold: () => Promise<Fate | 'pass'>,
): void {
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

/** Server processes of the world's database that are not the tests' own. */
async function sessions({ nights }: World): Promise<readonly number[]> {
  const { rows } = await nights.database.pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and application_name like 'usage-etl%'
       and application_name <> 'usage-etl tests'`,
  );
  return rows.map(({ pid }) => pid);
}

/** The server notices by itself that a client is gone; a next run would start later than that. */
async function sessionsEnded(world: World, before: readonly number[]): Promise<void> {
  await vi.waitFor(async () => {
    const left = (await sessions(world)).filter((pid) => !before.includes(pid));
    expect(left).toEqual([]);
  }, patience);
}

/** A run that is killed when it comes to a message. */
function killedAt(fault: string, isMoment: (message: WireMessage) => boolean, fate: Fate = 'cut'): FaultCase {
  return {
    fault: `kill -9 ${fault}`,
    area: 'process',
    dataset: null,
    exit: null,
    sees: null,
    recovery: 'at the next run',
    world: realTime,
    strike: (world) =>
      holdAt(
        world,
        isMoment,
        ({ child, ended }) => {
          child.kill('SIGKILL');
          return ended;
        },
        fate,
      ),
  };
}

/** A run that is ended by a signal when the API has kept back an answer. */
function signalledAtRequest(
  fault: string,
  signal: NodeJS.Signals,
  plan: { readonly nth: number; readonly then: Fault['then'] },
  said: Pick<FaultCase, 'exit' | 'sees'>,
): FaultCase {
  return {
    fault,
    area: 'process',
    dataset: null,
    ...said,
    recovery: 'at the next run',
    world: realTime,
    strike: async (world) => {
      const { requests } = world.nights.simulator;
      const before = [await sessions(world), requests.length] as const;
      world.setFaults([{ when: { from: plan.nth }, then: plan.then }]);
      const run = world.start();
      const arrived = vi.waitFor(() => expect(requests.length).toBeGreaterThanOrEqual(before[1] + plan.nth), patience);
      await reachedBefore(run, arrived);
      const struck = await endedBy(run, signal);
      await sessionsEnded(world, before[0]);
      return struck;
    },
  };
}

/** The end of a run that got a signal; it must not take long. */
async function endedBy({ child, ended }: RunningCommand, signal: NodeJS.Signals): Promise<Struck> {
  const startedMs = performance.now();
  child.kill(signal);
  const struck = await ended;
  expect(performance.now() - startedMs).toBeLessThan(endsWithinMs);
  return struck;
}

function interruptedBy(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', exit: number) {
  const code: ErrorCode = 'interrupted';
  return { exit, sees: { code, says: `interrupted by ${signal}` } } as const;
}

const killed = { exit: null, sees: null } as const;
const terminated = interruptedBy('SIGTERM', 143);

const beginsRun = (message: WireMessage) => sends(message, /insert into openai_etl\.runs/);
const locksBuckets = (message: WireMessage) => sends(message, /from openai_etl\.buckets[^;]*for update/);
const copies = (message: WireMessage) => message.from === 'client' && message.type === 'd';
/** Buckets that were there before enter the ledger last; fresh ones are claimed first. */
const writesLedger = (message: WireMessage) =>
  sends(message, /insert into openai_etl\.buckets/) && !/where b\.content_hash is null/.test(message.text);
const commits = (message: WireMessage) => sends(message, /^commit\b/);
const committed = (message: WireMessage) => reports(message, 'COMMIT');
const endsRun = (message: WireMessage) => sends(message, /update openai_etl\.runs set finished_at/);

const kills: readonly FaultCase[] = [
  killedAt('before the first request', beginsRun),
  signalledAtRequest('kill -9 between two requests', 'SIGKILL', { nth: 3, then: { kind: 'stall-headers' } }, killed),
  signalledAtRequest('kill -9 while a page arrives', 'SIGKILL', { nth: 2, then: { kind: 'stall-body' } }, killed),
  killedAt('between a page and the first row of it', locksBuckets),
  killedAt('during COPY', copies),
  killedAt('between the rows and the ledger', writesLedger),
  killedAt('before COMMIT has arrived', commits),
  killedAt('while COMMIT is on its way', commits, 'pass and cut'),
  killedAt('before the answer to COMMIT', committed),
  killedAt('while the end of the run is recorded', endsRun),
];

const interruptions: readonly FaultCase[] = [
  signalledAtRequest('SIGTERM while a page arrives', 'SIGTERM', { nth: 2, then: { kind: 'stall-body' } }, terminated),
  signalledAtRequest(
    'SIGTERM while waiting out a Retry-After',
    'SIGTERM',
    { nth: 2, then: { kind: 'status', status: 429, retryAfter: '120' } },
    terminated,
  ),
  signalledAtRequest(
    'SIGTERM while backing off from an API that is down',
    'SIGTERM',
    { nth: 2, then: { kind: 'status', status: 503 } },
    terminated,
  ),
  signalledAtRequest(
    'SIGHUP between two requests',
    'SIGHUP',
    { nth: 3, then: { kind: 'stall-headers' } },
    interruptedBy('SIGHUP', 129),
  ),
  {
    fault: 'SIGINT in the middle of a transaction',
    area: 'process',
    dataset: null,
    ...interruptedBy('SIGINT', 130),
    recovery: 'at the next run',
    world: realTime,
    strike: (world) =>
      holdAt(world, writesLedger, (held) => {
        const end = endedBy(held, 'SIGINT');
        held.release();
        return end;
      }),
  },
  {
    fault: 'SIGTERM while the database does not answer',
    area: 'process',
    dataset: null,
    ...terminated,
    recovery: 'at the next run',
    world: realTime,
    strike: (world) => holdAt(world, writesLedger, (held) => endedBy(held, 'SIGTERM'), 'cut'),
  },
  {
    fault: 'SIGTERM twice while the database does not answer',
    area: 'process',
    dataset: null,
    exit: 143,
    sees: null,
    recovery: 'at the next run',
    world: realTime,
    strike: (world) =>
      holdAt(
        world,
        writesLedger,
        async ({ child, ended }) => {
          const startedMs = performance.now();
          // Again and again: two that come at once are one to the kernel.
          await vi.waitFor(() => {
            child.kill('SIGTERM');
            expect(child.exitCode).not.toBe(null);
          }, patience);
          expect(performance.now() - startedMs).toBeLessThan(atOnceMs);
          return await ended;
        },
        'cut',
      ),
  },
];

/** A run whose output nobody reads to the end. */
function unread(fault: string, stream: 'stdout' | 'stderr'): FaultCase {
  return {
    fault,
    area: 'process',
    dataset: null,
    exit: 0,
    sees: null,
    recovery: 'in the same run',
    world: realTime,
    strike: (world) => {
      const { child, ended } = world.start();
      child[stream].destroy();
      return ended;
    },
  };
}

/** A run that finds another at work: everything is locked, and it says so. */
async function lateRun(world: World): Promise<Struck> {
  const requests = world.nights.simulator.requests.length;
  const late = await world.start().ended;
  expect(late.exit).toBe(75);
  expect(late.report?.datasets.map(({ status }) => status)).toEqual(world.datasets.map(() => 'busy'));
  expect(world.nights.simulator.requests).toHaveLength(requests);
  return late;
}

/** Runs that start while another is in the middle of a transaction. */
const contests: readonly FaultCase[] = [
  {
    fault: 'a second run while one is at work',
    area: 'process',
    dataset: null,
    exit: 75,
    sees: null,
    recovery: 'in the same run',
    world: realTime,
    strike: (world) =>
      holdAt(world, writesLedger, async (first) => {
        const late = await lateRun(world);
        first.release();
        expect(await first.ended).toMatchObject({ exit: 0, errors: [] });
        return late;
      }),
  },
  {
    fault: 'four more runs while one is at work',
    area: 'process',
    dataset: null,
    exit: 0,
    sees: null,
    recovery: 'in the same run',
    world: realTime,
    strike: (world) =>
      holdAt(world, writesLedger, async (first) => {
        await Promise.all(Array.from({ length: 4 }, () => lateRun(world)));
        first.release();
        return await first.ended;
      }),
  },
];

/** Faults of the program's own process, all driven from outside. */
export const processFaults: readonly FaultCase[] = [
  ...kills,
  ...interruptions,
  unread('standard output closed early, as by head', 'stdout'),
  unread('standard error closed', 'stderr'),
  ...contests,
  ...embeddedStoreFaults,
];
