import { type Width, widthSeconds } from '../catalog/width.ts';
import { addBooks, assertBalanced, type Books, emptyBooks, withoutPlace } from './books.ts';
import { type Drift, DriftLog, type Fault, type Quarantined } from './fault.ts';
import type { Page, PageBucket } from './page.ts';
import { booksOf, createPosition, gather, type Position } from './position.ts';
import type { Row } from './row.ts';

/** One bucket of a completely read slice. */
export interface ParsedBucket {
  /** Unix seconds, aligned. */
  readonly start: number;
  readonly rows: readonly Row[];
  /** Why the bucket must not be applied; null when it may. */
  readonly fault: Fault | null;
}

/** Everything a completely read slice says, a bucket for each of its widths that is not unanswered. */
export interface ParsedSlice {
  /** Unix seconds, aligned, inclusive. */
  readonly start: number;
  /** Unix seconds, aligned, exclusive. */
  readonly end: number;
  /** Ascending. */
  readonly buckets: readonly ParsedBucket[];
  /** Starts of the buckets asked for that nothing received accounts for: what is stored of them stays. Ascending. */
  readonly unanswered: readonly number[];
  readonly books: Books;
  readonly quarantined: readonly Quarantined[];
  readonly drift: readonly Drift[];
  readonly pages: number;
}

/** What stands where, while the pages of a slice are gone through. */
interface Gathered {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly positions: Map<number, Position>;
  /** Stretches that refused buckets reach over: what happened there is in none of their places. */
  readonly covered: { readonly start: number; readonly end: number }[];
  readonly quarantined: Quarantined[];
  readonly drift: DriftLog;
}

/**
 * Puts the pages of one slice together. A bucket that comes again is a repeat, a continuation, or a contradiction that
 * refuses it; one off the grid or wider than asked refuses the first bucket it reaches into; one outside the slice is
 * reported and counted. A bucket that is missing is empty only where its absence says so: the chain ended as the API
 * says, everything received found its place, and nothing that came could be the missing one. Otherwise it is unanswered.
 * Throws EtlError `contract_broken` where something received is not accounted for.
 * @param start Unix seconds, aligned, inclusive
 * @param end Unix seconds, aligned, exclusive
 * @param silence what a missing bucket is where the answer itself does not contradict it
 */
export function assembleSlice(
  pages: readonly Page[],
  width: Width,
  start: number,
  end: number,
  silence: 'empty' | 'unanswered' = 'empty',
): ParsedSlice {
  const gathered: Gathered = {
    start,
    end,
    step: widthSeconds[width],
    positions: new Map(),
    covered: [],
    quarantined: pages.flatMap((page) => page.quarantined),
    drift: new DriftLog(),
  };
  let books = emptyBooks;
  for (const page of pages) {
    gathered.drift.addAll(page.drift);
    const received = { buckets: page.buckets.length + page.undated.buckets, results: page.results };
    const outside = page.buckets.filter((bucket) => !findPlace(bucket, gathered));
    books = addBooks(books, {
      ...emptyBooks,
      received,
      undated: page.undated,
      outside: { buckets: outside.length, results: outside.reduce((sum, { results }) => sum + results, 0) },
    });
  }
  for (const position of gathered.positions.values()) books = addBooks(books, booksOf(position));
  assertBalanced(books);
  const isWhole = silence === 'empty' && pages.at(-1)?.hasMore === false && withoutPlace(books).buckets === 0;
  return {
    start,
    end,
    ...everyBucket(gathered, isWhole),
    books,
    quarantined: gathered.quarantined,
    drift: gathered.drift.entries(),
    pages: pages.length,
  };
}

/** Two slices as one; null where the second does not begin where the first ends. */
export function joinSlices(first: ParsedSlice, second: ParsedSlice): ParsedSlice | null {
  if (first.end !== second.start) return null;
  const drift = new DriftLog();
  drift.addAll(first.drift);
  drift.addAll(second.drift);
  return {
    start: first.start,
    end: second.end,
    buckets: [...first.buckets, ...second.buckets],
    unanswered: [...first.unanswered, ...second.unanswered],
    books: addBooks(first.books, second.books),
    quarantined: [...first.quarantined, ...second.quarantined],
    drift: drift.entries(),
    pages: first.pages + second.pages,
  };
}

/** Enters a bucket where it belongs; false where that is nowhere in the slice. */
function findPlace(
  bucket: PageBucket,
  { start, end, step, positions, covered, quarantined, drift }: Gathered,
): boolean {
  const grid = Math.floor(bucket.start / step) * step;
  const until = Math.max(bucket.start + step, bucket.end ?? 0);
  if (until <= start || bucket.start >= end) {
    drift.add('value', 'bucket_outside_slice', { start_time: bucket.start });
    if (bucket.fault !== null) quarantined.push({ ...bucket.fault, bucketStart: null, raw: bucket.raw });
    return false;
  }
  const place = Math.max(grid, start);
  const position = positions.get(place) ?? createPosition();
  positions.set(place, position);
  const misfit = misfitOf(bucket, until, step);
  if (misfit !== null) covered.push({ start: bucket.start, end: until });
  gather(position, place, { ...bucket, fault: misfit ?? bucket.fault }, quarantined);
  return true;
}

/** What is wrong with the time of a bucket; null where it is one that may be asked for. */
function misfitOf({ start }: PageBucket, until: number, step: number): Fault | null {
  if (start % step !== 0) {
    return { reason: 'unaligned_bucket', detail: 'a bucket does not start on a boundary of its width' };
  }
  if (until > start + step) return { reason: 'wrong_width', detail: 'a bucket is wider than what was asked for' };
  return null;
}

/** What is known of each bucket asked for. */
function everyBucket(gathered: Gathered, isWhole: boolean): Pick<ParsedSlice, 'buckets' | 'unanswered'> {
  const { start, end, step, positions, covered } = gathered;
  // An answer that begins later than asked may be of an API that keeps no more: what lies before was not answered.
  const first = Math.min(...positions.keys());
  const buckets: ParsedBucket[] = [];
  const unanswered: number[] = [];
  for (let at = start; at < end; at += step) {
    const found = positions.get(at);
    const isCovered = () => covered.some((reach) => reach.start < at + step && reach.end > at);
    if (found !== undefined) {
      buckets.push({ start: at, rows: found.fault === null ? [...found.rows.values()] : [], fault: found.fault });
    } else if (!isWhole || (positions.size > 0 && at < first) || isCovered()) unanswered.push(at);
    else buckets.push({ start: at, rows: [], fault: null });
  }
  return { buckets, unanswered };
}
