import type { Width } from '../catalog/width.ts';
import { floorToBucket, widthMs } from '../plan/bucket.ts';
import type { Coverage } from './coverage.ts';
import type { DatasetStatus } from './status-report.ts';

const dayMs = 86_400_000;

/** The days a calendar shows: a year of whole weeks and the week in hand. */
const weeksShown = 53;

/** What can become of a day, what needs a person first. */
export const dayStates = ['refused', 'missing', 'empty', 'loaded', 'final', 'outside'] as const;
export type DayState = (typeof dayStates)[number];

/** One UTC day. */
export interface CalendarDay {
  /** YYYY-MM-DD. */
  readonly date: string;
  /**
   * `refused`: a bucket could not be typed · `missing`: a closed bucket was never read · `empty`: read, and nothing
   * there · `loaded`: to be read again before it counts as final · `outside`: before the
   * start, or not asked for.
   */
  readonly state: DayState;
  readonly rows: number;
}

/** A year of one dataset at one width of one organization, Monday first, today last. */
export interface Calendar {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: string;
  readonly days: readonly CalendarDay[];
}

/** The calendar of a dataset. Of one the organization lacks, only days that hold something are told apart. */
export function calendarOf(status: DatasetStatus, coverage: Coverage, lacking: boolean, now: Date): Calendar {
  const known = new Map(coverage.days.map((day) => [day.day.getTime(), day]));
  const today = Math.floor(now.getTime() / dayMs) * dayMs;
  const weekday = (new Date(today).getUTCDay() + 6) % 7;
  const first = today - (weekday + 7 * (weeksShown - 1)) * dayMs;
  const from = status.from === null ? null : Date.parse(status.from);
  const end = status.configured ? floorToBucket(now, status.bucket_width).getTime() : Date.parse(status.through ?? '');
  const days = Array.from({ length: (today - first) / dayMs + 1 }, (_, index): CalendarDay => {
    const start = first + index * dayMs;
    const due = lacking || from === null ? 0 : dueBuckets(start, from, end, status.bucket_width);
    const { loaded = 0, refused = 0, settled = 0, rows = 0 } = known.get(start) ?? {};
    return {
      date: new Date(start).toISOString().slice(0, 10),
      state: stateOf({ due, loaded, refused, settled, rows }),
      rows,
    };
  });
  return { org_id: status.org_id, dataset: status.dataset, bucket_width: status.bucket_width, days };
}

interface DayCounts {
  readonly due: number;
  readonly loaded: number;
  readonly refused: number;
  readonly settled: number;
  readonly rows: number;
}

function stateOf({ due, loaded, refused, settled, rows }: DayCounts): DayState {
  if (refused > 0) return 'refused';
  if (loaded < due) return 'missing';
  if (loaded === 0) return 'outside';
  if (rows === 0) return 'empty';
  return settled === loaded && loaded >= due ? 'final' : 'loaded';
}

/** How many closed buckets of a day are wanted. */
function dueBuckets(day: number, from: number, end: number, width: Width): number {
  const start = Math.max(day, from);
  const stop = Math.min(day + dayMs, Number.isNaN(end) ? start : end);
  return stop <= start ? 0 : Math.floor((stop - start) / widthMs(width));
}
