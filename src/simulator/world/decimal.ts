import { EtlError } from '../../errors.ts';

/** Decimal places of every exact decimal in the simulator: what the longest amounts seen in the field carry. */
const decimalPlaces = 39;

/** 1, as an exact decimal. */
export const one = 10n ** BigInt(decimalPlaces);

const plain = /^(-?)(\d+)(?:\.(\d+))?$/;

/** An exact decimal from plain notation (`-1.25`). Throws `arguments_invalid` for anything else. */
export function decimal(text: string): bigint {
  const [, sign = '', whole = '', fraction = ''] = plain.exec(text) ?? [];
  if (whole === '' || fraction.length > decimalPlaces) {
    throw new EtlError('arguments_invalid', `not a decimal of at most ${decimalPlaces} places: ${text}`);
  }
  const digits = BigInt(whole + fraction.padEnd(decimalPlaces, '0'));
  return sign === '-' ? -digits : digits;
}

/** Plain notation with all places, trailing zeros included. */
export function paddedText(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimalPlaces + 1, '0');
  const point = digits.length - decimalPlaces;
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Plain notation without trailing zeros: the canonical text of a value. */
export function decimalText(value: bigint): string {
  return paddedText(value).replace(/\.?0+$/, '');
}
