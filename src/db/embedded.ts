import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { type Cluster, clusterIn } from './embedded-cluster.ts';
import { type EmbeddedOptions, enter, look, type Running } from './embedded-entry.ts';
import { inDataFolder, writePrivate } from './embedded-files.ts';
import { findHome } from './embedded-home.ts';
import { type Postmaster, readPostmaster, stopPostmaster } from './embedded-postmaster.ts';
import { countUsers, leaveAsUser } from './embedded-session.ts';
import { readPrivate } from './embedded-trust.ts';
import { withoutProof } from './proved-client.ts';

export type { EmbeddedOptions } from './embedded-entry.ts';

/** The running server, in use by this process until it is released. */
export interface EmbeddedUse {
  /** Holds the password. */
  readonly url: string;
  /** Ends the use; the last user stops the server unless it is kept. Never rejects: by then the work is done. */
  release(): Promise<void>;
}

/** The embedded server as `usage-etl db` shows it. */
export interface EmbeddedStatus {
  readonly running: boolean;
  /** Stays up until it is stopped. */
  readonly kept: boolean;
  /** Commands that use it now. */
  readonly users: number;
  /** Holds the password; null when it is not running. */
  readonly url: string | null;
  readonly port: number | null;
  readonly pid: number | null;
  /** Holds the server's files; null when it was never started. */
  readonly folder: string | null;
}

/** What `stop` came to. `in_use`: it is no longer kept, and the last command that uses it will stop it. */
export type EmbeddedStop = 'stopped' | 'in_use' | 'not_running';

/** The embedded server of a data folder, for people and tools. */
export interface EmbeddedServer {
  /** Starts it when it is not running. `keep`: it stays up until `stop`, else only while commands use it. */
  start(keep: boolean): Promise<void>;
  stop(): Promise<EmbeddedStop>;
  /** The URL for psql and BI tools. Starts the server and keeps it up: nothing counts a psql among its users. */
  url(): Promise<string>;
  status(): Promise<EmbeddedStatus>;
}

/** A shutdown writes out what is in memory; it does not take longer on a working disk. */
const stopPatienceMs = 60_000;

/**
 * The private server of the data folder, set up and started when needed; commands that run at once share it. When it
 * dies in use it is started again, at the same URL unless somebody else has taken its port by then. Rejects with
 * `embedded_unavailable` or `folder_unusable`.
 */
export async function useEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedUse> {
  return inDataFolder(options.dataDir, async () => {
    let released: Promise<void> | null = null;
    const watched = (running: Running): Running => {
      running.session.once('end', () => {
        if (released === null) current = comeBack(running, options).then(watched, () => running);
      });
      return running;
    };
    const first = watched(await enter(options));
    let current = Promise.resolve(first);
    return {
      url: first.url,
      release: () => {
        released ??= current.then((running) => releaseQuietly(running, options));
        return released;
      },
    };
  });
}

/** Nobody but its users starts the server: one that is killed would stay away from them all. */
async function comeBack(before: Running, options: EmbeddedOptions): Promise<Running> {
  const { log } = options;
  log.warn('the private PostgreSQL server has died; starting it again');
  try {
    const running = await enter(options);
    if (running.url !== before.url) log.warn('the private PostgreSQL server has another port now');
    return running;
  } catch (failure) {
    log.warn({ reason: messageOf(failure) }, 'the private PostgreSQL server does not start again');
    throw failure;
  }
}

/** The embedded server for the `db` command. Its functions reject as {@link useEmbeddedServer} does. */
export function embeddedServer(options: EmbeddedOptions): EmbeddedServer {
  const start = (keep: boolean) =>
    inDataFolder(options.dataDir, async () => {
      const running = await enter(options);
      try {
        if (keep) await writeKept(running);
      } finally {
        await running.session.end();
      }
      return withoutProof(running.url);
    });
  return {
    start: async (keep) => {
      await start(keep);
    },
    url: () => start(true),
    stop: () => inDataFolder(options.dataDir, () => stop(options)),
    status: () => inDataFolder(options.dataDir, () => status(options)),
  };
}

async function releaseQuietly(running: Running, options: EmbeddedOptions): Promise<void> {
  try {
    await leave(running, options);
  } catch (failure) {
    options.log.warn({ err: failure }, 'the private PostgreSQL server was not stopped');
  } finally {
    await running.session.end().catch(() => undefined);
  }
}

async function leave({ cluster, binaries, session }: Running, { clock }: EmbeddedOptions): Promise<boolean> {
  if (!(await leaveAsUser(session))) return false;
  const postmaster = await readPostmaster(cluster);
  if (postmaster === null || (await isKept(cluster, postmaster))) return false;
  await stopPostmaster(cluster, binaries, postmaster, clock, stopPatienceMs);
  return true;
}

async function stop(options: EmbeddedOptions): Promise<EmbeddedStop> {
  const running = await look(options);
  if (running === null) return 'not_running';
  try {
    await rm(keptFile(running.cluster), { force: true });
    return (await leave(running, options)) ? 'stopped' : 'in_use';
  } finally {
    await running.session.end().catch(() => undefined);
  }
}

async function status(options: EmbeddedOptions): Promise<EmbeddedStatus> {
  const home = await findHome(options.dataDir);
  const running = await look(options);
  const folder = home === null ? null : clusterIn(home).folder;
  if (running === null) return { running: false, kept: false, users: 0, url: null, port: null, pid: null, folder };
  try {
    const { postmaster, cluster, session, url } = running;
    const kept = await isKept(cluster, postmaster);
    const users = await countUsers(session);
    return { running: true, kept, users, url: withoutProof(url), port: postmaster.port, pid: postmaster.pid, folder };
  } finally {
    await running.session.end();
  }
}

/** Kept is one run of the server, not the data folder: after a crash or a restart of the machine nobody asked for it. */
async function isKept(cluster: Cluster, postmaster: Postmaster): Promise<boolean> {
  return (await readPrivate(keptFile(cluster), cluster.user)) === identity(postmaster);
}

async function writeKept({ cluster }: Running): Promise<void> {
  const postmaster = await readPostmaster(cluster);
  if (postmaster !== null) await writePrivate(keptFile(cluster), identity(postmaster), cluster.user);
}

function identity({ pid, startedAtSeconds }: Postmaster): string {
  return `${pid} ${startedAtSeconds}\n`;
}

function keptFile(cluster: Cluster): string {
  return join(cluster.folder, 'kept');
}
