import { type Books, emptyBooks } from './books.ts';
import type { Fault, Quarantined } from './fault.ts';
import type { PageBucket } from './page.ts';
import { type Row, sameRow } from './row.ts';

/** A bucket asked for, and all that was received for it so far. */
export interface Position {
  rows: ReadonlyMap<string, Row>;
  /** Why it must not be applied; null while it may. */
  fault: Fault | null;
  /** Times it came. */
  buckets: number;
  results: number;
  /** Of these results, part of the row of another, in one bucket or in several. */
  merged: number;
  /** Of these results, those that belong elsewhere. */
  strays: number;
}

/** A bucket asked for of which nothing was received yet. */
export function createPosition(): Position {
  return { rows: new Map(), fault: null, buckets: 0, results: 0, merged: 0, strays: 0 };
}

/** Adds a bucket to what was received before for the same position: a repeat, a continuation or a contradiction. */
export function gather(position: Position, start: number, bucket: PageBucket, quarantined: Quarantined[]): void {
  position.buckets += 1;
  position.results += bucket.results;
  position.merged += bucket.merged;
  position.strays += bucket.strays;
  const fault = bucket.fault ?? (position.fault === null ? addRows(position, bucket) : null);
  if (fault === null) return;
  position.fault = fault;
  quarantined.push({ ...fault, bucketStart: start, raw: bucket.raw });
}

function addRows(position: Position, bucket: PageBucket): Fault | null {
  if (position.rows.size === 0) {
    position.rows = bucket.rows;
    return null;
  }
  const rows = new Map(position.rows);
  for (const [key, row] of bucket.rows) {
    const known = rows.get(key);
    if (known === undefined) rows.set(key, row);
    else if (sameRow(known, row)) position.merged += 1;
    else return { reason: 'conflicting_repeat', detail: 'a group came again with other values' };
  }
  position.rows = rows;
  return null;
}

/** What became of everything received for a position. What is refused is set aside whole. */
export function booksOf({ rows, fault, buckets, results, merged, strays }: Position): Books {
  if (fault !== null) return { ...emptyBooks, bucketsRefused: buckets, resultsQuarantined: results };
  return {
    ...emptyBooks,
    bucketsPlaced: buckets,
    resultsPlaced: rows.size,
    resultsMerged: merged,
    resultsQuarantined: strays,
  };
}
