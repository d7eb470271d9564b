/** A JSON number kept as the text the API sent, because a double would round it. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses JSON with doubles for numbers. Throws SyntaxError. Fast; see {@link isExact} for when it must not be used. */
export function parseJson(text: string): unknown {
  return JSON.parse(text);
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

/** False when a value holds a number that parseJson may have rounded. */
export function isExact(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.every(isExact);
  return !isObject(value) || Object.values(value).every(isExact);
}

/** A whole number of seconds, or null. */
export function integerOf(value: unknown): number | null {
  const number = value instanceof JsonNumber ? Number(value.source) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}
