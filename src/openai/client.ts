import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { attempt, type Call, type Failed, type Stats } from './attempt.ts';
import { createLimiter, type Slot } from './limiter.ts';
import { type GiveUp, nextAttempt } from './retry.ts';
import { createTransport, defaultTimeouts, type Timeouts } from './transport.ts';
import type { Retry } from './verdict.ts';

/** What a client is made of. */
export interface ClientOptions {
  /** Ends in `/v1`, without a trailing slash. */
  readonly baseUrl: string;
  readonly adminKey: string;
  /** Most requests in flight. */
  readonly concurrency: number;
  /** Longest time one request may take, repetitions and their waits included, in seconds. */
  readonly retryTotalSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
  /** A number in [0, 1), for the jitter of waits. */
  readonly random?: () => number;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Used in place of an own connection pool; its owner closes it. */
  readonly dispatcher?: Dispatcher;
}

/** How one request is to be answered. */
export interface RequestOptions<T> {
  /** Past this many bytes of JSON the request is given up with PageTooLarge. Absent or null: never. */
  readonly softMaxBytes?: number | null;
  /** Past this many bytes of JSON the request fails with page_too_large. */
  readonly hardMaxBytes: number;
  readonly signal: AbortSignal;
  /** Longest time the request may take, repetitions and their waits included, in seconds; absent: the client's. */
  readonly retryTotalSeconds?: number;
  /** True where many organizations lack the dataset: a refusal then is dataset_unavailable. */
  readonly optional: boolean;
  /** The dimensions asked for, to recognize a refused one. */
  readonly groupBy?: readonly string[];
  /** Makes something of the text. A SyntaxError it throws is a reason to ask again; all else passes through. */
  readonly decode: (text: string) => T;
}

/** One organization's access to the API. */
export interface Client {
  /**
   * GETs `path` below the base URL, repeating it while the failure may pass. Throws EtlError with the code that the
   * verdict table gives, GroupingRefused, HorizonMoved, PageTooLarge, the signal's reason, and what `decode` throws.
   */
  request<T>(path: string, query: string, options: RequestOptions<T>): Promise<T>;
  /** What went over the network since the client was made. */
  readonly stats: Readonly<Stats>;
  /** What the answers so far say of whose they are, in their header openai-organization: as a rule one. */
  readonly organizations: ReadonlySet<string>;
  /** Drops the connections. Requests must have settled. */
  close(): Promise<void>;
}

/** How long a request may still take, of how long it may take in all. */
interface Patience {
  readonly leftMs: number;
  readonly totalSeconds: number;
}

/** How often a request in flight is compared with the time it has left. */
const deadlineCheckMs = 1000;

/** A client of one organization's API. */
export function createClient(options: ClientOptions): Client {
  const { adminKey, clock, log, random = Math.random } = options;
  const stats: Stats = { requests: 0, retries: 0, byStatus: {}, bytes: 0 };
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const transport = createTransport({ ...options, timeouts, dispatcher: options.dispatcher });
  const limiter = createLimiter(options.concurrency);
  const organizations = new Set<string>();
  const context = { transport, adminKey, clock, log, stats, organizations };

  /** One attempt that is given up when the time left is over: a body that trickles never falls silent. */
  const attemptWithin = async <T>(call: Call<T>, number: number, patience: Patience, signal: AbortSignal) => {
    const { leftMs, totalSeconds } = patience;
    const deadline = new AbortController();
    const startedMs = clock.monotonicMs();
    const stopChecking = clock.every(deadlineCheckMs, () => {
      if (clock.monotonicMs() - startedMs <= leftMs) return;
      const message = `${call.asked.path}: no complete answer within ${totalSeconds} s`;
      deadline.abort(new EtlError('api_unavailable', message));
    });
    try {
      return await attempt(context, call, number, AbortSignal.any([signal, deadline.signal]));
    } finally {
      stopChecking();
    }
  };

  /** Waits, and comes back with a place among the requests in flight. */
  const backOff = async (slot: Slot, throttled: boolean, delayMs: number, signal: AbortSignal): Promise<Slot> => {
    // A throttled request keeps its place while it waits: another in it would only be throttled too.
    if (!throttled) slot.release();
    try {
      await clock.sleep(delayMs, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    }
    // In line before the old place is free: it would go to one that has not been tried yet.
    const place = limiter.acquire(signal, true);
    slot.release();
    return place;
  };

  const repeat = async <T>(call: Call<T>, totalSeconds: number, signal: AbortSignal): Promise<T> => {
    const totalMs = totalSeconds * 1000;
    let elapsedMs = 0;
    let slot = await limiter.acquire(signal);
    try {
      for (let attempts = 1; ; attempts += 1) {
        const startedMs = clock.monotonicMs();
        const patience = { leftMs: totalMs - elapsedMs, totalSeconds };
        const attempted = await attemptWithin(call, attempts, patience, signal);
        elapsedMs += clock.monotonicMs() - startedMs;
        if (attempted.done) {
          slot.succeeded();
          return attempted.value;
        }
        const { verdict } = attempted;
        if (verdict.kind === 'raise') throw verdict.error;
        if (verdict.throttled && slot.throttled())
          log.warn({ concurrency: limiter.limit }, 'throttled: fewer requests');
        const next = nextAttempt({ ...attempted, attempts, pace: verdict.pace, elapsedMs, totalMs }, random());
        if (!('delayMs' in next)) throw exhausted(verdict, next.giveUp, attempts, attempted);
        const { delayMs } = next;
        log.warn({ attempt: attempts, delay_ms: delayMs, reason: verdict.reason }, 'request failed; trying again');
        stats.retries += 1;
        slot = await backOff(slot, verdict.throttled, delayMs, signal);
        elapsedMs += delayMs;
      }
    } finally {
      slot.release();
    }
  };

  return {
    request: (
      path,
      query,
      { softMaxBytes = null, hardMaxBytes, signal, optional, groupBy = [], decode, ...patience },
    ) => {
      const { retryTotalSeconds = options.retryTotalSeconds } = patience;
      return repeat(
        { asked: { path, optional, groupBy }, query, softMaxBytes, hardMaxBytes, decode },
        retryTotalSeconds,
        signal,
      );
    },
    stats,
    organizations,
    close: () => transport.close(),
  };
}

/** The error for a request that is not tried again although it might yet succeed. */
function exhausted(verdict: Retry, giveUp: GiveUp, attempts: number, { retryAfterMs }: Failed): EtlError {
  const { reason, remedy } = verdict;
  if (giveUp === 'retry_after_too_long') {
    const seconds = Math.ceil((retryAfterMs ?? 0) / 1000);
    return new EtlError(
      'retry_after_too_long',
      `${reason}; the API asks to wait ${seconds} s, more than there is left`,
    );
  }
  const why = giveUp === 'time' ? 'no time left' : 'gave up';
  const options = remedy === undefined ? {} : { remedy };
  return new EtlError(verdict.exhausted, `${reason}; ${why} after ${attempts} attempts`, options);
}
