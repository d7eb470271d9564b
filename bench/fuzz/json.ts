/** A number as its digits, which a double would round. */
export interface Digits {
  readonly digits: string;
}

export type Json = string | number | boolean | null | Digits | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

export function digits(text: string | bigint): Digits {
  return { digits: String(text) };
}

export function isDigits(value: Json | undefined): value is Digits {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'digits') === 'string';
}

/** JSON text, numbers digit for digit. */
export function jsonText(value: Json): string {
  if (isDigits(value)) return value.digits;
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, item]) => `${JSON.stringify(name)}:${jsonText(item)}`)
    .join(',')}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
