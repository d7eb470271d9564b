import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { raise } from '../db/database-error.ts';
import { embeddedServer } from '../db/embedded.ts';
import { assertMigrated, type MigrationReport, type MigrationStatus, migrate, migrationStatus } from '../db/migrate.ts';
import { maySeeLedger } from '../db/migration-record.ts';
import { openStore, type Store } from '../db/store.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { version } from '../version.ts';

export type { MigrationReport, MigrationStatus };

/** What it takes to open the database. */
export interface DatabaseContext {
  readonly config: Pick<Config, 'databaseUrl' | 'dataDir'> & Partial<Pick<Config, 'concurrency'>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Given for a run that nobody watches: a server that is away is waited for, until this is aborted. */
  readonly patience?: AbortSignal;
}

/** How the database must be: up to date; up to date as far as a role that only reads views can tell; or as it is. */
export type Readiness = 'migrated' | 'readable' | 'any';

/** For a command that runs no slices side by side. */
const defaultConcurrency = 4;

/** Slices side by side need a connection each; planning and reporting must not wait for theirs. */
const connectionsBeside = 4;

/**
 * Opens the database, and closes it after use. Rejects with what opening rejects with, and with `schema_missing` or
 * `schema_newer` where the database must be up to date and is not; what the database does to `use` is an EtlError.
 */
export async function withStore<T>(
  context: DatabaseContext,
  readiness: Readiness,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  if (readiness !== 'any') await refuseAbsent(context);
  const { clock, log, patience } = context;
  const { databaseUrl, dataDir, concurrency = defaultConcurrency } = context.config;
  const maxConnections = concurrency + connectionsBeside;
  const store = await openStore({ databaseUrl, dataDir, clock, log, patience, maxConnections });
  try {
    const known = readiness === 'migrated' || (readiness === 'readable' && (await maySeeLedger(store.pool)));
    if (known) await assertMigrated(store.pool);
    return await use(store).catch(raise);
  } finally {
    await store.close();
  }
}

/** Reading must not bring a database into being only to find it empty. */
async function refuseAbsent({ config: { databaseUrl, dataDir }, clock, log }: DatabaseContext): Promise<void> {
  if (databaseUrl !== null) return;
  const { folder } = await embeddedServer({ dataDir, clock, log }).status();
  if (folder !== null) return;
  throw new EtlError('schema_missing', `nothing has been loaded yet: there is no database in ${dataDir}`, {
    remedy: 'Run usage-etl sync first, or name the database that was loaded: DATABASE_URL or USAGE_ETL_DATA_DIR.',
  });
}

/** Migrates the database, creating the private one where it does not exist. */
export function migrateDatabase(context: DatabaseContext): Promise<MigrationReport> {
  return withStore(context, 'any', ({ pool }) => migrate(pool, { log: context.log, version }));
}

/** How far the database is migrated. Changes nothing. */
export async function readMigrationStatus(context: DatabaseContext): Promise<MigrationStatus> {
  await refuseAbsent(context);
  return withStore(context, 'any', ({ pool }) => migrationStatus(pool));
}
