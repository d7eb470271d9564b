import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { systemClock } from '../src/clock.ts';
import { createPool } from '../src/db/connection.ts';
import { useEmbeddedServer } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { silentLog } from '../src/log.ts';

/** The server that is measured. */
export interface Server {
  readonly url: string;
  /** True for one started for the purpose. */
  readonly own: boolean;
  close(): Promise<void>;
}

/** A database that is dropped afterwards. */
export interface Database {
  readonly url: string;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export const factTable = 'openai.usage_completions';

/** TEST_DATABASE_URL's server as it is, else an embedded one in a temporary folder. */
export async function openServer(): Promise<Server> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) return { url: given, own: false, close: async () => undefined };
  const dataDir = await mkdtemp(join(tmpdir(), 'usage-etl-bench-'));
  // The server may run as another user, who must be able to enter.
  await chmod(dataDir, 0o755);
  const server = await useEmbeddedServer({ dataDir, clock: systemClock, log: silentLog });
  // Checkpoints and vacuums would fall into one measurement and not into the next.
  await execute(
    server.url,
    "alter system set max_wal_size = '16GB'",
    "alter system set checkpoint_timeout = '1h'",
    'alter system set autovacuum = off',
    'select pg_reload_conf()',
  );
  return {
    url: server.url,
    own: true,
    close: async () => {
      await server.release();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Creates a database with the project's tables in it. */
export async function createDatabase(server: Server): Promise<Database> {
  const database = await createEmptyDatabase(server);
  await migrate(database.pool, { log: silentLog, version: 'bench' });
  await database.pool.query(`alter table ${factTable} set (autovacuum_enabled = false)`);
  return database;
}

/** Creates a database without any table. */
export async function createEmptyDatabase(server: Server): Promise<Database> {
  const name = `usage_etl_bench_${randomBytes(6).toString('hex')}`;
  await execute(server.url, `create database ${name} template template0`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const pool = createPool(url.href, 'usage-etl bench', 2, silentLog);
  return {
    url: url.href,
    pool,
    close: async () => {
      await pool.end();
      await execute(server.url, `drop database ${name} with (force)`);
    },
  };
}

async function execute(url: string, ...statements: readonly string[]): Promise<void> {
  const pool = createPool(url, 'usage-etl bench', 1, silentLog);
  try {
    for (const statement of statements) await pool.query(statement);
  } finally {
    await pool.end();
  }
}

/** PostgreSQL's version and the settings that decide what a commit costs. */
export async function describeServer(pool: pg.Pool): Promise<string> {
  const names = ['server_version', 'shared_buffers', 'max_wal_size', 'fsync', 'synchronous_commit', 'full_page_writes'];
  const values: string[] = [];
  for (const name of names) {
    const { rows } = await pool.query<{ value: string }>('select current_setting($1) as value', [name]);
    values.push(`${name === 'server_version' ? 'PostgreSQL' : name} ${rows[0]?.value.split(' ')[0] ?? '?'}`);
  }
  return values.join(', ');
}
