import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { compareWithTruth } from '../../bench/truth.ts';
import { widthsOf } from '../../src/catalog/dataset.ts';
import { datasets } from '../../src/catalog/index.ts';
import type { Width } from '../../src/catalog/width.ts';
import { systemClock } from '../../src/clock.ts';
import { createPool } from '../../src/db/connection.ts';
import { embeddedServer, useEmbeddedServer } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { silentLog } from '../../src/log.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { type CommandEnvironment, emptyFolder, type Finished, finished, start } from '../cli/command.ts';
import { startDatabaseProxy } from '../faults/support/database-proxy.ts';
import { sends } from '../faults/support/wire.ts';
import { adminKey, organization } from '../support/nights.ts';
import { emptyDatabase, type TestDatabase } from '../support/postgres.ts';

const processes = 5;
const widths: readonly Width[] = ['1d', '1h'];
const dayMs = 86_400_000;

/** Dataset at width: what one lock is for. */
const jobs = datasets
  .flatMap((dataset) => widthsOf(dataset).map((width) => ({ dataset: dataset.name, width })))
  .filter(({ width }) => widths.includes(width))
  .map(({ dataset, width }) => `${dataset} ${width}`);

const reportSchema = z.object({
  status: z.string(),
  requests: z.number(),
  datasets: z.array(z.object({ dataset: z.string(), bucket_width: z.string(), status: z.string() })),
});

/** The API's double with time standing still, so that its truth does; it answers nobody before it is told to. */
interface Gate {
  readonly simulator: Simulator;
  readonly from: Date;
  readonly to: Date;
  open(): void;
}

async function startGate(): Promise<Gate> {
  const now = systemClock.now();
  const gate = Promise.withResolvers<void>();
  const simulator = await startSimulator({
    clock: { ...systemClock, now: () => now, sleep: () => gate.promise },
    adminKey,
    groupsPerDataset: 4,
    faults: [{ when: {}, then: { kind: 'delay', milliseconds: 0 } }],
  });
  const today = new Date(Math.floor(now.getTime() / dayMs) * dayMs);
  return {
    simulator,
    from: new Date(today.getTime() - 20 * dayMs),
    to: new Date(today.getTime() + dayMs),
    open: () => gate.resolve(),
  };
}

