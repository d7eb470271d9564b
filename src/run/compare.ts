import type { DatasetSettings } from '../config.ts';
import { compareBucket, storedSums, type TieOut } from '../derive/tie-out.ts';
import { loadedBuckets, otherwiseFiltered } from '../load/loaded-range.ts';
import { formatDecimal } from '../parse/decimal.ts';
import type { Interval } from '../plan/bucket.ts';
import type { RunContext } from './context.ts';
import { canonicalFilters } from './job.ts';
import type { Difference } from './report.ts';
import type { Totals } from './totals.ts';

/** What comparing one window came to. */
export interface ComparedWindow {
  readonly tieOuts: readonly TieOut[];
  /** Buckets compared. */
  readonly buckets: number;
  /** Loaded buckets for which the API gave no total although it answers for their time. */
  readonly unanswered: number;
  /** Loaded buckets before the time that the API answers for. */
  readonly beforeHorizon: number;
}

/** Whose stored sums are to be compared. */
export interface ComparedOf {
  readonly organization: string;
  readonly settings: DatasetSettings;
}

/**
 * Holds what is stored of a window against the API's totals of it: `only` these buckets (Unix seconds), or every one. A
 * bucket the ledger does not know counts as 0.
 */
export async function compareWindow(
  { store: { pool } }: RunContext,
  { organization, settings: { dataset, width, filters } }: ComparedOf,
  window: Interval,
  { sums, from }: Totals,
  only: ReadonlySet<number> | null,
): Promise<ComparedWindow> {
  const stored = await storedSums(pool, { organization, dataset, width, from: window.start, to: window.end });
  const of = { organization, dataset: dataset.name, width };
  const loaded = await loadedBuckets(pool, of, window);
  // Rows asked for with other filters have no total to be held against.
  const otherwise = await otherwiseFiltered(pool, of, window, canonicalFilters(filters));
  const isMeant = (start: number) => !otherwise.has(start) && (only?.has(start) ?? true);
  const compared = [...sums].filter(([start]) => isMeant(start));
  const missing = [...loaded].filter((start) => isMeant(start) && !sums.has(start));
  const unanswered = missing.filter((start) => start >= from.getTime() / 1000).length;
  return {
    tieOuts: compared.flatMap(([start, reported]) => {
      const empty = loaded.has(start) ? { sums: new Map(), rows: 0 } : null;
      return compareBucket(start, stored.get(start) ?? empty, reported);
    }),
    buckets: compared.length,
    unanswered,
    beforeHorizon: missing.length - unanswered,
  };
}

/** The comparisons that do not agree, as reports show them. */
export function differencesIn(
  { organization, settings }: ComparedOf,
  tieOuts: readonly TieOut[],
): readonly Difference[] {
  return tieOuts
    .filter(({ agrees }) => !agrees)
    .map((tieOut) => ({
      org_id: organization,
      dataset: settings.dataset.name,
      bucket_width: settings.width,
      bucket_start: new Date(tieOut.bucketStart * 1000).toISOString(),
      measure: tieOut.measure,
      stored: tieOut.stored === null ? null : formatDecimal(tieOut.stored),
      reported: formatDecimal(tieOut.reported),
      difference: formatDecimal(tieOut.difference),
    }));
}
