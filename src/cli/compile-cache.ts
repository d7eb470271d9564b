import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/**
 * Lets Node keep what it has compiled, so that the next start is faster. It is code that will be run: it goes into a
 * folder that nobody but the user can write, or nowhere. What fails here costs time and nothing else.
 */
export function keepCompiledCode(env: Readonly<Record<string, string | undefined>>): void {
  const home = env['HOME'];
  const caches = env['XDG_CACHE_HOME'] ?? (home === undefined ? undefined : join(home, '.cache'));
  if (caches === undefined || caches === '') return;
  const folder = join(resolve(caches), 'usage-etl', 'code');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isOurs(folder)) enableCompileCache(folder);
  } catch {
    // A home that cannot be written.
  }
}

const writableByOthers = 0o022;

/** True where nobody but this user and root can put something else in the place of a folder. */
function isOurs(folder: string): boolean {
  const uid = process.getuid?.();
  const { uid: owner, mode } = lstatSync(folder);
  if (owner !== uid) return false;
  if ((mode & writableByOthers) !== 0) return false;
  return foldersUpTo(dirname(folder)).every((parent) => {
    const found = lstatSync(parent);
    const isTrusted = found.uid === uid || found.uid === 0;
    // In a sticky folder nobody can replace what is somebody else's.
    const isSticky = (found.mode & 0o1000) !== 0;
    return found.isDirectory() && isTrusted && (isSticky || (found.mode & writableByOthers) === 0);
  });
}

function foldersUpTo(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...foldersUpTo(parent), folder];
}
