import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const file: { packages: Record<string, { integrity?: string; link?: boolean; resolved?: string }> } = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
);

it('every package that may be installed is locked by its content', () => {
  const packages = Object.entries(file.packages).filter(([path]) => path !== '');
  expect(packages.length).toBeGreaterThan(300);
  const unproven = packages.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''));
  expect(unproven.map(([path]) => path)).toEqual([]);
});

it('no package comes from anywhere but a registry', () => {
  const elsewhere = Object.entries(file.packages).filter(
    ([, { resolved, link }]) =>
      link === true || (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/')),
  );
  expect(elsewhere.map(([path]) => path)).toEqual([]);
});
