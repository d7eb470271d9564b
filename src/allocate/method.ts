import type { TierWeights } from '../catalog/driver.ts';
import { lineItemParserVersion } from '../parse/line-item.ts';

/** Raised whenever the same inputs come to be split otherwise. */
const splitVersion = 2;

/** What a split was made with: two of the same version and inputs are equal. */
export function methodVersion({ batch, flex, priority }: TierWeights): string {
  const weights = `batch=${batch} flex=${flex} priority=${priority}`;
  return `cost-split v${splitVersion}, line items v${lineItemParserVersion}, ${weights}`;
}
