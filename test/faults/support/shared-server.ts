import { randomBytes } from 'node:crypto';
import { createPool } from '../../../src/db/connection.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { silentLog } from '../../../src/log.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { type OwnServer, ownServer } from './own-server.ts';

let server: Promise<OwnServer> | null = null;

const template = 'template';

/** The server of the faults that shake a whole server. It is set up when it is first asked for, and left running. */
export function shakenServer(): Promise<OwnServer> {
  server ??= setUp();
  return server;
}

/** Ends that server, where there is one. */
export async function closeShakenServer(): Promise<void> {
  await (await server)?.close();
  server = null;
}

/** A migrated database on that server. */
export async function shakenDatabase(): Promise<TestDatabase> {
  const own = await shakenServer();
  const name = `world_${randomBytes(6).toString('hex')}`;
  await own.execute('postgres', `create database ${name} template ${template}`);
  const pool = createPool(own.url(name), 'usage-etl tests', 8, silentLog);
  return {
    url: own.url(name),
    pool,
    close: async () => {
      await pool.end();
      await own.execute('postgres', `drop database ${name} with (force)`);
    },
  };
}

async function setUp(): Promise<OwnServer> {
  const own = await ownServer();
  await own.start();
  await own.execute('postgres', `create database ${template} template template0`);
  const pool = createPool(own.url(template), 'usage-etl tests', 1, silentLog);
  try {
    await migrate(pool, { log: silentLog, version: 'test' });
  } finally {
    await pool.end();
  }
  return own;
}
