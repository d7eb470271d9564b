import { constants, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { EtlError } from '../errors.ts';
import { exchangeableOn } from '../ownership.ts';
import { errnoOf } from './embedded-files.ts';
import type { ServerUser } from './embedded-user.ts';

const openToOthers = 0o077;

/** Throws `folder_unusable` where somebody but this user and root could put other files in the place of a folder. */
export function requireOwnPath(folder: string): void {
  const found = exchangeableOn(folder);
  if (found !== null) throw foreign(found.path, found.why);
}

function foreign(path: string, what: string): EtlError {
  return new EtlError('folder_unusable', `${path} ${what}, who could put another database in the place of yours`, {
    remedy:
      'Set USAGE_ETL_DATA_DIR to a folder that only you can write, up to the root of the file system (chmod go-w), or run ' +
      'usage-etl as the user whose folder it is.',
  });
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
