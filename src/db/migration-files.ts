import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EtlError, messageOf } from '../errors.ts';

/** One step of the schema, as a numbered SQL file. */
export interface Migration {
  readonly version: number;
  /** Without number and extension. */
  readonly name: string;
  readonly file: string;
  readonly sql: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly checksum: string;
}

/** The package's own migrations: beside src/ in a clone, beside dist/ when installed. */
export const packagedMigrations = fileURLToPath(new URL('../../migrations', import.meta.url));

const fileName = /^(?<version>\d{4})_(?<name>[a-z0-9_]+)\.sql$/;

/**
 * Reads the migrations of a folder in order. Rejects with `migration_failed` when it cannot be read, is empty, has an
 * SQL file without a number, or does not count 1, 2, 3, ….
 */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const files = (await readdir(folder).catch((failure: unknown) => unreadable(messageOf(failure))))
    .filter((file) => file.endsWith('.sql'))
    .sort();
  if (files.length === 0) unreadable('no migrations in the folder');
  const migrations = await Promise.all(files.map((file) => readMigration(folder, file)));
  migrations.forEach(({ version, file }, index) => {
    if (version !== index + 1) unreadable(`${file} should have the number ${String(index + 1).padStart(4, '0')}`);
  });
  return migrations;
}

async function readMigration(folder: string, file: string): Promise<Migration> {
  const { version, name } = fileName.exec(file)?.groups ?? {};
  if (version === undefined || name === undefined) return unreadable(`${file} is not named NNNN_name.sql`);
  const sql = await readFile(join(folder, file), 'utf8');
  return { version: Number(version), name, file, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}

function unreadable(reason: string): never {
  throw new EtlError('migration_failed', `The migrations cannot be read: ${reason}`, {
    remedy: 'Install usage-etl again: its migrations folder is incomplete.',
  });
}
