import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { emptyFolder, type Finished, finished } from '../cli/command.ts';

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;
const othersBits = 0o077;

/** Runs the program under a umask, as a shell or a service manager sets it. */
function runUnder(umask: string, args: readonly string[], cwd: string): Promise<Finished> {
  const script = 'umask "$0" && exec "$@"';
  const env = { PATH: process.env['PATH'] ?? '', USAGE_ETL_DATA_DIR: join(cwd, 'data') };
  const child = spawn('/bin/sh', ['-c', script, umask, process.execPath, program, ...args], { cwd, env });
  child.stdin.end();
  return finished(child);
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

it.each(['000', '022', '077'])('init writes a file that only its owner can read, under umask %s', async (umask) => {
  const folder = emptyFolder();
  expect((await runUnder(umask, ['init'], folder)).exit).toBe(0);
  expect(modeOf(join(folder, 'usage-etl.yaml'))).toBe(0o600);
});

it('the data folder and all in it is closed to others, under a umask that is open to all', async () => {
  const cwd = emptyFolder();
  // As root the server runs as another user, who must be able to enter.
  chmodSync(cwd, 0o755);
  try {
    const started = await runUnder('000', ['db', 'start'], cwd);
    expect(started.exit, started.stderr).toBe(0);
    const folder = join(cwd, 'data');
    expect(modeOf(folder)).toBe(isRoot ? 0o711 : 0o700);
    expect(modeOf(join(folder, 'server'))).toBe(0o700);
    expect(modeOf(join(folder, 'server', 'password'))).toBe(0o600);
    const entries = await readdir(join(folder, 'server'), { recursive: true });
    const modes = await Promise.all(
      entries.map(async (name) => ({
        name,
        mode: (await stat(join(folder, 'server', name)).catch(() => null))?.mode ?? 0,
      })),
    );
    expect(modes.length).toBeGreaterThan(100);
    expect(modes.filter(({ mode }) => (mode & othersBits) !== 0)).toEqual([]);
  } finally {
    await runUnder('000', ['db', 'stop'], cwd);
  }
}, 60_000);

it('a data folder that was there keeps its mode', async () => {
  const cwd = emptyFolder();
  chmodSync(cwd, 0o755);
  mkdirSync(join(cwd, 'data'));
  chmodSync(join(cwd, 'data'), 0o755);
  try {
    expect((await runUnder('022', ['db', 'start'], cwd)).exit).toBe(0);
    expect(modeOf(join(cwd, 'data'))).toBe(0o755);
  } finally {
    await runUnder('022', ['db', 'stop'], cwd);
  }
}, 60_000);
