import { parseDecimal } from './decimal.ts';
import { isObject, JsonNumber, type JsonObject } from './json.ts';

/**
 * A received value as JSON text that PostgreSQL's jsonb accepts: keys sorted, numbers digit for digit. What jsonb cannot
 * hold (the character NUL, lone surrogates, numbers beyond numeric, hundreds of levels) is kept readable instead of
 * failing the load.
 * @param mask applied to every string value and every name; names that become the same are one
 */
export function jsonbText(value: unknown, mask: (text: string) => string = (text) => text): string {
  return textAt(value, mask, 0);
}

// Far beyond any honest answer, and far before PostgreSQL's or this program's stack ends.
const maxDepth = 200;

function textAt(value: unknown, mask: (text: string) => string, depth: number): string {
  if (typeof value === 'string') return textOf(mask(value));
  if (value instanceof JsonNumber) return parseDecimal(value.source) === null ? textOf(value.source) : value.source;
  if (depth === maxDepth && typeof value === 'object' && value !== null) return textOf(mask(deepText(value)));
  if (Array.isArray(value)) return `[${value.map((item) => textAt(item, mask, depth + 1)).join(',')}]`;
  if (isObject(value)) return objectText(value, mask, depth + 1);
  return JSON.stringify(value ?? null);
}

function objectText(object: JsonObject, mask: (text: string) => string, depth: number): string {
  const fields = Object.keys(object).sort();
  return `{${fields.map((name) => `${textOf(mask(name))}:${textAt(object[name], mask, depth)}`).join(',')}}`;
}

/** JSON text for people; numbers are strings in it. */
function deepText(value: object): string {
  try {
    return JSON.stringify(value, (_key, item: unknown) => (item instanceof JsonNumber ? item.source : item));
  } catch (thrown) {
    if (thrown instanceof RangeError) return 'nested too deeply to be kept';
    throw thrown;
  }
}

function textOf(text: string): string {
  return JSON.stringify(text.toWellFormed().replaceAll('\u0000', '\\u0000'));
}
