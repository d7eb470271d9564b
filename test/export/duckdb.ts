import { DuckDBInstance } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';

/** Answers SQL; every value as DuckDB writes it, nulls as null. */
export type Ask = (sql: string) => Promise<readonly Readonly<Record<string, string | null>>[]>;

/** DuckDB in memory, as a reader of files. */
export async function openDuckDb(): Promise<Ask> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
  });
  return async (sql) => {
    const reader = await connection.runAndReadAll(sql);
    return reader
      .getRowObjects()
      .map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
      );
  };
}

/** A list of files as DuckDB's SQL takes it. */
export function filesSql(paths: readonly string[]): string {
  return `[${paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(', ')}]`;
}
