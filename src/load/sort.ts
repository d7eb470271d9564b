import type { EncodedBucket } from './encode.ts';
import type { LedgerEntry } from './ledger.ts';

/** What becomes of each bucket of a slice. */
export interface Sorting {
  /** Nothing is stored of them. */
  readonly fresh: readonly EncodedBucket[];
  /** Something else is stored. */
  readonly changed: readonly EncodedBucket[];
  /** Unix seconds of the changed ones that were closed when last read: their changes are restatements. */
  readonly closed: ReadonlySet<number>;
  /** The same is stored. */
  readonly unchanged: readonly EncodedBucket[];
  /** Unix seconds of those that could not be typed; what is stored stays. */
  readonly refused: readonly number[];
  /** Number left alone because the store holds a newer or finer reading. */
  readonly kept: number;
}

interface Read {
  readonly observedAt: Date;
  readonly grain: readonly string[];
}

/**
 * Sorts the buckets of a slice by what the ledger knows of each. A reading older than the stored one is left out, and
 * so is one at a coarser grain of a settled bucket, unless `refetch` asks for it.
 */
export function sortBuckets(
  encoded: readonly EncodedBucket[],
  refused: readonly number[],
  entries: ReadonlyMap<number, LedgerEntry>,
  read: Read,
  refetch: boolean,
): Sorting {
  const sorting = Object.groupBy(encoded, (bucket) => fateOf(bucket, entries.get(bucket.start), read, refetch));
  const changed = sorting.changed ?? [];
  const older = refused.filter((start) => isOlder(entries.get(start), read));
  return {
    fresh: sorting.fresh ?? [],
    changed,
    closed: new Set(changed.map(({ start }) => start).filter((start) => entries.get(start)?.closed === true)),
    unchanged: sorting.unchanged ?? [],
    refused: refused.filter((start) => !older.includes(start)),
    kept: (sorting.kept ?? []).length + older.length,
  };
}

function fateOf(bucket: EncodedBucket, entry: LedgerEntry | undefined, read: Read, refetch: boolean) {
  if (entry === undefined) return 'fresh';
  if (isOlder(entry, read)) return 'kept';
  if (entry.contentHash?.equals(bucket.hash) === true) return 'unchanged';
  if (entry.settled && !refetch && isFiner(entry.grain, read.grain)) return 'kept';
  return entry.contentHash === null && !entry.orphaned ? 'fresh' : 'changed';
}

function isOlder(entry: LedgerEntry | undefined, read: Read): boolean {
  return entry !== undefined && entry.contentHash !== null && entry.observedAt > read.observedAt;
}

function isFiner(stored: readonly string[], read: readonly string[]): boolean {
  return stored.length > read.length && read.every((name) => stored.includes(name));
}
