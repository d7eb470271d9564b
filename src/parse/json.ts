import { parseDecimal } from './decimal.ts';

/** A JSON number kept as the text the API sent, because a double would round it. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses JSON with doubles for numbers. Throws SyntaxError. Fast; where {@link mayRound} or not {@link isExact}, the
 * digits are other ones than were sent.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text);
}

/** A number comes after a colon, a comma, a bracket or white space; in a string the same only costs time. */
const fractionOrExponent = /[[:,\s]-?\d+[.eE]/;

/**
 * True for JSON whose numbers are not all written as integers: a double may round such a one to an integer, which then
 * looks exact. One pass over the text, a tenth of the time that parsing takes.
 */
export function mayRound(text: string): boolean {
  return fractionOrExponent.test(text);
}

/** Parses JSON with every number as a {@link JsonNumber}. Throws SyntaxError. About seven times slower than parseJson. */
export function parseJsonExact(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined ? new JsonNumber(context.source) : value,
  );
}

/** True for JSON objects, false for arrays, null, numbers and the rest. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** False when a value holds a number that parseJson may have rounded, of text that was all integers. */
export function isExact(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.every(isExact);
  return !isObject(value) || Object.values(value).every(isExact);
}

/** A whole number of seconds, or null. */
export function integerOf(value: unknown): number | null {
  if (value instanceof JsonNumber) return wholeNumber(value.source);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

function wholeNumber(source: string): number | null {
  const decimal = parseDecimal(source);
  const number = decimal === null || decimal.scale > 0 ? null : Number(decimal.coefficient);
  return number !== null && Number.isSafeInteger(number) ? number : null;
}
