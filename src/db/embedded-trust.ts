import { constants, type Stats } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EtlError } from '../errors.ts';
import { isWritableByOthers } from '../opened-file.ts';
import { errnoOf } from './embedded-files.ts';
import type { ServerUser } from './embedded-user.ts';

const sticky = 0o1000;
const openToOthers = 0o077;

/**
 * Rejects with `folder_unusable` where somebody but this user and root could put other files in the place of a folder:
 * who owns it, or a folder above it, or may write there. A folder that is not there yet is judged by those above it.
 */
export async function requireOwnPath(folder: string): Promise<void> {
  const uid = process.getuid?.();
  // Windows has no such owners; its folders of a user are that user's.
  if (uid === undefined) return;
  const there = await nearest(folder);
  for (const [path, own] of [[there, await lstat(there)] as const, ...(await above(there))]) {
    if (own.uid !== uid && own.uid !== 0) throw foreign(path, `belongs to user ${own.uid}`);
    // In a sticky folder nobody can rename or replace what is somebody else's.
    const isShared = path !== folder && (own.mode & sticky) !== 0;
    if (!isShared && isWritableByOthers(own)) throw foreign(path, 'may be written by other users');
  }
}

function foreign(path: string, what: string): EtlError {
  return new EtlError('folder_unusable', `${path} ${what}, who could put another database in the place of yours`, {
    remedy:
      'Set USAGE_ETL_DATA_DIR to a folder that only you can write, up to the root of the file system (chmod go-w), or run ' +
      'usage-etl as the user whose folder it is.',
  });
}

/** The folder itself, or the lowest above it that is there; links resolved, so that what is judged is what is used. */
async function nearest(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (failure) {
    if (errnoOf(failure) !== 'ENOENT' || dirname(folder) === folder) throw failure;
    return await nearest(dirname(folder));
  }
}

async function above(folder: string): Promise<readonly (readonly [string, Stats])[]> {
  const parent = dirname(folder);
  return parent === folder ? [] : [[parent, await lstat(parent)], ...(await above(parent))];
}

/** Rejects with `folder_unusable` where what is to be private of the server's user is another's, or open to others. */
export async function requirePrivate(path: string, user: ServerUser | null): Promise<void> {
  requireClosed(path, await lstat(path), user);
}

function requireClosed(path: string, found: Stats, user: ServerUser | null): void {
  const uid = user?.uid ?? process.getuid?.();
  if (uid === undefined) return;
  const isOurs = found.uid === uid || found.uid === 0;
  if (isOurs && (found.mode & openToOthers) === 0) return;
  throw new EtlError(
    'folder_unusable',
    `${path} ${isOurs ? 'is open to other users' : `belongs to user ${found.uid}`}`,
    {
      remedy: `Find out who made it so. If it is yours, close it again: chmod -R go= ${path}`,
    },
  );
}

/**
 * The text of a private file of the server; null when there is none. It is judged as opened, and no link is followed:
 * the folder may be that user's, and a name in it may come to mean something else between two looks.
 */
export async function readPrivate(path: string, user: ServerUser | null): Promise<string | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (failure: unknown) => {
      if (errnoOf(failure) === 'ENOENT') return null;
      throw failure;
    },
  );
  if (file === null) return null;
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new EtlError('folder_unusable', `${path} is not a file`);
    requireClosed(path, found, user);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
