import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { run, runJson } from './command.ts';

const adminKey = 'sk-admin-cli-test-0123456789';
let simulator: Simulator;
let database: TestDatabase;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  simulator = await startSimulator({ clock: systemClock, adminKey, directory: 'refused' });
  database = await testDatabase();
  const start = new Date(systemClock.now().getTime() - 5 * 86_400_000).toISOString().slice(0, 10);
  env = {
    DATABASE_URL: database.url,
    OPENAI_ADMIN_KEY: adminKey,
    OPENAI_BASE_URL: simulator.url,
    USAGE_ETL_START: start,
  };
});
afterAll(async () => {
  await simulator.close();
  await database.close();
});

describe('a key that may read usage and no names', () => {
  it('is told of by sync, status and check, and fails none of them', async () => {
    const synced = await run(['sync', '--dataset', 'costs'], { env });
    expect(synced).toMatchObject({ exit: 0 });
    expect(synced.stdout).toContain('names not read (projects, users, admin_api_keys, groups); numbers are complete');
    expect(synced.stdout).toContain('→ Nothing to do for the numbers. For names, give the admin key');

    const status = await run(['status'], { env });
    expect(status.exit).toBe(0);
    expect(status.stdout).toMatch(/^Names\n {2}none read; last asked for/m);
    expect(status.stdout).toMatch(/^ {2}users: refused – .*api\.management\.read/m);

    const check = await runJson(['check'], { env });
    expect(check).toMatchObject({ exit: 0, document: { status: 'ok' } });
    expect(check.document).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ name: '/organization/users', status: 'notice' })]),
    });
  }, 90_000);
});
