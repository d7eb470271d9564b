import type pg from 'pg';
import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isConnectionLoss, toDatabaseError } from './database-error.ts';
import { type Binaries, findBinaries } from './embedded-binaries.ts';
import { type Cluster, clusterIn, ensureCluster, lastLines, readPassword } from './embedded-cluster.ts';
import { ensureHome, findHome } from './embedded-home.ts';
import {
  forgetPostmaster,
  freePort,
  isServing,
  type Postmaster,
  readPostmaster,
  rememberedPort,
  rememberPort,
  startPostmaster,
} from './embedded-postmaster.ts';
import { embeddedUrl, ensureDatabase, enterAsUser, knock } from './embedded-session.ts';

/** Where the embedded server's data is, and what it needs to be driven. */
export interface EmbeddedOptions {
  /** Relative to the working folder, or absolute. */
  readonly dataDir: string;
  /** Must be the machine's: processes are waited for. */
  readonly clock: Clock;
  readonly log: Log;
}

/** A server this process has a session on. */
export interface Running {
  readonly cluster: Cluster;
  readonly binaries: Binaries;
  readonly url: string;
  readonly session: pg.Client;
}

/** Recovery after a crash writes out what was in memory; it does not take longer on a working disk. */
const startPatienceMs = 300_000;
const pollMs = 25;

/** Attempts to start it, ever further apart: 16 seconds in all. */
const startAttempts = 20;
const longestPauseMs = 1000;

/** Looks after which the wait is worth a word: 2 seconds. */
const silentPolls = 80;

/** Sets the server up and starts it when needed, and is counted among its users until the session ends. */
export async function enter(options: EmbeddedOptions): Promise<Running> {
  const { clock, log } = options;
  const home = await ensureHome(options.dataDir);
  const binaries = await findBinaries(home, log);
  const cluster = await ensureCluster(home, binaries, log);
  const password = await readPassword(cluster);
  const deadlineMs = clock.monotonicMs() + startPatienceMs;
  let attempts = 0;
  let port = await rememberedPort(cluster);
  for (let polls = 0; clock.monotonicMs() < deadlineMs; polls += 1) {
    if (polls === silentPolls) log.info('waiting for the private PostgreSQL server: it is starting or stopping');
    const found = await sessionOn(cluster, password, log);
    if (found.answer === 'session') {
      if (await admit(found.session)) {
        return { cluster, binaries, url: embeddedUrl(found.port, password), session: found.session };
      }
    } else if (found.answer === 'gone') {
      const start = await startOnce(cluster, binaries, options, { number: attempts, port: port ?? (await freePort()) });
      if (start === 'port taken') port = null;
      attempts += 1;
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
  // Whoever listens there after a crash is not asked to be it.
  if (!(await isServing(cluster, postmaster))) return { answer: 'gone' };
  if (postmaster.port === null || !postmaster.ready) return { answer: 'busy' };
  const { port } = postmaster;
  const knocked = await knock(port, password, cluster.data, log);
  if (knocked.answer === 'session') return { ...knocked, port, postmaster };
  if (knocked.answer === 'busy') return knocked;
  log.debug({ port, reason: knocked.reason }, 'the private server does not answer');
  return { answer: (await isServing(cluster, postmaster)) ? 'busy' : 'gone' };
}

interface Attempt {
  /** From 0. */
  readonly number: number;
  readonly port: number;
}

/** One attempt; whether it succeeded shows when the server is looked for again. */
async function startOnce(
  cluster: Cluster,
  binaries: Binaries,
  { clock, log }: EmbeddedOptions,
  { number, port }: Attempt,
): Promise<'port taken' | 'tried'> {
  const start = await startPostmaster(cluster, binaries, port, clock, startPatienceMs);
  if (start.outcome === 'ready') {
    await rememberPort(cluster, port);
    log.debug({ port }, 'started the private PostgreSQL server');
    return 'tried';
  }
  const output = start.outcome === 'exited' ? start.output : 'it does not become ready';
  if (!isPassing(output) || number >= startAttempts) {
    throw new EtlError('embedded_unavailable', `PostgreSQL does not start: ${lastLines(output)}`);
  }
  log.debug({ port, output: lastLines(output) }, 'the private server did not start; trying again');
  await forgetStranger(cluster);
  await clock.sleep(Math.min(longestPauseMs, pollMs * 2 ** number));
  return portTaken.test(output) ? 'port taken' : 'tried';
}

/** Its users look for it at the port it had: another is taken only where somebody else listens there. */
const portTaken = /could not create any TCP\/IP sockets|Address already in use/;

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
  if (postmaster !== null && !(await isServing(cluster, postmaster))) await forgetPostmaster(cluster, postmaster);
}

/** A session on the server if it runs; it is not counted among its users. */
export async function look(options: EmbeddedOptions): Promise<(Running & { readonly postmaster: Postmaster }) | null> {
  const home = await findHome(options.dataDir);
  if (home === null) return null;
  const cluster = clusterIn(home);
  if ((await readPostmaster(cluster)) === null) return null;
  const [password, binaries] = [await readPassword(cluster), await findBinaries(home, options.log)];
  const deadlineMs = options.clock.monotonicMs() + startPatienceMs;
  while (options.clock.monotonicMs() < deadlineMs) {
    const found = await sessionOn(cluster, password, options.log);
    if (found.answer === 'gone') return null;
    if (found.answer === 'session') {
      const { session, postmaster, port } = found;
      return { cluster, binaries, session, postmaster, url: embeddedUrl(port, password) };
    }
    await options.clock.sleep(pollMs);
  }
  throw new EtlError('embedded_unavailable', `The private PostgreSQL server in ${cluster.folder} does not answer`);
}
