import pg from 'pg';

const oid = {
  int8: 20,
  json: 114,
  timestamp: 1114,
  date: 1082,
  interval: 1186,
  jsonb: 3802,
  int8Array: 1016,
  timestampArray: 1115,
  dateArray: 1182,
  numericArray: 1231,
  textArray: 1009,
};

type TextParser = (text: string) => unknown;

const textArrayParser: (text: string) => (string | null)[] = pg.types.getTypeParser(oid.textArray, 'text');

const textParsers: ReadonlyMap<number, TextParser> = new Map<number, TextParser>([
  [oid.int8, wholeNumber],
  [oid.json, parseStoredJson],
  [oid.jsonb, parseStoredJson],
  // Without a zone these would become instants in the zone of this process.
  [oid.date, asText],
  [oid.timestamp, asText],
  [oid.interval, asText],
  [oid.dateArray, textArrayParser],
  [oid.timestampArray, textArrayParser],
  // pg reads numeric[] into doubles by default.
  [oid.numericArray, textArrayParser],
  [oid.int8Array, (text) => textArrayParser(text).map((item) => (item === null ? null : wholeNumber(item)))],
]);

/**
 * How values arrive: bigint as number where a double holds it, else as its digits; numeric as its digits; timestamptz
 * as Date; date, timestamp and interval as PostgreSQL writes them; json as its value, in which a number that a double
 * would round is its digits.
 */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: (typeOid: number, format?: 'text' | 'binary') => {
    const parser = format === 'binary' ? undefined : textParsers.get(typeOid);
    return parser ?? pg.types.getTypeParser(typeOid, format);
  },
};

function asText(text: string): string {
  return text;
}

function wholeNumber(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

function parseStoredJson(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && isRounded(value, context.source)
      ? context.source
      : value,
  );
}

/** PostgreSQL writes numbers in JSON without exponent, so a double that prints otherwise has lost or moved digits. */
function isRounded(number: number, source: string): boolean {
  const shortest = source.includes('.') ? source.replace(/\.?0+$/, '') : source;
  return String(number) !== shortest;
}
