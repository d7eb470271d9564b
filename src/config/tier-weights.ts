import { z } from 'zod';
import { publishedTierWeights, standardTier, type TierWeights, tierClassOf } from '../catalog/tier.ts';

const day = z
  .union([z.string(), z.date().transform((date) => date.toISOString().slice(0, 10))], { error: 'a date, YYYY-MM-DD' })
  .refine((text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)), { error: 'a date, YYYY-MM-DD' });

const thousandths = 'a whole number from 1 to 100000';

/** What one entry of tier_weights may hold. */
export const tierWeightShape = {
  tier: z
    .string({ error: 'a service tier, such as fast' })
    .trim()
    .regex(/^[\w-]{1,64}$/, { error: 'a service tier, such as fast' })
    .refine((name) => tierClassOf(name) !== standardTier, {
      error: 'a tier other than the standard one, which counts 1000',
    }),
  models: z
    .string({ error: 'a model, or a pattern with *' })
    .trim()
    .min(1, { error: 'a model, or a pattern with *' })
    .nullish(),
  weight_thousandths: z.int({ error: thousandths }).min(1, { error: thousandths }).max(100_000, { error: thousandths }),
  from: day.nullish(),
  until: day.nullish(),
};

interface TierWeightBlock {
  readonly tier: string;
  readonly models?: string | null | undefined;
  readonly weight_thousandths: number;
  readonly from?: string | null | undefined;
  readonly until?: string | null | undefined;
}

/** The weights as configured, before those of a whole tier, before the published ones. */
export function readTierWeights(
  blocks: readonly TierWeightBlock[],
  ofTiers: Readonly<Record<string, number | null>>,
): TierWeights {
  const own = blocks.map(({ tier, models, weight_thousandths, from, until }) => ({
    tier: tierClassOf(tier) ?? tier.toLowerCase(),
    models: models ?? '*',
    thousandths: weight_thousandths,
    ...(from ? { from } : {}),
    ...(until ? { until } : {}),
  }));
  const whole = Object.entries(ofTiers).flatMap(([tier, weight]) =>
    weight === null ? [] : [{ tier, models: '*', thousandths: weight }],
  );
  return [...own, ...whole, ...publishedTierWeights];
}
