import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { packagedMigrations } from '../../src/db/migration-files.ts';

/** The organization that everything belongs to. */
export const organization = 'bench';

/** What comes before the statements of a migration that roll up what a store already holds. */
const fillMarker = '-- What a store of an earlier version holds.';

/** Makes rollups by the statements that a migration uses for a store without them. */
export async function rollUpAsMigrated(pool: pg.Pool, file: string): Promise<void> {
  const sql = await readFile(join(packagedMigrations, file), 'utf8');
  const [, after = ''] = sql.split(fillMarker);
  // Up to the next object: what follows the statements that fill.
  await pool.query(after.split(/^create /m)[0] ?? '');
}
