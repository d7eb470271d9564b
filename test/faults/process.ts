import { expect } from 'vitest';
import { embeddedStoreFaults } from './embedded-store.ts';
import type { FaultCase, Struck } from './fault-case.ts';
import { deaths } from './process-deaths.ts';
import { interruptions } from './process-signals.ts';
import { holdAt, writesLedger } from './support/held-run.ts';
import type { World } from './world.ts';

const common = { area: 'process', dataset: null, world: { time: 'real' } } as const;

/** A run whose output nobody reads to the end. */
function unread(fault: string, stream: 'stdout' | 'stderr'): FaultCase {
  return {
    ...common,
    fault,
    exit: 0,
    sees: null,
    recovery: 'in the same run',
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
    ...common,
    fault: 'a second run while one is at work',
    exit: 75,
    sees: null,
    recovery: 'in the same run',
    strike: (world) =>
      holdAt(world, writesLedger, async (first) => {
        const late = await lateRun(world);
        first.release();
        expect(await first.ended).toMatchObject({ exit: 0, errors: [] });
        return late;
      }),
  },
  {
    ...common,
    fault: 'four more runs while one is at work',
    exit: 0,
    sees: null,
    recovery: 'in the same run',
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
  ...deaths,
  ...interruptions,
  unread('standard output closed early, as by head', 'stdout'),
  unread('standard error closed', 'stderr'),
  ...contests,
  ...embeddedStoreFaults,
];
