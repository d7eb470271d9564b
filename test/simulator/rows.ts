import type { Dataset } from '../../src/catalog/dataset.ts';
import type { TruthBucket, TruthRow } from '../../src/simulator/index.ts';
import type { WireBucket, WireResult } from './client.ts';

/** A number or string of JSON text as an exact decimal without exponent and trailing zeros. */
export function canonical(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === '') throw new Error(`no decimal: ${text}`);
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return '0';
  const places = fraction.length - Number(exponent);
  const padded = places < 0 ? digits.toString() + '0'.repeat(-places) : digits.toString().padStart(places + 1, '0');
  const point = padded.length - Math.max(0, places);
  const plain = places <= 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`.replace(/\.?0+$/, '');
  return sign + plain;
}

/** JSON with every number kept as the text it was written as. */
export function parseExactly(json: string): unknown {
  // Node passes the source of primitives; the types do not know it yet.
  const reviver = (_: string, value: unknown, context?: { source: string }) =>
    typeof value === 'number' && context !== undefined ? { digits: context.source } : value;
  return JSON.parse(json, reviver as (key: string, value: unknown) => unknown);
}

/** The values of a dataset's columns in a result that `parseExactly` read. */
export function rowOf(dataset: Dataset, result: WireResult): TruthRow {
  return Object.fromEntries(
    dataset.columns.map((column) => {
      if (column.role === 'dimension') return [column.name, (result[column.name] as TruthRow[string]) ?? null];
      const value = column.path.reduce<unknown>((inner, name) => (inner as WireResult | undefined)?.[name], result);
      return [column.name, column.role === 'attribute' ? ((value as string) ?? null) : exact(value)];
    }),
  );
}

function exact(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return canonical(typeof value === 'string' ? value : (value as { digits: string }).digits);
}

/** Buckets that `parseExactly` read, as the truth states them. */
export function bucketsOf(dataset: Dataset, buckets: readonly WireBucket[]): readonly TruthBucket[] {
  const date = (value: unknown) => new Date(Number((value as { digits: string }).digits) * 1000);
  return buckets.map(({ start_time, end_time, results }) => ({
    start: date(start_time),
    end: date(end_time),
    rows: results.map((result) => rowOf(dataset, result)),
  }));
}

/** The exact sum of a column over rows; null is nothing. */
export function sumOf(rows: readonly TruthRow[], column: string): string {
  const places = 60;
  const total = rows.reduce((sum, row) => {
    const [whole = '0', fraction = ''] = String(row[column] ?? '0').split('.');
    return sum + BigInt(whole + fraction.padEnd(places, '0'));
  }, 0n);
  const digits = (total < 0n ? -total : total).toString().padStart(places + 1, '0');
  return canonical(`${total < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`);
}
