import type { Dataset } from '../catalog/dataset.ts';
import type { Width } from '../catalog/width.ts';
import { EtlError } from '../errors.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Sorting } from './sort.ts';

// Fewer full buckets than this are too few to tell a mistake of the provider from a correction.
const minFullBuckets = 5;

/**
 * Refuses an answer that would empty more than half of the closed, non-empty buckets of a slice that holds at least
 * five of them. Throws EtlError `mass_removal`.
 */
export function guardAgainstMassRemoval(
  sorting: Sorting,
  entries: ReadonlyMap<number, LedgerEntry>,
  dataset: Dataset,
  width: Width,
): void {
  const full = [...entries.values()].filter(isFull);
  const emptied = sorting.changed.filter(({ start, rowCount }) => rowCount === 0 && isFull(entries.get(start)));
  if (full.length < minFullBuckets || emptied.length * 2 <= full.length) return;
  const rows = emptied.reduce((sum, { start }) => sum + (entries.get(start)?.rowCount ?? 0), 0);
  const days = emptied.map(({ start }) => start);
  const from = new Date(Math.min(...days) * 1000).toISOString();
  const to = new Date(Math.max(...days) * 1000).toISOString();
  throw new EtlError(
    'mass_removal',
    `${dataset.name} ${width}: the API now reports nothing for ${emptied.length} of ${full.length} closed buckets that hold ${rows} rows (first ${from}, last ${to})`,
  );
}

/** What other filters leave out is no mistake of the provider. */
function isFull(entry: LedgerEntry | undefined): boolean {
  return entry?.closed === true && entry.sameFilters && entry.rowCount > 0;
}
