import type { EncodedBucket } from './encode.ts';
import { type LedgerEntry, latestHonest } from './ledger.ts';

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
  /** Unix seconds of those of which finer rows are stored that say the same: they stay, and count as read. */
  readonly confirmed: readonly number[];
  /** Unix seconds of those that could not be typed; what is stored stays. */
  readonly refused: readonly number[];
  /** Number left alone because the store holds a newer or finer reading. */
  readonly kept: number;
}

interface Read {
  readonly observedAt: Date;
  readonly loadedAt: Date;
  readonly grain: readonly string[];
}

/**
 * Sorts the buckets of a slice by what the ledger knows of each. A reading older than the stored one is left out, and
 * so is one of a settled bucket that lacks a dimension stored and still wanted.
 * @param keptDimensions dimensions not to be lost from settled buckets
 */
export function sortBuckets(
  encoded: readonly EncodedBucket[],
  refused: readonly number[],
  entries: ReadonlyMap<number, LedgerEntry>,
  read: Read,
  keptDimensions: readonly string[],
  confirmed: ReadonlySet<number>,
): Sorting {
  const sorting = Object.groupBy(encoded, (bucket) =>
    confirmed.has(bucket.start) ? 'confirmed' : fateOf(bucket, entries.get(bucket.start), read, keptDimensions),
  );
  const changed = sorting.changed ?? [];
  const older = refused.filter((start) => isOlder(entries.get(start), read));
  return {
    fresh: sorting.fresh ?? [],
    changed,
    closed: new Set(changed.map(({ start }) => start).filter((start) => entries.get(start)?.closed === true)),
    unchanged: sorting.unchanged ?? [],
    refused: refused.filter((start) => !older.includes(start)),
    confirmed: (sorting.confirmed ?? []).map(({ start }) => start),
    kept: (sorting.kept ?? []).length + older.length,
  };
}

function fateOf(bucket: EncodedBucket, entry: LedgerEntry | undefined, read: Read, keptDimensions: readonly string[]) {
  if (entry === undefined) return 'fresh';
  if (isOlder(entry, read)) return 'kept';
  if (entry.contentHash?.equals(bucket.hash) === true) return 'unchanged';
  // Rows asked for with other filters are no finer reading of the same.
  if (entry.sameFilters && entry.settled && losesDetail(entry.grain, read.grain, keptDimensions)) return 'kept';
  return entry.contentHash === null && !entry.orphaned ? 'fresh' : 'changed';
}

/** True when what is stored was read later than this reading, by a clock that was right. */
export function isOlder(entry: LedgerEntry | undefined, read: Pick<Read, 'observedAt' | 'loadedAt'>): boolean {
  if (entry === undefined || entry.contentHash === null) return false;
  return entry.observedAt > read.observedAt && entry.observedAt <= latestHonest(read.loadedAt);
}

/** True when the stored rows have every dimension of the reading and another one that is still wanted, and no unwanted one. */
export function losesDetail(stored: readonly string[], read: readonly string[], kept: readonly string[]): boolean {
  return (
    stored.length > read.length &&
    read.every((name) => stored.includes(name)) &&
    stored.every((name) => kept.includes(name))
  );
}
