import type { DirectoryTable } from './table.ts';

/** How a list tells where its next page begins: by its `last_id`, by the id of its last entry, or by its `next`. */
export type ListCursor = 'last_id' | 'last_entry' | 'next';

/** Where a value stands in an entry, outermost key first. */
type Path = readonly [string, ...string[]];

/** What a flag is called; null also where it is not there. */
interface FlagValues {
  readonly true: string;
  readonly false: string;
  readonly null: string | null;
}

/** How a column of a directory table comes out of an entry of a list. */
export interface ListField {
  readonly column: string;
  /**
   * `text` and `instant` (Unix seconds on the wire): the first of `paths` that holds one. `flag`: a boolean, spelled as
   * `values` say. `constant`: always the same. `scope`: the project or group whose list it is.
   */
  readonly from:
    | { readonly kind: 'text' | 'instant'; readonly paths: readonly Path[] }
    | { readonly kind: 'flag'; readonly path: Path; readonly values: FlagValues }
    | { readonly kind: 'constant'; readonly value: string }
    | { readonly kind: 'scope' };
}

/** One list of the API that gives ids their names. Everything the program knows of it is in this value. */
export interface DirectoryList {
  readonly name: string;
  /** Below the base URL; `{scope}` stands for the id of the project or group whose list it is. */
  readonly path: string;
  /** The list whose every entry has a list of this kind; null for a list of the whole organization. */
  readonly per: 'projects' | 'groups' | null;
  readonly cursor: ListCursor;
  /** Entries asked for on a page. */
  readonly pageEntries: number;
  /** Request parameters besides limit and cursor. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly table: DirectoryTable;
  /**
   * The column that tells which rows of the table this list should hold: those of its scope or, for a list of the whole
   * organization, those without one. Null: all of them.
   */
  readonly scopeColumn: string | null;
  readonly fields: readonly ListField[];
  /** Fields that are known and deliberately not stored, with dots between nested names. */
  readonly ignored: readonly string[];
  readonly doc: string;
}

/** A text under its wire name or, where that is absent, under another. */
export function text<const C extends string, const P extends readonly Path[]>(column: C, ...paths: P) {
  return { column, from: { kind: 'text', paths } } as const satisfies ListField;
}

/** An instant that the API sends in Unix seconds. */
export function instant<const C extends string, const P extends readonly Path[]>(column: C, ...paths: P) {
  return { column, from: { kind: 'instant', paths } } as const satisfies ListField;
}

/** A boolean that is stored as one. */
export function flag<const C extends string, const P extends Path>(column: C, path: P) {
  return {
    column,
    from: { kind: 'flag', path, values: { true: 'true', false: 'false', null: null } },
  } as const satisfies ListField;
}

/** The same in every entry. */
export function constant(column: string, value: string) {
  return { column, from: { kind: 'constant', value } } as const satisfies ListField;
}

/** The project or group whose list it is. */
export function scope(column: string) {
  return { column, from: { kind: 'scope' } } as const satisfies ListField;
}
