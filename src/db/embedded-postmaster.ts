import type { ChildProcess } from 'node:child_process';
import { lstat, readFile, readlink, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import { runChild, startChild } from './child-process.ts';
import type { Binaries } from './embedded-binaries.ts';
import { type Cluster, cannotRun, lastLines, runProgram, serverProcessOptions } from './embedded-cluster.ts';
import { createPrivate, errnoOf, temporaryBeside, writePrivate } from './embedded-files.ts';
import { readPrivate } from './embedded-trust.ts';

/** A running or crashed server, as PostgreSQL itself notes it down in postmaster.pid. */
export interface Postmaster {
  readonly pid: number;
  readonly startedAtSeconds: number;
  /** Null while it has not got that far. */
  readonly port: number | null;
  readonly ready: boolean;
}

/** What came of an attempt to start the server. */
export type Start =
  | { readonly outcome: 'ready' }
  | { readonly outcome: 'exited'; readonly output: string }
  | { readonly outcome: 'waited too long' };

const pollMs = 10;

/** Reads what the server noted down; null when there is no note or it is still being written. */
export function readPostmaster(cluster: Cluster): Promise<Postmaster | null> {
  return readNote(pidFile(cluster), cluster);
}

async function readNote(path: string, { user }: Cluster): Promise<Postmaster | null> {
  const [pid, , startedAt, port, , , , status] = ((await readPrivate(path, user)) ?? '').split('\n');
  if (pid === undefined || startedAt === undefined || !/^-?\d+$/.test(pid)) return null;
  return {
    pid: Math.abs(Number(pid)),
    startedAtSeconds: Number(startedAt),
    port: port === undefined || port === '' ? null : Number(port),
    ready: status?.trim() === 'ready',
  };
}

/**
 * True when the process noted down is alive and is the server of this cluster, not one that was given the same number
 * after a crash or a restart of the machine. A server's working folder is its data folder.
 */
export async function isServing(cluster: Cluster, { pid }: Postmaster): Promise<boolean> {
  if (platform() === 'linux') return await isOurProcess(cluster, pid);
  if (!isAlive(pid)) return false;
  if (platform() === 'win32') return true;
  const command = await runChild('ps', ['-ww', '-o', 'command=', '-p', `${pid}`], { cwd: '/' }).catch(() => '');
  return command.includes(cluster.data);
}

async function isOurProcess({ data, user }: Cluster, pid: number): Promise<boolean> {
  const entry = `/proc/${pid}`;
  const owner = await lstat(entry).catch(() => null);
  if (owner?.uid !== (user?.uid ?? process.getuid?.())) return false;
  return (await readlink(`${entry}/cwd`).catch(() => '')) === data;
}

/**
 * Takes away the note of a server that is gone, where PostgreSQL would mistake another process for it. It is looked at
 * again once it is out of the way: another command may have started the server since.
 */
export async function forgetPostmaster(cluster: Cluster, gone: Postmaster): Promise<void> {
  const aside = temporaryBeside(join(cluster.folder, 'postmaster.pid'));
  try {
    await rename(pidFile(cluster), aside);
  } catch (failure) {
    if (errnoOf(failure) === 'ENOENT') return;
    throw failure;
  }
  const taken = await readNote(aside, cluster);
  const same = taken?.pid === gone.pid && taken.startedAtSeconds === gone.startedAtSeconds;
  await (same ? rm(aside) : rename(aside, pidFile(cluster)));
}

/**
 * Starts the server and waits until it takes connections or exits. It is in a session of its own, so that neither
 * Ctrl-C nor the end of this process ends it.
 */
export async function startPostmaster(
  cluster: Cluster,
  binaries: Binaries,
  port: number,
  clock: Clock,
  patienceMs: number,
): Promise<Start> {
  const logPath = join(cluster.folder, 'log');
  const draftPath = temporaryBeside(logPath);
  const logFile = await createPrivate(draftPath, cluster.user);
  try {
    const child = startChild(binaries.postgres, serverFlags(cluster, port), {
      ...serverProcessOptions(cluster),
      detached: true,
      stdio: ['ignore', logFile.fd, logFile.fd],
    });
    const exit = exitOf(child, binaries.postgres);
    child.unref();
    const outcome = await untilReady(cluster, child, exit, clock, patienceMs);
    if (outcome !== 'exited') {
      await rename(draftPath, logPath);
      return { outcome };
    }
    const output = await readFile(draftPath, 'utf8');
    await rm(draftPath, { force: true });
    return { outcome, output };
  } finally {
    await logFile.close();
  }
}

/** Asks the server to end every session and stop, and waits. Rejects with `embedded_unavailable` when it does not. */
export async function stopPostmaster(
  cluster: Cluster,
  binaries: Binaries,
  postmaster: Postmaster,
  clock: Clock,
  patienceMs: number,
): Promise<void> {
  // What is noted down may be of a process that has nothing to do with the server.
  if (!(await isServing(cluster, postmaster))) return;
  await interrupt(cluster, binaries, postmaster.pid);
  const deadlineMs = clock.monotonicMs() + patienceMs;
  while ((await readPostmaster(cluster))?.pid === postmaster.pid && (await isServing(cluster, postmaster))) {
    if (clock.monotonicMs() >= deadlineMs) {
      throw new EtlError(
        'embedded_unavailable',
        `The private PostgreSQL server (process ${postmaster.pid}) does not stop`,
      );
    }
    await clock.sleep(pollMs);
  }
}

/** Remembers the port, so that the next start takes the same and a BI tool finds it again. */
export async function rememberPort(cluster: Cluster, port: number): Promise<void> {
  if ((await rememberedPort(cluster)) !== port) await writePrivate(portFile(cluster), `${port}\n`, cluster.user);
}

/** The port of the last start, null when there was none. */
export async function rememberedPort(cluster: Cluster): Promise<number | null> {
  const port = Number((await readPrivate(portFile(cluster), cluster.user)) ?? '');
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}

/** A loopback port nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      server.on('error', reject);
      server.listen({ port: 0, host: '127.0.0.1' }, () => {
        const address = server.address();
        if (address === null || typeof address === 'string') reject(new Error('the machine gave no port'));
        else resolve(address.port);
      });
    });
  } finally {
    server.close();
  }
}

function pidFile(cluster: Cluster): string {
  return join(cluster.data, 'postmaster.pid');
}

function portFile(cluster: Cluster): string {
  return join(cluster.folder, 'port');
}

function serverFlags(cluster: Cluster, port: number): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '64',
    // Who connects and says nothing holds a place, and up the end of the server, no longer than that.
    authentication_timeout: '5s',
    cluster_name: 'usage-etl',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_checkpoints: 'off',
    // Statements and details can hold names and e-mail addresses.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', cluster.data, '-p', `${port}`, ...flags];
}

interface Exit {
  happened: boolean;
  failure: EtlError | null;
}

function exitOf(child: ChildProcess, program: string): Exit {
  const exit: Exit = { happened: false, failure: null };
  child.on('error', (failure) => {
    exit.failure = cannotRun(program, failure);
  });
  child.on('exit', () => {
    exit.happened = true;
  });
  return exit;
}

async function untilReady(
  cluster: Cluster,
  child: ChildProcess,
  exit: Exit,
  clock: Clock,
  patienceMs: number,
): Promise<Start['outcome']> {
  const deadlineMs = clock.monotonicMs() + patienceMs;
  for (;;) {
    if (exit.failure !== null) throw exit.failure;
    if (exit.happened) return 'exited';
    const postmaster = await readPostmaster(cluster);
    if (postmaster?.ready === true && postmaster.pid === child.pid) return 'ready';
    if (clock.monotonicMs() >= deadlineMs) return 'waited too long';
    await clock.sleep(pollMs);
  }
}

/** SIGINT is PostgreSQL's fast shutdown. Windows has no signals; pg_ctl knows how to say it there. */
async function interrupt(cluster: Cluster, binaries: Binaries, pid: number): Promise<void> {
  if (platform() === 'win32') {
    const { code, output } = await runProgram(binaries.pgCtl, ['kill', 'INT', `${pid}`], cluster);
    if (code !== 0) throw new EtlError('embedded_unavailable', `pg_ctl: ${lastLines(output)}`);
    return;
  }
  try {
    process.kill(pid, 'SIGINT');
  } catch (failure) {
    if (errnoOf(failure) !== 'ESRCH') throw failure;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (failure) {
    return errnoOf(failure) === 'EPERM';
  }
}
