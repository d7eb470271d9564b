import { daySeconds, type Width, widthSeconds } from './contract.ts';
import type { Fault } from './fault.ts';
import type { RestatementKind } from './world.ts';

/** What is wanted of one dataset of one organization on a night. */
export interface Wanted {
  readonly organization: string;
  readonly dataset: string;
  readonly widths: readonly Width[];
  /** Sorted. */
  readonly groupBy: readonly string[];
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** The first instant of each width, in Unix seconds. */
  readonly start: Readonly<Record<Width, number>>;
}

/** A change of what the provider says of a day. */
export interface Restated {
  readonly organization: string;
  readonly dataset: string;
  readonly day: number;
  readonly kind: RestatementKind | 'crowd';
}

/** A dataset that somebody wants from a date on. */
export interface Backfilled {
  readonly organization: string;
  readonly dataset: string;
  readonly from: number;
}

/** Everything that happens on one night. */
export interface NightPlan {
  readonly night: number;
  /** When its run begins, in Unix seconds. */
  readonly at: number;
  readonly wanted: readonly Wanted[];
  readonly faults: readonly Fault[];
  readonly restated: readonly Restated[];
  /** What is read again by name (`backfill --from`) when the sync is done. */
  readonly backfills: readonly Backfilled[];
  /** The cards that are played, for people. */
  readonly cards: readonly string[];
}

/** A dataset of an organization at a width. */
export interface Place {
  readonly organization: string;
  readonly dataset: string;
  readonly width: Width;
}

export function placeName({ organization, dataset, width }: Place): string {
  return `${organization} ${dataset} ${width}`;
}

export function placesOf(wanted: readonly Wanted[]): readonly Place[] {
  return wanted.flatMap(({ organization, dataset, widths }) =>
    widths.map((width) => ({ organization, dataset, width })),
  );
}

/** Seconds after its end from which a bucket's reading is final, as the double's settings have it. */
export const settleSeconds = 2 * daySeconds;

/** The starts of the buckets that are wanted, the open one included. */
export function wantedPositions(wanted: Wanted, width: Width, now: number): readonly number[] {
  const step = widthSeconds[width];
  const first = Math.floor(wanted.start[width] / step) * step;
  return Array.from({ length: Math.max(0, Math.ceil((now + 1 - first) / step)) }, (_, index) => first + index * step);
}

export function filtersText(filters: Wanted['filters']): string {
  return JSON.stringify(Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function instantText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
