import { standardTier, tierClassOf } from '../catalog/tier.ts';
import type { LineItem } from '../parse/line-item.ts';
import type { DatasetUsage, Usage } from './day-inputs.ts';
import { isSameModel } from './model-name.ts';
import { type Estimate, keyOf } from './shares.ts';
import { standardWeight, type TierWeightOf } from './tier-weights.ts';

/** What a usage row counts for on a line item. */
export interface TierShare {
  readonly tier: string;
  /** In thousandths. */
  readonly weight: bigint;
}

/** The tier rules of a day. */
export interface TierRules {
  /** Null: the usage is not billed on the line. */
  shareOf(source: DatasetUsage, usage: Usage, item: LineItem): TierShare | null;
  /** Why shares by usage of these tiers are an estimate; null when they are counted. */
  estimateOf(sources: readonly DatasetUsage[], tiers: ReadonlySet<string>, item: LineItem): Estimate | null;
}

/**
 * The tier rules of a day with these line items and this usage. A line of a tier bills that tier's usage only, never the
 * standard one's in its place; a line of none bills all but the tiers that have lines of their own for the model that day,
 * each with its weight. What a line of an unknown prefix bills nobody can tell, nor a tier that usage was not grouped by:
 * then all usage of the model counts, as an estimate. A tier nobody knows is one where both usage and a line name it.
 */
export function createTierRules(
  items: Iterable<LineItem>,
  usage: readonly DatasetUsage[],
  weightOf: TierWeightOf,
): TierRules {
  const all = [...items];
  const used = new Set(
    usage.flatMap(({ rows }) => rows.flatMap(({ serviceTier }) => serviceTier?.toLowerCase() ?? [])),
  );
  const billed = new Set(all.flatMap(surfacesOf).filter((surface) => used.has(surface)));
  const tierOfSurface = (surface: string) => tierClassOf(surface) ?? (billed.has(surface) ? surface : null);
  const tierOfLine = (item: LineItem) =>
    surfacesOf(item)
      .map(tierOfSurface)
      .find((tier) => tier !== null) ?? null;
  const tierOfUsage = ({ batch, serviceTier }: Usage) =>
    batch === true
      ? 'batch'
      : ((serviceTier === null ? null : tierOfSurface(serviceTier.toLowerCase())) ?? standardTier);
  const hasUnknownPrefix = (item: LineItem) =>
    surfacesOf(item).some((surface) => tierOfSurface(surface) === null && !isSurfaceOf(surface, usage));
  const ownLines = createOwnLines(all, tierOfSurface);
  return {
    shareOf: (source, row, item) => {
      const [wanted, tier] = [tierOfLine(item), tierOfUsage(row)];
      if (wanted !== null) {
        return tier === wanted || !canTell(source, wanted) ? { tier: wanted, weight: standardWeight } : null;
      }
      if (hasUnknownPrefix(item)) return { tier, weight: standardWeight };
      if (row.model !== null && ownLines.has(tier, source, row.model)) return null;
      return { tier, weight: tier === standardTier ? standardWeight : weightOf(tier, row.model) };
    },
    estimateOf: (sources, tiers, item) => {
      const wanted = tierOfLine(item);
      const untold = (tier: string) => sources.some((source) => !canTell(source, tier));
      if (hasUnknownPrefix(item)) return 'unknown_prefix';
      if (wanted !== null && untold(wanted)) return 'tier_not_grouped';
      if (wanted === null && tiers.size > 1) return 'tier_weights';
      if (wanted === null && ownLines.tiersOf(item, sources).some(untold)) return 'tier_not_grouped';
      return /\blong context\b/i.test(item.qualifier ?? '') ? 'long_context' : null;
    },
  };
}

/** The surfaces of a line item, in lower case. */
export function surfacesOf({ surface }: LineItem): readonly string[] {
  return surface === null ? [] : surface.toLowerCase().split(' | ');
}

/** Which models have lines of a tier of their own that day, by tier and by the surface that usage may have. */
function createOwnLines(items: readonly LineItem[], tierOfSurface: (surface: string) => string | null) {
  const modelsBilled = new Map<
    string,
    { readonly tier: string; readonly surface: string; readonly models: Set<string> }
  >();
  for (const item of items) {
    const surfaces = surfacesOf(item);
    const tier = surfaces.map(tierOfSurface).find((one) => one !== null);
    if (tier === undefined || tier === null || item.model === null) continue;
    const surface = surfaces.filter((one) => tierOfSurface(one) === null).join(' ');
    const key = keyOf([tier, surface]);
    const known = modelsBilled.get(key) ?? { tier, surface, models: new Set() };
    modelsBilled.set(key, known);
    known.models.add(item.model);
  }
  const cache = new Map<string, boolean>();
  const has = (tier: string, source: DatasetUsage, model: string) => {
    const key = keyOf([tier, source.dataset.name, model]);
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    const billed = modelsBilled.get(keyOf([tier, source.dataset.driver.surface ?? '']))?.models ?? new Set();
    const found = [...billed].some((one) => isSameModel('model', one, model) || isSameModel('model_alias', one, model));
    cache.set(key, found);
    return found;
  };
  return {
    has,
    /** The tiers that have lines of their own for the model of a line. */
    tiersOf: ({ model }: LineItem, sources: readonly DatasetUsage[]) =>
      model === null
        ? []
        : [...modelsBilled.values()]
            .map(({ tier }) => tier)
            .filter((tier) => sources.some((one) => has(tier, one, model))),
  };
}

function isSurfaceOf(surface: string, usage: readonly DatasetUsage[]): boolean {
  return usage.some(({ dataset }) => dataset.driver.surface === surface);
}

function canTell({ grain }: DatasetUsage, tier: string): boolean {
  return grain.has(tier === 'batch' ? 'batch' : 'service_tier');
}
