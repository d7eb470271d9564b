import { describe, expect, it } from 'vitest';
import { calendarOf, lastDue, lookBackMs, nextDue, retryAt } from '../../src/schedule/due.ts';

function due(cron: string, now: string, timezone = 'UTC'): string | null {
  const instant = new Date(now);
  const after = new Date(instant.getTime() - lookBackMs);
  return lastDue(calendarOf(cron, timezone), after, instant)?.toISOString() ?? null;
}

describe('the latest due time', () => {
  it.each([
    ['a night', '17 3 * * *', '2026-11-23T12:00:00Z', 'UTC', '2026-11-23T03:17:00.000Z'],
    ['the very instant', '17 3 * * *', '2026-11-23T03:17:00Z', 'UTC', '2026-11-23T03:17:00.000Z'],
    ['the night before', '17 3 * * *', '2026-11-23T03:16:59Z', 'UTC', '2026-11-22T03:17:00.000Z'],
    ['another zone', '17 3 * * *', '2026-11-23T12:00:00Z', 'America/New_York', '2026-11-23T08:17:00.000Z'],
    ['a Monday', '0 6 * * 1', '2026-11-22T12:00:00Z', 'UTC', '2026-11-16T06:00:00.000Z'],
    ['a month', '0 0 1 * *', '2026-10-31T23:59:00Z', 'UTC', '2026-10-01T00:00:00.000Z'],
    ['seconds', '30 * * * * *', '2026-11-23T12:00:10Z', 'UTC', '2026-11-23T11:59:30.000Z'],
    ['the hour that is there twice', '30 2 * * *', '2026-10-25T12:00:00Z', 'Europe/Berlin', '2026-10-25T01:30:00.000Z'],
    ['the hour that is left out', '30 2 * * *', '2026-03-29T12:00:00Z', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    ['the minute before that', '30 2 * * *', '2026-03-29T00:59:00Z', 'Europe/Berlin', '2026-03-28T01:30:00.000Z'],
    ['an hour beside it', '30 1 * * *', '2026-03-29T12:00:00Z', 'Europe/Berlin', '2026-03-29T00:30:00.000Z'],
    ['a midnight left out', '5 0 * * *', '2026-04-24T12:00:00Z', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    ['half an hour left out', '10 2 * * *', '2026-10-04T12:00:00Z', 'Australia/Lord_Howe', '2026-10-03T15:30:00.000Z'],
    [
      'a weekday other than that of the gap',
      '30 2 * * 1',
      '2026-03-29T12:00:00Z',
      'Europe/Berlin',
      '2026-03-23T01:30:00.000Z',
    ],
    [
      'every hour, which the gap takes nothing from',
      '17 * * * *',
      '2026-03-29T01:10:00Z',
      'Europe/Berlin',
      '2026-03-29T00:17:00.000Z',
    ],
  ])('of %s', (_what, cron, now, timezone, expected) => {
    expect(due(cron, now, timezone)).toBe(expected);
  });

  it('that comes next is at the gap, where one lies before it', () => {
    const calendar = calendarOf('30 2 * * *', 'Europe/Berlin');
    const [evening, next] = [new Date('2026-03-28T20:00:00Z'), new Date('2026-03-30T00:30:00Z')];
    expect(nextDue(calendar, evening, next).toISOString()).toBe('2026-03-29T01:00:00.000Z');
    expect(nextDue(calendar, new Date('2026-03-29T01:00:00Z'), next)).toBe(next);
  });

  it('of a year is not looked for further back than a month', () => {
    expect(due('0 0 1 1 *', '2026-11-23T12:00:00Z')).toBeNull();
  });
});

describe('a failed run', () => {
  it('is tried again four times, each later than the one before, and then waits for its next due time', () => {
    const ended = new Date('2026-11-23T03:20:00Z');
    const waits = [1, 2, 3, 4, 5].map((failures) => {
      const again = retryAt(failures, ended);
      return again === null ? null : (again.getTime() - ended.getTime()) / 60_000;
    });
    expect(waits).toEqual([15, 30, 60, 120, null]);
  });
});
