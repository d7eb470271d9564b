/** How patiently a request is repeated: `slow` is for what takes minutes to mend, such as a missing endpoint. */
export type Pace = 'quick' | 'slow';

/** What is known when an attempt has failed. */
export interface Failure {
  /** Attempts made so far, at least 1. */
  readonly attempts: number;
  readonly pace: Pace;
  /** What the server asked for, in milliseconds; null when it asked for nothing. */
  readonly retryAfterMs: number | null;
  /** Time this request has taken so far, attempts and waits, in milliseconds. */
  readonly elapsedMs: number;
  /** Most time this request may take. */
  readonly totalMs: number;
}

/** Why a request is not tried again. */
export type GiveUp = 'attempts' | 'time' | 'retry_after_too_long';

/** When to try again, or why not to. */
export type NextAttempt = { readonly delayMs: number } | { readonly giveUp: GiveUp };

interface Backoff {
  readonly maxAttempts: number;
  readonly delayMs: (attempts: number, random: number) => number;
}

/**
 * Quick: full jitter under a doubling ceiling, so that clients which failed together do not come back together.
 * Slow: at least 15, 30, 60 seconds, up to twice that.
 */
const backoffs: Readonly<Record<Pace, Backoff>> = {
  quick: { maxAttempts: 6, delayMs: (attempts, random) => random * Math.min(60_000, 500 * 2 ** (attempts - 1)) },
  slow: {
    maxAttempts: 4,
    delayMs: (attempts, random) => (1 + random) * Math.min(60_000, 15_000 * 2 ** (attempts - 1)),
  },
};

/**
 * The wait before the next attempt: the backoff, or what the server asked for where that is longer; never less. `random`
 * is in [0, 1).
 */
export function nextAttempt(failure: Failure, random: number): NextAttempt {
  const { attempts, pace, retryAfterMs, elapsedMs, totalMs } = failure;
  const backoff = backoffs[pace];
  if (attempts >= backoff.maxAttempts) return { giveUp: 'attempts' };
  const leftMs = totalMs - elapsedMs;
  if (retryAfterMs !== null && retryAfterMs > leftMs) return { giveUp: 'retry_after_too_long' };
  const delayMs = Math.ceil(Math.max(backoff.delayMs(attempts, random), retryAfterMs ?? 0));
  return delayMs > leftMs ? { giveUp: 'time' } : { delayMs };
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The wait a server asks for, in milliseconds: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date. Null
 * when it asks for none, or in no way that can be read.
 */
export function retryAfterMs(headers: Headers, now: Date): number | null {
  const milliseconds = decimal(first(headers['retry-after-ms']));
  if (milliseconds !== null) return milliseconds;
  const value = first(headers['retry-after']);
  const seconds = decimal(value);
  if (seconds !== null) return seconds * 1000;
  // A date needs letters: Date.parse takes "-5" for a year.
  if (value === undefined || !/[a-z]{3}/i.test(value)) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function decimal(value: string | undefined): number | null {
  return value !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : null;
}
