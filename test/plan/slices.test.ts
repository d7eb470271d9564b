import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { widthMs } from '../../src/plan/bucket.ts';
import { type LedgerRun, type PlanInput, planSlices, splitSlice } from '../../src/plan/slices.ts';

const dayMs = 86_400_000;
const now = new Date('2026-11-23T03:17:00Z');
const day = (text: string) => new Date(`${text}T00:00:00Z`);
const daysBack = (days: number) => new Date(day('2026-11-23').getTime() - days * dayMs);

const base: PlanInput = {
  width: '1d',
  now,
  start: daysBack(365),
  end: null,
  maxBuckets: 31,
  rowsPerBucket: 0,
  rowsPerPage: 25_000,
  rereadRows: 200_000,
  ledger: [],
};

const settled = (from: Date, to: Date, rows = 10): LedgerRun => ({
  state: 'settled',
  start: from,
  end: to,
  tailRowCounts: Array.from({ length: Math.min(180, (to.getTime() - from.getTime()) / dayMs) }, () => rows),
});

describe('planning slices', () => {
  it('reads a year of usage in 12 requests and a year of costs in 3', () => {
    expect(planSlices(base)).toHaveLength(12);
    expect(planSlices({ ...base, maxBuckets: 180 })).toHaveLength(3);
  });

  it('ends with the open bucket and begins with the newest slice', () => {
    const [first] = planSlices(base);
    expect(first).toEqual({ start: day('2026-10-24'), end: day('2026-11-24'), due: 31, reread: 0 });
  });

  it('reads a loaded organization in one request, widened back to the page limit', () => {
    const ledger = [settled(daysBack(365), daysBack(3))];
    expect(planSlices({ ...base, ledger })).toEqual([
      { start: day('2026-10-24'), end: day('2026-11-24'), due: 4, reread: 27 },
    ]);
  });

  it('reads costs of half a year in the one request a night makes anyway', () => {
    const ledger = [settled(daysBack(365), daysBack(7))];
    const slices = planSlices({ ...base, maxBuckets: 180, ledger });
    expect(slices).toHaveLength(1);
    expect(slices[0]).toMatchObject({ due: 8, reread: 172 });
  });

  it('widens only while the settled buckets hold fewer rows than the limit', () => {
    const ledger = [settled(daysBack(365), daysBack(3), 1000)];
    expect(planSlices({ ...base, rereadRows: 5001, ledger })[0]).toMatchObject({ due: 4, reread: 5 });
    expect(planSlices({ ...base, rereadRows: 0, ledger })[0]).toMatchObject({ due: 4, reread: 0 });
  });

  it('cuts where a UTC day ends, or a day in equal parts, where a page would grow too large', () => {
    const hours = { ...base, width: '1h' as const, maxBuckets: 168, start: daysBack(3) };
    const starts = (rowsPerBucket: number) =>
      planSlices({ ...hours, rowsPerBucket }).map(({ start }) => start.toISOString().slice(0, 13));
    expect(starts(400)).toEqual(['2026-11-21T00', '2026-11-20T00']);
    expect(starts(2600).slice(0, 5)).toEqual([
      '2026-11-23T00',
      '2026-11-22T16',
      '2026-11-22T08',
      '2026-11-22T00',
      '2026-11-21T16',
    ]);
  });

  it('asks for fewer buckets where a page would grow too large', () => {
    const slices = planSlices({ ...base, rowsPerBucket: 5000 });
    expect(slices[0]).toMatchObject({ due: 5 });
    expect(slices.every(({ due }) => due <= 5)).toBe(true);
  });

  it('never reads buckets along that are stored at a finer grain than the API grants', () => {
    const kept: LedgerRun = { ...settled(daysBack(365), daysBack(3)), state: 'kept' };
    expect(planSlices({ ...base, ledger: [kept] })).toEqual([
      { start: daysBack(3), end: day('2026-11-24'), due: 4, reread: 0 },
    ]);
  });

  it('reads the gap that a failed night left, however old', () => {
    const ledger = [settled(daysBack(365), daysBack(100)), settled(daysBack(99), daysBack(3))];
    const slices = planSlices({ ...base, ledger });
    expect(slices).toHaveLength(2);
    expect(slices[1]).toEqual({ start: daysBack(130), end: daysBack(99), due: 1, reread: 30 });
  });

  it('asks for nothing when everything wanted is settled', () => {
    expect(planSlices({ ...base, end: daysBack(10), ledger: [settled(daysBack(365), daysBack(10))] })).toEqual([]);
  });

  it('covers every bucket that is due exactly once and never leaves the bounds, whatever the ledger holds', () => {
    const ledgers = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.boolean()));
    fc.assert(
      fc.property(ledgers, fc.integer({ min: 1, max: 40 }), (gaps, maxBuckets) => {
        const ledger = ledgerOf(gaps);
        const slices = planSlices({ ...base, maxBuckets, ledger });
        const read = new Map<number, number>();
        for (const { start, end } of slices) {
          expect((end.getTime() - start.getTime()) / dayMs).toBeLessThanOrEqual(maxBuckets);
          for (let at = start.getTime(); at < end.getTime(); at += dayMs) read.set(at, (read.get(at) ?? 0) + 1);
        }
        for (let at = base.start.getTime(); at <= now.getTime(); at += dayMs) {
          const known = ledger.find(({ start, end }) => start.getTime() <= at && at < end.getTime());
          if (known === undefined) expect(read.get(at)).toBe(1);
          if (known?.state === 'kept') expect(read.has(at)).toBe(false);
        }
        expect([...read.values()].every((times) => times === 1)).toBe(true);
        expect(Math.min(...read.keys(), base.start.getTime())).toBe(base.start.getTime());
      }),
    );
  });
});

describe('instants at which what is granted changes', () => {
  it('no slice reaches over one, and every bucket is read all the same', () => {
    const bounds = [daysBack(40), daysBack(10)];
    const slices = planSlices({ ...base, start: daysBack(50), bounds });
    expect(slices.map(({ start }) => start)).toEqual([daysBack(10), daysBack(40), daysBack(50)]);
    for (const { start, end } of slices) for (const bound of bounds) expect(start < bound && bound < end).toBe(false);
    expect(slices.reduce((sum, { due }) => sum + due, 0)).toBe(51);
  });

  it('a settled bucket before one is not read along', () => {
    const ledger = [settled(daysBack(50), daysBack(3))];
    const [slice] = planSlices({ ...base, ledger, bounds: [daysBack(10)] });
    expect(slice?.start).toEqual(daysBack(10));
  });
});

/** Runs of the given lengths with gaps between them, from the start on. */
function ledgerOf(parts: readonly (readonly [number, number, boolean])[]): LedgerRun[] {
  const runs: LedgerRun[] = [];
  let at = base.start.getTime();
  for (const [gap, length, finer] of parts) {
    const start = at + gap * dayMs;
    at = start + length * dayMs;
    if (at > daysBack(3).getTime()) break;
    runs.push({ ...settled(new Date(start), new Date(at)), state: finer ? 'kept' : 'settled' });
  }
  return runs;
}

describe('splitting a slice', () => {
  it('covers the same buckets in parts of at most the given size, newest first', () => {
    const slice = { start: day('2026-01-01'), end: day('2026-01-11') };
    const parts = splitSlice(slice, '1d', 4);
    expect(parts.map(({ start, end }) => (end.getTime() - start.getTime()) / widthMs('1d'))).toEqual([4, 4, 2]);
    expect(parts.at(0)?.end).toEqual(slice.end);
    expect(parts.at(-1)?.start).toEqual(slice.start);
  });
});
