import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { embeddedServer } from '../db/embedded.ts';
import { assertMigrated, type MigrationReport, type MigrationStatus, migrate, migrationStatus } from '../db/migrate.ts';
import { openStore, type Store } from '../db/store.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { version } from '../version.ts';

export type { MigrationReport, MigrationStatus };

/** What it takes to open the database. */
export interface DatabaseContext {
  readonly config: Pick<Config, 'databaseUrl' | 'dataDir'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How the database must be: up to date, or as it is. */
export type Readiness = 'migrated' | 'any';

/**
 * Opens the database, and closes it after use. Rejects with what opening rejects with, and with `schema_missing` or
 * `schema_newer` where the database must be up to date and is not.
 */
export async function withStore<T>(
  context: DatabaseContext,
  readiness: Readiness,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  if (readiness === 'migrated') await refuseAbsent(context);
  const { clock, log } = context;
  const store = await openStore({ ...context.config, clock, log });
  try {
    if (readiness === 'migrated') await assertMigrated(store.pool);
    return await use(store);
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