describe('five processes that sync one organization at once', () => {
  let gate: Gate;
  let cwd: string;
  let env: CommandEnvironment;

  beforeEach(async () => {
    gate = await startGate();
    cwd = emptyFolder();
    // The embedded server may run as another user, who must be able to enter.
    chmodSync(cwd, 0o755);
    writeFileSync(join(cwd, 'usage-etl.yaml'), `organizations:\n  - name: ${organization}\n    admin_key_env: KEY\n`);
    env = {
      KEY: adminKey,
      OPENAI_BASE_URL: gate.simulator.url,
      USAGE_ETL_START: gate.from.toISOString().slice(0, 10),
      USAGE_ETL_WIDTHS: widths.join(','),
    };
  });
  afterEach(async () => {
    gate.open();
    await gate.simulator.close();
  });

  /** Starts them, and lets the API answer when each of them works or has given up. */
  const raceTo = async (poolOf: () => Promise<pg.Pool>, place: CommandEnvironment): Promise<readonly Finished[]> => {
    const children = Array.from({ length: processes }, () =>
      start(['sync', '--json'], { env: { ...env, ...place }, cwd }),
    );
    const ends = children.map(finished);
    await vi.waitFor(() => expect(gate.simulator.requests.length).toBeGreaterThan(0), { timeout: 180_000 });
    const pool = await poolOf();
    await vi.waitFor(
      async () => {
        const ended = children.filter(({ exitCode }) => exitCode !== null).length;
        expect(ended + (await countRuns(pool, 'running'))).toBe(processes);
      },
      { timeout: 180_000, interval: 20 },
    );
    gate.open();
    return await Promise.all(ends);
  };

  it('share the work among them, each saying what became of its part', async () => {
    const database = await emptyDatabase();
    try {
      const ends = await raceTo(() => Promise.resolve(database.pool), { DATABASE_URL: database.url });
      expectTruthfulEnds(ends);
      await expectTruth(gate, database.pool);
      expect(await countRuns(database.pool, 'running')).toBe(0);
      const together = gate.simulator.requests.length;
      expect(together).toBe(await requestsOfOne());
    } finally {
      await database.close();
    }
  }, 400_000);

  it('share one embedded server as well, set up once and stopped by the last of them', async () => {
    const dataDir = join(cwd, 'data');
    const options = { dataDir, clock: systemClock, log: silentLog };
    let pool: pg.Pool | undefined;
    let use: Awaited<ReturnType<typeof useEmbeddedServer>> | undefined;
    try {
      const ends = await raceTo(
        async () => {
          use = await useEmbeddedServer(options);
          pool = createPool(use.url, 'usage-etl tests', 2, silentLog);
          return pool;
        },
        { USAGE_ETL_DATA_DIR: dataDir },
      );
      expectTruthfulEnds(ends);
      if (pool === undefined) throw new Error('there is no pool');
      await expectTruth(gate, pool);
    } finally {
      await pool?.end();
      await use?.release();
    }
    expect(await embeddedServer(options).status()).toMatchObject({ running: false, users: 0 });
    const together = gate.simulator.requests.length;
    expect(together).toBe(await requestsOfOne());
  }, 400_000);

  it('never take a run that has just begun for one that was killed', async () => {
    gate.open();
    const database = await emptyDatabase();
    const proxy = await startDatabaseProxy(database.url);
    const held = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    try {
      await migrate(database.pool, { log: silentLog, version: 'test' });
      let begun = false;
      proxy.set((message) => {
        begun ||= sends(message, /insert into openai_etl\.runs/);
        if (!begun || !sends(message, /pg_try_advisory_lock/)) return 'pass';
        held.resolve();
        return released.promise.then(() => 'pass');
      });
      const sync = (dataset: string, url: string) =>
        finished(start(['sync', '--dataset', dataset], { env: { ...env, DATABASE_URL: url }, cwd }));
      const slow = sync('embeddings', proxy.url);
      await held.promise;
      expect(await sync('images', database.url)).toMatchObject({ exit: 0 });
      expect(await countRuns(database.pool, 'failed')).toBe(0);
      released.resolve();
      expect(await slow).toMatchObject({ exit: 0 });
      expect(await countRuns(database.pool, 'ok')).toBe(2);
    } finally {
      released.resolve();
      await proxy.close();
      await database.close();
    }
  }, 400_000);

  /** Requests of one process alone in an equal world. */
  const requestsOfOne = async (): Promise<number> => {
    gate.open();
    const database: TestDatabase = await emptyDatabase();
    const before = gate.simulator.requests.length;
    try {
      const { exit, stdout } = await finished(
        start(['sync', '--json'], { env: { ...env, DATABASE_URL: database.url }, cwd }),
      );
      expect(exit, stdout).toBe(0);
      return gate.simulator.requests.length - before;
    } finally {
      await database.close();
    }
  };
});

/** Every job was done by exactly one of them; 0 says all, 3 some, 75 none. */
function expectTruthfulEnds(ends: readonly Finished[]): void {
  const parts = ends.map(({ exit, stdout, stderr }) => {
    expect(stdout, stderr).not.toBe('');
    const { datasets: reports, status } = reportSchema.parse(JSON.parse(stdout));
    const done = reports
      .filter((report) => report.status === 'ok')
      .map((report) => `${report.dataset} ${report.bucket_width}`);
    const others = reports.filter((report) => report.status !== 'ok');
    expect(others.map((report) => report.status)).toEqual(others.map(() => 'busy'));
    expect(reports).toHaveLength(jobs.length);
    const truth = done.length === jobs.length ? [0, 'ok'] : done.length > 0 ? [3, 'partial'] : [75, 'busy'];
    expect([exit, status]).toEqual(truth);
    return done;
  });
  expect(parts.flat().toSorted()).toEqual(jobs.toSorted());
}

async function expectTruth({ simulator, from, to }: Gate, pool: pg.Pool): Promise<void> {
  const { rows, differences } = await compareWithTruth({ pool, simulator, organization, datasets, widths, from, to });
  expect(differences).toEqual([]);
  expect(rows).toBeGreaterThan(1000);
}

async function countRuns(pool: pg.Pool, status: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'select count(*)::int as count from openai_etl.runs where status = $1',
    [status],
  );
  return rows[0]?.count ?? 0;
}
