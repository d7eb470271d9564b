import { expect, vi } from 'vitest';
import type { FaultCase, Struck } from './fault-case.ts';
import { embeddedDatabase, homeOf } from './support/embedded-home.ts';
import type { RunningCommand, World } from './world.ts';

const patience = { timeout: 20_000, interval: 10 } as const;

/** Strikes a run whose transaction has begun to write and waits for a lock on one of the tables. */
async function whileWriting(
  world: World,
  strike: (run: RunningCommand, home: ReturnType<typeof homeOf>) => Promise<Struck>,
): Promise<Struck> {
  const { database } = world.nights;
  const home = homeOf(database);
  const holder = await database.pool.connect();
  try {
    await holder.query('begin; lock table openai.costs in share row exclusive mode');
    const run = world.start(['sync'], home.environment);
    await vi.waitFor(() => expectWaiting(world), patience);
    return await strike(run, home);
  } finally {
    holder.release(true);
    await home.keep();
  }
}

async function expectWaiting({ nights }: World): Promise<void> {
  const { rows } = await nights.database.pool.query(
    `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  expect(rows).toHaveLength(1);
}

const world = { time: 'real', database: embeddedDatabase } as const;
const common = { area: 'process', dataset: null, sees: null, world } as const;

/** Faults of the program together with the embedded server that it started. */
export const embeddedStoreFaults: readonly FaultCase[] = [
  {
    ...common,
    fault: 'the embedded server killed while it writes',
    exit: 0,
    recovery: 'in the same run',
    strike: (world) =>
      whileWriting(world, async ({ ended }, { kill }) => {
        await kill();
        return await ended;
      }),
  },
  {
    ...common,
    fault: 'kill -9 of the program and of its embedded server while it writes',
    exit: null,
    recovery: 'at the next run',
    strike: (world) =>
      whileWriting(world, async ({ child, ended }, { kill }) => {
        child.kill('SIGKILL');
        await kill();
        return await ended;
      }),
  },
  {
    ...common,
    fault: 'kill -9 of the program, its embedded server left running',
    exit: null,
    recovery: 'at the next run',
    strike: (world) =>
      whileWriting(world, async ({ child, ended }, { status }) => {
        child.kill('SIGKILL');
        const struck = await ended;
        expect(await status()).toMatchObject({ running: true });
        return struck;
      }),
  },
];
