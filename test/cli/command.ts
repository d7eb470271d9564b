import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The file that starts the program. */
export const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Compiled code is kept from test to test: hundreds of them start the program. */
const caches = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** What a command line came to. */
export interface Finished {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Environment of the command, and nothing else: what the developer has set must not decide a test. */
export type CommandEnvironment = Readonly<Record<string, string>>;

interface CommandOptions {
  readonly env?: CommandEnvironment;
  readonly cwd?: string;
  readonly input?: string | Buffer;
}

/** A folder of a test's own. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'usage-etl-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the program as a user would. */
export function start(args: readonly string[], options: CommandOptions = {}): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? emptyFolder(),
    env: { PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: caches, ...options.env },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  child.stdin.end(options.input ?? '');
  return child;
}

/** The end of a started program. */
export function finished(child: ChildProcessWithoutNullStreams): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, stdout, stderr }));
  });
}

/** Runs the program to its end. */
export function run(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  return finished(start(args, options));
}

/** Runs the program with --json; its standard output must be one JSON document. */
export async function runJson(args: readonly string[], options: CommandOptions = {}) {
  const { stdout, ...rest } = await run([...args, '--json'], options);
  const document: unknown = JSON.parse(stdout);
  return { ...rest, stdout, document };
}
