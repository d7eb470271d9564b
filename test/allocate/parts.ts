import type { DayInputs } from '../../src/allocate/day-inputs.ts';
import { type Part, splitDay } from '../../src/allocate/parts.ts';
import { tierWeightsOn } from '../../src/allocate/tier-weights.ts';
import type { TierWeights } from '../../src/catalog/tier.ts';
import { type Decimal, formatDecimal } from '../../src/parse/decimal.ts';

const any = (tier: string, thousandths: number) => ({ tier, models: '*', thousandths });

/** Batch and flex at half price, the fast tier at the standard one. */
export const weights = weightsOf([any('batch', 500), any('flex', 500), any('fast', 1000)]);

/** Weights as they are on a day. */
export function weightsOf(given: TierWeights, on = '2026-11-30') {
  return tierWeightsOn(on, given);
}

const text = (value: Decimal | null) => (value === null ? '' : formatDecimal(value));

/** A part as `who amount of driver quantity/total`; the reason stands in brackets for who is not known. */
function describe({ userId, reason, amount, driverQuantity, driverTotal }: Part): string {
  const who = reason === null ? (userId ?? '(no user)') : `(${reason})`;
  const of = driverQuantity === null ? '' : ` of ${text(driverQuantity)}/${text(driverTotal)}`;
  return `${who} ${text(amount)}${of}`;
}

/** The parts of a day, in words. */
export function partsOf(inputs: DayInputs): readonly string[] {
  return splitDay(inputs, weights).map(describe);
}
