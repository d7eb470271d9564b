import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openLocks, runLock } from '../../src/db/lock.ts';
import { openStore } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { emptyFolder, finished, run, runJson, start } from '../cli/command.ts';
import { type Pooler, pgbouncer, startPooler } from '../support/pgbouncer.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

// Each command is a process of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const patience = { timeout: 60_000 };
const adminKey = 'sk-admin-POOLERTEST0123456789';
const remedyOfPoolers = expect.stringContaining('pool_mode = session');

let database: TestDatabase;
let simulator: Simulator;
let pooler: Pooler | undefined;

beforeAll(async () => {
  simulator = await startSimulator({ clock: systemClock, adminKey });
});

beforeEach(async () => {
  database = await testDatabase();
});

afterEach(async () => {
  await pooler?.close();
  pooler = undefined;
  await database.close();
});

afterAll(() => simulator.close());

function environment(url: string) {
  return {
    OPENAI_ADMIN_KEY: adminKey,
    OPENAI_BASE_URL: simulator.url,
    DATABASE_URL: url,
    USAGE_ETL_START: new Date(systemClock.now().getTime() - 5 * 86_400_000).toISOString().slice(0, 10),
  };
}

function withSchedule(): string {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'usage-etl.yaml'), "schedules:\n  - { name: nightly, cron: '17 3 * * *' }\n");
  return folder;
}

const open = (databaseUrl: string) =>
  openStore({ databaseUrl, dataDir: '/nonexistent', clock: systemClock, log: silentLog });

async function advisoryLocks(): Promise<unknown> {
  const { rows } = await database.pool.query(
    `select pid from pg_locks where locktype = 'advisory'
       and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows;
}

/** Sessions that other programs have used through the pooler, and that wait for the next one. */
async function usedSessions(url: string, count: number): Promise<void> {
  const clients = Array.from({ length: count }, () => new pg.Client(url));
  for (const client of clients) {
    await client.connect();
    await client.query('begin');
  }
  for (const client of clients) {
    await client.query('commit');
    await client.end();
  }
}

/** What a session of the pooler has been left with. */
async function leftBehind(url: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(`select current_setting('search_path') as path`);
  await client.end();
  return rows;
}

function tests(file: string) {
  describe.each([
    ['transaction', 0, []],
    ['transaction', 1, ['default_pool_size = 1']],
    ['transaction', 5, []],
    ['transaction', 2, ['server_round_robin = 1']],
    ['transaction', 3, ['server_round_robin = 1']],
    ['transaction', 5, ['server_round_robin = 1']],
    ['statement', 0, []],
  ] as const)('a PgBouncer in %s mode with %i sessions in use before %j', (mode, used, more) => {
    it('is refused within two seconds, with nothing locked and nothing set', async () => {
      pooler = await startPooler(file, mode, more);
      const url = pooler.through(database.url);
      if (used > 0) await usedSessions(url, used);
      const since = performance.now();
      await expect(open(url)).rejects.toMatchObject({ code: 'database_unsuitable', remedy: remedyOfPoolers });
      await expect(openLocks({ url })).rejects.toMatchObject({ code: 'database_unsuitable' });
      expect(performance.now() - since).toBeLessThan(2000);
      expect(await advisoryLocks()).toEqual([]);
      expect(await leftBehind(url)).toEqual([{ path: '"$user", public' }]);
    });
  });

  it('a PgBouncer in transaction mode is told of by check and refused by every command alike', async () => {
    pooler = await startPooler(file, 'transaction');
    const env = environment(pooler.through(database.url));
    const checked = await runJson(['check'], { env });
    expect(checked).toMatchObject({
      exit: 1,
      document: {
        checks: expect.arrayContaining([
          expect.objectContaining({ name: 'database', status: 'failed', remedy: remedyOfPoolers }),
        ]),
      },
    });
    for (const args of [
      ['sync'],
      ['verify'],
      ['migrate'],
      ['status'],
      ['changes'],
      ['export', '--out', emptyFolder()],
    ]) {
      const { exit, stderr } = await run(args, { env });
      expect({ args, exit, stderr }).toMatchObject({ exit: 1, stderr: expect.stringContaining('transaction mode') });
    }
    expect(await advisoryLocks()).toEqual([]);
  });

  it('a PgBouncer in session mode serves sync, verify, changes, export, check and serve', async () => {
    pooler = await startPooler(file, 'session');
    const env = environment(pooler.through(database.url));
    for (const args of [
      ['check'],
      ['sync', '--dataset', 'costs,completions'],
      ['verify', '--dataset', 'costs'],
      ['export', '--out', emptyFolder()],
      ['status'],
    ]) {
      const done = await run(args, { env });
      expect(done.exit, `${args[0]}: ${done.stdout}${done.stderr}`).toBe(0);
    }
    const changes = await run(['changes'], { env });
    expect(changes.exit, changes.stderr).toBe(0);
    expect(changes.stdout.length).toBeGreaterThan(1000);
    const service = start(['serve', '--json'], { env: { ...env, USAGE_ETL_HTTP_PORT: '0' }, cwd: withSchedule() });
    const ended = finished(service);
    let said = '';
    service.stdout.on('data', (text: string) => {
      said += text;
    });
    const url = await vi.waitFor(() => /"url": "([^"]+)"/.exec(said)?.[1] ?? Promise.reject(new Error(said)), patience);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    service.kill('SIGTERM');
    expect(await ended).toMatchObject({ exit: 0 });
    expect(await advisoryLocks()).toEqual([]);
  });

  it('a PgBouncer in session mode gives the locks of a run back when the run ends', async () => {
    pooler = await startPooler(file, 'session');
    const locks = await openLocks({ url: pooler.through(database.url) });
    expect(await locks.tryAcquire(runLock(1))).toBe(true);
    expect(await advisoryLocks()).toHaveLength(1);
    await locks.close();
    await vi.waitFor(async () => expect(await advisoryLocks()).toEqual([]));
  });
}

if (pgbouncer === null) {
  it('says that no PgBouncer is installed here, so that nothing was tried against one', () => {
    console.warn('NOT TRIED: no PgBouncer is installed here (scripts/install-pgbouncer.sh)');
  });
} else {
  tests(pgbouncer);
}
