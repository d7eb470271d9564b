import type { Clock } from '../clock.ts';
import { toEtlError } from '../errors.ts';
import { type Log, redact } from '../log.ts';
import type { Observation } from '../run/observe.ts';

/** An observation, or why there is none. */
export type Observed =
  | { readonly observation: Observation; readonly failure: null }
  | { readonly observation: null; readonly failure: string };

/** Everyone who asks within so long is told the same. */
const sharedMs = 5000;

/** Whoever asks is answered within so long. */
const patienceMs = 5000;

/** One that has not come back after so long is given up, so that it cannot stand in the way of a database that is back. */
const abandonedMs = 60_000;

const tooSlow: Observed = {
  observation: null,
  failure: `the database has not answered within ${patienceMs / 1000} seconds`,
};

interface Attempt {
  readonly startedAtMs: number;
  readonly result: Promise<Observed>;
}

/**
 * Asks at most once at a time and at most every few seconds, however many ask. Never rejects; a store that does not
 * answer in time counts as one that cannot be reached.
 */
export function shareObservation(
  observe: () => Promise<Observation>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): () => Promise<Observed> {
  let latest: { readonly observed: Observed; readonly atMs: number } | null = null;
  let inFlight: Attempt | null = null;

  const begin = (): Attempt => {
    const attempt = { startedAtMs: clock.monotonicMs(), result: attemptOf(observe, log) };
    inFlight = attempt;
    attempt.result
      .then((observed) => {
        if (inFlight !== attempt) return;
        latest = { observed, atMs: clock.monotonicMs() };
        inFlight = null;
      })
      .catch((thrown: unknown) => log.error({ reason: toEtlError(thrown).message }, 'an observation was lost'));
    return attempt;
  };

  return () => {
    const nowMs = clock.monotonicMs();
    if (latest !== null && nowMs - latest.atMs < sharedMs) return Promise.resolve(latest.observed);
    const waiting = inFlight !== null && nowMs - inFlight.startedAtMs < abandonedMs ? inFlight : begin();
    if (nowMs - waiting.startedAtMs >= patienceMs) return Promise.resolve(tooSlow);
    return withinPatience(waiting.result, clock);
  };
}

async function attemptOf(observe: () => Promise<Observation>, log: Log): Promise<Observed> {
  try {
    return { observation: await observe(), failure: null };
  } catch (thrown) {
    const { code, message, remedy } = toEtlError(thrown);
    log.warn({ code, remedy }, `the store cannot be looked at: ${message}`);
    return { observation: null, failure: redact(message) };
  }
}

function withinPatience(result: Promise<Observed>, clock: Clock): Promise<Observed> {
  const { promise, resolve } = Promise.withResolvers<Observed>();
  const stop = clock.every(patienceMs, () => resolve(tooSlow));
  result.then(resolve, () => resolve(tooSlow)).finally(stop);
  return promise.finally(stop);
}
