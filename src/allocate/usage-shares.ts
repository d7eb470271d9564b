import { addDecimals, atScale, type Decimal, zero } from '../parse/decimal.ts';
import type { LineItem } from '../parse/line-item.ts';
import { asFiltered, type Common, common } from './comparable.ts';
import type { Cost, DatasetUsage, Grouped, Usage } from './day-inputs.ts';
import { counterAt, driverName, sourcesOf } from './drivers.ts';
import { type ModelRung, modelRungs } from './model-name.ts';
import { type Estimate, keyOf, levelOf, type NoShares, type Shares, signOf } from './shares.ts';
import type { TierWeightOf } from './tier-weights.ts';
import { createTierRules, surfacesOf, type TierShare } from './tiers.ts';
import { createUsageIndex, type Scope, scopesOf, type UsageIndex } from './usage-index.ts';

/** Finds the shares of a cost in what was used, or says why there are none. */
export type UsageSharesOf = (cost: Cost, item: LineItem) => Shares | NoShares;

/** A usage row that a cost may stand for, and what it counts for. */
interface Taker {
  readonly source: DatasetUsage;
  readonly usage: Usage;
  readonly share: TierShare;
}

/** What takers have of one counter. */
interface Measured {
  readonly driver: string;
  /** Unweighted. */
  readonly counted: bigint;
  /** In thousandths. */
  readonly weights: ReadonlyMap<string | null, bigint>;
  /** False when a taker does not report the counter. */
  readonly complete: boolean;
  readonly sources: ReadonlySet<DatasetUsage>;
  readonly tiers: ReadonlySet<string>;
}

/** Decimals of weights in thousandths. */
const weightScale = 3;

/** The shares of the day's costs by what was used that day. `items` holds every line item of the bill. */
export function createUsageShares(
  bill: Grouped<Cost>,
  items: ReadonlyMap<string, LineItem>,
  given: readonly DatasetUsage[],
  weightOf: TierWeightOf,
): UsageSharesOf {
  const usage = given.map((one) => asFiltered<Usage, DatasetUsage>(one));
  const tiers = createTierRules(items.values(), usage, weightOf);
  const surfaces = new Set([...items.values()].flatMap(surfacesOf));
  const ofBill = { grain: new Set([...bill.grain, 'model']), filters: withoutLineItems(bill.filters) };
  const same = new Map<DatasetUsage, Common<Usage>>(
    usage.flatMap((one) => {
      const found = common(ofBill, one);
      return found === null ? [] : [[one, found] as const];
    }),
  );
  const indexes = new Map<DatasetUsage, UsageIndex>([...same].map(([one, { rows }]) => [one, createUsageIndex(rows)]));
  const pools = Map.groupBy(bill.rows, poolKey);

  const isCovered = (cost: Cost, { model }: LineItem, source: DatasetUsage) =>
    same.get(source)?.covers({ ...cost, model }) ?? false;
  const takersOf = (cost: Cost, item: LineItem, source: DatasetUsage, scope: Scope, rung: ModelRung) =>
    (indexes.get(source)?.find(scope, cost, item.model, rung) ?? []).flatMap((row): readonly Taker[] => {
      const share = tiers.shareOf(source, row, item);
      return share === null ? [] : [{ source, usage: row, share }];
    });
  const match = (cost: Cost, item: LineItem, group: readonly DatasetUsage[], step: number, rung: ModelRung) =>
    group.flatMap((source) => {
      const scope = isCovered(cost, item, source) ? scopesOf(bill, cost, source)[step] : undefined;
      const takers = scope === undefined ? [] : takersOf(cost, item, source, scope, rung);
      return scope === undefined || takers.length === 0 ? [] : [{ source, scope, takers }];
    });

  return (cost, item) => {
    const billed = pools.get(poolKey(cost)) ?? [cost];
    let byUser = true;
    const groups = sourcesOf(item, cost.quantityUnit, usage, surfaces);
    for (const group of groups) {
      for (const [step, rung] of rungsOf(item)) {
        const matches = match(cost, item, group, step, rung);
        const told = matches.filter(({ source }) => source.grain.has('user_id'));
        if (told.length < matches.length) byUser = false;
        const [first] = told;
        if (first === undefined) continue;
        const target = targetOf(billed, first.source);
        const measured = measure(
          told.flatMap(({ takers }) => takers),
          item,
          target,
        );
        if (measured === null) continue;
        const heldTo = same.get(first.source)?.heldTo ?? new Set();
        const level = levelBy(first.scope, heldTo, item.model === null ? [] : [rung]);
        const estimate = tiers.estimateOf([...measured.sources], measured.tiers, item);
        return sharesOf(item, measured, target, level, estimate);
      }
    }
    const used = groups.flat().filter(({ rows }) => rows.length > 0);
    return reasonOf(
      item,
      byUser,
      used.every((one) => isCovered(cost, item, one)),
    );
  };
}

