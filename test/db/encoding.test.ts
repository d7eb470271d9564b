import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { connect } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openStore } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** A database of an encoding, for as long as `work` takes. */
async function withDatabase<T>(encoding: string, work: (url: string) => Promise<T>): Promise<T> {
  const server = inject('postgres').url;
  const name = `usage_etl_test_${randomBytes(6).toString('hex')}`;
  const administrator = new pg.Client(server);
  await administrator.connect();
  try {
    await administrator.query(
      `create database ${name} encoding '${encoding}' template template0 lc_collate 'C' lc_ctype 'C'`,
    );
    const url = new URL(server);
    url.pathname = `/${name}`;
    return await work(url.href);
  } finally {
    await administrator.query(`drop database if exists ${name} with (force)`);
    await administrator.end();
  }
}

describe.each(['SQL_ASCII', 'LATIN1'])('a database with the encoding %s', (encoding) => {
  const refusal = {
    code: 'database_unsuitable',
    exit: 1,
    message: expect.stringContaining(`has the encoding ${encoding}; UTF8 is needed`),
    remedy: expect.stringContaining("encoding 'UTF8' template template0"),
  };

  it('is refused when it is opened, as check, sync and every other command do', async () => {
    await withDatabase(encoding, async (databaseUrl) => {
      const clock = fakeClock('2026-11-23T03:17:00Z');
      await expect(openStore({ databaseUrl, dataDir: '', clock, log: silentLog })).rejects.toMatchObject(refusal);
    });
  });

  it('is not migrated, and stays empty', async () => {
    await withDatabase(encoding, async (databaseUrl) => {
      const pool = new pg.Pool({ connectionString: databaseUrl });
      try {
        await expect(migrate(pool, { log: silentLog, version: 'test' })).rejects.toMatchObject(refusal);
      } finally {
        await pool.end();
      }
      const client = await connect(databaseUrl, 'usage-etl tests');
      const { rows } = await client.query(`select from pg_namespace where nspname like 'openai%'`);
      await client.end();
      expect(rows).toEqual([]);
    });
  });
});
