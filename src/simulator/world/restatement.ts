import { EtlError } from '../../errors.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Atom, DimensionValue, Quantity } from './atom.ts';
import { decimal } from './decimal.ts';
import { sumsOf, withParts, withTotals } from './measures.ts';

/** Values of some dimensions; a group is meant when it has all of them. Empty or absent: every group. */
export type GroupSelector = Readonly<Record<string, DimensionValue>>;

/** The dataset, by name, and the UTC day (any instant of it) that the provider changes its mind about. */
interface OnDay {
  readonly dataset: string;
  readonly day: Date;
}

/**
 * A change of what the API says of a day. Later ones apply on top of earlier ones. Money follows when usage that it
 * derives from is restated; `costs` can also be restated itself, which changes every cut of the money alike.
 */
export type Restatement =
  /** Multiplies everything counted (to six decimals of the factor; counts are rounded). Totals stay sums of their parts. */
  | (OnDay & { readonly kind: 'scale'; readonly where?: GroupSelector; readonly factor: number })
  /** Gives the groups other dimensions: another user, another project. */
  | (OnDay & { readonly kind: 'move-group'; readonly where: GroupSelector; readonly to: GroupSelector })
  | (OnDay & { readonly kind: 'remove-group'; readonly where: GroupSelector })
  /**
   * Adds a group. Dimensions not given are null, counts not given 0, optional decimals not given not reported. A total
   * given without its parts is put into the first of them. Decimals as text in plain notation.
   */
  | (OnDay & {
      readonly kind: 'add-group';
      readonly dimensions: GroupSelector;
      readonly measures: Readonly<Record<string, number | string>>;
      /** Such as `{ amount_currency: 'eur' }`; the currency is `usd` when not given. */
      readonly attributes?: Readonly<Record<string, string | null>>;
      /** Minute of the day it happened in; 0 when absent. */
      readonly minute?: number;
    })
  /** From here on the day has no activity. */
  | (OnDay & { readonly kind: 'empty-day' })
  /** The day has no activity until a `reveal-day` names it. */
  | (OnDay & { readonly kind: 'late-day' })
  | (OnDay & { readonly kind: 'reveal-day' });

/** A day's atoms with restatements applied in order. */
export function restated(
  endpoint: Endpoint,
  atoms: readonly Atom[],
  restatements: readonly Restatement[],
): readonly Atom[] {
  const last = restatements.findLast(({ kind }) => kind === 'late-day' || kind === 'reveal-day');
  if (last?.kind === 'late-day') return [];
  const changed = restatements.reduce((before, restatement) => apply(endpoint, before, restatement), atoms);
  return changed.toSorted((a, b) => a.minute - b.minute);
}

function apply(endpoint: Endpoint, atoms: readonly Atom[], restatement: Restatement): readonly Atom[] {
  switch (restatement.kind) {
    case 'scale': {
      const matches = selected(endpoint, restatement.where ?? {});
      return atoms.map((atom) => (matches(atom) ? scaled(endpoint, atom, restatement.factor) : atom));
    }
    case 'move-group': {
      const matches = selected(endpoint, restatement.where);
      return atoms.map((atom) => (matches(atom) ? moved(endpoint, atom, restatement.to) : atom));
    }
    case 'remove-group': {
      const matches = selected(endpoint, restatement.where);
      return atoms.filter((atom) => !matches(atom));
    }
    case 'add-group':
      return [...atoms, added(endpoint, restatement)];
    case 'empty-day':
      return [];
    case 'late-day':
    case 'reveal-day':
      return atoms;
  }
}

function selected(endpoint: Endpoint, where: GroupSelector): (atom: Atom) => boolean {
  const wanted = Object.entries(where).map(([name, value]) => ({ at: positionOf(endpoint, name), value }));
  return (atom) => wanted.every(({ at, value }) => atom.dimensions[at] === value);
}

function scaled(endpoint: Endpoint, atom: Atom, factor: number): Atom {
  const millionths = BigInt(Math.round(factor * 1e6));
  const measures = atom.measures.map((value) => {
    if (value === null) return null;
    return typeof value === 'bigint' ? (value * millionths) / 1_000_000n : Math.round(value * factor);
  });
  return { ...atom, measures: withTotals(measures, sumsOf(endpoint)) };
}

function moved(endpoint: Endpoint, atom: Atom, to: GroupSelector): Atom {
  const dimensions = [...atom.dimensions];
  for (const [name, value] of Object.entries(to)) dimensions[positionOf(endpoint, name)] = value;
  return { ...atom, dimensions };
}

function added(endpoint: Endpoint, group: Restatement & { readonly kind: 'add-group' }): Atom {
  const sums = sumsOf(endpoint);
  const given = endpoint.measures.map(({ name, type }): Quantity => {
    const value = group.measures[name];
    if (value === undefined) return null;
    return type === 'numeric' ? decimal(String(value)) : Number(value);
  });
  const measures = withTotals(withParts(given, sums), sums).map((value, index) => {
    const column = endpoint.measures[index];
    if (value !== null || column === undefined) return value;
    if (column.type === 'bigint') return 0;
    return column.required ? 0n : null;
  });
  const attributes: Readonly<Record<string, string | null>> = { amount_currency: 'usd', ...group.attributes };
  return {
    minute: group.minute ?? 0,
    dimensions: endpoint.dimensions.map(({ name }) => group.dimensions[name] ?? null),
    attributes: endpoint.attributes.map(({ name }) => attributes[name] ?? null),
    measures,
  };
}

function positionOf({ dimensions, path }: Endpoint, name: string): number {
  const position = dimensions.findIndex((dimension) => dimension.name === name);
  if (position < 0) throw new EtlError('arguments_invalid', `${path} has no dimension ${name}`);
  return position;
}

/** Throws `arguments_invalid` when a restatement names a column that the endpoint does not have. */
export function checkRestatement(endpoint: Endpoint, restatement: Restatement): void {
  const columns = restatement.kind === 'add-group' ? restatement.dimensions : {};
  const where = 'where' in restatement ? (restatement.where ?? {}) : {};
  const to = restatement.kind === 'move-group' ? restatement.to : {};
  for (const name of Object.keys({ ...columns, ...where, ...to })) positionOf(endpoint, name);
  if (restatement.kind !== 'add-group') return;
  for (const name of Object.keys(restatement.measures)) {
    if (!endpoint.measures.some((measure) => measure.name === name)) {
      throw new EtlError('arguments_invalid', `${endpoint.path} has no measure ${name}`);
    }
  }
}
