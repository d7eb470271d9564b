import { parseDecimal } from './decimal.ts';
import { isObject, JsonNumber, type JsonObject } from './json.ts';

/**
 * A received value as JSON text that PostgreSQL's jsonb accepts: keys sorted, numbers digit for digit. What jsonb cannot
 * hold (the character NUL, lone surrogates, numbers beyond numeric) is kept readable instead of failing the load.
 * @param mask applied to every string value
 */
export function jsonbText(value: unknown, mask: (text: string) => string = (text) => text): string {
  if (typeof value === 'string') return textOf(mask(value));
  if (value instanceof JsonNumber) return parseDecimal(value.source) === null ? textOf(value.source) : value.source;
  if (Array.isArray(value)) return `[${value.map((item) => jsonbText(item, mask)).join(',')}]`;
  if (isObject(value)) return objectText(value, mask);
  return JSON.stringify(value ?? null);
}

function objectText(object: JsonObject, mask: (text: string) => string): string {
  const fields = Object.keys(object).sort();
  return `{${fields.map((name) => `${textOf(name)}:${jsonbText(object[name], mask)}`).join(',')}}`;
}

function textOf(text: string): string {
  return JSON.stringify(text.toWellFormed().replaceAll('\u0000', '\\u0000'));
}
