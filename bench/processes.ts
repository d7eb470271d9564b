import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  type PrepareOrder,
  type SyncOrder,
  type SyncOutcome,
  serverPrepared,
  serverStarted,
  syncOutcome,
} from './messages.ts';

/** The API's stand-in, in its own process. */
export interface PageServer {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  /** Serializes a history; what was prepared before is forgotten. Resolves with its size in bytes. */
  prepare(order: PrepareOrder): Promise<number>;
  close(): void;
}

/** Starts the page server. */
export async function startPageServer(): Promise<PageServer> {
  const child = fork(new URL('./page-server.ts', import.meta.url));
  const { port } = serverStarted.parse(await nextMessage(child));
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    prepare: async (order) => {
      child.send(order);
      return serverPrepared.parse(await nextMessage(child)).bytes;
    },
    close: () => child.disconnect(),
  };
}

/**
 * Syncs once in a process of its own, so that its memory and its warm-up are its own. Rejects unless everything was
 * loaded.
 * @param profileFolder where to leave a CPU profile; null for none
 */
export async function syncOnce(order: SyncOrder, profileFolder: string | null): Promise<SyncOutcome> {
  const profiling = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const child = fork(new URL('./sync-process.ts', import.meta.url), { execArgv: [...process.execArgv, ...profiling] });
  const exited = once(child, 'exit');
  child.send(order);
  const outcome = syncOutcome.parse(await nextMessage(child));
  await exited;
  if (outcome.status !== 'ok') throw new Error(`the sync ended as ${outcome.status}`);
  return outcome;
}

/** The next message of a child. Rejects when it exits without one. */
async function nextMessage(child: ChildProcess): Promise<unknown> {
  const listening = new AbortController();
  const { signal } = listening;
  try {
    const exited = once(child, 'exit', { signal }).then((): never => {
      throw new Error('a process of the benchmark ended early');
    });
    const [message] = await Promise.race([once(child, 'message', { signal }), exited]);
    return message;
  } finally {
    listening.abort();
  }
}
