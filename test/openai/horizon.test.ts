import { describe, expect, test } from 'vitest';
import { namedInstants } from '../../src/openai/horizon.ts';

describe('the likeliest horizon a message names', () => {
  test.each([
    ['Data is available for the past year. Earliest supported start date: 2025-11-23 (UTC).', '2025-11-23T00:00:00Z'],
    ['The earliest start_time is 2025-11-23T10:30:00Z.', '2025-11-23T10:30:00Z'],
    ['The earliest start_time is 2025-11-23T10:30:15.250Z', '2025-11-23T10:30:15.250Z'],
    ['earliest: 2025-11-23T10:30:00+02:00', '2025-11-23T08:30:00Z'],
    ['earliest: 2025-11-23T10:30:00-0530', '2025-11-23T16:00:00Z'],
    ['Earliest supported: 2025-11-23 10:30:00 UTC', '2025-11-23T10:30:00Z'],
    ['earliest: 2025-11-23T10:30', '2025-11-23T10:30:00Z'],
    ['earliest: 2025-11-23T10:30:00.123456Z', '2025-11-23T10:30:00.123Z'],
    ['start_time must be at or after 1763856000', '2025-11-23T00:00:00Z'],
    ['start_time must be at or after 1763856000000', '2025-11-23T00:00:00Z'],
    // The requested start is named too.
    ['start_time 2024-01-01 is before the earliest supported date 2025-11-23', '2025-11-23T00:00:00Z'],
    ['Earliest supported start date: 2025-11-23. You asked for 2024-01-01.', '2025-11-23T00:00:00Z'],
    ['Earliest is 2025-11-23; requested 2024-01-01 to 2026-01-01', '2025-11-23T00:00:00Z'],
    ['2025-11-23 is the earliest date; requested 2024-01-01', '2025-11-23T00:00:00Z'],
    ['2025-11-23 (UTC) is the earliest supported date, not 2024-01-01', '2025-11-23T00:00:00Z'],
    ['start_time=1704067200 exceeds the lookback; earliest allowed is 1763856000', '2025-11-23T00:00:00Z'],
    // As people write days.
    ['The earliest date is 11/23/2025.', '2025-11-23T00:00:00Z'],
    ['Data starts on November 23, 2025', '2025-11-23T00:00:00Z'],
    ['Nothing before 23 Nov 2025 is kept', '2025-11-23T00:00:00Z'],
    ['earliest: 2025/11/23', '2025-11-23T00:00:00Z'],
    // Without the word.
    ['start_time 2024-01-01 is too far back; use 2025-11-23 or later', '2025-11-23T00:00:00Z'],
    ['Data before 2025-11-23 is no longer available (requested 2024-01-01)', '2025-11-23T00:00:00Z'],
    ['The lookback starts on 2025-11-23; ask for the earliest data you need', '2025-11-23T00:00:00Z'],
  ])('%s', (message, instant) => {
    expect(namedInstants(message)[0]).toEqual(new Date(instant));
  });

  test.each([
    'too far back',
    'Reporting covers the last 365 days.',
    'earliest: 2025-02-31',
    'earliest: 2025-13-01',
    'request req_20251123 refused',
    '',
  ])('there is none in: %s', (message) => {
    expect(namedInstants(message)).toEqual([]);
  });
});

test('every other instant a message names comes after the likeliest, because only a proof tells them apart', () => {
  const days = (message: string) => namedInstants(message).map((instant) => instant.toISOString().slice(0, 10));
  expect(days('Data is available from 2026-11-03 through 2026-11-23.')).toEqual(['2026-11-23', '2026-11-03']);
  expect(days('start_time must be on or after 2025-11-23 (365 days before 2026-11-23)')).toEqual([
    '2026-11-23',
    '2025-11-23',
  ]);
  expect(days('Earliest is 11/12/2025, latest 2026-01-05')).toEqual(['2025-11-12', '2026-01-05', '2025-12-11']);
});
