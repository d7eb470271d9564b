import { randomFrom } from '../src/simulator/world/random.ts';

/** When a process is killed: whichever comes first. */
export interface Moment {
  /** After it was started. */
  readonly afterMs: number;
  readonly afterRequests: number;
  /** After the last of those requests came in: while it is answered, loaded, committed. */
  readonly lingerMs: number;
}

/** A process has connected, migrated and planned within this time, on a machine that does little else. */
const startMs = 900;

/** A request is answered, loaded and committed within this time. */
const requestMs = 90;

/**
 * Moments spread over the length of a life, the same for the same seed: every third anywhere on the way to the first
 * requests, the others somewhere after so many requests that all lives together come to less than the whole.
 * @param requestsPerLife average
 */
export function momentsOf(seed: number, lives: number, requestsPerLife: number): readonly Moment[] {
  const random = randomFrom('moments', seed);
  return Array.from({ length: lives }, (_, life) => ({
    afterMs: life % 3 === 0 ? random.below(startMs) : Number.POSITIVE_INFINITY,
    afterRequests: 1 + random.below(Math.max(1, 2 * requestsPerLife - 1)),
    lingerMs: random.below(requestMs),
  }));
}
