import { type Dataset, dimensionsOf, measuresOf } from '../../src/catalog/dataset.ts';
import { datasets as catalog } from '../../src/catalog/index.ts';
import type { Restatement, TruthRow } from '../../src/simulator/index.ts';
import type { Random } from '../../src/simulator/world/random.ts';
import type { Oracle } from './oracle.ts';

const daySeconds = 86_400;

// A night's free request reaches 31 days back for usage and 180 for costs, of which the horizon leaves 60.
const usageDaysBack = 26;
const costsDaysBack = 45;

/** Draws a change of what the API says of a day, recent or old, that is there to be changed. */
export function drawRestatement(random: Random, oracle: Oracle, now: Date): Restatement {
  const dataset = random.pick(catalog);
  const reach = dataset.money === undefined ? usageDaysBack : costsDaysBack;
  const daysBack = random.below(random.chance(0.5) ? 5 : reach);
  const start = (Math.floor(now.getTime() / 1000 / daySeconds) - daysBack) * daySeconds;
  const on = { dataset: dataset.name, day: new Date(start * 1000) };
  // A dimension that every dataset on the path has: the provider knows nothing of our two cuts of the money.
  const dimension = random.pick(dimensionsOf(dataset)).name;
  const rows = oracle.rows({ dataset, width: '1d', start, grain: [dimension] }, start + daySeconds);
  const choice = random.unit();
  if (rows.length === 0 || choice < 0.3) return { ...on, kind: 'add-group', ...drawGroup(random, dataset) };
  const where = { [dimension]: random.pick<TruthRow>(rows)[dimension] ?? null };
  if (choice < 0.65) return { ...on, kind: 'scale', where, factor: random.pick([0, 0.1, 0.5, 0.9, 1.5, 2, 7]) };
  if (choice < 0.8) return { ...on, kind: 'remove-group', where };
  if (choice < 0.95)
    return { ...on, kind: 'move-group', where, to: { [dimension]: drawValue(random, dataset, dimension) } };
  return { ...on, kind: 'empty-day' };
}

function drawValue(random: Random, dataset: Dataset, name: string): string | boolean {
  const column = dimensionsOf(dataset).find((one) => one.name === name);
  return column?.type === 'boolean' ? random.chance(0.5) : `${name}-${random.below(4)}`;
}

function drawGroup(random: Random, dataset: Dataset) {
  const dimensions = Object.fromEntries(
    dimensionsOf(dataset)
      .filter(() => random.chance(0.6))
      .map(({ name }) => [name, drawValue(random, dataset, name)]),
  );
  const measures = Object.fromEntries(
    measuresOf(dataset)
      .filter(({ required }) => required)
      .map(({ name, type }) => [name, type === 'numeric' ? drawAmount(random) : random.below(10_000)]),
  );
  const attributes = dataset.money === undefined ? {} : { amount_currency: random.chance(0.1) ? 'eur' : 'usd' };
  return { dimensions, measures, attributes, minute: random.below(1440) };
}

/** As many digits as the API has been seen to send, credits too. */
function drawAmount(random: Random): string {
  return `${random.chance(0.3) ? '-' : ''}${random.below(100)}.${1 + random.below(9)}${random.text(1 + random.below(37), '0123456789')}`;
}
