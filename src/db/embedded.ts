import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isConnectionLoss, toDatabaseError } from './database-error.ts';
import { type Binaries, findBinaries } from './embedded-binaries.ts';
import { type Cluster, clusterIn, ensureCluster, lastLines, readPassword } from './embedded-cluster.ts';
import { inDataFolder, readIfPresent, writePrivate } from './embedded-files.ts';
import { ensureHome, findHome, type Home } from './embedded-home.ts';
import {
  forgetPostmaster,
  freePort,
  isServing,
  type Postmaster,
  readPostmaster,
  rememberedPort,
  rememberPort,
  startPostmaster,
  stopPostmaster,
} from './embedded-postmaster.ts';
import { countUsers, embeddedUrl, ensureDatabase, enterAsUser, knock, leaveAsUser } from './embedded-session.ts';

/** Where the embedded server's data is, and what it needs to be driven. */
export interface EmbeddedOptions {
  /** Relative to the working folder, or absolute. */
  readonly dataDir: string;
  /** Must be the machine's: processes are waited for. */
  readonly clock: Clock;
  readonly log: Log;
}

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
  /** The URL for psql and BI tools. Starts and keeps the server when it is not running: a URL is of no use without. */
  url(): Promise<string>;
  status(): Promise<EmbeddedStatus>;
}

/** Recovery after a crash and a shutdown both write out what is in memory; neither takes longer on a working disk. */
const startPatienceMs = 300_000;
const stopPatienceMs = 60_000;
const pollMs = 25;

/** Ports tried before giving up: another program may take a free one first. */
const portAttempts = 10;

/**
 * The private server of the data folder, set up and started when needed; commands that run at once share it. Rejects
 * with `embedded_unavailable` or `folder_unusable`.
 */
export async function useEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedUse> {
  return inDataFolder(options.dataDir, async () => {
    const running = await enter(options);
    let released: Promise<void> | null = null;
    return {
      url: running.url,
      release: () => {
        released ??= releaseQuietly(running, options);
        return released;
      },
    };
  });
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
      return running.url;
    });
  return {
    start: async (keep) => {
      await start(keep);
    },
    url: async () => (await status(options)).url ?? start(true),
    stop: () => inDataFolder(options.dataDir, () => stop(options)),
    status: () => inDataFolder(options.dataDir, () => status(options)),
  };
}

/** A server this process has a session on. */
interface Running {
  readonly cluster: Cluster;
  readonly binaries: Binaries;
  readonly url: string;
  readonly session: pg.Client;
}

async function enter(options: EmbeddedOptions): Promise<Running> {
  const { clock, log } = options;
  const home = await ensureHome(options.dataDir);
  const binaries = await findBinaries(home, log);
  const cluster = await ensureCluster(home, binaries, log);
  const password = await readPassword(cluster);
  const deadlineMs = clock.monotonicMs() + startPatienceMs;
  for (let attempt = 0; clock.monotonicMs() < deadlineMs; ) {
    const found = await sessionOn(cluster, password, log);
    if (found.answer === 'session') {
      if (await admit(found.session)) {
        return { cluster, binaries, url: embeddedUrl(found.port, password), session: found.session };
      }
    } else if (found.answer === 'gone') {
      await startOnce(cluster, binaries, options, attempt);
      attempt += 1;
      continue;
    }
    await clock.sleep(pollMs);
  }
  throw new EtlError(
    'embedded_unavailable',
    `The private PostgreSQL server in ${cluster.folder} does not become ready`,
  );
}

/** False, and the session ended, while the last user is stopping the server. */
async function admit(session: pg.Client): Promise<boolean> {
  let admitted = false;
  try {
    if (!(await enterAsUser(session))) return false;
    await ensureDatabase(session);
    admitted = true;
    return true;
  } catch (failure) {
    // It may be stopping for another reason; the next look will tell.
    if (isConnectionLoss(failure)) return false;
    throw toDatabaseError(failure);
  } finally {
    if (!admitted) await session.end().catch(() => undefined);
  }
}

