import type pg from 'pg';
import { EtlError } from '../errors.ts';
import type { Migration } from './migration-files.ts';

/** A migration as the database remembers it. */
export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly applied_at: Date;
  readonly applied_by_version: string;
}

const createRecord = `
  create schema if not exists openai_etl;
  create table openai_etl.migrations (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    applied_by_version text not null
  );
  comment on table openai_etl.migrations is 'Migrations applied to this database.';
  comment on column openai_etl.migrations.version is 'Number of the migration, counted from 1.';
  comment on column openai_etl.migrations.name is 'Name of its file without number and extension.';
  comment on column openai_etl.migrations.checksum is 'SHA-256 of its file, hexadecimal.';
  comment on column openai_etl.migrations.applied_at is 'When it was applied.';
  comment on column openai_etl.migrations.applied_by_version is 'Version of usage-etl that applied it.';
`;

/**
 * Makes the table of applied migrations. Asked for before it is created: `create … if not exists` demands the right to create even where nothing is
 * missing.
 */
export async function ensureRecord(client: pg.PoolClient): Promise<void> {
  if (!(await hasRecord(client))) await client.query(`begin; ${createRecord} commit`);
}

async function hasRecord(client: Pick<pg.Pool, 'query'>): Promise<boolean> {
  const { rows } = await client.query<{ present: boolean }>(
    `select to_regclass('openai_etl.migrations') is not null as present`,
  );
  return rows[0]?.present === true;
}

/** False for a role that is kept out of the program's own tables, as one that reads views only is. */
export async function maySeeLedger(client: Pick<pg.Pool, 'query'>): Promise<boolean> {
  const { rows } = await client.query<{ allowed: boolean }>(
    `select has_schema_privilege(oid, 'usage') as allowed from pg_namespace where nspname = 'openai_etl'`,
  );
  return rows[0]?.allowed !== false;
}

/** The migrations applied, in order; none when the database is not ours yet. */
export async function appliedMigrations(client: Pick<pg.Pool, 'query'>): Promise<readonly AppliedMigration[]> {
  if (!(await hasRecord(client))) return [];
  const { rows } = await client.query<AppliedMigration>(
    'select version, name, checksum, applied_at, applied_by_version from openai_etl.migrations order by version',
  );
  return rows;
}

/** Rejects a database a newer program has migrated, with `schema_newer`. */
export function refuseNewer(applied: readonly AppliedMigration[], migrations: readonly Migration[]): void {
  const ahead = applied.find(({ version }) => version > newest(migrations));
  if (ahead === undefined) return;
  throw new EtlError(
    'schema_newer',
    `The database is at version ${newest(applied)}, brought there by usage-etl ${ahead.applied_by_version}; ` +
      `this program knows versions up to ${newest(migrations)}`,
  );
}

/** Rejects when the file of an applied migration reads differently now, with `migration_failed`. */
export function refuseChanged(applied: readonly AppliedMigration[], migrations: readonly Migration[]): void {
  for (const { version, checksum } of applied) {
    const migration = migrations.find((known) => known.version === version);
    if (migration === undefined || migration.checksum === checksum) continue;
    throw new EtlError(
      'migration_failed',
      `${migration.file} has changed since it was applied to this database; an applied migration is frozen`,
      { remedy: 'Restore the file, or install usage-etl again; put the change into a new migration.' },
    );
  }
}

/** The highest version; 0 when there is none. */
export function newest(migrations: readonly { readonly version: number }[]): number {
  return migrations.reduce((version, migration) => Math.max(version, migration.version), 0);
}
