import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { quoted } from '../../src/export/column.ts';
import { type Manifest, type ManifestStream, parseManifest } from '../../src/export/manifest.ts';
import { type Ask, filesSql } from './duckdb.ts';

/** The manifest of a folder. */
export async function manifestOf(folder: string): Promise<Manifest> {
  return parseManifest(await readFile(join(folder, 'manifest.json'), 'utf8'), folder);
}

/** Every row of a stream's table in PostgreSQL, as sorted lines that compare with those of any reader. */
export async function storedLines(
  client: Pick<pg.Pool, 'query'>,
  { table, columns }: Pick<ManifestStream, 'table' | 'columns'>,
): Promise<readonly string[]> {
  const values = columns.map(({ name, store_type, type, rounded_from }) => {
    const column = rounded_from === null ? quoted(name) : `round(${quoted(rounded_from)}, 18)`;
    if (type === 'timestamp') return `(extract(epoch from ${column}) * 1000000)::bigint::text`;
    if (isNumeric(store_type)) return `trim_scale(${column})::text`;
    return store_type.endsWith('[]') ? `to_json(${column})::text` : `${column}::text`;
  });
  const [schema = '', name = ''] = table.split(/\.(.*)/s);
  const { rows } = await client.query<{ line: (string | null)[] }>(
    `select array[${values.join(', ')}] as line from ${quoted(schema)}.${quoted(name)}`,
  );
  return rows.map(({ line }) => JSON.stringify(line)).sort();
}

function isNumeric(storeType: string): boolean {
  return /^numeric(\(\d+,\d+\))?$/.test(storeType);
}

/** How the rows that a reader found differ from those stored: a few of each kind, and how many there are. */
export function compared(found: readonly string[], stored: readonly string[]) {
  const [foundSet, storedSet] = [new Set(found), new Set(stored)];
  return {
    rows: found.length,
    missing: stored.filter((line) => !foundSet.has(line)).slice(0, 3),
    surplus: found.filter((line) => !storedSet.has(line)).slice(0, 3),
  };
}

/** What `compared` says of equal rows. */
export function nothingBut(stored: readonly string[]) {
  return { rows: stored.length, missing: [], surplus: [] };
}

/** Every row of a stream's Parquet files as DuckDB reads them. */
export async function duckDbLines(ask: Ask, folder: string, stream: ManifestStream): Promise<readonly string[]> {
  if (stream.files.length === 0) return [];
  const values = stream.columns.map(({ name, type }) =>
    type === 'timestamp' ? `epoch_us(${quoted(name)})::varchar` : `${quoted(name)}::varchar`,
  );
  const aliased = values.map((value, index) => `${value} as c${index}`);
  const rows = await ask(`select ${aliased.join(', ')} from ${parquetSql(folder, stream)}`);
  return rows
    .map((row) =>
      JSON.stringify(stream.columns.map(({ store_type }, index) => canonical(row[`c${index}`] ?? null, store_type))),
    )
    .sort();
}

/** A decimal without the zeros that its column's scale adds. */
function canonical(value: string | null, storeType: string): string | null {
  return value !== null && isNumeric(storeType) && value.includes('.')
    ? value.replace(/0+$/, '').replace(/\.$/, '')
    : value;
}

/** The files of a stream as a relation of DuckDB. */
export function parquetSql(folder: string, { files }: ManifestStream): string {
  return `read_parquet(${filesSql(files.map(({ path }) => join(folder, path)))}, hive_partitioning = false)`;
}
