import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { inject } from 'vitest';
import { createPool } from '../../src/db/connection.ts';
import { silentLog } from '../../src/log.ts';
import { execute } from './execute.ts';

/** A database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  /** Set up as the program's own pools are: bigint as number, numeric as text, UTC. */
  readonly pool: pg.Pool;
  /** Closes the pool and drops the database, whoever is still connected to it. */
  close(): Promise<void>;
}

/** A clone of the migrated template. Close it when the test or the file is done. */
export function testDatabase(): Promise<TestDatabase> {
  return create(inject('postgres').template);
}

/** A database without any table of ours. Close it when the test or the file is done. */
export function emptyDatabase(): Promise<TestDatabase> {
  return create('template0');
}

async function create(template: string): Promise<TestDatabase> {
  const server = inject('postgres').url;
  const name = `usage_etl_test_${randomBytes(6).toString('hex')}`;
  await execute(server, `create database ${name} template ${template}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const pool = createPool(url.href, 'usage-etl tests', 8, silentLog);
  return {
    url: url.href,
    pool,
    close: async () => {
      await pool.end();
      await execute(server, `drop database ${name} with (force)`);
    },
  };
}
