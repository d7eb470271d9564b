/** A value of a dimension; null is 'not attributed'. */
export type DimensionValue = string | boolean | null;

/** A count, or an exact decimal in units of 10^-39 (see decimal.ts); null is 'not reported'. */
export type Quantity = number | bigint | null;

/** Values of one group, each list in the order of the endpoint's columns of that role. */
export interface Result {
  readonly dimensions: readonly DimensionValue[];
  readonly attributes: readonly (string | null)[];
  readonly measures: readonly Quantity[];
}

/** The smallest piece of truth: what one group did in one minute of a UTC day. Every answer is a sum of atoms. */
export interface Atom extends Result {
  /** Minute of the UTC day, 0 to 1439. */
  readonly minute: number;
}

/** A sum where null is 'not reported' and adds nothing. Both sides are of the same kind. */
export function plus(left: Quantity, right: Quantity): Quantity {
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === 'bigint' || typeof right === 'bigint') return BigInt(left) + BigInt(right);
  return left + right;
}

/** Text that is equal exactly for equal lists. */
export function keyOf(values: readonly DimensionValue[]): string {
  let key = '';
  for (const value of values) key += typeof value === 'string' ? `=${value}\u0000` : `${value}\u0000`;
  return key;
}
