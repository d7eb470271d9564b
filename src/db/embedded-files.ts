import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, readFile, rename, rm } from 'node:fs/promises';
import { EtlError, messageOf } from '../errors.ts';
import type { ServerUser } from './embedded-user.ts';

const unusableCodes = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EEXIST',
  'ENOSPC',
  'EDQUOT',
  'ELOOP',
  'ENAMETOOLONG',
  'EISDIR',
]);

/** Runs work on files of the data folder; what the file system refuses becomes `folder_unusable`. */
export async function inDataFolder<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    if (!unusableCodes.has(errnoOf(failure))) throw failure;
    throw new EtlError('folder_unusable', `The data folder ${dataDir} cannot be used: ${messageOf(failure)}`, {
      cause: failure,
    });
  }
}

/** The errno name of a file system error, else ''. */
export function errnoOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}

/** The text of a file; null when there is none. */
export async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (failure) {
    if (errnoOf(failure) === 'ENOENT') return null;
    throw failure;
  }
}

/** True when something is at the path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (failure) {
    if (errnoOf(failure) === 'ENOENT') return false;
    throw failure;
  }
}

/** A name beside `path` that nobody else uses. */
export function temporaryBeside(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}`;
}

/**
 * Opens a new file that only its owner can read, owned by the server's user. Never follows a link: the folder may
 * belong to that user.
 */
export async function createPrivate(path: string, user: ServerUser | null): Promise<FileHandle> {
  const file = await open(path, 'wx', 0o600);
  if (user !== null) await file.chown(user.uid, user.gid);
  return file;
}

/** Writes a whole file or none, replacing what is there. */
export async function writePrivate(path: string, text: string, user: ServerUser | null): Promise<void> {
  const temporary = temporaryBeside(path);
  await fill(temporary, text, user);
  await rename(temporary, path);
}

/** Writes a file unless one is there; false when one was. */
export async function writeOnce(path: string, text: string): Promise<boolean> {
  const temporary = temporaryBeside(path);
  await fill(temporary, text, null);
  try {
    await link(temporary, path);
    return true;
  } catch (failure) {
    if (errnoOf(failure) === 'EEXIST') return false;
    throw failure;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function fill(path: string, text: string, user: ServerUser | null): Promise<void> {
  const file = await createPrivate(path, user);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
