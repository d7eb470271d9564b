/** An exact decimal: `coefficient` × 10^-`scale`, without trailing zeros, `scale` at least 0. */
export interface Decimal {
  readonly coefficient: bigint;
  readonly scale: number;
}

/** Zero. */
export const zero: Decimal = { coefficient: 0n, scale: 0 };

// The limits of PostgreSQL's numeric: beyond them it would have to round or refuse.
const maxIntegerDigits = 131_072;
const maxScale = 16_383;

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
  const significant = digits.replace(/0+$/, '');
  const scale = fraction.length - Number(exponent) - (digits.length - significant.length);
  if (scale > maxScale || significant.length - scale > maxIntegerDigits) return null;
  const unsigned = scale < 0 ? BigInt(significant) * 10n ** BigInt(-scale) : BigInt(significant);
  return { coefficient: sign === '-' ? -unsigned : unsigned, scale: Math.max(0, scale) };
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

/** False for a decimal that PostgreSQL's numeric cannot hold without rounding. */
export function fitsNumeric(decimal: Decimal): boolean {
  return decimal.scale <= maxScale && significantDigits(decimal) - decimal.scale <= maxIntegerDigits;
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
  let [value, places] = [coefficient, scale];
  while (places > 0 && value % 10n === 0n) [value, places] = [value / 10n, places - 1];
  return { coefficient: value, scale: places };
}
