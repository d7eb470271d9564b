import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { embeddedServer } from '../../src/db/embedded.ts';
import { silentLog } from '../../src/log.ts';
import { run } from '../cli/command.ts';

/** A real second user of this machine, who is no friend. Only root can make one, as which CI runs. */
const other = `etl_other_${process.pid}`;
let uid = 0;
let folder: string;

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('NOT TRIED: attacks of a second user; only root can make one');

beforeAll(() => {
  if (!isRoot) return;
  execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', other]);
  uid = Number(execFileSync('id', ['-u', other]));
});
afterAll(() => {
  if (isRoot) execFileSync('userdel', [other]);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'other-users-'));
  chmodSync(folder, 0o755);
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
});

function asOther(script: string): string {
  return execFileSync('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '/bin/sh', '-c', script], {
    cwd: '/',
    encoding: 'utf8',
  });
}

function server(dataDir: string) {
  return embeddedServer({ dataDir, clock: systemClock, log: silentLog });
}

describe.runIf(isRoot)('a data folder', () => {
  test('of another user is not taken, wherever it is', async () => {
    const planted = join(folder, 'planted');
    mkdirSync(planted);
    chownSync(planted, uid, uid);
    await expect(server(planted).start(true)).rejects.toMatchObject({ code: 'folder_unusable' });
    await expect(server(join(planted, 'usage-etl-data')).start(true)).rejects.toThrow(`belongs to user ${uid}`);
    expect(existsSync(join(planted, 'usage-etl-data'))).toBe(false);
  });

  test.each([
    ['itself', '', 0o777],
    ['itself, though nobody else can rename in it', '', 0o1777],
    ['above it', 'within', 0o777],
    ['above it, by a group', 'within', 0o775],
  ])('that others may write is refused: %s', async (_title, within, mode) => {
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, mode);
    if (mode === 0o775) chownSync(open, 0, uid);
    await expect(server(join(open, within)).start(true)).rejects.toMatchObject({
      code: 'folder_unusable',
      message: expect.stringContaining('may be written by other users'),
    });
  });

  test('reached by a link is judged by where it leads', async () => {
    const planted = join(folder, 'planted');
    mkdirSync(planted);
    chownSync(planted, uid, uid);
    symlinkSync(planted, join(folder, 'link'));
    await expect(server(join(folder, 'link')).start(true)).rejects.toThrow(`belongs to user ${uid}`);
  });

  test('reached by a link of another user is refused, though it leads to what is ours', async () => {
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    mkdirSync(join(folder, 'mine'));
    symlinkSync(join(folder, 'mine'), join(shared, 'link'));
    lchownSync(join(shared, 'link'), uid, uid);
    await expect(server(join(shared, 'link')).start(true)).rejects.toThrow(`link belongs to user ${uid}`);
  });

  test('that is a link to a shared folder is no folder of ours', async () => {
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    symlinkSync(shared, join(folder, 'link'));
    await expect(server(join(folder, 'link')).start(true)).rejects.toThrow('may be written by other users');
  });

  test('in a shared sticky folder is used where it is ours', async () => {
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const mine = server(join(shared, 'mine'));
    await mine.start(true);
    expect(await mine.status()).toMatchObject({ running: true });
    await mine.stop();
  }, 60_000);
});

describe.runIf(isRoot)('a usage-etl.yaml that nobody has named', () => {
  const text = 'base_url: https://elsewhere.example.com/v1\n';
  const env = { OPENAI_ADMIN_KEY: 'sk-admin-not-for-strangers', DATABASE_URL: 'postgres://127.0.0.1:1/none' };

  test.each([
    ['of another user', (file: string) => chownSync(file, uid, uid), () => `belongs to user ${uid}`],
    ['that others may write', (file: string) => chmodSync(file, 0o666), () => 'may be written by other users'],
    [
      'that a link leads to',
      (file: string) => {
        renameSync(file, `${file}.planted`);
        chownSync(`${file}.planted`, uid, uid);
        symlinkSync(`${file}.planted`, file);
      },
      () => `belongs to user ${uid}`,
    ],
  ])('says nothing of where the key is sent: one %s', async (_title, plant, says) => {
    const file = join(folder, 'usage-etl.yaml');
    writeFileSync(file, text);
    plant(file);
    const found = await run(['check'], { cwd: folder, env });
    expect(found).toMatchObject({ exit: 2, stdout: '' });
    expect(found.stderr).toContain(`usage-etl.yaml: ${says()}, and nobody has named it`);
    expect(found.stderr).not.toContain('elsewhere');
    // Named, it is meant.
    expect((await run(['check', '--config', file], { cwd: folder, env })).exit).not.toBe(2);
  });

  test('is believed where a link leads to a file of ours, as mounts of Kubernetes do', async () => {
    mkdirSync(join(folder, '..data'));
    writeFileSync(join(folder, '..data/usage-etl.yaml'), 'start: never\n');
    symlinkSync('..data/usage-etl.yaml', join(folder, 'usage-etl.yaml'));
    expect((await run(['check'], { cwd: folder, env })).stderr).toContain('usage-etl.yaml:1 start');
  });

  test('that is a pipe is not waited for', async () => {
    execFileSync('mkfifo', [join(folder, 'usage-etl.yaml')]);
    const found = await run(['check'], { cwd: folder, env });
    expect(found.exit).toBe(2);
    expect(found.stderr).toContain('usage-etl.yaml: cannot be read');
  });
});

