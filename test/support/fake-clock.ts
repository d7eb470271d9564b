import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

/** A clock that tests move. */
export interface FakeClock extends Clock {
  /** Every wait so far, in milliseconds, in the order they began. */
  readonly waits: readonly number[];
  /** Moves time on, calling back what `every` registered as often as it falls due. */
  advance(milliseconds: number): void;
}

interface Repeat {
  readonly periodMs: number;
  readonly callback: () => void;
  dueMs: number;
}

/**
 * A clock that stands still at the given ISO instant. `sleep` takes no time: it moves the clock to the end of the wait
 * (waits that overlap end when the longest does), lets the event loop turn once and resolves. What `every` registers
 * is called by `advance` only.
 */
export function fakeClock(startIso: string): FakeClock {
  const startMs = Date.parse(startIso);
  const waits: number[] = [];
  const repeats = new Set<Repeat>();
  let elapsedMs = 0;

  return {
    waits,
    now: () => new Date(startMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      const dueMs = elapsedMs + milliseconds;
      waits.push(milliseconds);
      await nextTurn();
      signal?.throwIfAborted();
      elapsedMs = Math.max(elapsedMs, dueMs);
    },
    every: (periodMs, callback) => {
      const repeat = { periodMs, callback, dueMs: elapsedMs + periodMs };
      repeats.add(repeat);
      return () => repeats.delete(repeat);
    },
    advance: (milliseconds) => {
      const untilMs = elapsedMs + milliseconds;
      for (let repeat = nextDue(repeats, untilMs); repeat !== undefined; repeat = nextDue(repeats, untilMs)) {
        elapsedMs = Math.max(elapsedMs, repeat.dueMs);
        repeat.dueMs += repeat.periodMs;
        repeat.callback();
      }
      elapsedMs = untilMs;
    },
  };
}

function nextDue(repeats: ReadonlySet<Repeat>, untilMs: number): Repeat | undefined {
  return [...repeats].filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
}
