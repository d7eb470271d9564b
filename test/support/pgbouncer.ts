import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';

/** A real PgBouncer before the server of the tests. */
export interface Pooler {
  /** The same database, through the pooler. */
  through(databaseUrl: string): string;
  close(): Promise<void>;
}

const candidates = [
  '/usr/sbin/pgbouncer',
  '/usr/bin/pgbouncer',
  '/usr/local/bin/pgbouncer',
  '/opt/homebrew/bin/pgbouncer',
];

/** Null where no PgBouncer is installed, as on a developer's laptop. */
export const pgbouncer: string | null = candidates.find((file) => spawnSync(file, ['--version']).status === 0) ?? null;

const startMs = 10_000;
const pollMs = 50;

/** Starts PgBouncer in a mode of its own, with further lines of its configuration. It refuses to run as root. */
export async function startPooler(file: string, mode: string, more: readonly string[] = []): Promise<Pooler> {
  const server = new pg.Client(inject('postgres').url);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'usage-etl-pgbouncer-'));
  chmodSync(folder, 0o755);
  const configuration = join(folder, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `* = host=${server.host} port=${server.port} user=${server.user ?? ''} password='${server.password ?? ''}'`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    `pool_mode = ${mode}`,
    ...(process.getuid?.() === 0 ? [`user = ${userToBecome()}`] : []),
    ...more,
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  const child = spawn(file, ['-q', configuration], { stdio: 'ignore' });
  await answers(port, child);
  return {
    through: (databaseUrl) => {
      const url = new URL(databaseUrl);
      url.host = `127.0.0.1:${port}`;
      url.search = '';
      return url.href;
    },
    close: async () => {
      if (child.exitCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        const killer = setTimeout(() => child.kill('SIGKILL'), startMs);
        await ended;
        clearTimeout(killer);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function userToBecome(): string {
  return spawnSync('id', ['postgres']).status === 0 ? 'postgres' : 'nobody';
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + startMs;
  for (;;) {
    const { database, user } = new pg.Client(inject('postgres').url);
    const client = new pg.Client({ host: '127.0.0.1', port, database, user });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (failure) {
      if (child.exitCode !== null || performance.now() > deadline) throw failure;
      await sleep(pollMs);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
