import { type Width, widthSeconds } from '../catalog/width.ts';
import { type Drift, DriftLog, type Fault, type Quarantined } from './fault.ts';
import type { Page, PageBucket } from './page.ts';
import { type Row, sameRow } from './row.ts';

/** One bucket of a completely read slice. */
export interface ParsedBucket {
  /** Unix seconds, aligned. */
  readonly start: number;
  readonly rows: readonly Row[];
  /** Why the bucket must not be applied; null when it may. */
  readonly fault: Fault | null;
}

/** Everything a completely read slice says, a bucket for each of its widths. */
export interface ParsedSlice {
  /** Ascending and without gaps. */
  readonly buckets: readonly ParsedBucket[];
  readonly quarantined: readonly Quarantined[];
  readonly drift: readonly Drift[];
  readonly pages: number;
  readonly results: number;
}

interface Gathered {
  readonly rows: ReadonlyMap<string, Row>;
  readonly fault: Fault | null;
}

/**
 * Puts the pages of one slice together. A bucket that comes again is a repeat, a continuation, or a contradiction that
 * refuses it; one off the grid refuses the bucket it falls into; one outside the slice is reported and ignored; one
 * that is missing is empty.
 * @param start Unix seconds, aligned, inclusive
 * @param end Unix seconds, aligned, exclusive
 */
export function assembleSlice(pages: readonly Page[], width: Width, start: number, end: number): ParsedSlice {
  const step = widthSeconds[width];
  const drift = new DriftLog();
  const quarantined = pages.flatMap((page) => page.quarantined);
  const gathered = new Map<number, Gathered>();
  for (const page of pages) {
    drift.addAll(page.drift);
    for (const bucket of page.buckets) {
      const reaches = bucket.start + step > start && bucket.start < end;
      if (!reaches) drift.add('value', 'bucket_outside_slice', { start_time: bucket.start });
      else if (bucket.start % step !== 0) refuseUnaligned(bucket, step, gathered, quarantined);
      else gather(bucket, step, gathered, quarantined);
    }
  }
  const results = pages.reduce((sum, page) => sum + page.results, 0);
  return {
    buckets: everyBucket(gathered, start, end, step),
    quarantined,
    drift: drift.entries(),
    pages: pages.length,
    results,
  };
}

/** Two slices as one; null where the second does not begin where the first ends. */
export function joinSlices(first: ParsedSlice, second: ParsedSlice, width: Width): ParsedSlice | null {
  const last = first.buckets.at(-1);
  if (last === undefined || last.start + widthSeconds[width] !== second.buckets[0]?.start) return null;
  const drift = new DriftLog();
  drift.addAll(first.drift);
  drift.addAll(second.drift);
  return {
    buckets: [...first.buckets, ...second.buckets],
    quarantined: [...first.quarantined, ...second.quarantined],
    drift: drift.entries(),
    pages: first.pages + second.pages,
    results: first.results + second.results,
  };
}

function everyBucket(
  gathered: ReadonlyMap<number, Gathered>,
  start: number,
  end: number,
  step: number,
): readonly ParsedBucket[] {
  const buckets: ParsedBucket[] = [];
  for (let position = start; position < end; position += step) {
    const found = gathered.get(position);
    const fault = found?.fault ?? null;
    buckets.push({
      start: position,
      rows: found === undefined || fault !== null ? [] : [...found.rows.values()],
      fault,
    });
  }
  return buckets;
}

function refuseUnaligned(
  bucket: PageBucket,
  step: number,
  gathered: Map<number, Gathered>,
  quarantined: Quarantined[],
): void {
  const aligned = Math.floor(bucket.start / step) * step;
  const fault: Fault = { reason: 'unaligned_bucket', detail: 'a bucket does not start on a boundary of its width' };
  refuse({ ...bucket, fault }, aligned, gathered, quarantined);
}

function gather(bucket: PageBucket, step: number, gathered: Map<number, Gathered>, quarantined: Quarantined[]): void {
  const { start, end, fault } = bucket;
  const tooWide = end !== null && end > start + step;
  if (tooWide) {
    const wrong: Fault = { reason: 'wrong_width', detail: 'a bucket is wider than what was asked for' };
    refuse({ ...bucket, fault: wrong }, start, gathered, quarantined);
    return;
  }
  if (fault !== null) {
    refuse(bucket, start, gathered, quarantined);
    return;
  }
  const before = gathered.get(start);
  if (before === undefined) {
    gathered.set(start, { rows: bucket.rows, fault: null });
    return;
  }
  if (before.fault !== null) return;
  const rows = new Map(before.rows);
  for (const [key, row] of bucket.rows) {
    const known = rows.get(key);
    if (known === undefined) rows.set(key, row);
    else if (!sameRow(known, row)) {
      const conflict: Fault = { reason: 'conflicting_repeat', detail: 'a group came again with other values' };
      refuse({ ...bucket, fault: conflict }, start, gathered, quarantined);
      return;
    }
  }
  gathered.set(start, { rows, fault: null });
}

function refuse(bucket: PageBucket, start: number, gathered: Map<number, Gathered>, quarantined: Quarantined[]): void {
  const { fault, raw } = bucket;
  if (fault === null) return;
  gathered.set(start, { rows: new Map(), fault });
  quarantined.push({ ...fault, bucketStart: start, raw });
}
