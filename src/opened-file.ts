import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

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
export function isWritableByOthers({ mode, gid }: Pick<Stats, 'mode' | 'gid'>): boolean {
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
