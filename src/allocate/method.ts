import { createHash } from 'node:crypto';
import { publishedTierWeights, type TierWeights } from '../catalog/tier.ts';
import { lineItemParserVersion } from '../parse/line-item.ts';

/** Raised whenever the same inputs come to be split otherwise. */
const splitVersion = 2;

const published = JSON.stringify(publishedTierWeights);

/** What a split was made with: two of the same version and inputs are equal. */
export function methodVersion(weights: TierWeights): string {
  const text = JSON.stringify(weights);
  const own = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const named = text === published ? `published ${own}` : own;
  return `cost-split v${splitVersion}, line items v${lineItemParserVersion}, tier weights ${named}`;
}
