import type { Dataset } from '../catalog/dataset.ts';
import type { Width } from '../catalog/width.ts';
import { EtlError } from '../errors.ts';
import type { EncodedBucket } from './encode.ts';
import type { LedgerEntry } from './ledger.ts';
import type { SliceContext } from './loader.ts';
import { replacedBuckets } from './replaced.ts';
import type { Sorting } from './sort.ts';

// Fewer full buckets than this are too few to tell a mistake of the provider from a correction.
const minFullBuckets = 5;

/**
 * Refuses an answer that would empty, or replace by other groups, more than half of the closed, non-empty buckets of a
 * slice that holds at least five of them. Rows are compared only where so many have changed. Throws EtlError
 * `mass_removal` before anything is written.
 */
export async function guardAgainstMassRemoval(
  context: SliceContext,
  sorting: Sorting,
  entries: ReadonlyMap<number, LedgerEntry>,
): Promise<void> {
  const { dataset, width } = context.options;
  const full = [...entries.values()].filter(isFull).length;
  const changed = sorting.changed.filter(({ start }) => isFull(entries.get(start)));
  if (full < minFullBuckets || changed.length * 2 <= full) return;
  const emptied = changed.filter(({ rowCount }) => rowCount === 0);
  const replaced = await replacedOf(context, changed, entries);
  const gone = [...emptied, ...replaced];
  if (gone.length * 2 <= full) return;
  throw massRemoval({ dataset, width, full, emptied, replaced, entries });
}

/** What other filters leave out is no mistake of the provider. */
function isFull(entry: LedgerEntry | undefined): boolean {
  return entry?.closed === true && entry.sameFilters && entry.rowCount > 0;
}

/** Another grain makes other groups of the same. */
async function replacedOf(
  context: SliceContext,
  changed: readonly EncodedBucket[],
  entries: ReadonlyMap<number, LedgerEntry>,
): Promise<readonly EncodedBucket[]> {
  const grain = context.reading.grain.join();
  const alike = changed.filter(({ start, rowCount }) => rowCount > 0 && entries.get(start)?.grain.join() === grain);
  const replaced = await replacedBuckets(context, alike);
  return alike.filter(({ start }) => replaced.has(start));
}

function massRemoval(seen: {
  readonly dataset: Dataset;
  readonly width: Width;
  readonly full: number;
  readonly emptied: readonly EncodedBucket[];
  readonly replaced: readonly EncodedBucket[];
  readonly entries: ReadonlyMap<number, LedgerEntry>;
}): EtlError {
  const { dataset, width, full, emptied, replaced, entries } = seen;
  const starts = [...emptied, ...replaced].map(({ start }) => start);
  const rows = starts.reduce((sum, start) => sum + (entries.get(start)?.rowCount ?? 0), 0);
  const from = new Date(Math.min(...starts) * 1000).toISOString();
  const to = new Date(Math.max(...starts) * 1000).toISOString();
  const what = [
    ...(emptied.length === 0 ? [] : [`nothing for ${emptied.length}`]),
    ...(replaced.length === 0 ? [] : [`other groups for ${replaced.length}`]),
  ].join(' and ');
  return new EtlError(
    'mass_removal',
    `${dataset.name} ${width}: the API now reports ${what} of ${full} closed buckets that hold ${rows} rows (first ${from}, last ${to})`,
  );
}
