import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join, resolve } from 'node:path';
import { exchangeableOn } from '../ownership.ts';

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
    if (exchangeableOn(folder) === null) enableCompileCache(folder);
  } catch {
    // A home that cannot be written.
  }
}
