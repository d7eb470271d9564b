import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { type CommandEnvironment, run, runJson } from '../cli/command.ts';
import { emptyDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, secretPath, startReceiver } from './receiver.ts';

const adminKey = 'sk-admin-ALERTTEST0123456789';

let simulator: Simulator;
let database: TestDatabase;
let receiver: Receiver;
let env: CommandEnvironment;

beforeEach(async () => {
  simulator = await startSimulator({ clock: systemClock, adminKey });
  database = await emptyDatabase();
  receiver = await startReceiver();
  env = {
    OPENAI_ADMIN_KEY: adminKey,
    OPENAI_BASE_URL: simulator.url,
    DATABASE_URL: database.url,
    USAGE_ETL_START: new Date(systemClock.now().getTime() - 3 * 86_400_000).toISOString().slice(0, 10),
    USAGE_ETL_WEBHOOK_URL: receiver.url,
  };
  return async () => {
    await simulator.close();
    await database.close();
  };
});

describe('the command line', () => {
  it('tells the webhook of a failed run and of its recovery, shows it in status, and keeps its exit code', async () => {
    simulator.setFaults([{ when: {}, then: { kind: 'status', status: 401 } }]);
    const failed = await run(['sync', '--dataset', 'costs'], { env });
    expect(failed.exit, failed.stderr).toBe(1);
    expect(receiver.told()).toEqual(['opened key_rejected']);

    const status = await run(['status'], { env });
    expect(status.stdout).toMatch(/Needs a person\n {2}critical since .*: the API does not accept the admin key\n/);
    expect(status.stdout).toContain('→ Create an admin key');

    simulator.setFaults([]);
    const preview = await run(['sync', '--dataset', 'costs', '--plan'], { env });
    expect(preview.exit, preview.stderr).toBe(0);
    expect(receiver.told()).toEqual(['opened key_rejected']);

    const good = await run(['sync', '--dataset', 'costs'], { env });
    expect(good.exit, good.stderr).toBe(0);
    expect(receiver.told()).toEqual(['opened key_rejected', 'recovered key_rejected']);
    const verified = await run(['verify', '--dataset', 'costs'], { env });
    expect(verified.exit, verified.stderr).toBe(0);
    const printed = [failed, status, preview, verified, good].map(({ stdout, stderr }) => stdout + stderr).join('\n');
    expect(printed).not.toContain(secretPath);
    expect(printed).not.toContain(adminKey);
  }, 60_000);

  it('keeps the exit code and says so in the log when the webhook takes nothing', async () => {
    receiver.answer(500);
    simulator.setFaults([{ when: {}, then: { kind: 'status', status: 401 } }]);
    const failed = await run(['sync', '--dataset', 'costs'], { env });
    expect(failed.exit).toBe(1);
    expect(failed.stderr).toContain('the webhook did not take an alert');
    expect(failed.stderr).not.toContain('SECRET');
  }, 60_000);

  it('tells the webhook at once of a database that cannot be used, since nothing can be kept', async () => {
    const refused = new URL(database.url);
    refused.pathname = '/no_such_database';
    const failed = await run(['sync'], { env: { ...env, DATABASE_URL: refused.href } });
    expect(failed.exit).toBe(1);
    expect(receiver.told()).toEqual(['opened run_impossible']);
    const body = receiver.requests.map((request) => request.body).join('');
    expect(body).not.toContain(refused.password === '' ? adminKey : refused.password);
    const plan = await run(['sync', '--plan'], { env: { ...env, DATABASE_URL: refused.href } });
    expect(plan.exit).toBe(1);
    expect(receiver.taken).toHaveLength(1);
  }, 60_000);
});

describe('check --webhook', () => {
  const line = async (args: readonly string[], changed: CommandEnvironment = {}) => {
    const { document } = await runJson(['check', ...args], { env: { ...env, ...changed } });
    const { checks } = document as { readonly checks: readonly { readonly name: string; readonly status: string }[] };
    return checks.find(({ name }) => name === 'webhook');
  };

  it('posts a test message, and without the option nothing is posted', async () => {
    expect(await line([])).toBeUndefined();
    expect(receiver.requests).toEqual([]);
    expect(await line(['--webhook'])).toMatchObject({ status: 'ok', detail: expect.stringContaining('127.0.0.1') });
    expect(receiver.taken).toMatchObject([{ event: 'test', alert: null, text: expect.stringContaining('test') }]);
  }, 60_000);

  it('says what is wrong and what to do, without the path of the URL', async () => {
    receiver.answer(404);
    const refused = await line(['--webhook']);
    expect(refused).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/answered 404$/),
      remedy: expect.stringContaining('webhook_url'),
    });
    expect(JSON.stringify(refused)).not.toContain('SECRET');
    expect(await line(['--webhook'], { USAGE_ETL_WEBHOOK_URL: '' })).toMatchObject({
      status: 'failed',
      detail: 'none is configured',
    });
  }, 60_000);
});
