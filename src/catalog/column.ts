/**
 * The versions of the contract at which columns appeared: what the openai-node release of that number documents.
 * Oldest first. `baseline` is the contract of mid-May 2026.
 */
export const contractLevels = ['baseline', '6.48.0', '7.6.0', '7.9.0', '7.33.0', '7.40.0', '7.47.0'] as const;

/** One version of the contract. */
export type ContractLevel = (typeof contractLevels)[number];

/** What a dataset groups by: asked for with `group_by`, nullable, part of the grain. */
export interface Dimension {
  readonly role: 'dimension';
  readonly name: string;
  readonly type: 'text' | 'boolean';
  readonly since: ContractLevel;
  readonly doc: string;
}

/** What the API adds to a result's grain unasked, such as a currency: part of the row's identity, not of `group_by`. */
export interface Attribute {
  readonly role: 'attribute';
  readonly name: string;
  /** Where the value stands in a result, outermost key first. */
  readonly path: readonly [string, ...string[]];
  readonly type: 'text';
  readonly required: boolean;
  /** True of a code that means the same however it is spelled: stored in lower case, and one of no letters is none. */
  readonly folded?: true;
  readonly since: ContractLevel;
  readonly doc: string;
}

/**
 * How a measure may be added up: `flow` over anything; `level` over dimensions but not over time;
 * `overlapping` is already counted in the measure `of` (of this dataset, or `dataset.measure` of another).
 */
export type Additivity =
  | { readonly kind: 'flow' }
  | { readonly kind: 'level' }
  | { readonly kind: 'overlapping'; readonly of: string };

/** What a dataset counts. */
export interface Measure {
  readonly role: 'measure';
  readonly name: string;
  /** Where the value stands in a result, outermost key first. */
  readonly path: readonly [string, ...string[]];
  /** `bigint`: a count, a whole number of at least 0. `numeric`: an exact decimal of any sign. */
  readonly type: 'bigint' | 'numeric';
  readonly required: boolean;
  readonly since: ContractLevel;
  readonly unit: string;
  readonly additivity: Additivity;
  readonly doc: string;
}

/** A column that a dataset adds to the columns every fact table has. */
export type Column = Dimension | Attribute | Measure;

interface MeasureOptions {
  readonly unit: string;
  readonly doc: string;
  readonly required?: boolean;
  readonly since?: ContractLevel;
  readonly additivity?: Additivity;
}

/** A text dimension under its wire name. */
export function dimension<const N extends string>(name: N, doc: string, since: ContractLevel = 'baseline') {
  return { role: 'dimension', name, type: 'text', since, doc } as const;
}

/** A boolean dimension under its wire name. */
export function flag<const N extends string>(name: N, doc: string, since: ContractLevel = 'baseline') {
  return { role: 'dimension', name, type: 'boolean', since, doc } as const;
}

/** A required count that the API reports under `name` in every result. */
export function count<const N extends string>(name: N, options: Omit<MeasureOptions, 'required'>) {
  return { ...measure(name, options), type: 'bigint', required: true } as const;
}

/** A count that older results lack: null is 'not reported', which is not 0. */
export function optionalCount<const N extends string>(name: N, options: Omit<MeasureOptions, 'required'>) {
  return { ...measure(name, options), type: 'bigint', required: false } as const;
}

/** The defaults of a measure: a flow, at the top level of the result, known since the baseline. */
function measure<const N extends string>(
  name: N,
  { unit, doc, since = 'baseline', additivity = { kind: 'flow' } }: MeasureOptions,
) {
  const path: readonly [N] = [name];
  return { role: 'measure', name, path, since, unit, additivity, doc } as const;
}

/** An additivity: already counted in `of`. */
export function overlapping(of: string): Additivity {
  return { kind: 'overlapping', of };
}
