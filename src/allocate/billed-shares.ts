import { atScale } from '../parse/decimal.ts';
import { asFiltered, common } from './comparable.ts';
import type { Cost, Grouped, UserCost, UserCut } from './day-inputs.ts';
import { keyOf, levelOf, type Shares, signOf } from './shares.ts';

/** Finds the shares of a cost in the provider's own cut by user; null where it does not tell them. */
export type BilledSharesOf = (cost: Cost) => Shares | null;

interface Pool {
  readonly costs: Cost[];
  readonly userCosts: UserCost[];
}

/**
 * The shares of costs by the money that the provider itself reports by user. Costs and user costs are the same money
 * where line item, currency, sign and every dimension that both tell agree, as far as both were asked for the same;
 * several costs that the user cut does not tell apart are shared out alike, as long as they are of one project.
 */
export function createBilledShares(bill: Grouped<Cost>, given: UserCut | null): BilledSharesOf {
  const cut = given === null ? null : asFiltered<UserCost, UserCut>(given);
  if (!cut?.grain.has('user_id') || cut.grain.has('line_item') !== bill.grain.has('line_item')) return () => null;
  const same = common(bill, cut);
  if (same === null) return () => null;
  const both = (name: string) => bill.grain.has(name) && cut.grain.has(name);
  const [byProject, byKey] = [both('project_id'), both('api_key_id')];
  const poolKey = ({ lineItem, currency, amount, projectId, apiKeyId }: Cost | UserCost) =>
    keyOf([lineItem, currency, signOf(amount), byProject ? projectId : null, byKey ? apiKeyId : null]);
  const pools = new Map<string, Pool>();
  for (const cost of bill.rows.filter(same.covers)) poolOf(pools, poolKey(cost)).costs.push(cost);
  for (const userCost of same.rows) poolOf(pools, poolKey(userCost)).userCosts.push(userCost);
  const level = levelOf(byProject || same.heldTo.has('project_id'), byKey || same.heldTo.has('api_key_id'), [
    'line_item',
  ]);
  const shares = new Map<Pool, Shares | null>();
  return (cost) => {
    const pool = same.covers(cost) ? pools.get(poolKey(cost)) : undefined;
    if (pool === undefined) return null;
    if (!shares.has(pool)) shares.set(pool, sharesOf(pool, level, cut.driver));
    return shares.get(pool) ?? null;
  };
}

function poolOf(pools: Map<string, Pool>, key: string): Pool {
  const known = pools.get(key) ?? { costs: [], userCosts: [] };
  pools.set(key, known);
  return known;
}

function sharesOf({ costs, userCosts }: Pool, matchLevel: string, driver: string): Shares | null {
  // What the cut does not tell apart must not be carried from one project to another.
  if (new Set(costs.map(({ projectId }) => projectId)).size > 1) return null;
  const scale = [...costs, ...userCosts].reduce((most, { amount }) => Math.max(most, amount.scale), 0);
  const unitsOf = ({ amount }: Cost | UserCost) => {
    const units = atScale(amount, scale);
    return units < 0n ? -units : units;
  };
  const weights = new Map<string | null, bigint>();
  for (const one of userCosts) weights.set(one.userId, (weights.get(one.userId) ?? 0n) + unitsOf(one));
  for (const [userId, weight] of weights) if (weight === 0n) weights.delete(userId);
  // A cut that names nobody tells nothing.
  if (![...weights.keys()].some((userId) => userId !== null)) return null;
  const given = [...weights.values()].reduce((sum, weight) => sum + weight, 0n);
  const billed = costs.reduce((sum, cost) => sum + unitsOf(cost), 0n);
  return {
    method: 'billed_user_share',
    matchLevel,
    driver,
    weights,
    gap: billed > given ? billed - given : 0n,
    gapReason: 'user_share_gap',
    scale,
  };
}
