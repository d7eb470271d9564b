import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareOut } from '../../src/allocate/share-out.ts';
import { addDecimals, atScale, type Decimal, formatDecimal, trimmed, zero } from '../../src/parse/decimal.ts';
import { decimal } from './day.ts';

const amounts = fc
  .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: 0, max: 45 }))
  .map(([coefficient, scale]) => trimmed(coefficient, scale));
const weights = fc
  .array(fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.bigInt({ min: 0n, max: 3n })), {
    minLength: 1,
    maxLength: 40,
  })
  .filter((some) => some.some((weight) => weight > 0n));

const sum = (shares: readonly Decimal[]) => shares.reduce(addDecimals, zero);
const sharesOf = (amount: string, given: readonly number[]) =>
  shareOut(decimal(amount), given.map(BigInt)).map(formatDecimal);

describe('sharing out', () => {
  it('loses nothing and adds nothing', () => {
    fc.assert(
      fc.property(amounts, weights, (amount, given) => {
        expect(formatDecimal(sum(shareOut(amount, given)))).toBe(formatDecimal(amount));
      }),
    );
  });

  it('gives nobody a share of the other sign', () => {
    fc.assert(
      fc.property(amounts, weights, (amount, given) => {
        for (const { coefficient } of shareOut(amount, given))
          expect(coefficient * amount.coefficient >= 0n).toBe(true);
      }),
    );
  });

  it('is never off by a whole unit, and gives nothing for a weight of 0', () => {
    fc.assert(
      fc.property(amounts, weights, (amount, given) => {
        const total = given.reduce((all, weight) => all + weight, 0n);
        const scale = Math.max(18, amount.scale);
        shareOut(amount, given).forEach((share, index) => {
          const weight = given[index] ?? 0n;
          const off = atScale(share, scale) * total - atScale(amount, scale) * weight;
          expect(off < total && off > -total).toBe(true);
          if (weight === 0n) expect(share.coefficient).toBe(0n);
        });
      }),
    );
  });

  it('gives the larger share to the larger weight', () => {
    fc.assert(
      fc.property(amounts, weights, (amount, given) => {
        const scale = Math.max(18, amount.scale);
        const sizes = shareOut(amount, given).map((share) => {
          const units = atScale(share, scale);
          return units < 0n ? -units : units;
        });
        given.forEach((a, i) => {
          given.forEach((b, j) => {
            if (a > b) expect((sizes[i] ?? 0n) >= (sizes[j] ?? 0n)).toBe(true);
          });
        });
      }),
      { numRuns: 30 },
    );
  });

  it('gives the units left over to the first of equals, of either sign', () => {
    expect(sharesOf('100', [1, 1, 1])).toEqual([
      '33.333333333333333334',
      '33.333333333333333333',
      '33.333333333333333333',
    ]);
    expect(sharesOf('-0.000000000000000002', [1, 1, 1])).toEqual([
      '-0.000000000000000001',
      '-0.000000000000000001',
      '0',
    ]);
  });

  it('splits at the amount’s own scale where that is finer than 18 decimals', () => {
    expect(sharesOf('0.000000000000000000000000000000000000001', [1, 1])).toEqual([
      '0.000000000000000000000000000000000000001',
      '0',
    ]);
    expect(sharesOf('0.0000000000000000000001', [3, 1])).toEqual(['0.0000000000000000000001', '0']);
  });

  it('shares nothing out to nobody', () => {
    expect(() => sharesOf('1', [])).toThrow(RangeError);
    expect(() => sharesOf('1', [0, 0])).toThrow(RangeError);
    expect(() => sharesOf('1', [2, -1])).toThrow(RangeError);
  });
});
