import { type ChildProcess, execFile, type StdioOptions, spawn } from 'node:child_process';
import { promisify } from 'node:util';

/** As whom and where a program runs. */
export interface ChildOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd: string;
}

/**
 * All that a child process sees of the environment. The one of this process holds keys and passwords, and a child that
 * runs as another user is that user's to look into.
 */
const environment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

/** Starts a program. What `spawn` emits as `error`, it does here. */
export function startChild(
  program: string,
  args: readonly string[],
  options: ChildOptions & { readonly stdio: StdioOptions; readonly detached?: boolean },
): ChildProcess {
  return spawn(program, args, { ...options, env: environment, windowsHide: true });
}

const execute = promisify(execFile);

/** Runs a program to its end and gives its standard output. Rejects when it cannot start, and when it fails. */
export async function runChild(program: string, args: readonly string[], options: ChildOptions): Promise<string> {
  const { stdout } = await execute(program, [...args], { ...options, env: environment, windowsHide: true });
  return stdout;
}
