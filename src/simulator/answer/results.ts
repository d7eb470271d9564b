import { type Atom, keyOf, plus, type Quantity, type Result } from '../world/atom.ts';
import { daySeconds, type World } from '../world/world.ts';
import { isFilled, type Selection } from './selection.ts';

/** A half-open interval of Unix seconds within one UTC day. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** Where the columns of an answer stand in the world's atoms. */
interface Positions {
  /** -1: not grouped by. */
  readonly dimensions: readonly number[];
  /** -1: not filled in this answer. */
  readonly attributes: readonly number[];
  readonly measures: readonly number[];
  readonly isLevel: readonly boolean[];
  readonly conditions: readonly { readonly at: number; readonly values: ReadonlySet<unknown> }[];
}

/**
 * Prepares a selection: the returned function sums the atoms of an interval per group, up to the instant `now` (Unix
 * seconds). Groups come in order of their first activity. A level counts in every interval of its day.
 */
export function resultsOf(world: World, selection: Selection): (interval: Interval, now: number) => readonly Result[] {
  const { path } = selection.endpoint;
  const positions = positionsOf(world, selection);
  const anyLevel = positions.isLevel.includes(true);
  return ({ start, end }, now) => {
    const day = Math.floor(start / daySeconds);
    const atoms = world.atomsOf(path, day);
    const from = Math.ceil((start - day * daySeconds) / 60);
    const to = Math.ceil((Math.min(end, now) - day * daySeconds) / 60);
    const groups = new Map<string, Group>();
    // Minutes are in order, so a narrow interval need not look at the whole day.
    for (let index = anyLevel ? 0 : firstAt(atoms, from); index < atoms.length; index++) {
      const atom = atoms[index];
      if (atom === undefined || (!anyLevel && atom.minute >= to)) break;
      const isInside = atom.minute >= from && atom.minute < to;
      if (matches(atom, positions)) addTo(groups, atom, positions, isInside);
    }
    return [...groups.values()].map((group) => withoutUnfilled(group, selection, start));
  };
}

interface Group extends Result {
  readonly measures: Quantity[];
}

function positionsOf(world: World, selection: Selection): Positions {
  const { endpoint, groupBy, conditions } = selection;
  const whole = world.endpointAt(endpoint.path);
  const at = (list: readonly { readonly name: string }[], name: string) => list.findIndex((item) => item.name === name);
  return {
    dimensions: endpoint.dimensions.map(({ name }) => (groupBy.includes(name) ? at(whole.dimensions, name) : -1)),
    attributes: endpoint.attributes.map(({ name }) =>
      isFilled(selection, name, Number.POSITIVE_INFINITY) ? at(whole.attributes, name) : -1,
    ),
    measures: endpoint.measures.map(({ name }) => at(whole.measures, name)),
    isLevel: endpoint.measures.map(({ additivity }) => additivity.kind === 'level'),
    conditions: conditions.map(({ dimension, values }) => ({
      at: at(whole.dimensions, dimension),
      values: new Set(values),
    })),
  };
}

/** The first of the atoms, which are in order, at or after a minute. */
function firstAt(atoms: readonly Atom[], minute: number): number {
  let low = 0;
  let high = atoms.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((atoms[middle]?.minute ?? 0) < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}

function matches(atom: Atom, { conditions }: Positions): boolean {
  return conditions.every(({ at, values }) => values.has(atom.dimensions[at]));
}

function addTo(groups: Map<string, Group>, atom: Atom, positions: Positions, isInside: boolean): void {
  const dimensions = positions.dimensions.map((at) => atom.dimensions[at] ?? null);
  const attributes = positions.attributes.map((at) => atom.attributes[at] ?? null);
  const key = keyOf(dimensions) + keyOf(attributes);
  let group = groups.get(key);
  if (group === undefined) {
    group = { dimensions, attributes, measures: positions.measures.map(() => null) };
    groups.set(key, group);
  }
  for (const [index, at] of positions.measures.entries()) {
    const value = atom.measures[at] ?? null;
    const counts = isInside || positions.isLevel[index] === true;
    group.measures[index] = plus(group.measures[index] ?? null, counts ? value : zeroOf(value));
  }
}

function zeroOf(value: Quantity): Quantity {
  return typeof value === 'bigint' ? 0n : value === null ? null : 0;
}

function withoutUnfilled(group: Group, selection: Selection, start: number): Result {
  const columns = selection.endpoint.measures;
  const measures = group.measures.map((value, index) =>
    isFilled(selection, columns[index]?.name ?? '', start) ? value : null,
  );
  return { ...group, measures };
}
