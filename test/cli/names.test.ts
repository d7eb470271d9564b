import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
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

describe('a CDN that answers everything with a page for browsers', () => {
  it('is called neither a missing permission nor a night whose numbers are complete', async () => {
    let asked = 0;
    const cdn = createServer((_request, response) => {
      asked += 1;
      response.writeHead(403, { 'content-type': 'text/html' }).end('<title>Just a moment...</title>');
    });
    await new Promise<void>((resolve) => cdn.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise((resolve) => cdn.close(() => resolve())));
    const { port } = cdn.address() as AddressInfo;
    const behind = { ...env, OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, USAGE_ETL_RETRY_TOTAL_SECONDS: '1' };
    const synced = await run(['sync', '--dataset', 'costs'], { env: behind });
    expect(synced.exit).toBe(1);
    expect(synced.stdout).toContain('403 without an API error message');
    expect(synced.stdout).toContain('Something between this machine and the API');
    expect(synced.stdout).not.toMatch(/numbers are complete|permission|scope_missing/);
    expect(asked).toBeGreaterThan(1);
    const status = await runJson(['status'], { env });
    expect(JSON.stringify(status.document)).not.toContain('scope_missing');
  }, 90_000);
});
