import { type InstantForm, instantText } from '../db/instant-text.ts';
import type { DecimalForm } from './decimal-form.ts';

/** How a value is written: what PostgreSQL types come to in files. */
export type ColumnKind = 'text' | 'int64' | 'double' | 'boolean' | 'date' | 'timestamp' | 'decimal';

/** A column of a source. */
export interface ExportColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** As PostgreSQL names it, such as `numeric` or `timestamp with time zone`. */
  readonly storeType: string;
  readonly nullable: boolean;
  /** How text files write it where it is an instant. */
  readonly instants: InstantForm;
}

/** A column with the form its decimals have in Parquet. */
export interface FormedColumn extends ExportColumn {
  readonly form: DecimalForm;
  /** The column that this one is a rounded copy of; null for one of the store. */
  readonly roundedFrom: string | null;
}

const kinds: Readonly<Record<string, ColumnKind>> = {
  boolean: 'boolean',
  smallint: 'int64',
  integer: 'int64',
  bigint: 'int64',
  xid8: 'int64',
  'double precision': 'double',
  real: 'double',
  date: 'date',
  'timestamp with time zone': 'timestamp',
  numeric: 'decimal',
};

/** The kind of a PostgreSQL type by its name. What has no kind of its own is text: uuid, jsonb, arrays, intervals. */
export function kindOf(storeType: string): ColumnKind {
  return kinds[storeType.replace(/\([\d,]*\)/, '')] ?? 'text';
}

/** Columns that are summed up to prove a file: those of exact numbers. */
export function isExactNumber({ kind }: Pick<ExportColumn, 'kind'>): boolean {
  return kind === 'int64' || kind === 'decimal';
}

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The SQL of a column's value in the type that the Parquet writer reads its kind from. */
export function binarySql(column: FormedColumn): string {
  const name = quoted(column.name);
  if (column.roundedFrom !== null) return roundedSql(column.roundedFrom);
  switch (column.kind) {
    case 'int64':
      return integerSql(column);
    case 'double':
      return `${name}::double precision`;
    case 'decimal':
      return column.form === 'text' ? `trim_scale(${name})::text` : `${name}::numeric`;
    case 'text':
      return textSql(column);
    case 'boolean':
    case 'date':
    case 'timestamp':
      return name;
  }
}

/** The SQL of a column's value as CSV shows it: every digit, instants as ISO 8601 in UTC. */
export function csvSql(column: ExportColumn): string {
  const name = quoted(column.name);
  switch (column.kind) {
    case 'int64':
      return integerSql(column);
    case 'timestamp':
      return instantText(name, column.instants);
    case 'text':
      return textSql(column);
    case 'decimal':
      return `trim_scale(${name}::numeric)`;
    case 'boolean':
    case 'double':
    case 'date':
      return `${name}::text`;
  }
}

/** The SQL of a column's value as JSON shows it: as in CSV, but decimals as texts, for readers that know doubles only. */
export function jsonSql(column: ExportColumn): string {
  if (column.kind === 'decimal') return `${csvSql(column)}::text`;
  return column.kind === 'boolean' || column.kind === 'double' ? quoted(column.name) : csvSql(column);
}

/** Null for what has more than 20 digits before the point. */
function roundedSql(from: string): string {
  return `case when abs(${quoted(from)}) < 1e20 - 1 then round(${quoted(from)}, 18) end`;
}

function integerSql({ name, storeType }: ExportColumn): string {
  return storeType === 'xid8' ? `${quoted(name)}::text::bigint` : `${quoted(name)}::bigint`;
}

/** Arrays as JSON, for no warehouse reads PostgreSQL's own notation of them. */
function textSql({ name, storeType }: ExportColumn): string {
  return storeType.endsWith('[]') ? `to_json(${quoted(name)})::text` : `${quoted(name)}::text`;
}
