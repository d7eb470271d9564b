import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Failure, nextAttempt, retryAfterMs } from '../../src/openai/retry.ts';

const failure: Failure = { attempts: 1, pace: 'quick', retryAfterMs: null, elapsedMs: 0, totalMs: 900_000 };
const now = new Date('2026-11-23T12:00:00Z');

describe('the wait before the next attempt', () => {
  test.each([
    [1, 500],
    [2, 1000],
    [3, 2000],
    [4, 4000],
    [5, 8000],
  ])('after attempt %i is anywhere below %i ms', (attempts, ceiling) => {
    expect(nextAttempt({ ...failure, attempts }, 0)).toEqual({ delayMs: 0 });
    expect(nextAttempt({ ...failure, attempts }, 0.5)).toEqual({ delayMs: ceiling / 2 });
    expect(nextAttempt({ ...failure, attempts }, 0.999999)).toEqual({ delayMs: ceiling });
  });

  test.each([
    [1, 15_000],
    [2, 30_000],
    [3, 60_000],
  ])('for what mends slowly is, after attempt %i, at least %i ms', (attempts, floor) => {
    expect(nextAttempt({ ...failure, pace: 'slow', attempts }, 0)).toEqual({ delayMs: floor });
    expect(nextAttempt({ ...failure, pace: 'slow', attempts }, 0.999999)).toEqual({ delayMs: 2 * floor });
  });

  test('ends after six attempts, and after four slow ones', () => {
    expect(nextAttempt({ ...failure, attempts: 6 }, 0)).toEqual({ giveUp: 'attempts' });
    expect(nextAttempt({ ...failure, pace: 'slow', attempts: 4 }, 0)).toEqual({ giveUp: 'attempts' });
  });

  test('is given up when it would outlast the time that is left', () => {
    expect(nextAttempt({ ...failure, attempts: 5, elapsedMs: 899_000 }, 0.9)).toEqual({ giveUp: 'time' });
    expect(nextAttempt({ ...failure, elapsedMs: 901_000 }, 0)).toEqual({ giveUp: 'time' });
  });

  test('is never shorter than the server asks for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('quick' as const, 'slow' as const),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (attempts, pace, asked, random) => {
          const next = nextAttempt({ ...failure, attempts, pace, retryAfterMs: asked }, random);
          if ('delayMs' in next) {
            expect(next.delayMs).toBeGreaterThanOrEqual(asked);
            expect(next.delayMs).toBeLessThanOrEqual(failure.totalMs);
          }
        },
      ),
    );
  });

  test('is exactly what the server asks for where that is longer', () => {
    expect(nextAttempt({ ...failure, retryAfterMs: 37_000 }, 0.9)).toEqual({ delayMs: 37_000 });
    expect(nextAttempt({ ...failure, retryAfterMs: 900_000 }, 0.9)).toEqual({ delayMs: 900_000 });
  });

  test('is refused when the server asks for more than is left', () => {
    expect(nextAttempt({ ...failure, retryAfterMs: 900_001 }, 0)).toEqual({ giveUp: 'retry_after_too_long' });
    expect(nextAttempt({ ...failure, retryAfterMs: 500_000, elapsedMs: 500_000 }, 0)).toEqual({
      giveUp: 'retry_after_too_long',
    });
  });
});

describe('what a server asks for', () => {
  test.each([
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': ' 1.5 ' }, 1500],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': ['7', '9'] }, 7000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 11:59:00 GMT' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '120' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '120' }, 120_000],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-5' }, null],
    [{ 'retry-after': '' }, null],
    [{}, null],
  ])('%o is %s ms', (headers, milliseconds) => {
    expect(retryAfterMs(headers, now)).toBe(milliseconds);
  });
});