function levelBy(scope: Scope, heldTo: ReadonlySet<string>, more: readonly string[]): string {
  return levelOf(scope.project || heldTo.has('project_id'), scope.apiKey || heldTo.has('api_key_id'), more);
}

/** Usage has no line items; which of it one of them bills is told by the line item itself. */
function withoutLineItems(filters: Grouped<Cost>['filters']): Grouped<Cost>['filters'] {
  return filters === null ? null : new Map([...filters].filter(([name]) => name !== 'line_item'));
}

/** The costs that are one row of the bill but for what the usage does not know, such as the source of the call. */
function poolKey({ projectId, apiKeyId, lineItem, currency, amount }: Cost): string {
  return keyOf([projectId, apiKeyId, lineItem, currency, signOf(amount)]);
}

/** Narrower scopes first, and in each the surest way to find the model. */
function rungsOf({ model }: LineItem): readonly (readonly [step: number, rung: ModelRung])[] {
  const rungs = model === null ? modelRungs.slice(0, 1) : modelRungs;
  return [0, 1].flatMap((step) => rungs.map((rung) => [step, rung] as const));
}

/** What was billed, in what the source counts; null when a cost does not say, or says it in another unit. */
function targetOf(billed: readonly Cost[], source: DatasetUsage): Decimal | null {
  let sum = zero;
  for (const { quantity, quantityUnit } of billed) {
    const known = source.dataset.driver.units.find(({ unit }) => unit === quantityUnit);
    if (quantity === null || known === undefined) return null;
    const { coefficient, scale } = quantity;
    const counted = (coefficient < 0n ? -coefficient : coefficient) * BigInt(known.counted);
    sum = addDecimals(sum, { coefficient: counted, scale });
  }
  return sum;
}

/**
 * What the takers have of the counter that the line item bills. A line of any modality bills either all of them or, where
 * the others have lines of their own, text: whichever is closer to what was billed. Null when they have nothing.
 */
function measure(takers: readonly Taker[], item: LineItem, target: Decimal | null): Measured | null {
  const total = count(takers, item);
  if (total === null || target === null || item.modality !== null || item.tokenClass === null) return total;
  const text = count(takers, { ...item, modality: 'text' });
  if (text === null || !text.complete) return total;
  return distance(text.counted, target) < distance(total.counted, target) ? text : total;
}

function distance(counted: bigint, target: Decimal): bigint {
  const apart = counted * 10n ** BigInt(target.scale) - target.coefficient;
  return apart < 0n ? -apart : apart;
}

function count(takers: readonly Taker[], kind: Pick<LineItem, 'tokenClass' | 'modality'>): Measured | null {
  const weights = new Map<string | null, bigint>();
  const drivers = new Set<string>();
  const sources = new Set<DatasetUsage>();
  const tiers = new Set<string>();
  let counted = 0n;
  let complete = true;
  for (const { source, usage, share } of takers) {
    const position = counterAt(source, kind);
    const value = usage.counts[position] ?? null;
    if (value === null) complete = false;
    if (value === null || value <= 0n) continue;
    counted += value;
    drivers.add(driverName(source, position));
    sources.add(source);
    tiers.add(share.tier);
    weights.set(usage.userId, (weights.get(usage.userId) ?? 0n) + value * share.weight);
  }
  for (const [userId, weight] of weights) if (weight === 0n) weights.delete(userId);
  return weights.size === 0
    ? null
    : { driver: [...drivers].sort().join(', '), counted, weights, complete, sources, tiers };
}

function sharesOf(
  item: LineItem,
  measured: Measured,
  target: Decimal | null,
  matchLevel: string,
  estimate: Estimate | null,
): Shares {
  const scale = target?.scale ?? 0;
  const factor = 10n ** BigInt(scale);
  const missing = target === null ? 0n : atScale(target, scale) - measured.counted * factor;
  return {
    method: item.service === null && item.parseStatus === 'model' ? 'token_share' : 'service_share',
    matchLevel,
    driver: measured.driver,
    weights: new Map([...measured.weights].map(([userId, weight]) => [userId, weight * factor])),
    gap: missing > 0n ? missing * 10n ** BigInt(weightScale) : 0n,
    gapReason: 'usage_gap',
    scale: scale + weightScale,
    estimate,
  };
}

function reasonOf({ chargeCategory, parseStatus }: LineItem, byUser: boolean, covered: boolean): NoShares {
  if (!byUser) return 'usage_not_by_user';
  if (!covered) return 'filtered_otherwise';
  if (chargeCategory === 'Credit') return 'credit';
  if (parseStatus === 'unparsed') return 'unparsed_line_item';
  return parseStatus === 'service' ? 'service_line_item' : 'no_matching_usage';
}
