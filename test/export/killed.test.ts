import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { livePaths } from '../../src/export/manifest.ts';
import { finished, start } from '../cli/command.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import { openDuckDb } from './duckdb.ts';
import { checked, exported, folderPlace, newFolder } from './places.ts';
import { duckDbLines, manifestOf } from './rows.ts';

let nights: Nights;

beforeAll(async () => {
  nights = await liveThroughNights({ datasets: [completions, embeddings, costs], days: 60 });
  await nights.sync();
}, 120_000);
afterAll(() => nights.close());

const names = ['completions', 'embeddings', 'costs', 'projects'];

async function entries(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}

/** Everything that a reader finds by the manifest; it fails where a file is missing or cut short. */
async function readable(folder: string): Promise<string> {
  const ask = await openDuckDb();
  const { streams } = await manifestOf(folder);
  const lines = await Promise.all(streams.map((stream) => duckDbLines(ask, folder, stream)));
  return JSON.stringify(lines);
}

/** Resolves as soon as something is true of the folder, looking as often as it can. */
async function until(folder: string, reached: (names: readonly string[]) => boolean): Promise<void> {
  for (;;) {
    const found = await entries(folder).catch(() => []);
    if (reached(found)) return;
  }
}

const aside = (found: readonly string[]) => found.some((path) => path.startsWith('.tmp-'));
const filesPut = (found: readonly string[]) => found.filter((path) => path.startsWith('dataset=')).length;

describe('an export that is killed', () => {
  it.each([
    ['as soon as it writes aside', () => aside],
    ['after its first file', (before: number) => (found: readonly string[]) => filesPut(found) > before],
    ['after its third file', (before: number) => (found: readonly string[]) => filesPut(found) > before + 2],
  ])(
    '%s leaves the one before readable, and the next one right',
    async (_when, moment) => {
      const folder = newFolder();
      await exported(nights, folderPlace(folder), { names });
      const before = await readable(folder);
      const days = Array.from({ length: 50 }, (_, back) => daysBack(nights, back + 1));
      nights.simulator.restate(days.map((day) => ({ dataset: 'completions', day, kind: 'scale', factor: 1.125 })));
      nights.simulator.restate(days.map((day) => ({ dataset: 'embeddings', day, kind: 'scale', factor: 1.125 })));
      nights.clock.advance(24 * 3_600_000);
      await nights.sync({
        command: 'backfill',
        datasets: ['completions', 'embeddings'],
        from: daysBack(nights, 55),
        refetch: true,
        acceptRestatement: true,
      });
      const child = start(['export', '--out', folder], { env: { DATABASE_URL: nights.database.url } });
      const ended = finished(child);
      await until(folder, moment(filesPut(await entries(folder))));
      child.kill('SIGKILL');
      expect((await ended).exit).toBeNull();
      expect(await readable(folder)).toBe(before);
      await exported(nights, folderPlace(folder));
      expect(await checked(nights, folderPlace(folder))).toMatchObject({ status: 'equal' });
      const manifest = await manifestOf(folder);
      expect(await entries(folder)).toEqual(['.usage-etl-export', ...livePaths(manifest), 'manifest.json'].sort());
    },
    60_000,
  );

  it('at its first attempt leaves a folder that the next one takes up', async () => {
    const folder = newFolder();
    const child = start(['export', ...names, '--out', folder], { env: { DATABASE_URL: nights.database.url } });
    const ended = finished(child);
    await until(folder, (found) => filesPut(found) > 0);
    child.kill('SIGKILL');
    expect((await ended).exit).toBeNull();
    expect(await entries(folder)).not.toContain('manifest.json');
    await exported(nights, folderPlace(folder), { names });
    expect(await checked(nights, folderPlace(folder))).toMatchObject({ status: 'equal' });
    expect((await entries(folder)).filter((path) => path.startsWith('.tmp-'))).toEqual([]);
  }, 60_000);

  it('by Ctrl+C takes back what it has put, and says that it was interrupted', async () => {
    const folder = newFolder();
    const child = start(['export', ...names, '--out', folder], { env: { DATABASE_URL: nights.database.url } });
    const ended = finished(child);
    await until(folder, (found) => filesPut(found) > 0);
    child.kill('SIGINT');
    const { exit, stderr } = await ended;
    expect({ exit, stderr }).toEqual({ exit: 130, stderr: expect.stringContaining('interrupted') });
    expect(await entries(folder)).toEqual(['.usage-etl-export']);
  }, 60_000);
});

describe('a place without room or rights', () => {
  it('that is full is one error that says so; what was there stays', async () => {
    const folder = newFolder();
    await exported(nights, folderPlace(folder), { names: ['projects'] });
    const [held, before] = [await entries(folder), await readable(folder)];
    // A limit on the size of files, in blocks of 1024 bytes, stands for a disk without room.
    const command = `ulimit -f 8; exec "${process.execPath}" src/cli/main.ts export completions --out "${folder}"`;
    const child = spawn('bash', ['-c', command], {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: nights.database.url },
    });
    const { exit, stderr } = await finished(child);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringMatching(/cannot be used: EFBIG/) });
    expect([await entries(folder), await readable(folder)]).toEqual([held, before]);
  }, 60_000);

  it.each([
    ['is a file', 'thesis.txt'],
    ['is below a file', 'thesis.txt/lake'],
  ])('that %s is one error, and the file stays', async (_what, path) => {
    const parent = newFolder();
    await mkdir(parent);
    await writeFile(join(parent, 'thesis.txt'), 'precious');
    await expect(exported(nights, folderPlace(join(parent, path)), { names: ['projects'] })).rejects.toMatchObject({
      code: 'target_unusable',
      exit: 1,
    });
    expect(await entries(parent)).toEqual(['thesis.txt']);
  });
});
