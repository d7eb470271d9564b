import type { EncodedBucket } from './encode.ts';
import type { LedgerEntry } from './ledger.ts';
import type { SliceContext } from './loader.ts';
import { differingBuckets } from './replace.ts';

/**
 * The entries of a slice, those not believed that call a bucket unchanged of which other rows are stored: facts and
 * ledger were restored from different backups, or rows were changed by hand. What differs there is no restatement.
 */
export async function recheck(
  context: SliceContext,
  encoded: readonly EncodedBucket[],
  entries: ReadonlyMap<number, LedgerEntry>,
): Promise<ReadonlyMap<number, LedgerEntry>> {
  const unchanged = encoded.filter(({ start, hash }) => entries.get(start)?.contentHash?.equals(hash) === true);
  const differing = await differingBuckets(context, unchanged);
  return new Map(
    [...entries].map(([start, entry]) => [
      start,
      differing.has(start) ? { ...entry, contentHash: null, orphaned: true, closed: false } : entry,
    ]),
  );
}
