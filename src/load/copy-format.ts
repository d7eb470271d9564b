import { type Decimal, formatDecimal } from '../parse/decimal.ts';

/** What a binary COPY stream starts with: signature, no flags, no header extension. */
export const copyHeader = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex');

/** What a binary COPY stream ends with: a field count of -1. */
export const copyTrailer = Buffer.from('ffff', 'hex');

/** A field that is null. */
export const copyNull = Buffer.from('ffffffff', 'hex');

// PostgreSQL counts microseconds from 2000-01-01 UTC.
const postgresEpochSeconds = 946_684_800;

/** A text field. */
export function copyText(text: string): Buffer {
  return field(Buffer.from(text, 'utf8'));
}

/** A boolean field. */
export function copyBoolean(value: boolean): Buffer {
  return field(Buffer.from([value ? 1 : 0]));
}

/** A uuid field from its 16 bytes. */
export function copyUuid(id: Buffer): Buffer {
  return field(id);
}

/** A timestamptz field from Unix seconds. */
export function copyTimestamp(unixSeconds: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(unixSeconds - postgresEpochSeconds) * 1_000_000n);
  return field(bytes);
}

/** A date field from Unix seconds of UTC midnight. */
export function copyDate(unixSeconds: number): Buffer {
  return copyInteger((unixSeconds - postgresEpochSeconds) / 86_400);
}

/** An integer field. */
export function copyInteger(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return field(bytes);
}

/**
 * A numeric field, digit for digit: groups of four decimal digits, the weight of the first group, the sign, and the
 * number of digits after the point.
 */
export function copyNumeric(decimal: Decimal): Buffer {
  const negative = decimal.coefficient < 0n;
  const [integer = '', fraction = ''] = formatDecimal(decimal).replace('-', '').split('.');
  const whole = integer.padStart(Math.ceil(integer.length / 4) * 4, '0');
  const digits = whole + fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0');
  const groups = digits.match(/\d{4}/g)?.map(Number) ?? [];
  const leading = groups.findIndex((group) => group !== 0);
  const significant = leading === -1 ? [] : groups.slice(leading);
  while (significant.at(-1) === 0) significant.pop();
  const bytes = Buffer.alloc(8 + significant.length * 2);
  // Unsigned: of the longest numeric there are more groups than a signed number counts.
  bytes.writeUInt16BE(significant.length, 0);
  bytes.writeInt16BE(leading === -1 ? 0 : whole.length / 4 - 1 - leading, 2);
  bytes.writeUInt16BE(negative ? 0x4000 : 0, 4);
  bytes.writeInt16BE(decimal.scale, 6);
  significant.forEach((group, index) => {
    bytes.writeInt16BE(group, 8 + index * 2);
  });
  return field(bytes);
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
