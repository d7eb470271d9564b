import { lineItemParserVersion } from '../parse/line-item.ts';
import type { TierWeights } from './day-inputs.ts';

/** Raised whenever the same inputs come to be split otherwise. */
const splitVersion = 1;

/** Published prices: batch and flex cost half; of priority no one factor is published, so it counts as any other. */
export const defaultTierWeights: TierWeights = { batch: 500, flex: 500, priority: 1000 };

/** What a split was made with: two of the same version and inputs are equal. */
export function methodVersion({ batch, flex, priority }: TierWeights): string {
  const weights = `batch=${batch} flex=${flex} priority=${priority}`;
  return `cost-split v${splitVersion}, line items v${lineItemParserVersion}, ${weights}`;
}
