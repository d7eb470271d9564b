import type { Width } from '../catalog/width.ts';
import { ceilToBucket, floorToBucket, type Interval, openBucketEnd, widthMs } from './bucket.ts';

const dayMs = widthMs('1d');

/**
 * Consecutive buckets of the ledger that need no reading. `settled`: may be read again for free. `kept`: stored at a
 * finer grain than the API grants today, so reading them again would lose detail.
 */
export interface LedgerRun extends Interval {
  readonly state: 'settled' | 'kept';
  /** Rows of its newest buckets, newest first; older ones are not looked at. */
  readonly tailRowCounts: readonly number[];
}

/** A run of consecutive buckets asked for in one request chain. */
export interface Slice extends Interval {
  /** Buckets that must be read. */
  readonly due: number;
  /** Settled buckets read along for free. */
  readonly reread: number;
}

/** What planning needs to know of one dataset at one width. */
export interface PlanInput {
  readonly width: Width;
  readonly now: Date;
  /** First instant wanted; never before the horizon. */
  readonly start: Date;
  /** Where to stop; null: the end of the open bucket. */
  readonly end: Date | null;
  /** Instants no slice reaches over, ascending: what may be asked for changes there. Absent: none. */
  readonly bounds?: readonly Date[];
  /** Page limit in buckets. */
  readonly maxBuckets: number;
  /** Rows expected in a bucket that was never read; 0 when unknown. */
  readonly rowsPerBucket: number;
  /** Rows that make a page as large as it should get. */
  readonly rowsPerPage: number;
  /** Settled buckets are read along while they hold fewer rows than this in a slice. */
  readonly rereadRows: number;
  /** Ascending, not overlapping. */
  readonly ledger: readonly LedgerRun[];
}

/**
 * The slices to read, newest first: every bucket of `[start, end)` that the ledger does not know to be final, in as few
 * requests as the page limit allows, each widened backwards over settled buckets that cost nothing to read along.
 */
export function planSlices(input: PlanInput): readonly Slice[] {
  const { width, now } = input;
  const openEnd = openBucketEnd(now, width);
  const wantedEnd = input.end === null ? openEnd : ceilToBucket(input.end, width);
  const start = floorToBucket(input.start, width);
  const end = Math.min(wantedEnd.getTime(), openEnd.getTime());
  const slices: Slice[] = [];
  const ledger = newestFirst(input.ledger, widthMs(width));
  let cursor = ledger.skipBack(end);
  while (cursor > start.getTime()) {
    const slice = cutSlice(input, ledger, start.getTime(), cursor);
    slices.push(slice);
    cursor = ledger.skipBack(slice.start.getTime());
  }
  return slices;
}

/** One slice that ends at `end` and reaches back as far as the limits allow. */
function cutSlice(input: PlanInput, ledger: LedgerWalk, start: number, end: number): Slice {
  const step = widthMs(input.width);
  const byRows = input.rowsPerBucket > 0 ? Math.floor(input.rowsPerPage / input.rowsPerBucket) : input.maxBuckets;
  const largest = byRows < input.maxBuckets ? cutBefore(end, input.width, byRows) : end - input.maxBuckets * step;
  const bound = input.bounds?.findLast((instant) => instant.getTime() < end)?.getTime();
  const earliest = Math.max(largest, bound ?? largest);
  let due = 0;
  let reread = 0;
  let rereadRows = 0;
  let position = end;
  while (position - step >= start && position > earliest) {
    const known = ledger.at(position);
    if (known === null) {
      due += 1;
    } else {
      const total = rereadRows + (known.rows ?? Number.POSITIVE_INFINITY);
      const pageRows = due * input.rowsPerBucket + total;
      if (known.state === 'kept' || total >= input.rereadRows || pageRows > input.rowsPerPage) break;
      reread += 1;
      rereadRows = total;
    }
    position -= step;
  }
  return { start: new Date(position), end: new Date(end), due, reread };
}

/** The same buckets in parts of at most `maxBuckets`, newest first: what becomes of a slice whose page grew too large. */
export function splitSlice(slice: Interval, width: Width, maxBuckets: number): readonly Interval[] {
  const first = slice.start.getTime();
  const parts: Interval[] = [];
  for (let end = slice.end.getTime(); end > first; ) {
    const start = Math.max(first, cutBefore(end, width, maxBuckets));
    parts.push({ start: new Date(start), end: new Date(end) });
    end = start;
  }
  return parts;
}

/**
 * Where a slice of at most so many buckets that ends at `end` begins: on a UTC day's bounds, or in one of equal parts of
 * one day where no whole day fits. Slices that share no day are loaded side by side, since no sum of a day is of both.
 */
function cutBefore(end: number, width: Width, maxBuckets: number): number {
  const step = widthMs(width);
  const bucketsPerDay = dayMs / step;
  const buckets = Math.max(1, maxBuckets);
  if (buckets >= bucketsPerDay) return Math.ceil((end - buckets * step) / dayMs) * dayMs;
  const part = Math.ceil(bucketsPerDay / Math.ceil(bucketsPerDay / buckets)) * step;
  const midnight = Math.floor((end - 1) / dayMs) * dayMs;
  return midnight + Math.floor((end - 1 - midnight) / part) * part;
}

/** The UTC day, in milliseconds, of which an interval holds a part or all; null where it reaches into another. */
export function dayOfSlice({ start, end }: Interval): number | null {
  const day = Math.floor(start.getTime() / dayMs) * dayMs;
  return end.getTime() <= day + dayMs ? day : null;
}

interface LedgerWalk {
  /** What the ledger knows of the bucket that ends at `end`; null when it must be read. Calls must come newest first. */
  at(end: number): { readonly state: LedgerRun['state']; readonly rows: number | undefined } | null;
  /** The newest instant at or before `end` at which a bucket that must be read ends. */
  skipBack(end: number): number;
}

/** Walks the ledger's runs once, from the newest to the oldest. */
function newestFirst(runs: readonly LedgerRun[], bucketMs: number): LedgerWalk {
  let index = runs.length - 1;
  const runAt = (end: number): LedgerRun | undefined => {
    while (index >= 0 && (runs[index]?.start.getTime() ?? 0) >= end) index -= 1;
    const run = runs[index];
    return run !== undefined && run.end.getTime() >= end ? run : undefined;
  };
  return {
    at: (end) => {
      const run = runAt(end);
      if (run === undefined) return null;
      return { state: run.state, rows: run.tailRowCounts[(run.end.getTime() - end) / bucketMs] };
    },
    skipBack: (end) => {
      let position = end;
      for (let run = runAt(position); run !== undefined; run = runAt(position)) position = run.start.getTime();
      return position;
    },
  };
}
