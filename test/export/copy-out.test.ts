import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyOut } from '../../src/export/copy-out.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});

it('a COPY may take longer than an answer, and so may what its connection does afterwards', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const client = new pg.Client({ connectionString: database.url, query_timeout: 200 });
  await client.connect();
  try {
    const before = timers();
    expect(await text(copyOut(client, 'copy (select pg_sleep(0.5), 1 as one) to stdout'))).toBe('\t1\n');
    expect(await text(copyOut(client, 'copy (select 2 as two) to stdout'))).toBe('2\n');
    expect(timers()).toBeLessThanOrEqual(before);
    const { rows } = await client.query('select 3 as three');
    expect(rows).toEqual([{ three: 3 }]);
  } finally {
    await client.end();
  }
});
