import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Moment } from './moments.ts';

const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/** What every life of the program is started with. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Requests the API's double has got so far. */
  readonly requests: () => number;
}

/** How a process ended that was left alone. */
export interface End {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. */
export async function liveToTheEnd(surroundings: Surroundings): Promise<End> {
  return await begin(surroundings).end;
}

/**
 * Runs the program and kills it with SIGKILL. Resolves with the requests it made; rejects when it ended before the moment
 * came, with what it said.
 */
export async function liveUntil(moment: Moment, surroundings: Surroundings): Promise<number> {
  const before = surroundings.requests();
  const startedMs = performance.now();
  const { child, end } = begin(surroundings);
  const made = () => surroundings.requests() - before;
  const isDue = () => performance.now() - startedMs >= moment.afterMs || made() >= moment.afterRequests;
  while (!isDue() && child.exitCode === null) await sleep(1);
  const restMs = moment.afterMs - (performance.now() - startedMs);
  await sleep(Math.max(0, Math.min(moment.lingerMs, restMs)));
  child.kill('SIGKILL');
  const { exit, stderr } = await end;
  if (exit !== null) throw new Error(`a life ended by itself with exit code ${exit}: ${stderr}`);
  return made();
}

function begin({ args, cwd, env }: Surroundings) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = async (): Promise<End> => {
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { exit: child.exitCode, stdout, stderr };
  };
  return { child, end: end() };
}
