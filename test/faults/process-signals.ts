import { expect, vi } from 'vitest';
import type { Fault } from '../../src/simulator/index.ts';
import type { FaultCase, Struck } from './fault-case.ts';
import { holdAt, holdAtRequest, patience, writesLedger } from './support/held-run.ts';
import type { RunningCommand } from './world.ts';

const common = { area: 'process', dataset: null, recovery: 'at the next run', world: { time: 'real' } } as const;

/** An interrupted run rolls back and ends within so many milliseconds, however busy the machine. */
const endsWithinMs = 9000;

/** So long a second signal may take; a first one waits longer for the database. */
const atOnceMs = 3000;

const exits = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

type Signal = keyof typeof exits;

/** What a run says that a signal has ended. */
function interrupted(signal: Signal): Pick<FaultCase, 'exit' | 'sees'> {
  return { exit: exits[signal], sees: { code: 'interrupted', says: `interrupted by ${signal}` } };
}

/** Sends a signal; the run must not take long to end. */
async function endedBy({ child, ended }: RunningCommand, signal: Signal): Promise<Struck> {
  const startedMs = performance.now();
  child.kill(signal);
  const struck = await ended;
  expect(performance.now() - startedMs).toBeLessThan(endsWithinMs);
  return struck;
}

/** A run that gets a signal when the API has answered its nth request, and those after it, in a way that takes time. */
function signalledAtRequest(signal: Signal, moment: string, nth: number, then: Fault['then']): FaultCase {
  return {
    ...common,
    ...interrupted(signal),
    fault: `${signal} ${moment}`,
    strike: (world) => holdAtRequest(world, { nth, then }, (run) => endedBy(run, signal)),
  };
}

/** Again and again: two signals that come at once are one to the kernel. */
async function endedByMany({ child, ended }: RunningCommand, signal: Signal): Promise<Struck> {
  const startedMs = performance.now();
  await vi.waitFor(() => {
    child.kill(signal);
    expect(child.exitCode).not.toBe(null);
  }, patience);
  expect(performance.now() - startedMs).toBeLessThan(atOnceMs);
  return await ended;
}

/** Runs that are told to end. */
export const interruptions: readonly FaultCase[] = [
  signalledAtRequest('SIGTERM', 'while a page arrives', 2, { kind: 'stall-body' }),
  signalledAtRequest('SIGTERM', 'while waiting out a Retry-After', 2, {
    kind: 'status',
    status: 429,
    retryAfter: '120',
  }),
  signalledAtRequest('SIGTERM', 'while backing off from an API that is down', 2, { kind: 'status', status: 503 }),
  signalledAtRequest('SIGHUP', 'between two requests', 3, { kind: 'stall-headers' }),
  {
    ...common,
    ...interrupted('SIGINT'),
    fault: 'SIGINT in the middle of a transaction',
    strike: (world) =>
      holdAt(world, writesLedger, (held) => {
        const end = endedBy(held, 'SIGINT');
        held.release();
        return end;
      }),
  },
  {
    ...common,
    ...interrupted('SIGTERM'),
    fault: 'SIGTERM while the database does not answer',
    strike: (world) => holdAt(world, writesLedger, (held) => endedBy(held, 'SIGTERM'), 'cut'),
  },
  {
    ...common,
    exit: exits.SIGTERM,
    sees: null,
    fault: 'SIGTERM twice while the database does not answer',
    strike: (world) => holdAt(world, writesLedger, (held) => endedByMany(held, 'SIGTERM'), 'cut'),
  },
];
