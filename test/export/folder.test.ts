import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { livePaths, manifestText } from '../../src/export/manifest.ts';
import { type BiWorld, biWorld } from '../support/bi-world.ts';
import { checked, exported, folderPlace, newFolder } from './places.ts';
import { manifestOf } from './rows.ts';

let world: BiWorld;

beforeAll(async () => {
  world = await biWorld({ widths: ['1d'] });
}, 120_000);
afterAll(() => world.close());

const names = ['costs', 'completions', 'projects'];

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}

/** The permissions of a folder and of all in it, by path. */
async function modesOf(folder: string): Promise<ReadonlyMap<string, number>> {
  const names = ['.', ...(await readdir(folder, { recursive: true }))];
  return new Map(
    await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).mode & 0o777] as const)),
  );
}

describe('a folder that is exported to', () => {
  it('holds the manifest, the files it names and nothing else', async () => {
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder), { names });
    const manifest = await manifestOf(folder);
    expect(await filesOf(folder)).toEqual(['.usage-etl-export', ...livePaths(manifest), 'manifest.json'].sort());
    expect(manifest.streams.flatMap(({ files }) => files.map(({ path }) => path.replace(/-[0-9a-f]{16}/, '')))).toEqual(
      expect.arrayContaining(['dataset=costs/month=2026-11/part.parquet', 'dataset=projects/part.parquet']),
    );
  });

  it('is closed to others where the export makes it, and so is all in it', async () => {
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder), { names });
    const modes = await modesOf(folder);
    expect(modes.get('.')).toBe(0o700);
    expect([...modes].filter(([, mode]) => (mode & 0o077) !== 0)).toEqual([]);
  });

  it('makes files as open as it is where it was there before', async () => {
    const folder = newFolder();
    await mkdir(folder);
    await chmod(folder, 0o750);
    await exported(world.nights, folderPlace(folder), { names });
    const modes = await modesOf(folder);
    expect(modes.get('manifest.json')).toBe(0o640);
    expect(modes.get('dataset=costs')).toBe(0o750);
    expect([...modes].filter(([, mode]) => (mode & 0o007) !== 0)).toEqual([]);
  });

  it('has no part that is a link: what is written there would be somewhere else', async () => {
    const folder = newFolder();
    const elsewhere = newFolder();
    await mkdir(elsewhere);
    await exported(world.nights, folderPlace(folder), { names: ['projects'] });
    await symlink(elsewhere, join(folder, 'dataset=costs'));
    await expect(exported(world.nights, folderPlace(folder), { names })).rejects.toMatchObject({
      code: 'target_foreign',
      message: expect.stringContaining('dataset=costs'),
    });
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('equals the store when checked, and says which file is missing or damaged', async () => {
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder), { names });
    expect(await checked(world.nights, folderPlace(folder))).toMatchObject({ status: 'equal', exit_code: 0 });
    const [first = '', second = ''] = livePaths(await manifestOf(folder));
    await rm(join(folder, first));
    await appendFile(join(folder, second), 'x');
    const report = await checked(world.nights, folderPlace(folder));
    expect(report).toMatchObject({ status: 'broken', exit_code: 1 });
    expect(report.partitions.filter(({ verdict }) => verdict !== 'equal')).toMatchObject([
      { path: first, verdict: 'missing' },
      { path: second, verdict: 'damaged' },
    ]);
  });

  it('is broken when its sums are others than those of the store, though nothing changed since', async () => {
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder), { names: ['costs'] });
    const manifest = await manifestOf(folder);
    const streams = manifest.streams.map((stream) => ({
      ...stream,
      files: stream.files.map((file) => ({ ...file, sums: { ...file.sums, amount_value: '1' } })),
    }));
    await writeFile(join(folder, 'manifest.json'), manifestText({ ...manifest, streams }));
    const { partitions, exit_code } = await checked(world.nights, folderPlace(folder));
    expect(new Set(partitions.map(({ verdict }) => verdict))).toEqual(new Set(['different']));
    expect(exit_code).toBe(1);
  });

  it('stays untouched when it holds something else', async () => {
    const folder = newFolder();
    await mkdir(folder);
    await writeFile(join(folder, 'thesis.txt'), 'precious');
    await expect(exported(world.nights, folderPlace(folder), { names, full: true })).rejects.toMatchObject({
      code: 'target_foreign',
    });
    expect(await filesOf(folder)).toEqual(['thesis.txt']);
  });

  it('stays untouched when its manifest is of another program', async () => {
    const folder = newFolder();
    await mkdir(folder);
    await writeFile(join(folder, 'manifest.json'), '{"name":"a web page"}');
    await expect(exported(world.nights, folderPlace(folder), { names, full: true })).rejects.toMatchObject({
      code: 'target_foreign',
    });
    expect(await readFile(join(folder, 'manifest.json'), 'utf8')).toBe('{"name":"a web page"}');
  });

  it('keeps its format unless all of it is written anew', async () => {
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder), { names });
    await expect(exported(world.nights, folderPlace(folder), { names, format: 'csv' })).rejects.toMatchObject({
      code: 'target_foreign',
      message: expect.stringContaining('parquet'),
    });
    await exported(world.nights, folderPlace(folder), { names, format: 'csv', full: true });
    const manifest = await manifestOf(folder);
    expect(manifest.format).toBe('csv');
    expect(manifest.retired.every((path) => path.endsWith('.parquet'))).toBe(true);
    expect(await checked(world.nights, folderPlace(folder))).toMatchObject({ status: 'equal' });
  });

  it('keeps what it holds together: a new name joins, and all are brought to one instant', async () => {
    const folder = newFolder();
    await exported(world.nights, folderPlace(folder), { names: ['costs'] });
    await exported(world.nights, folderPlace(folder), { names: ['projects'] });
    const held = await manifestOf(folder);
    expect(held.streams.map(({ name }) => name)).toEqual(['costs', 'projects']);
    await exported(world.nights, folderPlace(folder), { names: ['projects'], full: true });
    expect((await manifestOf(folder)).streams.map(({ name }) => name)).toEqual(['projects']);
  });

  it('refuses names that nothing has, all at once', async () => {
    const folder = newFolder();
    const asked = exported(world.nights, folderPlace(folder), { names: ['cost', 'openai_etl.runs', 'costs'] });
    await expect(asked).rejects.toMatchObject({
      code: 'arguments_invalid',
      message: 'nothing to export is called "cost", "openai_etl.runs"',
    });
  });
});
