import { describe, expect, it } from 'vitest';
import { compareBucket } from '../../src/derive/tie-out.ts';
import { type Decimal, formatDecimal, parseDecimal, zero } from '../../src/parse/decimal.ts';

const decimal = (text: string): Decimal => parseDecimal(text) ?? zero;
const sums = (measure: string, text: string) => new Map([[measure, decimal(text)]]);
const compare = (stored: string, reported: string, rows = 1) =>
  compareBucket(0, { sums: sums('amount_value', stored), rows }, sums('amount_value', reported))[0];

describe('a tie-out', () => {
  it.each([
    ['12.34', '12.34'],
    ['0', '0'],
    ['-3', '-3'],
  ])('agrees when %s is stored and %s reported', (stored, reported) => {
    expect(compare(stored, reported)).toMatchObject({ agrees: true, difference: zero });
  });

  it.each([
    ['12.34', '12.35'],
    ['12.34', '12.340001'],
    ['1000000', '1000001'],
    ['123456789012345678', '123456789012345679'],
    ['999999.99123456789', '1000000.00123456789'],
  ])('differs when %s is stored and %s reported', (stored, reported) => {
    expect(compare(stored, reported, 1000)?.agrees).toBe(false);
  });

  it('forgives the last digits of a total that the API added up in doubles, and keeps the exact difference', () => {
    const tieOut = compare('9.888144383403077', '9.888144383403078', 4);
    expect(tieOut?.agrees).toBe(true);
    expect(formatDecimal(tieOut?.difference ?? zero)).toBe('-0.000000000000001');
    expect(compare('9.888144383403077', '9.888144383503077', 4)?.agrees).toBe(false);
  });

  it('counts a bucket that was never loaded as 0, and tells it from one that is empty', () => {
    const [missing] = compareBucket(0, null, sums('input_tokens', '5'));
    expect(missing).toMatchObject({ stored: null, agrees: false });
    const [empty] = compareBucket(0, { sums: new Map(), rows: 0 }, sums('input_tokens', '5'));
    expect(empty).toMatchObject({ stored: zero, agrees: false });
  });
});
