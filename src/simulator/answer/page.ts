import type { Width } from '../../catalog/width.ts';
import { widthSeconds } from '../../catalog/width.ts';
import { costsPath } from '../endpoint.ts';
import { cursorText } from '../request/cursor.ts';
import type { Query } from '../request/query.ts';
import type { Result } from '../world/atom.ts';
import type { World } from '../world/world.ts';
import { type Interval, resultsOf } from './results.ts';
import type { Selection } from './selection.ts';

/** A change of the fields of a result after it has been written: JSON text by field name. */
export type FieldEdit = (fields: ReadonlyMap<string, string>) => ReadonlyMap<string, string>;

/** A bucket about to be answered. */
export interface BucketDraft extends Interval {
  readonly results: readonly Result[];
  /** Applied to each result; empty but for faults. */
  readonly edits: readonly FieldEdit[];
  /** How its times are written, where not in seconds: for faults alone. */
  readonly timesAs?: 'null' | 'milliseconds';
}

/** A page about to be answered. */
export interface PageDraft {
  readonly buckets: readonly BucketDraft[];
  readonly hasMore: boolean;
  readonly nextPage: string | null;
}

/** A page and what is around it in the same query. */
export interface PageReader {
  readonly page: PageDraft;
  /** Where the page starts, in Unix seconds. */
  readonly start: number;
  /** The number of the page, from 1. */
  readonly number: number;
  /** The bucket that holds an instant (Unix seconds), as the API answers it. */
  bucketAt(instant: number): BucketDraft;
  /** A cursor to a page of this query. */
  cursorTo(start: number, number: number): string;
}

/** The page that a query asks for, at the instant `now` (Unix seconds). */
export function readPage(world: World, query: Query, now: number): PageReader {
  const results = resultsOf(world, query);
  const first = isCosts(query) ? floorTo(query.start, query.width) : query.start;
  const start = query.cursor?.start ?? first;
  const number = query.cursor?.number ?? 1;
  const bucketAt = (instant: number) => {
    const interval = intervalAt(query, Math.max(first, instant), now);
    return { ...interval, results: results(interval, now), edits: [] };
  };
  const cursorTo = (to: number, page: number) =>
    cursorText({ fingerprint: query.fingerprint, start: to, number: page }, now);
  const starts = startsFrom(query, start, now);
  const beyond = starts[query.limit];
  const page = {
    buckets: starts.slice(0, query.limit).map(bucketAt),
    hasMore: beyond !== undefined,
    nextPage: beyond === undefined ? null : cursorTo(beyond, number + 1),
  };
  return { page, start, number, bucketAt, cursorTo };
}

/** Starts of the buckets from `start` on: one more than fits on the page, where there is one. */
function startsFrom(query: Query, start: number, now: number): readonly number[] {
  const starts: number[] = [];
  let next = start;
  // A bucket that has not begun is not answered, however far in the future the end asked for is.
  while (starts.length <= query.limit && next < (query.end ?? now) && next <= now) {
    starts.push(next);
    next = floorTo(next, query.width) + widthSeconds[query.width];
  }
  return starts;
}

/** Usage is cut off at the times asked for (at now, where no end is); costs are always whole days. */
function intervalAt(query: Query, instant: number, now: number): Interval {
  const floor = floorTo(instant, query.width);
  const whole = { start: floor, end: floor + widthSeconds[query.width] };
  if (isCosts(query)) return whole;
  return { start: Math.max(whole.start, query.start), end: Math.min(whole.end, query.end ?? now) };
}

function isCosts({ endpoint }: Selection): boolean {
  return endpoint.path === costsPath;
}

/** The start of the bucket that an instant (Unix seconds) lies in. */
export function floorTo(instant: number, width: Width): number {
  return instant - (instant % widthSeconds[width]);
}
