import type { Dataset } from '../catalog/dataset.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { FutureEndRefused } from './signals.ts';

// Where the API's clock is behind this machine's, its future begins before now.
const lagsMs = [0, 300_000];

/** The end of the open bucket lies ahead; an API that refuses such an end is asked up to now. */
export interface Ends {
  /** The latest end that may be asked for, at most `end`. */
  of(end: Date): Date;
  /** Sends a request that ends at an instant; again with an earlier one where the API refuses ends to come. */
  endingBy<T>(end: Date, send: (end: Date) => Promise<T>): Promise<T>;
}

/** The ends of one session: what one request finds out holds for the others. */
export function createEnds(dataset: Dataset, clock: Clock, log: Log): Ends {
  let lag = -1;
  const of = (end: Date): Date => {
    const lagMs = lagsMs[lag];
    if (lagMs === undefined) return end;
    const latest = new Date(Math.floor((clock.now().getTime() - lagMs) / 1000) * 1000);
    return end < latest ? end : latest;
  };
  const refused = (refusal: FutureEndRefused, asked: Date) => {
    // Another request has found it out already.
    if (of(asked) < asked) return;
    const next = lagsMs[lag + 1];
    if (next === undefined || asked.getTime() <= clock.now().getTime() - next) throw refusal;
    lag += 1;
    log.warn({ dataset: dataset.name, refused: refusal.message }, 'the API refuses an end to come: asking up to now');
  };
  return {
    of,
    endingBy: async (end, send) => {
      for (;;) {
        const asked = of(end);
        try {
          return await send(asked);
        } catch (thrown) {
          if (!(thrown instanceof FutureEndRefused)) throw thrown;
          refused(thrown, asked);
        }
      }
    },
  };
}
