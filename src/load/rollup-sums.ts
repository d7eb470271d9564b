import { maxCount } from '../catalog/storable.ts';
import { EtlError } from '../errors.ts';
import type { MeasureValue, Row } from '../parse/row.ts';

/** Sums by group, one for each measure asked for; null where nothing was reported. */
export type Sums<G> = ReadonlyMap<G, readonly MeasureValue[]>;

/**
 * Sums measures by group. Exact: where a sum leaves the safe integers, all are added up as bigint. Throws EtlError
 * `database_refused_data` for a sum that PostgreSQL's bigint does not hold.
 * @param positions of the measures, in a row's list
 */
export function sumBy<G>(
  buckets: readonly (readonly Row[])[],
  groupOf: (row: Row) => G,
  positions: readonly number[],
): Sums<G> {
  return sumDoubles(buckets, groupOf, positions) ?? sumBigints(buckets, groupOf, positions);
}

/** The fast way: doubles in typed arrays, NaN for null. Null as soon as a sum is not safe. */
function sumDoubles<G>(
  buckets: readonly (readonly Row[])[],
  groupOf: (row: Row) => G,
  positions: readonly number[],
): Sums<G> | null {
  const sums = new Map<G, Float64Array>();
  for (const rows of buckets) {
    for (const row of rows) {
      const group = groupOf(row);
      let sum = sums.get(group);
      if (sum === undefined) {
        sum = new Float64Array(positions.length).fill(Number.NaN);
        sums.set(group, sum);
      }
      if (!addDoubles(sum, row.measures, positions)) return null;
    }
  }
  return new Map(
    [...sums].map(([group, sum]) => [group, Array.from(sum, (value) => (Number.isNaN(value) ? null : value))]),
  );
}

function addDoubles(sum: Float64Array, measures: readonly MeasureValue[], positions: readonly number[]): boolean {
  for (let index = 0; index < positions.length; index += 1) {
    const value = measures[positions[index] ?? -1];
    if (value === null || value === undefined) continue;
    if (typeof value !== 'number') return false;
    const before = sum[index] ?? Number.NaN;
    const after = Number.isNaN(before) ? value : before + value;
    if (after > Number.MAX_SAFE_INTEGER) return false;
    sum[index] = after;
  }
  return true;
}

function sumBigints<G>(
  buckets: readonly (readonly Row[])[],
  groupOf: (row: Row) => G,
  positions: readonly number[],
): Sums<G> {
  const sums = new Map<G, readonly (bigint | null)[]>();
  for (const row of buckets.flat()) {
    const group = groupOf(row);
    const before = sums.get(group);
    sums.set(
      group,
      positions.map((position, index) => plus(before?.[index] ?? null, row.measures[position] ?? null)),
    );
  }
  return sums;
}

function plus(sum: bigint | null, value: MeasureValue): bigint | null {
  if (value === null) return sum;
  if (typeof value === 'object') throw new TypeError('a decimal is not rolled up');
  const total = (sum ?? 0n) + BigInt(value);
  if (total > maxCount) throw new EtlError('database_refused_data', 'a sum of counts is larger than bigint holds');
  return total;
}
