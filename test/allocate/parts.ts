import type { DayInputs } from '../../src/allocate/day-inputs.ts';
import { type Part, splitDay } from '../../src/allocate/parts.ts';
import { type Decimal, formatDecimal } from '../../src/parse/decimal.ts';

/** Batch and flex at half price, as published. */
export const weights = { batch: 500, flex: 500, priority: 1000 };

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
