/** Who has part in a cost, and how much. */
export interface Shares {
  readonly method: 'billed_user_share' | 'token_share' | 'service_share';
  /** What the cost and the driver have in common, such as `project+api_key+model`. */
  readonly matchLevel: string;
  /** The measure, with its dataset. */
  readonly driver: string;
  /** Weights above 0, by user; null: usage that the API attributes to nobody. */
  readonly weights: ReadonlyMap<string | null, bigint>;
  /** The weight of what was billed beyond all of them; 0 when they account for everything. */
  readonly gap: bigint;
  readonly gapReason: 'usage_gap' | 'user_share_gap';
  /** Weights are the driver's quantities × 10^`scale`. */
  readonly scale: number;
  /** What the shares rest on beside counts; absent when on counts alone. */
  readonly estimate?: Estimate | null;
}

/**
 * Why shares are an estimate. `tier_weights`: usage of several service tiers is on one line, and price factors tell their
 * shares · `tier_not_grouped`: usage does not tell the tier that the line, or another of the model, is of ·
 * `unknown_prefix`: nobody knows what the line's prefix means · `long_context`: usage does not tell such requests apart.
 */
export type Estimate = 'tier_weights' | 'tier_not_grouped' | 'unknown_prefix' | 'long_context';

/** Why a cost has no shares. */
export type NoShares =
  | 'no_matching_usage'
  | 'usage_not_by_user'
  | 'filtered_otherwise'
  | 'service_line_item'
  | 'unparsed_line_item'
  | 'no_line_item'
  | 'credit';

/** -1, 0 or 1. */
export function signOf(amount: { readonly coefficient: bigint }): -1 | 0 | 1 {
  if (amount.coefficient === 0n) return 0;
  return amount.coefficient < 0n ? -1 : 1;
}

/** A key that is equal for equal lists only. */
export function keyOf(values: readonly (string | number | null)[]): string {
  let key = '';
  for (const value of values) key += value === null ? '-' : `${String(value).length}:${value}`;
  return key;
}

/** What a cost and its driver have in common, in words. */
export function levelOf(byProject: boolean, byKey: boolean, more: readonly string[]): string {
  return [...(byProject ? ['project'] : []), ...(byKey ? ['api_key'] : []), ...more].join('+');
}
