import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { systemClock } from '../../../src/clock.ts';
import { type Binaries, findBinaries } from '../../../src/db/embedded-binaries.ts';
import { type Cluster, clusterIn, ensureCluster, readPassword } from '../../../src/db/embedded-cluster.ts';
import { ensureHome, type Home } from '../../../src/db/embedded-home.ts';
import { freePort, isServing, readPostmaster, startPostmaster } from '../../../src/db/embedded-postmaster.ts';
import { embeddedUrl } from '../../../src/db/embedded-session.ts';
import { silentLog } from '../../../src/log.ts';

/** A PostgreSQL of a test's own, to be restarted, crashed and starved. */
export interface OwnServer {
  /** Where its database cluster is. */
  readonly data: string;
  /** One of its databases, as its superuser. */
  url(database: string): string;
  /** Starts it unless it runs, at the port it had before. `mostFileBytes`: it can write no file beyond that size. */
  start(limits?: { readonly mostFileBytes: number }): Promise<void>;
  /** Ends it. `fast`: every session is told; `crash`: it has no time to say or write anything. */
  stop(how: 'fast' | 'crash'): Promise<void>;
  /** Runs SQL in one of its databases, as its superuser. */
  execute(database: string, sql: string): Promise<void>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}

const run = promisify(execFile);
const patienceMs = 60_000;
const pollMs = 10;

/** The one that the tests' own server is swept by, when a test run is killed. */
const folderPrefix = `usage-etl-tests-${process.pid}-`;

/** Nothing writes but the sessions of the tests, so that they are the first to meet what hinders writing. */
const settings = `fsync = off
autovacuum = off
wal_writer_delay = '10s'
`;

/** Sets up a server that is not running yet. It loses nothing when it crashes, only when the machine does. */
export async function ownServer(): Promise<OwnServer> {
  const place = await newPlace();
  const cluster = await ensureCluster(place.home, place.binaries, silentLog);
  await writeFile(join(cluster.data, 'postgresql.auto.conf'), settings);
  return serverIn(place, cluster);
}

/** A hot standby of a server that is stopped: its files as they are, replayed and read but never written. */
export async function standbyOf(primary: OwnServer): Promise<OwnServer> {
  const place = await newPlace();
  const cluster = clusterIn(place.home);
  await run('cp', ['-a', dirname(primary.data), cluster.folder]);
  await writeFile(join(cluster.data, 'standby.signal'), '');
  return serverIn(place, cluster);
}

interface Place {
  readonly folder: string;
  readonly home: Home;
  readonly binaries: Binaries;
}

async function newPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), folderPrefix));
  // As root the server runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  const home = await ensureHome(folder);
  return { folder, home, binaries: await findBinaries(home, silentLog) };
}

async function serverIn({ folder, binaries }: Place, cluster: Cluster): Promise<OwnServer> {
  const port = await freePort();
  const password = await readPassword(cluster);
  const url = (database: string) => embeddedUrl(port, password, database);
  const running = async () => {
    const postmaster = await readPostmaster(cluster);
    return postmaster !== null && (await isServing(cluster, postmaster)) ? postmaster : null;
  };
  const stop = async (how: 'fast' | 'crash') => {
    const postmaster = await running();
    if (postmaster === null) return;
    process.kill(postmaster.pid, how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    const deadlineMs = systemClock.monotonicMs() + patienceMs;
    while (await isServing(cluster, postmaster)) {
      if (systemClock.monotonicMs() > deadlineMs) throw new Error(`PostgreSQL in ${cluster.folder} does not stop`);
      await systemClock.sleep(pollMs);
    }
  };
  return {
    data: cluster.data,
    url,
    stop,
    start: async (limits) => {
      if ((await running()) !== null) return;
      const postgres = limits === undefined ? binaries.postgres : await limited(folder, binaries, limits.mostFileBytes);
      const start = await startPostmaster(cluster, { ...binaries, postgres }, port, systemClock, patienceMs);
      if (start.outcome !== 'ready') throw new Error(`PostgreSQL does not start: ${JSON.stringify(start)}`);
    },
    execute: async (database, sql) => {
      const client = new pg.Client(url(database));
      // What it was asked may end the server; then the answer says so.
      client.on('error', () => undefined);
      await client.connect();
      try {
        await client.query(sql);
      } finally {
        await client.end();
      }
    },
    close: async () => {
      await stop('crash');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A script that starts the server with a limit that it passes on to all its processes. */
async function limited(folder: string, { postgres }: Binaries, mostFileBytes: number): Promise<string> {
  const script = join(folder, 'postgres-limited');
  const blockBytes = 512;
  await writeFile(script, `#!/bin/sh\nulimit -f ${Math.ceil(mostFileBytes / blockBytes)}\nexec '${postgres}' "$@"\n`);
  await chmod(script, 0o755);
  return script;
}
