import { setTimeout as sleep } from 'node:timers/promises';

/** The only source of time. Everything else is handed one, so that a night can be simulated. */
export interface Clock {
  /** The present instant. */
  now(): Date;
  /** Milliseconds on a scale that never goes back, for durations. */
  monotonicMs(): number;
  /** Waits; rejects with the signal's reason when it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls back every so often until the returned function is called; never keeps the process alive. */
  every(milliseconds: number, callback: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (thrown) {
      // Node rejects with an AbortError of its own.
      signal?.throwIfAborted();
      throw thrown;
    }
  },
  every: (milliseconds, callback) => {
    const timer = setInterval(callback, milliseconds);
    timer.unref();
    return () => clearInterval(timer);
  },
};
