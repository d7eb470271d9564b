import type { Interval } from '../plan/bucket.ts';
import type { ReadOutcome, ReadSlice, SliceReader } from './slice-reader.ts';

/** What came of reading ahead: the slice, nothing where it lies before the horizon, or why there is none. */
export type ReadAhead = { readonly read: ReadSlice | null } | { readonly failure: unknown };

/** A reader of which a slice may be read before it is wanted: it is then not asked for again. */
export interface AheadReader extends SliceReader {
  /** Reads a slice, of one too large its first part, and keeps what came of it for `read`. Never rejects. */
  ahead(slice: Interval, signal: AbortSignal): Promise<ReadAhead>;
}

/** The reader, able to read ahead. */
export function readingAhead(reader: SliceReader): AheadReader {
  const kept = new Map<Interval, PromiseSettledResult<ReadOutcome>>();
  return {
    get session() {
      return reader.session;
    },
    get requests() {
      return reader.requests;
    },
    askAgain: (what, signal) => reader.askAgain(what, signal),
    read: async (slice, signal) => {
      const known = kept.get(slice);
      kept.delete(slice);
      if (known === undefined) return reader.read(slice, signal);
      if (known.status === 'rejected') throw known.reason;
      return known.value;
    },
    ahead: async (slice, signal) => {
      for (let next: Interval = slice; ; ) {
        const [settled] = await Promise.allSettled([reader.read(next, signal)]);
        kept.set(next, settled);
        if (settled.status === 'rejected') return { failure: settled.reason };
        if ('read' in settled.value) return settled.value;
        const [part] = settled.value.split;
        if (part === undefined) return { read: null };
        next = part;
      }
    },
  };
}
