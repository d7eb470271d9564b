import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type EmbeddedUse, embeddedServer, useEmbeddedServer } from '../../src/db/embedded.ts';
import { withoutProof } from '../../src/db/proved-client.ts';
import { openStore } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import { type Command, type CommandOptions, startCommand } from '../support/embedded-process.ts';

let folder: string;
let dataDir: string;
let uses: EmbeddedUse[] = [];
let commands: Command[] = [];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'embedded-')));
  // As root the server runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  await Promise.all([...uses.map((use) => use.release()), ...commands.map((command) => command.finish())]);
  [uses, commands] = [[], []];
  await server().stop();
  await rm(folder, { recursive: true });
});

function server(at = dataDir) {
  return embeddedServer({ dataDir: at, clock: systemClock, log: silentLog });
}

async function use(at = dataDir): Promise<EmbeddedUse> {
  const used = await useEmbeddedServer({ dataDir: at, clock: systemClock, log: silentLog });
  uses.push(used);
  return used;
}

async function command(options: Partial<CommandOptions> = {}): Promise<Command> {
  const started = await startCommand({ dataDir, ...options });
  commands.push(started);
  return started;
}

async function ask(url: string, query: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query({ text: query, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

/** Kills the server's first process as the kernel does when memory runs out. */
async function crash(): Promise<void> {
  const { pid } = await server().status();
  if (pid !== null) process.kill(pid, 'SIGKILL');
}

describe('the first start', () => {
  test('sets up a UTF-8 database with checksums that only loopback reaches and only the password opens', async () => {
    const { url } = await use();
    expect(await ask(url, 'select current_database()')).toBe('usage_etl');
    expect(await ask(url, 'show server_encoding')).toBe('UTF8');
    expect(await ask(url, 'select datcollate from pg_database where datname = current_database()')).toBe('C');
    expect(await ask(url, 'show data_checksums')).toBe('on');
    expect(await ask(url, 'show listen_addresses')).toBe('127.0.0.1');
    expect(await ask(url, 'show password_encryption')).toBe('scram-sha-256');
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await expect(ask(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
  });

  test('keeps everything private and out of version control', async () => {
    await use();
    const modes = await Promise.all(
      ['server', 'server/data', 'server/password', 'server/log'].map((name) => stat(join(dataDir, name))),
    );
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '700', '600', '600']);
    expect(await readFile(join(dataDir, '.gitignore'), 'utf8')).toBe('*\n');
    expect((await readdir(dataDir)).toSorted()).toEqual(['.gitignore', 'server']);
  });

  test('serves a store like any other database', async () => {
    const store = await openStore({ databaseUrl: null, dataDir, clock: systemClock, log: silentLog });
    expect(store.embedded).toBe(true);
    const { rows } = await store.pool.query('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
    await store.close();
    expect(await server().status()).toMatchObject({ running: false });
  });

  test('happens once when three processes start at the same moment', async () => {
    const started = await Promise.all([command(), command(), command()]);
    const [first, ...others] = started.map(({ answer }) => answer.url);
    expect(first).toMatch(/^postgres:/);
    expect(others).toEqual([first, first]);
    expect(await server().status()).toMatchObject({ running: true, users: 3 });
    expect((await readdir(dataDir)).toSorted()).toEqual(['.gitignore', 'server']);
  });

  test('works where the data folder is given relative to the working folder', async () => {
    const { answer } = await command({ dataDir: './data', cwd: folder });
    expect((await use()).url).toBe(answer.url);
  });
});

describe('a running server', () => {
  test('is shared, and stopped when the last of its users leaves, in whatever order', async () => {
    const [first, second] = [await command(), await command()];
    const used = await use();
    expect(used.url).toBe(first.answer.url);
    await first.finish();
    await used.release();
    expect(await server().status()).toMatchObject({ running: true, users: 1 });
    await second.finish();
    expect(await server().status()).toMatchObject({ running: false, url: null });
  });

  test('is stopped also when its last users leave at the same moment', async () => {
    // Several rounds: who sees whom leave is a race, and every outcome of it must end the same.
    for (let round = 0; round < 6; round += 1) {
      const users = await Promise.all([use(), use(), use(), use()]);
      await Promise.all(users.map((user) => user.release()));
      expect(await server().status()).toMatchObject({ running: false });
    }
  });

  test('is started again by a command that comes while the last user stops it', async () => {
    const first = await use();
    const [, second] = await Promise.all([first.release(), use()]);
    expect(await ask(second.url, 'select 1')).toBe(1);
  });

  test('comes back with its data, its password and its port', async () => {
    const first = await use();
    await ask(first.url, 'create table remembered as select 42 as value');
    await first.release();
    const second = await use();
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select value from remembered')).toBe(42);
  });

  test('takes another port when somebody else has its own by now', async () => {
    const first = await use();
    await first.release();
    const squatter = await use(join(folder, 'other'));
    await writeFile(join(dataDir, 'server/port'), `${new URL(squatter.url).port}\n`);
    const second = await use();
    expect(second.url).not.toBe(squatter.url);
    expect(await ask(second.url, 'select 1')).toBe(1);
    await squatter.release();
  });

  test('outlives a command that is killed, and is stopped by the next one to end', async () => {
    const killed = await command();
    await killed.kill();
    const { pid } = await server().status();
    const next = await use();
    expect(next.url).toBe(killed.answer.url);
    expect(await server().status()).toMatchObject({ pid, users: 1 });
    await next.release();
    expect(await server().status()).toMatchObject({ running: false });
  });
});

describe('after a crash', () => {
  test('the server recovers with everything that was committed', async () => {
    const used = await use();
    await ask(used.url, 'create table remembered as select generate_series(1, 1000) as value');
    await crash();
    const next = await use();
    expect(await ask(next.url, 'select count(*)::int from remembered')).toBe(1000);
    await used.release();
    expect(await ask(next.url, 'select 1')).toBe(1);
  });

  test('a process that was given the number of the crashed server is not taken for it', async () => {
    const { url } = await use();
    await ask(url, 'create table remembered as select 42 as value');
    await crash();
    const { uid, gid } = await stat(join(dataDir, 'server'));
    const stranger = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid, gid } : {});
    await once(stranger, 'spawn');
    const note = join(dataDir, 'server/data/postmaster.pid');
    await writeFile(note, (await readFile(note, 'utf8')).replace(/^\d+/, `${stranger.pid}`));
    const next = await use();
    expect(await ask(next.url, 'select value from remembered')).toBe(42);
    stranger.kill();
  });

  test('a copy of the data folder gets a server of its own, even while the original runs', async () => {
    const original = await use();
    const copy = join(folder, 'copy');
    await cp(dataDir, copy, { recursive: true, preserveTimestamps: true });
    const { uid, gid } = await stat(join(dataDir, 'server'));
    const owned = spawn('chown', ['-R', `${uid}:${gid}`, join(copy, 'server')]);
    await once(owned, 'exit');
    const second = await use(copy);
    expect(new URL(second.url).port).not.toBe(new URL(original.url).port);
    expect(await ask(second.url, 'show data_directory')).toBe(join(copy, 'server/data'));
    await second.release();
    expect(await ask(original.url, 'select 1')).toBe(1);
  });
});

describe('the server for people', () => {
  test('stays up from start until stop, whichever commands come and go', async () => {
    await server().start(true);
    await (await use()).release();
    const { answer } = await command();
    expect(await server().status()).toMatchObject({
      running: true,
      kept: true,
      users: 1,
      url: withoutProof(String(answer.url)),
      folder: join(dataDir, 'server'),
    });
    await commands.pop()?.finish();
    expect(await server().stop()).toBe('stopped');
    expect(await server().status()).toMatchObject({ running: false, kept: false, port: null, pid: null });
  });

  test('is not torn from under a command: told to stop, it stops when that ends', async () => {
    await server().start(true);
    const used = await use();
    expect(await server().stop()).toBe('in_use');
    expect(await ask(used.url, 'select 1')).toBe(1);
    await used.release();
    expect(await server().status()).toMatchObject({ running: false });
  });

  test('started without being kept, it stops with the next command that ends', async () => {
    await server().start(false);
    expect(await server().status()).toMatchObject({ running: true, kept: false, users: 0 });
    await (await use()).release();
    expect(await server().status()).toMatchObject({ running: false });
  });

  test('is up and kept once its URL has been asked for', async () => {
    const url = await server().url();
    expect(await ask(url, 'select 1')).toBe(1);
    expect(await server().status()).toMatchObject({ kept: true, url });
    expect(await server().url()).toBe(url);
  });

  test('is not brought to life by asking how it is or stopping it', async () => {
    expect(await server().status()).toEqual({
      running: false,
      kept: false,
      users: 0,
      url: null,
      port: null,
      pid: null,
      folder: null,
    });
    expect(await server().stop()).toBe('not_running');
    await expect(stat(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is not kept any more after a crash', async () => {
    await server().start(true);
    await crash();
    await (await use()).release();
    expect(await server().status()).toMatchObject({ running: false });
  });
});

describe('a folder that cannot be used', () => {
  test('because a file is in its place is named', async () => {
    await writeFile(dataDir, 'not a folder');
    await expect(use()).rejects.toMatchObject({ code: 'folder_unusable', message: expect.stringContaining(dataDir) });
    await rm(dataDir);
  });

  test('because it is below a file is named', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(use(join(folder, 'file/data'))).rejects.toMatchObject({ code: 'folder_unusable' });
  });

  test('because another PostgreSQL made its data is named with both versions', async () => {
    await mkdir(join(dataDir, 'server/data'), { recursive: true });
    await chmod(join(dataDir, 'server'), 0o700);
    await writeFile(join(dataDir, 'server/password'), 'x\n', { mode: 0o600 });
    await writeFile(join(dataDir, 'server/data/PG_VERSION'), '12\n');
    await expect(use()).rejects.toMatchObject({
      code: 'embedded_unavailable',
      message: expect.stringMatching(/made by PostgreSQL 12; .* PostgreSQL \d+, which cannot read it/),
    });
  });
});
