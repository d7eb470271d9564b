import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { emptyDatabase, type TestDatabase } from '../support/postgres.ts';
import { type CommandEnvironment, finished, run, runJson, start } from './command.ts';

const adminKey = 'sk-admin-CLITEST0123456789';
const dayMs = 86_400_000;

let simulator: Simulator;
let database: TestDatabase;
let env: CommandEnvironment;

beforeEach(async () => {
  simulator = await startSimulator({ clock: systemClock, adminKey });
  database = await emptyDatabase();
  const start20DaysAgo = new Date(systemClock.now().getTime() - 20 * dayMs).toISOString().slice(0, 10);
  env = {
    OPENAI_ADMIN_KEY: adminKey,
    OPENAI_BASE_URL: simulator.url,
    DATABASE_URL: database.url,
    USAGE_ETL_START: start20DaysAgo,
  };
});

afterEach(async () => {
  await simulator.close();
  await database.close();
});

describe('a first night', () => {
  it('loads every dataset, says so, and the second time finds nothing to write', async () => {
    const first = await run(['sync'], { env });
    expect(first.exit, first.stderr).toBe(0);
    expect(first.stdout).toContain('sync: all loaded');
    expect(first.stdout).toMatch(/^costs +ok +21 \[21\/0\/0\] +\+[\d,]+ ~0 −0 +all 4/m);
    expect(first.stdout).toMatch(/Spend read: \$[\d,]+\.\d\d · stored total \+\$/);

    const second = await runJson(['sync', '--dataset', 'costs,embeddings'], { env });
    expect(second.exit).toBe(0);
    expect(second.document).toMatchObject({
      status: 'ok',
      datasets: [
        { dataset: 'embeddings', buckets_refused: 0 },
        { dataset: 'costs', rows_inserted: 0, rows_deleted: 0, money: [{ currency: 'usd' }] },
      ],
    });

    const verified = await run(['verify', '--dataset', 'costs', 'completions'], { env });
    expect(verified.exit, verified.stdout + verified.stderr).toBe(0);
    expect(verified.stdout).toContain('every sum ties out');

    const status = await runJson(['status', '--dataset', 'costs'], { env: { DATABASE_URL: database.url } });
    expect(status.exit).toBe(0);
    expect(status.document).toMatchObject({
      datasets: [{ dataset: 'costs', buckets_loaded: 21, buckets_refused: 0, capability: 'available' }],
      runs: [{ command: 'verify', status: 'ok' }, { command: 'sync' }, { command: 'sync' }],
    });
  }, 60_000);

  it('can be looked at before: a plan without a request, then a check', async () => {
    const plan = await runJson(['sync', '--dry-run', '--dataset', 'costs'], { env });
    expect(plan).toMatchObject({
      exit: 0,
      document: { requests: 5, datasets: [{ dataset: 'costs', buckets_to_read: 21 }], directory: [{ requests: 4 }] },
    });
    expect(simulator.requests).toHaveLength(0);

    const check = await runJson(['check'], { env });
    expect(check.exit, check.stdout).toBe(0);
    expect(check.document).toMatchObject({ status: 'ok' });
    expect(new Set(simulator.requests.map(({ path }) => path)).size).toBe(16);
  });

  it('is asked for by status and query, as long as there has been none', async () => {
    for (const args of [['status'], ['query', 'select 1'], ['verify']]) {
      const result = await run(args, { env });
      expect(result.exit).toBe(1);
      expect(result.stderr).toMatch(/usage-etl sync/);
    }
  });
});

describe('a night on which something fails', () => {
  it('exits 3, loads the rest, and says what to do', async () => {
    simulator.setFaults([
      { when: { dataset: 'images' }, then: { kind: 'status', status: 403, message: 'Missing scopes' } },
    ]);
    const result = await run(['sync', '--dataset', 'images', 'costs'], { env });
    expect(result.exit).toBe(3);
    expect(result.stdout).toMatch(/^images +failed/m);
    expect(result.stdout).toMatch(/^costs +ok/m);
    expect(result.stdout).toContain('Needs attention');
    expect(result.stdout).toContain('→ Give the admin key');
  });

  it('is found by check, a line and a remedy each', async () => {
    simulator.setFaults([
      { when: { dataset: 'images' }, then: { kind: 'status', status: 403, message: 'Missing scopes' } },
      { when: { dataset: 'decisions' }, then: { kind: 'status', status: 404, message: 'Unknown' } },
    ]);
    const result = await run(['check'], { env });
    expect(result.exit).toBe(3);
    expect(result.stdout).toMatch(/^✗ \/organization\/usage\/images +.*403/m);
    expect(result.stdout).toMatch(/^! \/organization\/usage\/decisions +.*404/m);
    expect(result.stdout).toMatch(/^✓ \/organization\/costs +readable/m);
  });

  it('verify exits 4 and shows the difference when the stored sums are wrong', async () => {
    await run(['sync', '--dataset', 'costs'], { env });
    await database.pool.query(
      `update openai.costs set amount_value = amount_value + 0.01
       where (org_id, bucket_start, series_id) = (
         select org_id, bucket_start, series_id from openai.costs order by bucket_start, series_id limit 1
       )`,
    );
    const result = await run(['verify', '--dataset', 'costs'], { env });
    expect(result.exit).toBe(4);
    expect(result.stdout).toContain('2 differences');
    expect(result.stdout).toMatch(/^costs 1d .* amount_value.* 0\.01$/m);
    expect(result.stdout).toMatch(/^cost_parts .* -0\.01$/m);
  });
});

describe('an interrupted sync', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends soon, with exit code %i, and leaves no bucket half loaded', async (signal, exit) => {
    simulator.setFaults([{ when: { dataset: 'costs' }, then: { kind: 'stall-headers' } }]);
    const child = start(['sync', '--dataset', 'costs'], { env });
    const end = finished(child);
    await untilRequested();
    child.kill(signal);
    const result = await end;
    expect(result.exit).toBe(exit);
    expect(result.stderr).toContain(`interrupted by ${signal}`);
    const { rows } = await database.pool.query('select count(*)::int as buckets from openai_etl.buckets');
    expect(rows).toEqual([{ buckets: 0 }]);
  });
});

/** Resolves when the simulator has been asked. */
async function untilRequested(): Promise<void> {
  while (simulator.requests.length === 0) await systemClock.sleep(20);
}
