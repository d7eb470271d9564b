import type { QueryAnswer, QueryColumn } from '../../run/query.ts';
import { counted } from '../numbers.ts';
import { printableValue } from '../printable.ts';
import { createStyle, type Style } from '../style.ts';
import { type TableColumn, table, visibleLength } from '../table.ts';

const numeric = /^(?:smallint|integer|bigint|numeric|real|double precision|money|oid)$/;

/** An answer as an aligned table, or as one value a line where the rows are wider than the screen. Nothing is cut. */
export function answerTable(answer: QueryAnswer, style: Style): string {
  const cells = answer.rows.map((row) => row.map((value, index) => shown(value, answer.columns[index], style)));
  const total = style.dim(counted(answer.rows.length, 'row'));
  const columns = answer.columns.map(
    ({ name, type }) => ({ title: printableValue(name), align: numeric.test(type) ? 'right' : 'left' }) as const,
  );
  const text = table(columns, cells, style);
  const width = Math.max(...text.split('\n').map(visibleLength));
  if (width <= style.columns || cells.length === 0) return `${text}\n${total}`;
  return `${records(columns, cells, style)}\n${total}`;
}

/** Everything there is, however wide: for files and pipes. */
export function answerTableInFull(answer: QueryAnswer): string {
  return answerTable(answer, createStyle(false, Number.POSITIVE_INFINITY));
}

function records(columns: readonly TableColumn[], rows: readonly (readonly string[])[], style: Style): string {
  const widest = Math.max(...columns.map(({ title }) => visibleLength(title)));
  return rows
    .map((row, index) =>
      [
        style.dim(`─ row ${index + 1}`),
        ...columns.map(({ title }, at) => `${style.dim(title.padEnd(widest))}  ${row[at] ?? ''}`),
      ].join('\n'),
    )
    .join('\n');
}

function shown(value: string | null, column: QueryColumn | undefined, style: Style): string {
  if (value === null) return style.dim('∅');
  return printableValue(textOf(value, column).replaceAll('\t', '    '));
}

/** An answer as CSV (RFC 4180): null is empty, an empty text is `""`. */
export function answerCsv({ columns, rows }: QueryAnswer): string {
  const header = columns.map(({ name }) => csvField(name)).join(',');
  const lines = rows.map((row) =>
    row.map((value, index) => (value === null ? '' : csvField(textOf(value, columns[index])))).join(','),
  );
  return `${[header, ...lines].join('\n')}\n`;
}

function csvField(text: string): string {
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An answer as JSON: integers a double holds, booleans and JSON as such; every other value as its exact text. */
export function answerDocument({ columns, rows }: QueryAnswer): unknown {
  const names = distinctNames(columns);
  return {
    columns: columns.map(({ type }, index) => ({ name: names[index], type })),
    rows: rows.map((row) =>
      Object.fromEntries(row.map((value, index) => [names[index], jsonValue(value, columns[index])])),
    ),
    row_count: rows.length,
  };
}

/** Two columns of one name would become one key. */
function distinctNames(columns: readonly QueryColumn[]): readonly string[] {
  return columns.map(({ name }, index) => {
    const before = columns.slice(0, index).filter((column) => column.name === name).length;
    return before === 0 ? name : `${name}_${before + 1}`;
  });
}

function jsonValue(value: string | null, column: QueryColumn | undefined): unknown {
  if (value === null) return null;
  switch (column?.type) {
    case 'boolean':
      return value === 't';
    case 'smallint':
    case 'integer':
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case 'json':
    case 'jsonb':
      return JSON.parse(value, exactNumber);
    default:
      return textOf(value, column);
  }
}

/** A number of a JSON value, or its text where a double would not keep its digits. */
function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && String(value) !== source ? source : value;
}

/** As PostgreSQL writes it, but instants in ISO form; the session is in UTC. */
function textOf(value: string, column: QueryColumn | undefined): string {
  if (column?.type === 'timestamp with time zone') return value.replace(' ', 'T').replace(/\+00$/, 'Z');
  if (column?.type === 'timestamp without time zone') return value.replace(' ', 'T');
  return column?.type === 'boolean' ? (value === 't' ? 'true' : 'false') : value;
}
