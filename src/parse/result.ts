import type { Attribute, Column, Dimension, Measure } from '../catalog/column.ts';
import { type Dataset, moneyPositions } from '../catalog/dataset.ts';
import { isStorableText, maxCount } from '../catalog/storable.ts';
import { isStorableAmount, parseDecimal } from './decimal.ts';
import type { DriftLog } from './fault.ts';
import { isExact, isObject, JsonNumber, type JsonObject } from './json.ts';
import { jsonbText } from './jsonb.ts';
import { Malformed } from './malformed.ts';
import type { MeasureValue, Row } from './row.ts';
import type { SeriesOf, SeriesValue } from './series.ts';

/** Thrown when a number may have been rounded by JSON.parse: the page must be parsed again exactly. */
export class InexactNumber extends Error {
  override readonly name = 'InexactNumber';
}

/** Turns one result of a dataset into a row. Throws {@link Malformed}, or {@link InexactNumber}. */
export type DecodeResult = (result: JsonObject, drift: DriftLog) => Row;

/** The decoder of a dataset's results, derived from its columns. */
export function createDecoder(dataset: Dataset, seriesOf: SeriesOf): DecodeResult {
  const grain = dataset.columns.filter((column) => column.role !== 'measure');
  const measures = dataset.columns.filter((column) => column.role === 'measure');
  const folded = grain.filter(isFolded);
  const findExtra = createExtraFinder(dataset);
  const money = moneyPositions(dataset);
  // Filled anew for every result: whoever keeps a series copies it.
  const values: SeriesValue[] = grain.map(() => null);
  return (result, drift) => {
    grain.forEach((column, index) => {
      values[index] = decodeSeriesValue(column, result);
    });
    const counts = measures.map((measure) => decodeMeasure(measure, result));
    const extra = findExtra(result, respelled(folded, result), drift);
    const row = { series: seriesOf(values), measures: counts, extra };
    const lacksMoney =
      money !== null && (counts[money.amountAt] === null || row.series.values[money.currencyAt] === null);
    return lacksMoney ? { ...row, amountsMissing: 1 } : row;
  };
}

function isFolded(column: Column): column is Attribute {
  return column.role === 'attribute' && column.folded === true;
}

/** The texts of folded columns as received, where they are stored otherwise. */
function respelled(columns: readonly Attribute[], result: JsonObject): ReadonlyMap<string, string> {
  const texts = columns.flatMap((column): readonly (readonly [string, string])[] => {
    const value = fieldOf(column, result);
    return typeof value === 'string' && value !== fold(value) ? [[column.path.join('.'), value]] : [];
  });
  return new Map(texts);
}

/** Letters of codes are those of ASCII; of others the lower case differs from place to place. */
function fold(code: string): string {
  return code.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function decodeSeriesValue(column: Dimension | Attribute, result: JsonObject): SeriesValue {
  const received = fieldOf(column, result);
  const isCode = isFolded(column) && typeof received === 'string';
  const value = isCode ? fold(received) || null : received;
  if (value === null || value === undefined) {
    if (column.role === 'attribute' && column.required)
      throw new Malformed('missing_attribute', `${column.name} is missing`);
    return null;
  }
  if (column.type === 'boolean') {
    if (typeof value !== 'boolean') throw new Malformed('wrong_type', `${column.name} is not a boolean`);
    return value;
  }
  if (typeof value !== 'string') throw new Malformed('wrong_type', `${column.name} is not a string`);
  if (!isStorableText(value)) {
    throw new Malformed('bad_text', `${column.name} holds characters that PostgreSQL cannot store`);
  }
  return value;
}

function decodeMeasure(measure: Measure, result: JsonObject): MeasureValue {
  const value = fieldOf(measure, result);
  if (value === null || value === undefined) {
    if (measure.required) throw new Malformed('missing_measure', `${measure.name} is missing`);
    return null;
  }
  return measure.type === 'bigint' ? decodeCount(measure, value) : decodeDecimal(measure, value);
}

function decodeCount({ name }: Measure, value: unknown): number | bigint {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new InexactNumber();
    if (value < 0) throw new Malformed('negative_count', `${name} is negative`);
    return value;
  }
  if (!(value instanceof JsonNumber)) throw new Malformed('wrong_type', `${name} is not a number`);
  const decimal = parseDecimal(value.source);
  if (decimal === null) throw new Malformed('out_of_range', `${name} is too large`);
  if (decimal.scale > 0) throw new Malformed('wrong_type', `${name} is not a whole number`);
  if (decimal.coefficient < 0n) throw new Malformed('negative_count', `${name} is negative`);
  if (decimal.coefficient > maxCount) throw new Malformed('out_of_range', `${name} is larger than bigint`);
  const number = Number(decimal.coefficient);
  return Number.isSafeInteger(number) ? number : decimal.coefficient;
}

function decodeDecimal({ name }: Measure, value: unknown): MeasureValue {
  if (typeof value === 'number') throw new InexactNumber();
  const source = value instanceof JsonNumber ? value.source : value;
  if (typeof source !== 'string') throw new Malformed('wrong_type', `${name} is neither a number nor a numeric string`);
  const decimal = parseDecimal(source);
  if (decimal === null)
    throw new Malformed('bad_decimal', `${name} is no decimal number that PostgreSQL can hold exactly`);
  if (!isStorableAmount(decimal)) throw new Malformed('out_of_range', `${name} is larger than can be added up`);
  return decimal;
}

function fieldOf(column: Column, result: JsonObject): unknown {
  if (column.role === 'dimension') return result[column.name];
  const [first, second] = column.path;
  const value = result[first];
  if (second === undefined) return value;
  if (value === undefined || value === null) return value;
  if (!isObject(value)) throw new Malformed('wrong_type', `${first} is not an object`);
  return value[second];
}

/** Collects the fields of a result that no column and no ignored field accounts for. */
function createExtraFinder(
  dataset: Dataset,
): (result: JsonObject, asReceived: ReadonlyMap<string, string>, drift: DriftLog) => string | null {
  const paths = dataset.columns.map(pathOf);
  const known = new Set(['object', ...dataset.ignored, ...paths.map(([first]) => first)]);
  const nested = Map.groupBy(
    paths.filter((path) => path.length > 1),
    ([first]) => first,
  );
  return (result, asReceived, drift) => {
    const extra = new Map<string, unknown>();
    for (const name in result) {
      if (!known.has(name)) extra.set(name, result[name]);
    }
    for (const [name, parts] of nested) addNestedExtra(extra, name, parts, result[name]);
    for (const [name, value] of extra) drift.add('field', name, exact(value));
    for (const [name, value] of asReceived) extra.set(name, value);
    return extra.size === 0 ? null : jsonbText(Object.fromEntries(extra));
  };
}

function addNestedExtra(
  extra: Map<string, unknown>,
  name: string,
  paths: readonly (readonly string[])[],
  value: unknown,
): void {
  if (!isObject(value)) return;
  for (const part in value) {
    if (!paths.some(([, second]) => second === part)) extra.set(`${name}.${part}`, value[part]);
  }
}

function exact(value: unknown): unknown {
  if (!isExact(value)) throw new InexactNumber();
  return value;
}

function pathOf(column: Column): readonly [string, ...string[]] {
  return column.role === 'dimension' ? [column.name] : column.path;
}
