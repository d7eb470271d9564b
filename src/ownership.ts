import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A file as it was opened: what is judged is what is read, whatever its name comes to mean in between. */
export interface OpenedFile {
  readonly bytes: Buffer;
  readonly stats: Stats;
}

/** Opens, judges and reads a file by one descriptor. Links are followed, as mounts of secrets need. Throws what fails. */
export function readOpened(file: string): OpenedFile {
  // A pipe in its place must not be waited for.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new TypeError('it is no file');
    return { bytes: readFileSync(descriptor), stats };
  } finally {
    closeSync(descriptor);
  }
}

const byGroup = 0o020;
const byAnybody = 0o002;

/** True where somebody but its owner may write a file or folder. A group of the user's own is nobody else. */
function isWritableByOthers({ mode, gid }: Pick<Stats, 'mode' | 'gid'>): boolean {
  if ((mode & byAnybody) !== 0) return true;
  const isOwnGroup = gid === process.getuid?.() && gid === process.getgid?.();
  return (mode & byGroup) !== 0 && gid !== 0 && !isOwnGroup;
}

/** Whose file it is that is not to be believed; null where it is this user's or root's, and nobody else may write it. */
export function strangerOf(stats: Stats): string | null {
  const uid = process.getuid?.();
  if (uid === undefined) return null;
  if (stats.uid !== uid && stats.uid !== 0) return `belongs to user ${stats.uid}`;
  return isWritableByOthers(stats) ? 'may be written by other users' : null;
}

const stickyBit = 0o1000;

/** A file or folder that somebody else may exchange, and why. */
export interface Exchangeable {
  readonly path: string;
  readonly why: string;
}

/**
 * What on the way to a folder somebody but this user and root could put something else in the place of: links as they are
 * named, and all folders they lead through. Null where there is nothing. A folder that is not there yet is judged by those
 * above it. Throws what the file system refuses.
 */
export function exchangeableOn(folder: string): Exchangeable | null {
  const uid = process.getuid?.();
  // Windows has no such owners; its folders of a user are that user's.
  if (uid === undefined) return null;
  const named = resolve(folder);
  const found = nearest(named);
  const last = found.isWhole ? found.path : null;
  for (const path of new Set([...foldersUpTo(named), ...foldersUpTo(found.path)])) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    if (stats.uid !== uid && stats.uid !== 0) return { path, why: `belongs to user ${stats.uid}` };
    // In a sticky folder nobody can rename or replace what is somebody else's; the last one is to be written in.
    const isShared = path !== last && (stats.mode & stickyBit) !== 0;
    if (stats.isSymbolicLink() || isShared || !isWritableByOthers(stats)) continue;
    return { path, why: 'may be written by other users' };
  }
  return null;
}

function nearest(folder: string): { readonly path: string; readonly isWhole: boolean } {
  try {
    return { path: realpathSync(folder), isWhole: true };
  } catch (failure) {
    const isMissing = failure instanceof Error && 'code' in failure && failure.code === 'ENOENT';
    if (!isMissing || dirname(folder) === folder) throw failure;
    return { ...nearest(dirname(folder)), isWhole: false };
  }
}

function foldersUpTo(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...foldersUpTo(parent), folder];
}
