/** One column of what a feed carries. */
export interface FeedColumn {
  readonly name: string;
  /** As PostgreSQL names it in short, such as `numeric` or `timestamptz`. */
  readonly type: FeedType;
  readonly nullable: boolean;
}

/** The PostgreSQL types that a feed carries. */
export type FeedType =
  | 'text'
  | 'uuid'
  | 'boolean'
  | 'integer'
  | 'bigint'
  | 'numeric'
  | 'date'
  | 'timestamptz'
  | 'jsonb'
  | 'xid8';

/**
 * How JSON shows what it has no exact form for. `text`: bigint and numeric as texts of their digits, jsonb as it is.
 * `tap`: numeric and jsonb as texts, integers as numbers.
 */
export type JsonForm = 'text' | 'tap';

/** The SQL of a column's value in the type whose JSON is what a feed says. `row` is an alias. */
function jsonValueSql(row: string, { name, type }: FeedColumn, form: JsonForm): string {
  const value = `${row}.${quoted(name)}`;
  switch (type) {
    case 'numeric':
      return `${value}::text`;
    case 'bigint':
      return form === 'text' ? `${value}::text` : value;
    case 'xid8':
      return form === 'text' ? `${value}::text` : `${value}::text::bigint`;
    case 'jsonb':
      return form === 'text' ? value : `${value}::text`;
    // JSON of it is ISO 8601 in the session's zone, which is UTC, with microseconds where there are any.
    case 'timestamptz':
    case 'text':
    case 'uuid':
    case 'boolean':
    case 'integer':
    case 'date':
      return value;
  }
}

/** The SQL of some columns as one line of JSON. `more` are further values with their names, each after a comma. */
export function jsonObjectSql(row: string, columns: readonly FeedColumn[], form: JsonForm, more = ''): string {
  const values = columns.map((column) => `${jsonValueSql(row, column, form)} as ${quoted(column.name)}`);
  return `(select row_to_json(line) from (select ${values.join(', ')}${more}) line)::text`;
}

/** A name as an SQL identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
