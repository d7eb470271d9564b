import { z } from 'zod';
import { entryId } from '../catalog/directory/index.ts';
import type { DirectoryList, ListField } from '../catalog/directory/list.ts';
import type { DirectoryTable } from '../catalog/directory/table.ts';
import { isStorableInstant, storableText } from '../catalog/storable.ts';
import { EtlError } from '../errors.ts';
import { integerOf, isObject, type JsonObject, parseJson } from './json.ts';

/** Values by column of a directory table: texts, instants in ISO form. Null is what the API does not say. */
export type DirectoryValues = Readonly<Record<string, string | null>>;

/** One entry of a list. */
export interface DirectoryEntry {
  readonly id: string;
  readonly values: DirectoryValues;
}

/** One page of a list, decoded. */
export interface ListPage {
  readonly entries: readonly DirectoryEntry[];
  readonly hasMore: boolean;
  /** What to ask for the next page with; null when the page does not say. */
  readonly after: string | null;
}

/**
 * Decodes the text of a page of a list. Throws SyntaxError when it is not a page of JSON at all, and EtlError
 * `contract_broken` for an entry without an id.
 */
export type DecodeListPage = (text: string) => ListPage;

const envelope = z.object({
  data: z.array(z.unknown()),
  has_more: z.boolean(),
  last_id: z.string().nullish(),
  next: z.string().nullish(),
});

/**
 * The decoder of a list's pages, those of one project or group where it has one. Fields that the catalog does not know
 * are left out: what names somebody is not kept by chance. Without `personalData`, neither is what says who people are.
 */
export function createListDecoder(
  list: DirectoryList,
  scopeId: string | null,
  options: { readonly personalData: boolean },
): DecodeListPage {
  const keep = options.personalData ? (values: DirectoryValues) => values : withoutPersonalData(list.table);
  return (text) => {
    const parsed = envelope.safeParse(parseJson(text));
    if (!parsed.success) throw new SyntaxError(`not a list: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
    const { data, has_more: hasMore, last_id: lastId, next } = parsed.data;
    const entries = data.map((item): DirectoryEntry => {
      const entry = isObject(item) ? item : {};
      const id = textOf(entry[entryId]);
      if (id === null) throw new EtlError('contract_broken', `${list.path}: an entry has no id`);
      const values = list.fields.map((field) => [field.column, fieldValue(field, entry, scopeId)] as const);
      return { id, values: keep(Object.fromEntries(values)) };
    });
    const cursors = { last_id: lastId, last_entry: entries.at(-1)?.id, next };
    return { entries, hasMore, after: cursors[list.cursor] || null };
  };
}

/** Leaves out what says who somebody is. */
function withoutPersonalData({ personal }: DirectoryTable): (values: DirectoryValues) => DirectoryValues {
  if (personal === null) return (values) => values;
  const exempt = Object.entries(personal.except);
  return (values) => {
    if (exempt.some(([column, value]) => values[column] === value)) return values;
    return { ...values, ...Object.fromEntries(personal.columns.map((column) => [column, null])) };
  };
}

function fieldValue({ from }: ListField, entry: JsonObject, scopeId: string | null): string | null {
  switch (from.kind) {
    case 'text':
      return firstOf(from.paths, entry, textOf);
    case 'instant':
      return firstOf(from.paths, entry, instantOf);
    case 'flag': {
      const flag = at(entry, from.path);
      if (typeof flag !== 'boolean') return from.values.null;
      return flag ? from.values.true : from.values.false;
    }
    case 'constant':
      return from.value;
    case 'scope':
      return scopeId;
  }
}

function firstOf(
  paths: readonly (readonly string[])[],
  entry: JsonObject,
  read: (value: unknown) => string | null,
): string | null {
  for (const path of paths) {
    const value = read(at(entry, path));
    if (value !== null) return value;
  }
  return null;
}

function at(entry: JsonObject, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), entry);
}

/** An empty text names nothing. */
function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return storableText(value) || null;
}

function instantOf(value: unknown): string | null {
  const seconds = integerOf(value);
  return seconds === null || !isStorableInstant(seconds) ? null : new Date(seconds * 1000).toISOString();
}
