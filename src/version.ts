import { readFileSync } from 'node:fs';

/** The program's version, from its package.json: the same file whether it runs from src/ or from dist/. */
export const version: string = (() => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
})();
