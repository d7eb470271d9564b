/** The parts of a node-cron task that tell when it falls due. */
export interface Calendar {
  match(date: Date): boolean;
}

const minuteMs = 60_000;

/** A month and a day: the longest that a monthly schedule waits. A yearly one is found due only when it fires. */
export const lookBackMs = 32 * 24 * 60 * minuteMs;

/**
 * The latest instant in (after, now] at which the calendar falls due, to the minute (a calendar with seconds: the first
 * of them in that minute); null when there is none.
 * @param second the first second of a minute the calendar names
 */
export function lastDue(calendar: Calendar, second: number, after: Date, now: Date): Date | null {
  const latestMs = Math.floor((now.getTime() - second * 1000) / minuteMs) * minuteMs + second * 1000;
  for (let ms = latestMs; ms > after.getTime(); ms -= minuteMs) {
    const instant = new Date(ms);
    if (calendar.match(instant)) return instant;
  }
  return null;
}

// An outage of minutes is over at the first, one of hours at the last; after that the next due time is near enough.
const retryMinutes = [15, 30, 60, 120];

/** The instant at which a run that failed so many times in a row is tried again; null: not before it falls due again. */
export function retryAt(failures: number, endedAt: Date): Date | null {
  const minutes = retryMinutes[failures - 1];
  return minutes === undefined ? null : new Date(endedAt.getTime() + minutes * minuteMs);
}
