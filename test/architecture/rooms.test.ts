import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const project = join(import.meta.dirname, '../..');
const biome = join(project, 'node_modules/.bin/biome');

/** What may be imported, under its name: all of it, or its types only. */
type Permissions = ReadonlyMap<string, 'all' | 'types'>;

/** The table of rooms in CONTRIBUTING.md: what people are told is what is tested. */
async function readRooms(): Promise<ReadonlyMap<string, Permissions>> {
  const text = await readFile(join(project, 'CONTRIBUTING.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)\/` \|[^|]+\| ([^|]+) \|$/gm)];
  return new Map(rows.map(([, room = '', cell = '']) => [room, readPermissions(cell)]));
}

function readPermissions(cell: string): Permissions {
  if (cell === 'nothing') return new Map();
  return new Map(
    cell.split(', ').map((entry) => [entry.replace(' (types)', ''), entry.endsWith('(types)') ? 'types' : 'all']),
  );
}

const besides = ['config', 'log', 'errors', 'clock'];
const rooms = await readRooms();
/** `config` is the file that everyone may be given; `config/` its inside, which nobody else may. */
const folders = [...rooms.keys()].map((room) => (room === 'config' ? 'config/' : room));
const probes = new Map<string, string>();
let complaints: ReadonlyMap<string, readonly string[]>;
let folder: string;

/** Registers a file for the one Biome run of this suite and returns its path. */
function probe(path: string, source: string): string {
  probes.set(path, source);
  return path;
}

function importProbe(room: string, depth: string, target: string, form: 'all' | 'types'): string {
  const up = depth === '' ? '..' : '../..';
  const source = `${up}/${besides.includes(target) ? `${target}.ts` : `${target.replace('/', '')}/thing.ts`}`;
  const statement = form === 'types' ? `import type { thing } from '${source}';` : `import { thing } from '${source}';`;
  const use = form === 'types' ? 'export type Used = typeof thing;' : 'export const used = thing;';
  return probe(`src/${room}/${depth}${form}-of-${target.replace('/', '-folder')}.ts`, `${statement}\n\n${use}\n`);
}

/** The rules that complained about a file. */
function complaintsOf(path: string): readonly string[] {
  return complaints.get(path) ?? [];
}

interface BiomeReport {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[];
}

async function lint(): Promise<ReadonlyMap<string, readonly string[]>> {
  const run = promisify(execFile);
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '--vcs-enabled=false', '.'];
  // Biome exits with 1 when it has complaints, and it must have some here.
  const output = await run(biome, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).then(
    () => expect.fail('Biome had no complaint at all'),
    (failure: { stdout: string }) => failure.stdout,
  );
  const { diagnostics } = JSON.parse(output) as BiomeReport;
  const byPath = Map.groupBy(diagnostics, ({ location }) => location.path);
  return new Map([...byPath].map(([path, found]) => [path, found.map(({ category }) => category)]));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usage-etl-rooms-'));
  await cp(join(project, 'biome.json'), join(folder, 'biome.json'));
  await cp(join(project, 'scripts/lint'), join(folder, 'scripts/lint'), { recursive: true });
  for (const [path, source] of probes) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), source);
  }
  complaints = await lint();
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const boundary = ['lint/style/noRestrictedImports', 'plugin'];

test('every folder of src is a room of the table in CONTRIBUTING.md', async () => {
  const entries = await readdir(join(project, 'src'), { withFileTypes: true });
  const found = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect([...rooms.keys()]).toEqual(expect.arrayContaining(found));
});

/** What Biome lets a room import of each target, as the probes found it. */
function obtained(found: ReadonlyMap<string, Readonly<Record<'all' | 'types', string>>>): Record<string, string> {
  const passes = (path: string) => !complaintsOf(path).some((rule) => boundary.includes(rule));
  const permission = ({ all, types }: Readonly<Record<'all' | 'types', string>>) =>
    passes(all) ? 'all' : passes(types) ? 'types' : 'nothing';
  return Object.fromEntries([...found].map(([target, paths]) => [target, permission(paths)]));
}

describe.each(['', 'deeper/'])('a file in src/ROOM/%s', (depth) => {
  test.each(
    [...rooms].map(([room, permissions]) => {
      const targets = [...folders, ...besides].filter((target) => target.replace('/', '') !== room);
      const found = targets.map((target): [string, Record<'all' | 'types', string>] => [
        target,
        { all: importProbe(room, depth, target, 'all'), types: importProbe(room, depth, target, 'types') },
      ]);
      const told = targets.map((target) => [target, permissions.get(target) ?? 'nothing']);
      return { room, found: new Map(found), told: Object.fromEntries(told) };
    }),
  )('of $room may import what the table says and nothing else', ({ found, told }) => {
    expect(obtained(found)).toEqual(told);
  });
});

const forbidden = [
  ['re-exporting another room', 'plan', `export { thing } from '../load/thing.ts';`, boundary[0]],
  ['importing another room at run time', 'plan', `export const thing = await import('../db/thing.ts');`, boundary[0]],
  ['undici outside openai', 'run', `import { request } from 'undici';\n\nexport const ask = request;`, boundary[0]],
  ['pg outside db and load', 'run', `import pg from 'pg';\n\nexport const database = pg;`, boundary[0]],
  ['a package in a pure room', 'plan', `import { z } from 'zod';\n\nexport const zod = z;`, boundary[0]],
  [
    'a Node built-in in a pure room',
    'parse',
    `import { open } from 'node:fs/promises';\n\nexport const read = open;`,
    boundary[0],
  ],
  [
    'timers from Node',
    'run',
    `import { setTimeout } from 'node:timers/promises';\n\nexport const wait = setTimeout;`,
    boundary[0],
  ],
  ['the present instant', 'run', 'export const now = new Date();', 'plugin'],
  ['Date.now', 'cli', 'export const now = Date.now();', 'plugin'],
  ['a timer', 'db', 'export const timer = setTimeout(() => 1, 5);', 'lint/style/noRestrictedGlobals'],
  ['the environment', 'run', `export const key = process.env['KEY'];`, 'lint/style/noProcessEnv'],
  ['ending the process', 'run', 'process.exit(1);', 'lint/nursery/noProcessExit'],
  ['the console', 'load', `console.log('hello');`, 'lint/suspicious/noConsole'],
  ['a default export', 'load', 'export default 1;', 'lint/style/noDefaultExport'],
  ['an ignored promise', 'load', 'async function later() {}\n\nlater();', 'lint/nursery/noFloatingPromises'],
  ['a non-null assertion', 'load', 'export const one = (list: number[]) => list[0]!;', 'lint/style/noNonNullAssertion'],
  ['any', 'load', 'export const anything: any = 1;', 'lint/suspicious/noExplicitAny'],
] as const;

test.each(
  forbidden.map(([what, room, source, rule], index) => ({
    what,
    room,
    rule,
    path: probe(`src/${room}/forbidden-${index}.ts`, `${source}\n`),
  })),
)('$what is refused in $room', ({ path, rule }) => {
  expect(complaintsOf(path)).toContain(rule);
});

const allowed = [
  ['a Date made of a number', 'plan', 'export const epoch = new Date(0);'],
  ['undici in openai', 'openai', `import { request } from 'undici';\n\nexport const ask = request;`],
  ['the console in cli', 'cli', `console.log('hello');`],
] as const;

test.each(
  allowed.map(([what, room, source], index) => ({
    what,
    path: probe(`src/${room}/allowed-${index}.ts`, `${source}\n`),
  })),
)('$what is fine', ({ path }) => {
  expect(complaintsOf(path)).toEqual([]);
});
