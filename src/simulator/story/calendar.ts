import type { DayNumber } from '../world/activity.ts';

const dayMs = 86_400_000;

/** Months of a story that are whole; the one that is going on comes after them. */
const storyMonths = 12;

/** The days of a story, which begins with the first day of a month. */
export interface StoryCalendar {
  readonly firstDay: DayNumber;
  /** Whole months since the story began; the first is 0. */
  monthOf(day: DayNumber): number;
  /** The day so many days into a month of the story. */
  dayIn(month: number, dayOfMonth: number): DayNumber;
}

/** The calendar of a story that is told at an instant. */
export function storyCalendar(now: Date): StoryCalendar {
  const monthStart = (month: number) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - storyMonths + month, 1);
  const first = new Date(monthStart(0));
  return {
    firstDay: monthStart(0) / dayMs,
    monthOf: (day) => {
      const date = new Date(day * dayMs);
      return (date.getUTCFullYear() - first.getUTCFullYear()) * 12 + date.getUTCMonth() - first.getUTCMonth();
    },
    dayIn: (month, dayOfMonth) => monthStart(month) / dayMs + dayOfMonth - 1,
  };
}

/** The first day of a story that is told at an instant. */
export function storyStart(now: Date): Date {
  return new Date(storyCalendar(now).firstDay * dayMs);
}

/** 1970-01-01 was a Thursday; 0 is Sunday. */
export function weekdayOf(day: DayNumber): number {
  return (day + 4) % 7;
}

/** Days on which offices are closed, as month and day. */
const holidays: ReadonlySet<string> = new Set(['01-01', '05-01', '12-24', '12-25', '12-26', '12-31']);

/** True for a day on which nobody is expected to work. */
export function isDayOff(day: DayNumber): boolean {
  const weekday = weekdayOf(day);
  return weekday === 0 || weekday === 6 || holidays.has(new Date(day * dayMs).toISOString().slice(5, 10));
}
