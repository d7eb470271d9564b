import type { TierWeights } from '../catalog/tier.ts';
import { isDatedForm } from './model-name.ts';

/** What a token of a tier and model counts for, in thousandths of a standard one. */
export type TierWeightOf = (tier: string, model: string | null) => bigint;

/** A token at the standard tier, in thousandths. */
export const standardWeight = 1000n;

/** The weights of one UTC day of usage; what none is given for counts as any other. */
export function tierWeightsOn(day: string, weights: TierWeights): TierWeightOf {
  const valid = weights.filter(({ from, until }) => (from ?? day) <= day && day <= (until ?? day));
  const known = new Map<string, bigint>();
  return (tier, model) => {
    const key = `${tier} ${model ?? ''}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const found = valid.find((one) => one.tier === tier && isModelOf(one.models, model));
    const weight = found === undefined ? standardWeight : BigInt(found.thousandths);
    known.set(key, weight);
    return weight;
  };
}

function isModelOf(pattern: string, model: string | null): boolean {
  if (pattern === '*') return true;
  if (model === null) return false;
  // `ft:gpt-4o-2024-08-06:acme::id` is priced as what it was tuned from.
  const [prefix, tuned] = model.split(':');
  const base = prefix === 'ft' && tuned !== undefined ? tuned : model;
  if (pattern.includes('*')) return globOf(pattern).test(base);
  return base === pattern || isDatedForm(pattern, base);
}

function globOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`);
}
