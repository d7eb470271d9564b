import type { Counter } from '../catalog/driver.ts';
import type { LineItem } from '../parse/line-item.ts';
import type { DatasetUsage } from './day-inputs.ts';
import { surfacesOf } from './tiers.ts';

/**
 * The datasets whose usage may stand behind a line item of a unit: groups to be tried in order, those of one group
 * together. `surfaces` are those that any line item of the day has.
 */
export function sourcesOf(
  item: LineItem,
  unit: string | null,
  usage: readonly DatasetUsage[],
  surfaces: ReadonlySet<string>,
): readonly (readonly DatasetUsage[])[] {
  if (item.parseStatus === 'unparsed') return [];
  if (item.service !== null) {
    return [usage.filter((one) => one.dataset.driver.services.includes(item.service ?? '') && fits(one, unit))];
  }
  const counted = usage.filter((one) => !countsTokens(one) && unit !== null && fits(one, unit));
  const tokens = usage.filter((one) => countsTokens(one));
  if (counted.length === 0 && !tokens.some((one) => fits(one, unit))) return [];
  const surfaceOf = ({ dataset }: DatasetUsage) => dataset.driver.surface;
  const own = tokens.filter((one) => surfacesOf(item).includes(surfaceOf(one) ?? ''));
  if (own.length > 0) return [own];
  return [
    counted,
    tokens.filter((one) => surfaceOf(one) === undefined),
    // Usage that has a surface of its own on the bill is not billed on lines without one.
    tokens.filter((one) => !surfaces.has(surfaceOf(one) ?? '') && surfaceOf(one) !== undefined),
  ];
}

function countsTokens({ dataset }: DatasetUsage): boolean {
  return dataset.driver.counters.some(({ tokenClass }) => tokenClass !== null);
}

function fits({ dataset }: DatasetUsage, unit: string | null): boolean {
  return unit === null || dataset.driver.units.some((known) => known.unit === unit);
}

/** The position of the counter for a class and modality; -1 where there is none. */
export function counterAt(source: DatasetUsage, { tokenClass, modality }: Pick<Counter, 'tokenClass' | 'modality'>) {
  const { counters } = source.dataset.driver;
  // What is not counted in tokens is one thing, whatever class the line is of.
  const wanted = countsTokens(source) ? tokenClass : null;
  const ofClass = counters.filter((counter) => counter.tokenClass === wanted);
  const oneForAll = ofClass.every((counter) => counter.modality === null);
  return counters.findIndex(
    (counter) => counter.tokenClass === wanted && counter.modality === (oneForAll ? null : modality),
  );
}

/** The measures a counter adds up, with their dataset. */
export function driverName({ dataset }: DatasetUsage, position: number): string {
  const measures = dataset.driver.counters[position]?.measures ?? [];
  return `${dataset.name}.${measures.join('+')}`;
}
