/*
 * What PostgreSQL can hold of what comes from outside. Every bound is stated here, once: what passes it can be stored,
 * added up and divided by whoever reads it.
 */

/** The largest value of bigint. */
export const maxCount = 2n ** 63n - 1n;

/** The limits of numeric: beyond them it would have to round or refuse. */
export const mostIntegerDigits = 131_072;
export const mostFractionDigits = 16_383;

/**
 * An amount or quantity has at most so many digits before the point. Numeric holds more, but not the sums, quotients and
 * products that views make of it, and one absurd row must not take them from everybody.
 */
export const mostAmountDigits = 1000;

/**
 * The longest text in an index, in bytes of UTF-8: an entry of an index holds 2,704 bytes, and the largest key is an
 * organization's name of 64 and two ids. Longer texts are stored where no index is on them: in facts, parts and sums.
 */
export const mostKeyBytes = 1000;

/** The last second of the year 9999: what lies beyond is no date in Unix seconds. */
const latestSeconds = 253_402_300_799;

/** False for text with the character NUL or half of a surrogate pair, which PostgreSQL does not hold. */
export function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** Text for a person, without what PostgreSQL does not hold. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed();
}

/** UTF-8 needs at most so many bytes for each of JavaScript's units. */
const mostBytesOfUnit = 3;

/** False for text too long to be in an index. */
export function fitsKey(text: string): boolean {
  return text.length * mostBytesOfUnit <= mostKeyBytes || new TextEncoder().encode(text).length <= mostKeyBytes;
}

const shownOfName = 200;

/** A name that is only shown and counted by: one too long for an index is cut, and says how long it was. */
export function storableName(name: string): string {
  const text = storableText(name);
  return fitsKey(text) ? text : `${text.slice(0, shownOfName).toWellFormed()}… (${text.length} characters)`;
}

/** False for what is no instant of 1970 to 9999, in Unix seconds. */
export function isStorableInstant(seconds: number): boolean {
  return Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= latestSeconds;
}
