import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openLocks, writerLock } from '../../src/db/lock.ts';
import { lockKey } from '../../src/db/lock-key.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { runJson } from '../cli/command.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

vi.setConfig({ testTimeout: 120_000 });

const adminKey = 'sk-admin-HOLDERTEST0123456789';
const password = 'holder-test-password';
const reader = `reader_${randomBytes(4).toString('hex')}`;
const lock = writerLock({ orgId: 'default', dataset: 'costs', width: '1d' });

let simulator: Simulator;
let database: TestDatabase;
let holder: pg.Client | undefined;

beforeEach(async () => {
  simulator = await startSimulator({ clock: systemClock, adminKey });
  database = await testDatabase();
  await database.pool.query(`create role ${reader} login password '${password}'`);
});

afterEach(async () => {
  await holder?.end();
  holder = undefined;
  await database.close();
  await simulator.close();
  const client = new pg.Client(inject('postgres').url);
  await client.connect();
  await client.query(`drop role ${reader}`);
  await client.end();
});

async function hold(user: string | null, application_name: string): Promise<void> {
  const url = new URL(database.url);
  if (user !== null) Object.assign(url, { username: user, password });
  holder = new pg.Client({ connectionString: url.href, application_name });
  await holder.connect();
  await holder.query('select pg_advisory_lock($1, $2)', [...lockKey(lock)]);
}

const sync = () =>
  runJson(['sync', '--dataset', 'costs'], {
    env: {
      OPENAI_ADMIN_KEY: adminKey,
      OPENAI_BASE_URL: simulator.url,
      DATABASE_URL: database.url,
      USAGE_ETL_START: new Date(systemClock.now().getTime() - 3 * 86_400_000).toISOString().slice(0, 10),
    },
  });

it.each([
  ['a reader', reader, 'psql'],
  ['a reader that calls itself a run', reader, 'usage-etl locks'],
  ['a session that a pooler has left it in', null, 'another program'],
])('a lock that %s holds is a failure that names the role and since when', async (_who, user, name) => {
  await hold(user, name);
  const { exit, document } = await sync();
  expect({ exit, document }).toMatchObject({
    exit: 1,
    document: {
      status: 'failed',
      datasets: [
        {
          status: 'failed',
          errors: [
            {
              code: 'lock_foreign',
              message: expect.stringMatching(new RegExp(`role ${user ?? ''}.*process \\d+.*since 20\\d\\d-`)),
              remedy: expect.stringContaining('pg_terminate_backend'),
            },
          ],
        },
      ],
    },
  });
});

it('a lock that another run holds is busy, as before', async () => {
  const locks = await openLocks(database);
  await locks.tryAcquire(lock);
  const { exit, document } = await sync();
  await locks.close();
  expect({ exit, document }).toMatchObject({ exit: 75, document: { status: 'busy' } });
});
