import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { commands } from '../../src/cli/commands.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { emptyFolder, program, run } from './command.ts';

/** Runs the program with a folder for caches, and gives what it keeps there of its code; null: no such folder. */
async function codeKeptIn(caches: string): Promise<readonly string[] | null> {
  const result = await run(['--version'], { env: { XDG_CACHE_HOME: caches } });
  expect(result).toMatchObject({ exit: 0, stderr: '' });
  try {
    return readdirSync(join(caches, 'usage-etl', 'code'));
  } catch {
    return null;
  }
}

/** Runs the program as a Node that says it is of another version. */
function runAsNode(version: string) {
  const source = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(source)}`, program, '--version'];
  return promisify(execFile)(process.execPath, args).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (failed: { readonly code: number; readonly stdout: string; readonly stderr: string }) => failed,
  );
}

describe('a Node that is too old', () => {
  const [, oldest = ''] = /^>=(\d+\.\d+)$/.exec(manifest.engines.node) ?? [];

  it.each(['20.20.2', '22.21.1', '18.0.0'])('%s is told apart in one line, exit code 2', async (version) => {
    const { code, stdout, stderr } = await runAsNode(version);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`usage-etl needs Node ${oldest} or newer; this is Node ${version} (${process.execPath})\n`);
  });

  it('is none that the package asks for', async () => {
    expect(await runAsNode(`${oldest}.0`)).toMatchObject({ code: 0 });
    expect(await runAsNode('25.0.0')).toMatchObject({ code: 0 });
  });
});

describe('the start of the program', () => {
  it('loads no command but those that are named', async () => {
    const program = await buildProgram('1.0.0', async () => undefined, ['--quiet', 'status']);
    const loaded = program.commands.filter(({ options }) => options.length > 0).map((command) => command.name());
    expect(loaded).toEqual(['status']);
    expect(program.commands.map((command) => [command.name(), command.summary()])).toEqual(
      commands.map(({ name, summary }) => [name, summary]),
    );
  });

  it('loads each command under the name it is listed by', async () => {
    const program = await buildProgram('1.0.0', async () => undefined, null);
    expect(program.commands.map((command) => command.name())).toEqual(commands.map(({ name }) => name));
  });

  it('keeps compiled code in a folder that is closed to others', async () => {
    const caches = emptyFolder();
    expect(await codeKeptIn(caches)).not.toEqual([]);
    expect(statSync(join(caches, 'usage-etl', 'code')).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['of its own', 'usage-etl/code'],
    ['above it', 'usage-etl'],
  ])('keeps no code where others can write a folder %s', async (_title, open) => {
    const caches = emptyFolder();
    mkdirSync(join(caches, 'usage-etl', 'code'), { recursive: true });
    chmodSync(join(caches, open), 0o777);
    expect(await codeKeptIn(caches)).toEqual([]);
  });

  it('does without where there can be no such folder', async () => {
    const caches = join(emptyFolder(), 'a-file');
    writeFileSync(caches, '');
    expect(await codeKeptIn(caches)).toBeNull();
  });
});
