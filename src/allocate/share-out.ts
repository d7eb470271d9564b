import { atScale, type Decimal, trimmed } from '../parse/decimal.ts';

/** Money is shared out to 18 decimals, or to those it has where they are more. */
const leastScale = 18;

/**
 * Shares an amount out in proportion to weights, exactly: the shares add up to it. Each is its quotient cut towards 0
 * at 18 decimals, or at the amount's own scale where that is finer; what is left over goes, one unit each, to the shares
 * that lost most to the cut, among equals to the first. Weights are at least 0 and not all 0; throws RangeError
 * otherwise.
 */
export function shareOut(amount: Decimal, weights: readonly bigint[]): readonly Decimal[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total <= 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError('weights must be at least 0 and not all 0');
  }
  const scale = Math.max(leastScale, amount.scale);
  const units = atScale(amount, scale);
  const quotients = weights.map((weight) => (units * weight) / total);
  const left = quotients.reduce((rest, quotient) => rest - quotient, units);
  const unit = left < 0n ? -1n : 1n;
  const favoured = new Set(byLoss(weights, units, total).slice(0, Number(left * unit)));
  return quotients.map((quotient, index) => trimmed(favoured.has(index) ? quotient + unit : quotient, scale));
}

/** The positions of the weights, those whose quotient lost most first. */
function byLoss(weights: readonly bigint[], units: bigint, total: bigint): readonly number[] {
  const losses = weights.map((weight) => {
    const remainder = (units * weight) % total;
    return remainder < 0n ? -remainder : remainder;
  });
  const lossOf = (index: number) => losses[index] ?? 0n;
  // The sort is stable: among equals the first stays first.
  return weights
    .map((_, index) => index)
    .sort((a, b) => (lossOf(a) === lossOf(b) ? 0 : lossOf(a) > lossOf(b) ? -1 : 1));
}
