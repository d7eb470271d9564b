import pg from 'pg';
import { EtlError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { requireSupportedServer } from './connection.ts';
import { isConnectionLoss, raise } from './database-error.ts';
import { lockKey } from './lock-key.ts';
import { type Migration, packagedMigrations, readMigrations } from './migration-files.ts';
import {
  type AppliedMigration,
  appliedMigrations,
  ensureRecord,
  newest,
  refuseChanged,
  refuseNewer,
} from './migration-record.ts';

/** How to migrate. */
export interface MigrateOptions {
  /** Default: the migrations that come with the program. */
  readonly folder?: string;
  readonly log: Log;
  /** Version of the program, recorded with each migration it applies. */
  readonly version: string;
}

/** What `migrate` did. */
export interface MigrationReport {
  /** 0: the database was empty. */
  readonly from_version: number;
  readonly to_version: number;
  readonly applied: readonly { readonly version: number; readonly name: string }[];
}

/** One migration the program or the database knows. */
export interface MigrationState {
  readonly version: number;
  readonly name: string;
  /** `changed`: applied from a file that read differently · `unknown`: applied by a newer program. */
  readonly state: 'applied' | 'pending' | 'changed' | 'unknown';
  readonly applied_at: Date | null;
  readonly applied_by_version: string | null;
}

/** How far the database is, against what the program knows. */
export interface MigrationStatus {
  /** Newest version applied; 0 when none is. */
  readonly database_version: number;
  /** Newest version the program has. */
  readonly program_version: number;
  readonly migrations: readonly MigrationState[];
}

/** Longest wait for another program that migrates the same database. */
const lockTimeout = '10min';

/**
 * Brings the database to the newest version the program knows, each migration and the record of it in one transaction.
 * Any number may migrate at once: one does it, the others wait and find it done. Rejects with `schema_newer` when the
 * database is ahead, `migration_failed` when a migration fails or an applied one has changed, `database_unsuitable`
 * below PostgreSQL 15.
 */
export async function migrate(pool: pg.Pool, options: MigrateOptions): Promise<MigrationReport> {
  const migrations = await readMigrations(options.folder ?? packagedMigrations);
  const client = await pool.connect().catch(raise);
  try {
    await requireSupportedServer(client);
    await lockMigrations(client, options.log);
    await ensureRecord(client);
    const applied = await appliedMigrations(client);
    refuseNewer(applied, migrations);
    refuseChanged(applied, migrations);
    const done = new Set(applied.map(({ version }) => version));
    const pending = migrations.filter(({ version }) => !done.has(version));
    for (const migration of pending) await apply(client, migration, options);
    return {
      from_version: newest(applied),
      to_version: newest(migrations),
      applied: pending.map(({ version, name }) => ({ version, name })),
    };
  } catch (failure) {
    return raise(failure);
  } finally {
    // Discarded, not reused: ending the session gives the lock back whatever happened.
    client.release(true);
  }
}

/** How far the database is. Changes nothing. */
export async function migrationStatus(
  pool: pg.Pool,
  options: Pick<MigrateOptions, 'folder'> = {},
): Promise<MigrationStatus> {
  const migrations = await readMigrations(options.folder ?? packagedMigrations);
  const applied = await appliedMigrations(pool).catch(raise);
  const versions = [...new Set([...migrations, ...applied].map(({ version }) => version))].sort((a, b) => a - b);
  return {
    database_version: newest(applied),
    program_version: newest(migrations),
    migrations: versions.flatMap((version) => {
      const known = migrations.find((migration) => migration.version === version);
      const record = applied.find((migration) => migration.version === version);
      const named = known ?? record;
      return named === undefined ? [] : [stateOf(named, known, record)];
    }),
  };
}

/** Resolves when the database is at the program's version; rejects with `schema_missing` or `schema_newer`. */
export async function assertMigrated(pool: pg.Pool, options: Pick<MigrateOptions, 'folder'> = {}): Promise<void> {
  const migrations = await readMigrations(options.folder ?? packagedMigrations);
  const applied = await appliedMigrations(pool).catch(raise);
  refuseNewer(applied, migrations);
  if (newest(applied) < newest(migrations)) {
    const state = applied.length === 0 ? 'has no tables of usage-etl yet' : `is at version ${newest(applied)}`;
    throw new EtlError('schema_missing', `The database ${state}; this program needs version ${newest(migrations)}`);
  }
}

async function lockMigrations(client: pg.PoolClient, log: Log): Promise<void> {
  const key = [...lockKey('migration:schema')];
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', key);
  if (rows[0]?.taken === true) return;
  log.info('waiting for another program that migrates this database');
  await client.query(`set lock_timeout = '${lockTimeout}'`);
  await client.query('select pg_advisory_lock($1, $2)', key);
  await client.query('reset lock_timeout');
}

async function apply(client: pg.PoolClient, migration: Migration, { log, version }: MigrateOptions): Promise<void> {
  try {
    await client.query('begin');
    await client.query(migration.sql);
    await client.query(
      'insert into openai_etl.migrations (version, name, checksum, applied_by_version) values ($1, $2, $3, $4)',
      [migration.version, migration.name, migration.checksum, version],
    );
    await client.query('commit');
  } catch (failure) {
    // The session ends right after; that rolls back even where this cannot be sent any more.
    await client.query('rollback').catch(() => undefined);
    throw isConnectionLoss(failure) ? failure : failed(migration, failure);
  }
  log.info({ migration: migration.file }, 'migrated');
}

function failed(migration: Migration, failure: unknown): EtlError {
  const position = failure instanceof pg.DatabaseError ? Number(failure.position ?? 0) : 0;
  const place = position > 0 ? `${migration.file}, ${placeIn(migration.sql, position)}` : migration.file;
  const code = failure instanceof pg.DatabaseError ? ` (SQLSTATE ${failure.code ?? 'unknown'})` : '';
  return new EtlError('migration_failed', `${place}: ${messageOf(failure)}${code}`, { cause: failure });
}

/** `position` counts characters from 1, as PostgreSQL reports it. */
function placeIn(sql: string, position: number): string {
  const before = [...sql].slice(0, position - 1).join('');
  return `line ${before.split('\n').length}, column ${before.length - before.lastIndexOf('\n')}`;
}

function stateOf(
  named: { readonly version: number; readonly name: string },
  known: Migration | undefined,
  record: AppliedMigration | undefined,
): MigrationState {
  const state =
    record === undefined
      ? 'pending'
      : known === undefined
        ? 'unknown'
        : known.checksum === record.checksum
          ? 'applied'
          : 'changed';
  return {
    version: named.version,
    name: named.name,
    state,
    applied_at: record?.applied_at ?? null,
    applied_by_version: record?.applied_by_version ?? null,
  };
}
