import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDecimals, formatDecimal, parseDecimal, subtractDecimals } from '../../src/parse/decimal.ts';

const format = (text: string) => {
  const decimal = parseDecimal(text);
  return decimal === null ? null : formatDecimal(decimal);
};

describe('exact decimals', () => {
  it.each([
    ['123.456789012345678901', '123.456789012345678901'],
    ['0E-6176', '0'],
    ['-0', '0'],
    ['1.29e-05', '0.0000129'],
    ['0.000004500000000000000000000000000000000', '0.0000045'],
    ['-12.50', '-12.5'],
    ['1E3', '1000'],
    ['100', '100'],
    ['0.8958740000000000', '0.895874'],
    ['5.', '5'],
  ])('reads %s as %s', (text, expected) => {
    expect(format(text)).toBe(expected);
  });

  it.each(['', 'NaN', 'Infinity', '1,5', '0x10', ' 1', '1e', '--1', '1e9999999999', '1e-20000', '1e200000'])(
    'refuses %j',
    (text) => {
      expect(parseDecimal(text)).toBeNull();
    },
  );

  it('takes no longer than the digits are many, wherever their zeros are', () => {
    const zeros = '0'.repeat(15_000);
    const started = performance.now();
    for (const text of [`1${zeros}.${zeros}1`, `1e130000`, `1e-16383`, `1.${zeros}`]) {
      const decimal = parseDecimal(text);
      if (decimal === null) throw new Error(`${text.slice(0, 9)} is a decimal`);
      expect(addDecimals(addDecimals(decimal, decimal), { ...decimal, coefficient: -decimal.coefficient })).toEqual(
        decimal,
      );
      expect(parseDecimal(formatDecimal(decimal))).toEqual(decimal);
    }
    // Ten times what it takes on a slow machine, a tenth of what a step for each zero takes.
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('keeps every digit through parsing and formatting', () => {
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,30})\.\d{0,39}[1-9]$/);
    fc.assert(
      fc.property(digits, (text) => {
        expect(format(text)).toBe(text);
      }),
    );
  });

  it('adds and subtracts without rounding', () => {
    const amount = fc.tuple(fc.bigInt(-(10n ** 40n), 10n ** 40n), fc.integer({ min: 0, max: 40 }));
    fc.assert(
      fc.property(amount, amount, ([a, scaleA], [b, scaleB]) => {
        const [x, y] = [
          { coefficient: a, scale: scaleA },
          { coefficient: b, scale: scaleB },
        ];
        const sum = addDecimals(x, y);
        expect(sum.coefficient * 10n ** BigInt(40 - sum.scale)).toBe(
          a * 10n ** BigInt(40 - scaleA) + b * 10n ** BigInt(40 - scaleB),
        );
        expect(formatDecimal(subtractDecimals(sum, y))).toBe(
          formatDecimal(addDecimals(x, { coefficient: 0n, scale: 0 })),
        );
      }),
    );
  });
});
