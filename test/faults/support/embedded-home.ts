import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock.ts';
import { createPool } from '../../../src/db/connection.ts';
import { type EmbeddedStatus, embeddedServer } from '../../../src/db/embedded.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { silentLog } from '../../../src/log.ts';
import { type CommandEnvironment, emptyFolder } from '../../cli/command.ts';
import type { TestDatabase } from '../../support/postgres.ts';

/** The embedded server of a data folder of its own. The test looks at it from outside and is none of its users. */
interface EmbeddedHome {
  /** What makes a command use it. */
  readonly environment: CommandEnvironment;
  status(): Promise<EmbeddedStatus>;
  /** Starts it where it is not running, at the port it had, and keeps it up. */
  keep(): Promise<void>;
  /** Kills its first process as the kernel does when memory runs out. */
  kill(): Promise<void>;
}

const homes = new WeakMap<TestDatabase, EmbeddedHome>();

/** The server of a database that is embedded. */
export function homeOf(database: TestDatabase): EmbeddedHome {
  const home = homes.get(database);
  if (home === undefined) throw new Error('this database is not embedded');
  return home;
}

/** Sets a server up, running, with a migrated database; closing that stops the server. */
export async function embeddedDatabase(): Promise<TestDatabase> {
  const folder = emptyFolder();
  // As root the server runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  const dataDir = join(folder, 'data');
  const server = embeddedServer({ dataDir, clock: systemClock, log: silentLog });
  const url = await server.url();
  const pool = createPool(url, 'usage-etl tests', 8, silentLog);
  const close = async () => {
    await pool.end();
    await server.stop();
  };
  try {
    await migrate(pool, { log: silentLog, version: 'test' });
  } catch (failure) {
    await close();
    throw failure;
  }
  const database = { url, pool, close };
  homes.set(database, {
    environment: { DATABASE_URL: '', USAGE_ETL_DATA_DIR: dataDir },
    status: () => server.status(),
    keep: () => server.start(true),
    kill: async () => {
      const { pid } = await server.status();
      if (pid === null) throw new Error('the embedded server is not running');
      process.kill(pid, 'SIGKILL');
    },
  });
  return database;
}
