import { binarySql, csvSql, type FormedColumn, isExactNumber, jsonSql, quoted } from './column.ts';
import type { Source } from './source.ts';

/** The formats of a file. */
export const formats = ['parquet', 'csv', 'ndjson'] as const;

/** The format of a file. */
export type Format = (typeof formats)[number];

/** The COPY statement that reads a source, or one month of it (`YYYY-MM`), in an order of its own. */
export function copySql(
  source: Source,
  columns: readonly FormedColumn[],
  format: Format,
  month: string | null,
): string {
  const months = month === null ? null : [month];
  const from = `${relationOf(source)} stored ${rangeFilter(source, months)} ${orderOf(source)}`;
  const list = listOf(columns, { parquet: binarySql, csv: csvSql, ndjson: jsonSql }[format]);
  switch (format) {
    case 'parquet':
      return `copy (select ${list} from ${from}) to stdout (format binary)`;
    case 'csv':
      return `copy (select ${list} from ${from}) to stdout (format csv, header)`;
    case 'ndjson':
      // Quote and delimiter are characters that JSON never holds unescaped: nothing is quoted, a line is the JSON itself.
      return `copy (select (select row_to_json(line) from (select ${list}) line) from ${from})
        to stdout (format csv, quote e'\\x01', delimiter e'\\x02')`;
  }
}

/** The SQL that counts and adds up a source, by month where it has any and only of those given. */
export function statisticsSql(source: Source, months: readonly string[] | null): string {
  const numbers = source.columns.filter(isExactNumber);
  const sums = numbers.map(({ name, storeType }) => {
    const value = `${quoted(name)}${storeType === 'xid8' ? '::text' : ''}::numeric`;
    return `trim_scale(sum(${value}))::text`;
  });
  const decimals = source.columns.filter(({ kind }) => kind === 'decimal').map(({ name }) => quoted(name));
  const scales = decimals.map((name) => `max(scale(trim_scale(${name})))`);
  const integers = decimals.map((name) => `max(trunc(abs(${name})))::text`);
  const [month, relation] = [monthSql(source), relationOf(source)];
  const [allSums, allScales, allIntegers] = [arrayOf(sums), arrayOf(scales), arrayOf(integers)];
  const filter = months === null ? '' : `${rangeFilter(source, months)} and ${month} = any($1)`;
  return `select ${month} as month, count(*)::text as rows, ${allSums} as sums, ${allScales} as scales,
      ${allIntegers} as integers
    from ${relation} ${filter} group by 1 order by 1`;
}

/** The SQL of the months a source has rows of, with their numbers and the newest change of a tracked row. */
export function monthsSql(source: Source): string {
  const changed = source.columns.some(({ name }) => name === 'changed_xid') ? 'max(changed_xid)' : 'null';
  const [month, relation] = [monthSql(source), relationOf(source)];
  return `select ${month} as month, count(*)::text as rows, (${changed})::text as changed_xid
    from ${relation} group by 1 order by 1`;
}

/** A source in SQL. */
function relationOf({ schema, table }: Source): string {
  return `${quoted(schema)}.${quoted(table)}`;
}

/** The UTC month of a row as `YYYY-MM`; null where there are no partitions. */
function monthSql({ monthColumn, columns }: Source): string {
  if (monthColumn === null) return 'null::text';
  const isInstant = columns.find(({ name }) => name === monthColumn)?.kind === 'timestamp';
  return `to_char(${quoted(monthColumn)}${isInstant ? " at time zone 'UTC'" : ''}, 'YYYY-MM')`;
}

/** From the first of some months to the last: a range is cheap to look for. Throws RangeError for what is no month. */
function rangeFilter({ monthColumn, columns }: Source, months: readonly string[] | null): string {
  const [first, last = first] = [months?.toSorted().at(0), months?.toSorted().at(-1)];
  if (monthColumn === null || first === undefined || last === undefined) return '';
  const wrong = months?.find((month) => !/^\d{4}-\d{2}$/.test(month));
  if (wrong !== undefined) throw new RangeError(`${wrong} is no month`);
  const isInstant = columns.find(({ name }) => name === monthColumn)?.kind === 'timestamp';
  const bound = (date: string) => (isInstant ? `timestamptz '${date} 00:00:00+00'` : `date '${date}'`);
  const column = quoted(monthColumn);
  return `where ${column} >= ${bound(`${first}-01`)} and ${column} < ${bound(monthAfter(`${last}-01`))}`;
}

function monthAfter(first: string): string {
  const date = new Date(`${first}T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + 1);
  return date.toISOString().slice(0, 10);
}

/** By the key, else by everything: equal rows must make equal files. */
function orderOf({ key, columns }: Source): string {
  const everything = columns.map(({ name, kind }) => `stored.${quoted(name)}${kind === 'text' ? '::text' : ''}`);
  const order = key.length > 0 ? key.map((name) => `stored.${quoted(name)}`) : everything;
  return `order by ${order.join(', ')}`;
}

function listOf(columns: readonly FormedColumn[], valueSql: (column: FormedColumn) => string): string {
  return columns.map((column) => `${valueSql(column)} as ${quoted(column.name)}`).join(', ');
}

function arrayOf(items: readonly string[]): string {
  return items.length === 0 ? `'{}'::text[]` : `array[${items.join(', ')}]`;
}
