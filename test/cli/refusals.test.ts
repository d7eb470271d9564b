import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { type CommandEnvironment, emptyFolder, type Finished, run, runJson } from './command.ts';

const adminKey = 'sk-admin-CLITEST0123456789';
const wrongKey = 'sk-admin-WRONGKEY987654321';

let simulator: Simulator;
let database: TestDatabase;
let env: CommandEnvironment;

beforeAll(async () => {
  simulator = await startSimulator({ clock: systemClock, adminKey });
  database = await testDatabase();
  env = { OPENAI_ADMIN_KEY: adminKey, OPENAI_BASE_URL: simulator.url, DATABASE_URL: database.url, LOG_LEVEL: 'trace' };
});

afterAll(async () => {
  await simulator.close();
  await database.close();
});

/** One message for people, no stack trace, and nowhere a key. */
function expectOneClearMessage({ stdout, stderr }: Finished, what: RegExp): void {
  expect(stdout).toBe('');
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
  expect(stderr).toMatch(what);
  expect(stderr).toMatch(/^ {2}→ \S/m);
  expectNoSecrets(stdout + stderr);
}

function expectNoSecrets(text: string): void {
  expect(text).not.toMatch(/^\s+at .+:\d+:\d+/m);
  expect(text).not.toContain('.ts:');
  for (const secret of [adminKey, wrongKey, 'Bearer ', 'pass-word']) expect(text).not.toContain(secret);
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('what a person gets wrong is answered with one clear message', () => {
  it('a key that the API rejects: exit 1, and the summary says so', async () => {
    const result = await run(['sync', '--dataset', 'images'], { env: { ...env, OPENAI_ADMIN_KEY: wrongKey } });
    expect(result.exit).toBe(1);
    expect(result.stdout).toContain('sync: failed');
    expect(result.stdout).toContain('answered 401');
    expect(result.stdout).toContain('→ Use an admin key');
    expectNoSecrets(result.stdout + result.stderr);
  });

  it('no key: exit 2', async () => {
    const result = await run(['sync'], { env: { DATABASE_URL: database.url, LOG_LEVEL: 'trace' } });
    expect(result.exit).toBe(2);
    expectOneClearMessage(result, /OPENAI_ADMIN_KEY/);
  });

  it('a database that does not answer: exit 1, host and port but no password', async () => {
    const port = await closedPort();
    const result = await run(['status'], {
      env: { ...env, DATABASE_URL: `postgres://etl:pass-word@127.0.0.1:${port}/x` },
    });
    expect(result.exit).toBe(1);
    expectOneClearMessage(result, new RegExp(`127\\.0\\.0\\.1:${port}`));
  });

  it('a data folder that cannot be written: exit 1', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'file'), '');
    const { DATABASE_URL: _unused, ...embedded } = env;
    const result = await run(['sync'], { cwd, env: { ...embedded, USAGE_ETL_DATA_DIR: join(cwd, 'file', 'data') } });
    expect(result.exit).toBe(1);
    expectOneClearMessage(result, /data folder|USAGE_ETL_DATA_DIR/);
  });

  it('malformed YAML: exit 2, with line and column', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'usage-etl.yaml'), 'widths: [1d\nstart: 2026-01-01\n');
    const result = await run(['status'], { cwd, env });
    expect(result.exit).toBe(2);
    expectOneClearMessage(result, /usage-etl\.yaml:\d+:\d+: malformed YAML/);
  });

  it.each([
    ['an unknown option', ['sync', '--datset', 'costs'], /--datset.*did you mean --dataset\?/],
    ['an unknown command', ['snyc'], /snyc.*did you mean sync\?/],
    ['an unknown subcommand', ['db', 'strat'], /strat.*did you mean start\?/],
    [
      'an unknown dataset',
      ['sync', '--dataset', 'cost'],
      /--dataset: received "cost"; accepted: completions.*did you mean costs\?/,
    ],
    ['an unknown organization', ['status', '--org', 'x'], /--org: received "x"; accepted: default/],
    [
      'an impossible date',
      ['backfill', '--from', '2026-02-30'],
      /--from: received "2026-02-30"; accepted: a date YYYY-MM-DD/,
    ],
    ['a date in the future', ['backfill', '--from', '2999-01-01'], /--from.*passed/],
    ['an end before the start', ['verify', '--from', '2026-02-01', '--to', '2026-01-01'], /--to.*after --from/],
    ['a missing option', ['backfill'], /--from/],
    ['two options that exclude each other', ['sync', '--plan', '--dry-run'], /--plan/],
    ['a missing operand', ['query'], /SQL/],
    ['an operand too many', ['status', 'now'], /too many arguments/],
    ['a port that is none', ['simulate', '--port', '99999'], /1 to 65535/],
    ['a level that is none', ['simulate', '--level', '1.0'], /baseline/],
    ['a configuration file that is not there', ['status', '--config', 'none.yaml'], /none\.yaml: cannot be read/],
  ])('%s: exit 2, with what is accepted', async (_what, args, message) => {
    const result = await run(args, { env });
    expect(result.exit).toBe(2);
    expectOneClearMessage(result, message);
  });

  it('several things at once: every one is named', async () => {
    const result = await run(['verify', '--dataset', 'x', '--org', 'y', '--from', 'z', '--to', '2026-02-31'], { env });
    expect(result.exit).toBe(2);
    for (const option of ['--dataset', '--org', '--from', '--to'])
      expect(result.stderr).toContain(`${option}: received`);
  });

  it('no command at all: help on standard error, exit 2', async () => {
    const result = await run([]);
    expect(result).toMatchObject({ exit: 2, stdout: '' });
    expect(result.stderr).toContain('Usage: usage-etl');
  });
});

describe('with --json an error is the one document on standard output', () => {
  it.each([
    ['an unknown option', ['sync', '--datset'], 'arguments_invalid', 2],
    ['an unknown command', ['snyc'], 'arguments_invalid', 2],
    ['bad SQL', ['query', 'select nope'], 'query_refused', 1],
    ['no configuration file', ['status', '--config', 'none.yaml'], 'config_invalid', 2],
  ])('%s', async (_what, args, code, exit) => {
    const result = await runJson(args, { env: { ...env, LOG_LEVEL: 'info' } });
    expect(result.exit).toBe(exit);
    expect(result.stderr).toBe('');
    expect(result.document).toMatchObject({ error: { code, message: expect.any(String), remedy: expect.any(String) } });
  });

  it('lists every problem by itself', async () => {
    const result = await runJson(['sync', '--dataset', 'cost', '--org', 'x'], { env });
    expect(result.document).toMatchObject({
      error: { problems: [{ where: '--dataset', suggestion: 'costs' }, { where: '--org' }] },
    });
  });

  it('a rejected key is in the report, and the report is the one document', async () => {
    const result = await runJson(['sync', '--dataset', 'images'], { env: { ...env, OPENAI_ADMIN_KEY: wrongKey } });
    expect(result.exit).toBe(1);
    expect(result.document).toMatchObject({ status: 'failed', exit_code: 1 });
    expectNoSecrets(result.stdout + result.stderr);
  });
});
