import type { TierWeights } from '../catalog/driver.ts';
import type { LineItem } from '../parse/line-item.ts';
import type { DatasetUsage, Usage } from './day-inputs.ts';
import { isSameModel } from './model-name.ts';
import { keyOf } from './shares.ts';

/** A way of serving requests that has its own price. */
type Tier = keyof TierWeights;

const tiers: readonly Tier[] = ['priority', 'batch', 'flex'];

/** A token at the standard tier, in thousandths. */
const standardWeight = 1000n;

/** Says what a usage row counts for on a line item, in thousandths; null: it is not billed there. */
export type TierWeightOf = (source: DatasetUsage, usage: Usage, item: LineItem) => bigint | null;

/**
 * The tier rules of a day with these line items. A line of a tier bills that tier's usage only; a line of none bills all
 * but the tiers that have lines of their own for the model that day, each with its weight. A tier that the usage was not
 * grouped by cannot be told, and is not asked for.
 */
export function createTierWeights(items: Iterable<LineItem>, weights: TierWeights): TierWeightOf {
  const modelsBilled = new Map<string, Set<string>>();
  for (const item of items) {
    const tier = tierOfLine(item);
    if (tier === null || item.model === null) continue;
    const key = `${tier} ${surfacesOf(item)
      .filter((surface) => surface !== tier)
      .join(' ')}`;
    modelsBilled.set(key, (modelsBilled.get(key) ?? new Set()).add(item.model));
  }
  const known = new Map<string, boolean>();
  const hasOwnLine = (tier: Tier, source: DatasetUsage, model: string) => {
    const key = keyOf([tier, source.dataset.name, model]);
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const billed = modelsBilled.get(`${tier} ${source.dataset.driver.surface ?? ''}`) ?? new Set();
    const found = [...billed].some((one) => isSameModel('model', one, model) || isSameModel('model_alias', one, model));
    known.set(key, found);
    return found;
  };
  return (source, usage, item) => {
    const wanted = tierOfLine(item);
    const tier = tierOfUsage(usage);
    if (wanted !== null) return tier === wanted || !canTell(source, wanted) ? standardWeight : null;
    if (tier === null) return standardWeight;
    return usage.model !== null && hasOwnLine(tier, source, usage.model) ? null : BigInt(weights[tier]);
  };
}

/** The surfaces of a line item, in lower case. */
export function surfacesOf({ surface }: LineItem): readonly string[] {
  return surface === null ? [] : surface.toLowerCase().split(' | ');
}

function tierOfLine(item: LineItem): Tier | null {
  const surfaces = surfacesOf(item);
  return tiers.find((tier) => surfaces.includes(tier)) ?? null;
}

function tierOfUsage({ batch, serviceTier }: Usage): Tier | null {
  if (batch === true) return 'batch';
  return serviceTier === 'priority' || serviceTier === 'flex' ? serviceTier : null;
}

function canTell({ grain }: DatasetUsage, tier: Tier): boolean {
  return grain.has(tier === 'batch' ? 'batch' : 'service_tier');
}
