import type { Endpoint } from '../endpoint.ts';
import type { DayNumber } from './activity.ts';
import { type Atom, type DimensionValue, keyOf, type Quantity } from './atom.ts';
import { type Charge, chargesOf } from './charges.ts';
import { decimal } from './decimal.ts';
import type { Organization } from './organization.ts';
import { randomFrom } from './random.ts';

/** Money shows up in the costs at the end of such a part of the day: the real ones lag by a few hours. */
const billingMinutes = 360;

/** One day in so many brings a credit. */
const creditDayIn = 30;

/** The usage that a bill is made of: an endpoint and what it did on a day. */
export interface BilledUsage {
  readonly endpoint: Endpoint;
  readonly atomsOf: (day: DayNumber) => readonly Atom[];
}

interface Line {
  readonly minute: number;
  readonly charge: Omit<Charge, 'amount' | 'quantity'>;
  readonly dimensions: readonly DimensionValue[];
  amount: bigint;
  quantity: bigint | null;
}

/** Draws a day of the costs endpoint from what the usage endpoints did that day. */
export function billOf(
  seed: number,
  costs: Endpoint,
  organization: Organization,
  usage: readonly BilledUsage[],
): (day: DayNumber) => Atom[] {
  const priced = usage.map(({ endpoint, atomsOf }) => ({
    atomsOf,
    charges: chargesOf(endpoint, organization.sharingProjectId),
    dimensionsOf: projection(endpoint, costs),
  }));
  return (day) => {
    const lines = new Map<string, Line>();
    for (const { atomsOf, charges, dimensionsOf } of priced) {
      for (const atom of atomsOf(day)) {
        for (const charge of charges(atom)) addCharge(lines, atom, charge, dimensionsOf(atom, charge.lineItem));
      }
    }
    const atoms = [...lines.values()].map((line) => atomOf(costs, line));
    return [...atoms, ...creditsOn(seed, costs, day)].toSorted((a, b) => a.minute - b.minute);
  };
}

/** How the dimensions of a usage atom become those of a costs atom. */
function projection(from: Endpoint, to: Endpoint): (atom: Atom, lineItem: string) => readonly DimensionValue[] {
  const positions = to.dimensions.map(({ name }) => from.dimensions.findIndex((dimension) => dimension.name === name));
  const lineItemAt = to.dimensions.findIndex(({ name }) => name === 'line_item');
  const sourceAt = to.dimensions.findIndex(({ name }) => name === 'api_source');
  return (atom, lineItem) =>
    positions.map((position, index) => {
      if (index === lineItemAt) return lineItem;
      // The field is never null in answers grouped by it: 'unlabeled' is the API's word for no attribution.
      return atom.dimensions[position] ?? (index === sourceAt ? 'unlabeled' : null);
    });
}

function addCharge(lines: Map<string, Line>, atom: Atom, charge: Charge, dimensions: readonly DimensionValue[]): void {
  const minute = atom.minute - (atom.minute % billingMinutes) + billingMinutes - 1;
  const key = `${minute}\u0000${charge.unit}\u0000${keyOf(dimensions)}`;
  const line = lines.get(key);
  if (line === undefined) {
    lines.set(key, { minute, charge, dimensions, amount: charge.amount, quantity: charge.quantity });
    return;
  }
  line.amount += charge.amount;
  if (charge.quantity !== null) line.quantity = (line.quantity ?? 0n) + charge.quantity;
}

function atomOf(costs: Endpoint, { minute, dimensions, amount, quantity, charge }: Line): Atom {
  const attributes: Readonly<Record<string, string | null>> = { amount_currency: 'usd', quantity_unit: charge.unit };
  const measures: Readonly<Record<string, Quantity>> = { amount_value: amount, quantity };
  return {
    minute,
    dimensions,
    attributes: costs.attributes.map(({ name }) => attributes[name] ?? null),
    measures: costs.measures.map(({ name }) => measures[name] ?? null),
  };
}

function creditsOn(seed: number, costs: Endpoint, day: DayNumber): readonly Atom[] {
  const random = randomFrom(seed, 'credit', day);
  if (!random.chance(1 / creditDayIn)) return [];
  const dimensions = costs.dimensions.map(({ name }) => {
    if (name === 'line_item') return 'service credit';
    return name === 'api_source' ? 'unlabeled' : null;
  });
  const amount = decimal(`-${1 + random.below(40)}.${10 + random.below(90)}`);
  const charge = { lineItem: 'service credit', unit: null };
  return [atomOf(costs, { minute: billingMinutes - 1, dimensions, amount, quantity: null, charge })];
}
