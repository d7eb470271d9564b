import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { systemClock } from '../../src/clock.ts';
import { createPool } from '../../src/db/connection.ts';
import { useEmbeddedServer } from '../../src/db/embedded.ts';
import type { Binaries } from '../../src/db/embedded-binaries.ts';
import { ensureCluster, readPassword } from '../../src/db/embedded-cluster.ts';
import { ensureHome } from '../../src/db/embedded-home.ts';
import { freePort, readPostmaster, startPostmaster, stopPostmaster } from '../../src/db/embedded-postmaster.ts';
import { embeddedUrl } from '../../src/db/embedded-session.ts';
import { migrate } from '../../src/db/migrate.ts';
import { withoutProof } from '../../src/db/proved-client.ts';
import { silentLog } from '../../src/log.ts';
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/postgres.ts';

/** A migrated database that can be backed up, and its backups. */
export interface BackupSite {
  readonly database: TestDatabase;
  backUp(): Promise<Backup>;
}

/** What a database was when it was backed up. */
export interface Backup {
  /** A database that is what the other one was. Close it when done. */
  restore(): Promise<TestDatabase>;
}

/** A way to back up and restore, as docs/operations.md tells it. */
export interface BackupWay {
  readonly name: string;
  open(): Promise<BackupSite>;
}

const run = promisify(execFile);

/** The one that the tests' own server is swept by, when a test run is killed. */
const folderPrefix = `usage-etl-tests-${process.pid}-`;

const patienceMs = 60_000;

const cleanUps: (() => Promise<void>)[] = [];

/** Ends every server and removes every file that was made here. */
export async function closeBackups(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}

/** The ways this machine has: the embedded server's folder everywhere, pg_dump where PostgreSQL's client programs are. */
export async function backupWays(): Promise<readonly BackupWay[]> {
  const dump = await dumpVersion();
  const folder = { name: "a copy of the embedded server's folder", open: openEmbedded };
  return dump === null ? [folder] : [folder, { name: `pg_dump ${dump}`, open: () => openForDump(dump) }];
}

async function openEmbedded(): Promise<BackupSite> {
  const dataDir = await newFolder();
  let server = await startEmbedded(dataDir);
  cleanUps.push(() => server.release());
  const database = await connected(server.url, () => Promise.resolve());
  await migrate(database.pool, { log: silentLog, version: 'test' });
  return {
    database,
    backUp: async () => {
      await server.release();
      const copy = await newFolder();
      await run('cp', ['-a', `${dataDir}/.`, copy]);
      server = await startEmbedded(dataDir);
      return {
        restore: async () => {
          const restored = await startEmbedded(copy);
          return connected(restored.url, () => restored.release());
        },
      };
    },
  };
}

function startEmbedded(dataDir: string) {
  return useEmbeddedServer({ dataDir, clock: systemClock, log: silentLog });
}

/** The major version of pg_dump; null where there is none. */
async function dumpVersion(): Promise<number | null> {
  const said = await run('pg_dump', ['--version']).catch(() => null);
  const major = /(\d+)/.exec(said?.stdout ?? '')?.[1];
  return major === undefined ? null : Number(major);
}

/** The four schemas, in one snapshot. */
const schemas = ['openai', 'openai_etl', 'openai_bi', 'openai_focus'].map((name) => `--schema=${name}`);

/** pg_dump reads no server that is newer than itself: where the tests' own one is, one of its own age is set up. */
async function openForDump(dump: number): Promise<BackupSite> {
  const tests = await testDatabase();
  const { rows } = await tests.pool.query<{ version: number }>(
    `select current_setting('server_version_num')::int / 10000 as version`,
  );
  const isReadable = (rows[0]?.version ?? Number.POSITIVE_INFINITY) <= dump;
  if (!isReadable) await tests.close();
  const makeDatabase = isReadable ? emptyDatabase : await ownServer(dump);
  const database = isReadable ? tests : await makeDatabase();
  if (!isReadable) await migrate(database.pool, { log: silentLog, version: 'test' });
  return {
    database,
    backUp: async () => {
      const file = join(await newFolder(), 'usage.dump');
      await run('pg_dump', ['--format=custom', ...schemas, `--file=${file}`, withoutProof(database.url)]);
      return {
        restore: async () => {
          const restored = await makeDatabase();
          await run('pg_restore', [
            '--exit-on-error',
            '--no-owner',
            '--no-privileges',
            `--dbname=${withoutProof(restored.url)}`,
            file,
          ]);
          return restored;
        },
      };
    },
  };
}

/** Starts a server of Debian's packages, and gives what makes databases on it. */
async function ownServer(majorVersion: number): Promise<() => Promise<TestDatabase>> {
  const programs = `/usr/lib/postgresql/${majorVersion}/bin`;
  const binaries: Binaries = {
    postgres: join(programs, 'postgres'),
    initdb: join(programs, 'initdb'),
    pgCtl: join(programs, 'pg_ctl'),
    majorVersion,
  };
  const cluster = await ensureCluster(await ensureHome(await newFolder()), binaries, silentLog);
  const port = await freePort();
  const start = await startPostmaster(cluster, binaries, port, systemClock, patienceMs);
  if (start.outcome !== 'ready') throw new Error(`PostgreSQL ${majorVersion} does not start: ${JSON.stringify(start)}`);
  cleanUps.push(async () => {
    const postmaster = await readPostmaster(cluster);
    if (postmaster !== null) await stopPostmaster(cluster, binaries, postmaster, systemClock, patienceMs);
  });
  const password = await readPassword(cluster);
  let count = 0;
  return async () => {
    count += 1;
    const name = `database_${count}`;
    const client = new pg.Client(embeddedUrl(port, password, 'postgres'));
    await client.connect();
    await client.query(`create database ${name} template template0`);
    await client.end();
    return connected(embeddedUrl(port, password, name), () => Promise.resolve());
  };
}

async function connected(url: string, after: () => Promise<void>): Promise<TestDatabase> {
  const pool = createPool(url, 'usage-etl tests', 8, silentLog);
  return {
    url,
    pool,
    close: async () => {
      await pool.end();
      await after();
    },
  };
}

/** As root the server runs as another user, who must be able to enter. */
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), folderPrefix));
  await chmod(folder, 0o755);
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
