import { createTask, parse } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { lastDue, lookBackMs, retryAt } from '../../src/schedule/due.ts';

function due(cron: string, now: string, timezone = 'UTC'): string | null {
  const task = createTask(cron, () => undefined, { timezone });
  const instant = new Date(now);
  const after = new Date(instant.getTime() - lookBackMs);
  return lastDue(task, parse(cron).second[0] ?? 0, after, instant)?.toISOString() ?? null;
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
    ['the hour that is left out', '30 2 * * *', '2026-03-29T12:00:00Z', 'Europe/Berlin', '2026-03-28T01:30:00.000Z'],
  ])('of %s', (_what, cron, now, timezone, expected) => {
    expect(due(cron, now, timezone)).toBe(expected);
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