describe.runIf(isRoot)('the files of the embedded server', () => {
  test('are read by nobody else, and no other file is read in their place', async () => {
    const dataDir = join(folder, 'data');
    const mine = server(dataDir);
    await mine.start(true);
    const { folder: files, pid } = await mine.status();
    if (files === null || pid === null) throw new Error('it does not run');
    try {
      expect(() => asOther(`cat ${files}/password`)).toThrow();
      expect(() => asOther(`ls ${files}/data`)).toThrow();
      const password = readFileSync(join(files, 'password'), 'utf8');
      rmSync(join(files, 'password'));
      const elsewhere = join(folder, 'elsewhere');
      writeFileSync(elsewhere, password, { mode: 0o600 });
      symlinkSync(elsewhere, join(files, 'password'));
      await expect(mine.status()).rejects.toMatchObject({ code: 'folder_unusable' });
      rmSync(join(files, 'password'));
      execFileSync('mkfifo', ['-m', '600', join(files, 'password')]);
      await expect(mine.status()).rejects.toMatchObject({ code: 'folder_unusable' });
      rmSync(join(files, 'password'));
      const { uid: owner, gid } = {
        uid: Number(execFileSync('stat', ['-c', '%u', files])),
        gid: Number(execFileSync('stat', ['-c', '%g', files])),
      };
      writeFileSync(join(files, 'password'), password, { mode: 0o644 });
      chownSync(join(files, 'password'), owner, gid);
      await expect(mine.status()).rejects.toThrow('is open to other users');
      chmodSync(join(files, 'password'), 0o600);
      expect(await mine.status()).toMatchObject({ running: true });
    } finally {
      await mine.stop();
    }
  }, 60_000);

  test('that were opened to others are not used', async () => {
    const dataDir = join(folder, 'data');
    const mine = server(dataDir);
    await mine.start(true);
    const { folder: files } = await mine.status();
    await mine.stop();
    chmodSync(String(files), 0o755);
    await expect(mine.start(true)).rejects.toThrow('is open to other users');
    chmodSync(String(files), 0o700);
    await mine.start(true);
    await mine.stop();
  }, 60_000);

  test('name no process of another user that is then ended', async () => {
    const dataDir = join(folder, 'data');
    const mine = server(dataDir);
    await mine.start(true);
    const { folder: files, pid } = await mine.status();
    if (files === null || pid === null) throw new Error('it does not run');
    const note = join(files, 'data/postmaster.pid');
    const honest = readFileSync(note, 'utf8');
    const victim = Number(asOther('sleep 60 >/dev/null 2>&1 & echo $!'));
    onTestFinished(() => {
      process.kill(victim, 'SIGKILL');
    });
    writeFileSync(note, honest.replace(/^\d+/, String(victim)));
    expect(await mine.status()).toMatchObject({ running: false });
    expect(await mine.stop()).toBe('not_running');
    expect(() => process.kill(victim, 0)).not.toThrow();
    writeFileSync(note, honest);
    expect(await mine.stop()).toBe('stopped');
  }, 60_000);

  test('are closed in time, however many of another user hold connections and say nothing', async () => {
    const mine = server(join(folder, 'data'));
    await mine.start(true);
    const { port } = await mine.status();
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const script = [
      'let held = 0;',
      `const note = () => { held += 1; if (held === 60) require('fs').writeFileSync('${shared}/held', ''); };`,
      `for (let i = 0; i < 60; i++) require('net').connect(${port}, '127.0.0.1', note).on('error', () => {});`,
      'setTimeout(() => process.exit(), 30000);',
    ].join(' ');
    const holding = asOther(`'${process.execPath}' -e "${script}" >/dev/null 2>&1 & echo $!`);
    onTestFinished(() => {
      process.kill(Number(holding), 'SIGKILL');
    });
    await expect.poll(() => existsSync(join(shared, 'held')), { timeout: 10_000 }).toBe(true);
    const began = performance.now();
    await expect.poll(() => mine.stop().catch(() => 'not yet'), { timeout: 15_000 }).toBe('stopped');
    expect(performance.now() - began).toBeLessThan(12_000);
  }, 60_000);
});