type Found =
  | { readonly answer: 'session'; readonly session: pg.Client; readonly port: number; readonly postmaster: Postmaster }
  | { readonly answer: 'busy' | 'gone' };

/** Opens a session on the cluster's server, if it runs. What it noted down may be left over from a crash. */
async function sessionOn(cluster: Cluster, password: string, log: Log): Promise<Found> {
  const postmaster = await readPostmaster(cluster);
  if (postmaster === null) return { answer: 'gone' };
  if (postmaster.port === null || !postmaster.ready) {
    return { answer: (await isServing(cluster, postmaster)) ? 'busy' : 'gone' };
  }
  const { port } = postmaster;
  const knocked = await knock(port, password, cluster.data, log);
  if (knocked.answer === 'session') return { ...knocked, port, postmaster };
  if (knocked.answer === 'busy') return knocked;
  log.debug({ port, reason: knocked.reason }, 'the private server does not answer');
  return { answer: (await isServing(cluster, postmaster)) ? 'busy' : 'gone' };
}

/** One attempt; whether it succeeded shows when the server is looked for again. */
async function startOnce(
  cluster: Cluster,
  binaries: Binaries,
  { clock, log }: EmbeddedOptions,
  attempt: number,
): Promise<void> {
  const usual = attempt === 0 ? await rememberedPort(cluster) : null;
  const port = usual ?? (await freePort());
  const start = await startPostmaster(cluster, binaries, port, clock, startPatienceMs);
  if (start.outcome === 'ready') {
    await rememberPort(cluster, port);
    log.debug({ port }, 'started the private PostgreSQL server');
    return;
  }
  const output = start.outcome === 'exited' ? start.output : 'it does not become ready';
  if (!isPassing(output) || attempt >= portAttempts) {
    throw new EtlError('embedded_unavailable', `PostgreSQL does not start: ${lastLines(output)}`);
  }
  log.debug({ port, output: lastLines(output) }, 'the private server did not start; trying again');
  await forgetStranger(cluster);
  await clock.sleep(pollMs);
}

/**
 * What PostgreSQL says when another command starts it at the same moment, when the process of a crashed server has a
 * successor of the same number, when children of a crashed server are still ending, and when the port is taken.
 */
function isPassing(output: string): boolean {
  return /lock file "postmaster\.pid"|pre-existing shared memory block|could not create any TCP\/IP sockets|Address already in use/.test(
    output,
  );
}

async function forgetStranger(cluster: Cluster): Promise<void> {
  const postmaster = await readPostmaster(cluster);
  if (postmaster !== null && !(await isServing(cluster, postmaster))) await forgetPostmaster(cluster);
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
    return { running: true, kept, users, url, port: postmaster.port, pid: postmaster.pid, folder };
  } finally {
    await running.session.end();
  }
}

/** A session on the server if it runs; it is not counted among its users. */
async function look(options: EmbeddedOptions): Promise<(Running & { readonly postmaster: Postmaster }) | null> {
  const home: Home | null = await findHome(options.dataDir);
  if (home === null) return null;
  const cluster = clusterIn(home);
  const password = await readPassword(cluster);
  const deadlineMs = options.clock.monotonicMs() + startPatienceMs;
  while (options.clock.monotonicMs() < deadlineMs) {
    const found = await sessionOn(cluster, password, options.log);
    if (found.answer === 'gone') return null;
    if (found.answer === 'session') {
      const { session, postmaster, port } = found;
      const binaries = await findBinaries(home, options.log);
      return { cluster, binaries, session, postmaster, url: embeddedUrl(port, password) };
    }
    await options.clock.sleep(pollMs);
  }
  throw new EtlError('embedded_unavailable', `The private PostgreSQL server in ${cluster.folder} does not answer`);
}

/** Kept is one run of the server, not the data folder: after a crash or a restart of the machine nobody asked for it. */
async function isKept(cluster: Cluster, postmaster: Postmaster): Promise<boolean> {
  return (await readIfPresent(keptFile(cluster))) === identity(postmaster);
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
