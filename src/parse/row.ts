import { maxCount } from '../catalog/storable.ts';
import { addDecimals, type Decimal, isStorableAmount } from './decimal.ts';
import { parseJsonExact } from './json.ts';
import { jsonbText } from './jsonb.ts';
import { Malformed } from './malformed.ts';
import type { Series } from './series.ts';

/** The value of a measure: a count (bigint beyond the safe integers), an exact decimal, or null for not reported. */
export type MeasureValue = number | bigint | Decimal | null;

/** A result after parsing: one group of one bucket. */
export interface Row {
  readonly series: Series;
  /** In column order of the dataset's measures. */
  readonly measures: readonly MeasureValue[];
  /** Unknown fields as JSON text, null when there are none. */
  readonly extra: string | null;
  /** Results in it that came without an amount, or without its currency; absent when there are none. */
  readonly amountsMissing?: number;
}

/**
 * The sum of two results of one grain: what a grouping by a hidden dimension splits belongs together. Throws Malformed
 * where PostgreSQL could not hold the sum: it would be stored as another number.
 */
export function mergeRows(a: Row, b: Row): Row {
  const measures = a.measures.map((value, index) => addMeasures(value, b.measures[index] ?? null));
  const merged = { series: a.series, measures, extra: mergeExtra(a.extra, b.extra) };
  const amountsMissing = (a.amountsMissing ?? 0) + (b.amountsMissing ?? 0);
  return amountsMissing === 0 ? merged : { ...merged, amountsMissing };
}

/** True when two rows of one series say the same. */
export function sameRow(a: Row, b: Row): boolean {
  return (
    a.extra === b.extra &&
    (a.amountsMissing ?? 0) === (b.amountsMissing ?? 0) &&
    a.measures.every((value, index) => sameMeasure(value, b.measures[index] ?? null))
  );
}

function addMeasures(a: MeasureValue, b: MeasureValue): MeasureValue {
  if (a === null || b === null) return a ?? b;
  if (typeof a === 'object' && typeof b === 'object') return addAmounts(a, b);
  if (typeof a === 'object' || typeof b === 'object') throw new TypeError('a measure is either a count or a decimal');
  const sum = BigInt(a) + BigInt(b);
  if (sum > maxCount) throw new Malformed('out_of_range', 'the sum of two results of one grain is larger than bigint');
  return sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : sum;
}

function addAmounts(a: Decimal, b: Decimal): Decimal {
  const sum = addDecimals(a, b);
  if (!isStorableAmount(sum))
    throw new Malformed('out_of_range', 'the sum of two results of one grain is larger than can be stored');
  return sum;
}

function sameMeasure(a: MeasureValue, b: MeasureValue): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === 'object' && typeof b === 'object') return a.coefficient === b.coefficient && a.scale === b.scale;
  return a === b;
}

/** Equal extras stay one; different ones are kept side by side in a fixed order, since nobody knows how to add them. */
function mergeExtra(a: string | null, b: string | null): string | null {
  if (a === null || b === null || a === b) return a ?? b;
  const parts = [...partsOf(a), ...partsOf(b)].sort();
  return `${mergedPrefix}${parts.join(',')}]}`;
}

const mergedPrefix = '{"merged_results":[';

function partsOf(extra: string): readonly string[] {
  if (!extra.startsWith(mergedPrefix)) return [extra];
  // Exactly, and as it was written: the digits of what nobody knows are kept as well.
  const { merged_results: parts } = parseJsonExact(extra) as { readonly merged_results: readonly unknown[] };
  return parts.map((part) => jsonbText(part));
}
