import { mostAmountDigits, mostFractionDigits, mostIntegerDigits } from '../catalog/storable.ts';

/** An exact decimal: `coefficient` × 10^-`scale`, without trailing zeros, `scale` at least 0. */
export interface Decimal {
  readonly coefficient: bigint;
  readonly scale: number;
}

/** Zero. */
export const zero: Decimal = { coefficient: 0n, scale: 0 };

const pattern = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;

/**
 * The decimal that a JSON number or numeric string spells, digit for digit. Null when the text is no decimal number, or
 * one that PostgreSQL could not hold without rounding.
 */
export function parseDecimal(text: string): Decimal | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [, sign, integer = '', fraction = '', exponent = '0'] = match;
  const digits = `${integer}${fraction}`.replace(/^0+/, '');
  if (digits === '') return zero;
  const significant = withoutTrailingZeros(digits);
  const scale = fraction.length - Number(exponent) - (digits.length - significant.length);
  if (scale > mostFractionDigits || significant.length - scale > mostIntegerDigits) return null;
  const unsigned = scale < 0 ? BigInt(significant) * 10n ** BigInt(-scale) : BigInt(significant);
  return { coefficient: sign === '-' ? -unsigned : unsigned, scale: Math.max(0, scale) };
}

/** An expression that ends in 0+$ would start over at each of thousands of zeros that others follow. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

/** The sum of two decimals, exact. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return trimmed(atScale(a, scale) + atScale(b, scale), scale);
}

/** `a` - `b`, exact. */
export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return addDecimals(a, { coefficient: -b.coefficient, scale: b.scale });
}

/** Plain notation without exponent and without trailing zeros, as PostgreSQL prints a trimmed numeric. */
export function formatDecimal({ coefficient, scale }: Decimal): string {
  const digits = (coefficient < 0n ? -coefficient : coefficient).toString().padStart(scale + 1, '0');
  const sign = coefficient < 0n ? '-' : '';
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The first number that has a digit more than is stored. */
const endOfAmounts = 10n ** BigInt(mostAmountDigits);

/** False for an amount or quantity that is not to be stored: its sums and quotients would not fit. */
export function isStorableAmount({ coefficient, scale }: Decimal): boolean {
  const magnitude = coefficient < 0n ? -coefficient : coefficient;
  return scale <= mostFractionDigits && magnitude < endOfAmounts * 10n ** BigInt(scale);
}

/** Number of significant digits. */
export function significantDigits({ coefficient }: Decimal): number {
  return (coefficient < 0n ? -coefficient : coefficient).toString().length;
}

/** The coefficient at a scale that is at least the decimal's own. */
export function atScale({ coefficient, scale }: Decimal, wanted: number): bigint {
  return coefficient * 10n ** BigInt(wanted - scale);
}

/** `coefficient` × 10^-`scale` without trailing zeros. */
export function trimmed(coefficient: bigint, scale: number): Decimal {
  if (coefficient === 0n) return zero;
  let [value, places] = [coefficient, scale];
  // In halving steps: a division takes as long as the number is, and of thousands of zeros each would be one.
  for (let step = 2 ** Math.floor(Math.log2(Math.max(1, scale))); step >= 1; step /= 2) {
    const power = 10n ** BigInt(step);
    if (step <= places && value % power === 0n) [value, places] = [value / power, places - step];
  }
  return { coefficient: value, scale: places };
}
