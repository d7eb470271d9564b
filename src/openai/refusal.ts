import type { Dataset } from '../catalog/dataset.ts';
import type { GrainRange } from '../plan/granted.ts';

/** A dimension the API has been seen to refuse over a range of one width. */
export interface GroupingRefusal {
  readonly dimension: string;
  /** Inclusive; null: from the beginning. */
  readonly since: Date | null;
  /** Exclusive; null: without end. */
  readonly until: Date | null;
  /** When the API last refused it. */
  readonly provedAt: Date;
  /** What the API said, redacted. */
  readonly detail: string;
}

/** The earliest bucket of one width the API answers. */
export interface Horizon {
  /** The start of the first whole bucket that is answered. */
  readonly at: Date;
  /** `named`: a date the API named and kept to · `bisected`: found by asking · `clamped`: earlier starts are answered from here on, unsaid. */
  readonly proof: 'named' | 'bisected' | 'clamped';
  /** The earliest start wanted when it was proved: an earlier wish asks again. */
  readonly askedFrom: Date;
  /** When the API last refused to answer before. */
  readonly provedAt: Date;
  /** What the API said, redacted. */
  readonly detail: string;
}

/** What the API is known to refuse of one dataset at one width. */
export interface Refusals {
  readonly horizon: Horizon | null;
  readonly groupings: readonly GroupingRefusal[];
}

/** Nothing is known to be refused. */
export const nothingRefused: Refusals = { horizon: null, groupings: [] };

/** What is granted of the wanted dimensions, in ranges that follow each other and hold every instant. */
export function grantedRanges(
  { dropOrder }: Pick<Dataset, 'dropOrder'>,
  groupBy: readonly string[],
  refusals: readonly GroupingRefusal[],
): readonly GrainRange[] {
  const wanted = refusals.filter(({ dimension }) => groupBy.includes(dimension));
  const bounds = wanted.flatMap(({ since, until }) => [since, until]).filter((bound) => bound !== null);
  const starts = [null, ...[...new Set(bounds.map(Number))].sort((a, b) => a - b).map((bound) => new Date(bound))];
  const ranges = starts.map((since, index): GrainRange => {
    const refused = wanted.filter((one) => holds(one, since)).map(({ dimension }) => dimension);
    const lost = refused.some((name) => !dropOrder.includes(name));
    return {
      since,
      until: starts[index + 1] ?? null,
      grain: lost ? null : groupBy.filter((name) => !refused.includes(name)),
    };
  });
  return joined(ranges);
}

/** The range that holds an instant. Ranges as `grantedRanges` gives them hold every instant. */
export function rangeAt(ranges: readonly GrainRange[], instant: Date): GrainRange | undefined {
  return ranges.find(({ since, until }) => (since === null || since <= instant) && (until === null || instant < until));
}

/** A refusal added to those known; it becomes one with what it touches of its dimension. */
export function withRefusal(known: readonly GroupingRefusal[], found: GroupingRefusal): readonly GroupingRefusal[] {
  const touching = known.filter((one) => one.dimension === found.dimension && touch(one, found));
  const all = [found, ...touching];
  const starts = all.map(({ since }) => since?.getTime() ?? Number.NEGATIVE_INFINITY);
  const ends = all.map(({ until }) => until?.getTime() ?? Number.POSITIVE_INFINITY);
  const merged = { ...found, since: instantOrNull(Math.min(...starts)), until: instantOrNull(Math.max(...ends)) };
  return [...known.filter((one) => !touching.includes(one)), merged];
}

function instantOrNull(ms: number): Date | null {
  return Number.isFinite(ms) ? new Date(ms) : null;
}

function holds({ since, until }: GroupingRefusal, instant: Date | null): boolean {
  if (instant === null) return since === null;
  return (since === null || since <= instant) && (until === null || instant < until);
}

function touch(a: GroupingRefusal, b: GroupingRefusal): boolean {
  const startsBeforeEnd = (one: GroupingRefusal, other: GroupingRefusal) =>
    one.since === null || other.until === null || one.since <= other.until;
  return startsBeforeEnd(a, b) && startsBeforeEnd(b, a);
}

/** True when a range reaches nowhere beyond another. */
export function liesWithin(inner: Omit<GrainRange, 'grain'>, outer: Omit<GrainRange, 'grain'>): boolean {
  const startsInside = outer.since === null || (inner.since !== null && inner.since >= outer.since);
  return startsInside && (outer.until === null || (inner.until !== null && inner.until <= outer.until));
}

/** Neighbours of one grain as one. */
function joined(ranges: readonly GrainRange[]): readonly GrainRange[] {
  const result: GrainRange[] = [];
  for (const range of ranges) {
    const last = result.at(-1);
    if (last !== undefined && sameGrain(last.grain, range.grain)) result.splice(-1, 1, { ...last, until: range.until });
    else result.push(range);
  }
  return result;
}

function sameGrain(a: GrainRange['grain'], b: GrainRange['grain']): boolean {
  return a === null || b === null ? a === b : a.join() === b.join();
}
