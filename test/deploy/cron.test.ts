import { execFile } from 'node:child_process';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { validate } from 'node-cron';
import { describe, expect, test } from 'vitest';
import { emptyFolder } from '../cli/command.ts';
import { parsedByProgram } from './command-lines.ts';

const folder = join(import.meta.dirname, '../../deploy/cron');
const wrapper = join(folder, 'usage-etl-quietly');
const lines = (await readFile(join(folder, 'usage-etl'), 'utf8')).split('\n');
const said = lines.filter((line) => line !== '' && !line.startsWith('#'));

describe('the crontab', () => {
  const settings = said.filter((line) => /^[A-Z]+=/.test(line));
  const jobs = said.filter((line) => !settings.includes(line));

  test('says whom to write and where programs are', () => {
    expect(settings.map((line) => line.split('=')[0])).toEqual(['MAILTO', 'PATH']);
  });

  test('ends in a line break, without which cron ignores its last line', () => {
    expect(lines.at(-1)).toBe('');
  });

  test.each(jobs)('has a time, a user and a command that exists: %s', async (job) => {
    const [minute, hour, day, month, weekday, user, program, ...args] = job.split(/\s+/);
    expect(validate([minute, hour, day, month, weekday].join(' '))).toBe(true);
    expect(user).toBe('usage-etl');
    expect(program).toBe('usage-etl-quietly');
    expect(job).not.toContain('%');
    expect(await parsedByProgram([...args, '--quiet'])).toBe(args[0]);
  });

  test('syncs every night', () => {
    expect(jobs.filter((job) => /^\d+ \d+ \* \* \* .* sync$/.test(job))).toHaveLength(1);
  });
});

/** Runs the wrapper where `usage-etl` is a program that says what it was given and ends with the code. */
async function quietly(code: number, args: readonly string[]) {
  const place = emptyFolder();
  const environment = join(place, 'environment');
  await writeFile(environment, "# a comment\nDATABASE_URL='postgres://etl@db/usage?sslmode=verify-full&x=1'\n");
  const program = join(place, 'usage-etl');
  await writeFile(
    program,
    `#!/bin/sh\necho "$DATABASE_URL" "$@"\nprintf '%s\\n' 'one \\n problem' >&2\nexit ${code}\n`,
  );
  await chmod(program, 0o755);
  const env = { PATH: `${place}:/usr/bin:/bin`, USAGE_ETL_ENVIRONMENT: environment };
  return new Promise<{ exit: number; printed: string }>((resolve) => {
    const child = execFile(wrapper, args, { env }, (_, stdout, stderr) =>
      resolve({ exit: child.exitCode ?? -1, printed: stdout + stderr }),
    );
  });
}

describe('the command that cron runs', () => {
  test('is executable', async () => {
    expect((await stat(wrapper)).mode & 0o111).toBe(0o111);
  });

  test.each([0, 75])('says nothing when the program ends with %i, so that no mail is sent', async (code) => {
    expect(await quietly(code, ['sync'])).toEqual({ exit: 0, printed: '' });
  });

  test.each([1, 2, 3, 4, 143])('says everything when the program ends with %i, and ends with it', async (code) => {
    const { exit, printed } = await quietly(code, ['sync', '--dataset', 'costs']);
    expect(exit).toBe(code);
    expect(printed.split('\n')).toEqual([
      'postgres://etl@db/usage?sslmode=verify-full&x=1 sync --dataset costs --quiet',
      'one \\n problem',
      '',
      `usage-etl sync --dataset costs ended with exit code ${code}.`,
      '',
    ]);
  });

  test('says so when it has no environment', async () => {
    const env = { PATH: '/usr/bin:/bin', USAGE_ETL_ENVIRONMENT: '/nowhere/environment' };
    const printed = new Promise<string>((resolve) => {
      execFile(wrapper, ['sync'], { env }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
    expect(await printed).toContain('/nowhere/environment');
  });
});
