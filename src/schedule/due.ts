import { createTask, parse } from 'node-cron';
import { gapsOf } from './gap.ts';

/** When something falls due. */
export interface Calendar {
  readonly timezone: string;
  /** The first second of a minute that the calendar names. */
  readonly second: number;
  /** True when it falls due at certain hours of the day, and not in each. */
  readonly hasHours: boolean;
  /** True when it falls due at an instant. */
  match(instant: Date): boolean;
  /** True when it would fall due at a wall-clock time, written as if it were UTC. */
  matchWall(time: Date): boolean;
}

const minuteMs = 60_000;
const hoursOfDay = 24;

/** A month and a day: the longest that a monthly schedule waits. A yearly one is found due only when it fires. */
export const lookBackMs = 32 * 24 * 60 * minuteMs;

/** The calendar of a cron expression in a zone. */
export function calendarOf(cron: string, timezone: string): Calendar {
  const fields = parse(cron);
  const there = createTask(cron, () => undefined, { timezone });
  const wall = createTask(cron, () => undefined, { timezone: 'UTC' });
  return {
    timezone,
    second: fields.second[0] ?? 0,
    hasHours: fields.hour.length < hoursOfDay,
    match: (instant) => there.match(instant),
    matchWall: (time) => wall.match(time),
  };
}

/**
 * The latest instant in (after, now] at which the calendar falls due, to the minute (a calendar with seconds: the first
 * of them in that minute); null when there is none.
 */
export function lastDue(calendar: Calendar, after: Date, now: Date): Date | null {
  const gap = lastGapDue(calendar, after, now);
  const { second } = calendar;
  const latestMs = Math.floor((now.getTime() - second * 1000) / minuteMs) * minuteMs + second * 1000;
  const earliestMs = Math.max(after.getTime(), gap?.getTime() ?? Number.NEGATIVE_INFINITY);
  for (let ms = latestMs; ms > earliestMs; ms -= minuteMs) {
    const instant = new Date(ms);
    if (calendar.match(instant)) return instant;
  }
  return gap;
}

/**
 * The latest instant in (after, now] at which clocks are put forward over a time at which the calendar would have fallen
 * due: it falls due right then, as it does for cron, or the day would have no run. Null when there is none, and for
 * calendars of every hour, whose next time is near.
 */
export function lastGapDue(calendar: Calendar, after: Date, now: Date): Date | null {
  return gapDues(calendar, after, now).at(-1) ?? null;
}

/** When the calendar falls due next: at `next`, or at a gap before that. */
export function nextDue(calendar: Calendar, now: Date, next: Date): Date {
  return gapDues(calendar, now, next)[0] ?? next;
}

function gapDues(calendar: Calendar, after: Date, until: Date): readonly Date[] {
  if (!calendar.hasHours) return [];
  return gapsOf(calendar.timezone, after, until).flatMap(({ at, from, to }) => {
    const seconds = calendar.second * 1000;
    for (let ms = from.getTime() + seconds; ms < to.getTime(); ms += minuteMs) {
      if (calendar.matchWall(new Date(ms))) return [at];
    }
    return [];
  });
}

// An outage of minutes is over at the first, one of hours at the last; after that the next due time is near enough.
const retryMinutes = [15, 30, 60, 120];

/** The instant at which a run that failed so many times in a row is tried again; null: not before it falls due again. */
export function retryAt(failures: number, endedAt: Date): Date | null {
  const minutes = retryMinutes[failures - 1];
  return minutes === undefined ? null : new Date(endedAt.getTime() + minutes * minuteMs);
}
