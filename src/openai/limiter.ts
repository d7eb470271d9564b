/** A place among the requests in flight. */
export interface Slot {
  /** Counts a success towards raising the limit again. */
  succeeded(): void;
  /** Halves the limit unless a request that was in flight with this one already did. True when the limit fell. */
  throttled(): boolean;
  /** Gives the place back; further calls do nothing. */
  release(): void;
}

/** Bounds the requests in flight of one organization. */
export interface Limiter {
  /**
   * Waits for a place, first come first served; `urgent` (a repetition) goes before those that have not been tried.
   * Rejects with the signal's reason when it is aborted while waiting.
   */
  acquire(signal: AbortSignal, urgent?: boolean): Promise<Slot>;
  /** Most requests in flight at present. */
  readonly limit: number;
}

/** Successes in a row after which one more request may be in flight. */
const recoveryRun = 8;

/** A limiter that starts at `maximum`, halves when throttled, never below 1, and recovers one by one. */
export function createLimiter(maximum: number): Limiter {
  let limit = maximum;
  let inFlight = 0;
  let successes = 0;
  /** Counts the falls of the limit: slots taken before the last fall do not make it fall again. */
  let generation = 0;
  const waiting: (() => void)[] = [];
  const returning: (() => void)[] = [];

  const admit = () => {
    while (inFlight < limit) {
      const enter = returning.shift() ?? waiting.shift();
      if (enter === undefined) return;
      inFlight += 1;
      enter();
    }
  };

  const succeeded = () => {
    successes += 1;
    if (successes < recoveryRun || limit >= maximum) return;
    successes = 0;
    limit += 1;
    admit();
  };

  const takeSlot = (): Slot => {
    const taken = generation;
    let held = true;
    return {
      succeeded,
      throttled: () => {
        successes = 0;
        if (taken !== generation || limit === 1) return false;
        generation += 1;
        limit = Math.max(1, Math.floor(limit / 2));
        return true;
      },
      release: () => {
        if (!held) return;
        held = false;
        inFlight -= 1;
        admit();
      },
    };
  };

  return {
    get limit() {
      return limit;
    },
    acquire: (signal, urgent = false) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const queue = urgent ? returning : waiting;
        const leave = () => {
          queue.splice(queue.indexOf(enter), 1);
          reject(signal.reason);
        };
        const enter = () => {
          signal.removeEventListener('abort', leave);
          resolve(takeSlot());
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(enter);
        admit();
      }),
  };
}
