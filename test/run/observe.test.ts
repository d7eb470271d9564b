import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { decisions } from '../../src/catalog/datasets/decisions.ts';
import type { Clock } from '../../src/clock.ts';
import type { Store } from '../../src/db/store.ts';
import { type Count, type Observation, observationMemory, observe } from '../../src/run/observe.ts';
import { daysBack, liveThroughNights, type Nights, organization } from '../support/nights.ts';
import { emptyDatabase } from '../support/postgres.ts';

const dayMs = 86_400_000;
const settings = { webhookUrl: null, freshnessHours: 30, restatementAlert: '1' } as const;

const look = (nights: Nights, memory = observationMemory(), clock: Clock = nights.clock) =>
  observe({ config: nights.config, store: nights.store, clock }, settings, memory);

const sorted = (counts: readonly Count[] | undefined) => (counts ?? []).map((count) => JSON.stringify(count)).sort();

describe('what is counted', () => {
  let nights: Nights;
  beforeAll(async () => {
    nights = await liveThroughNights({ datasets: [completions, costs], days: 8, simulator: { groupsPerDataset: 3 } });
  });
  afterAll(() => nights.close());

  it('is the same whether history is remembered or read anew, also while a run is at work', async () => {
    const memory = observationMemory();
    for (let night = 0; night < 4; night += 1) {
      const day = daysBack(nights, 2);
      nights.simulator.restate([{ kind: 'scale', dataset: 'completions', day, factor: 2 + night }]);
      await nights.sync();
      if (night === 2) {
        await nights.database.pool.query(
          `insert into openai_etl.runs (command, org_id, started_at, status, version) values ('verify', $1, now(), 'running', '0')`,
          ['somebody-else'],
        );
      }
      const [remembered, anew] = [await look(nights, memory), await look(nights)];
      expect(sorted(remembered.stored?.counts)).toEqual(sorted(anew.stored?.counts));
      nights.clock.advance(dayMs);
    }
    const counts = (await look(nights, memory)).stored?.counts ?? [];
    const { rows } = await nights.database.pool.query<{ n: number }>(
      'select count(*)::int as n from openai_etl.restatements',
    );
    expect(rows[0]?.n).toBeGreaterThan(0);
    const restatements = counts.filter(({ of }) => of === 'restatements').reduce((sum, { count }) => sum + count, 0);
    expect(restatements).toBe(rows[0]?.n);
    expect(counts).toContainEqual({ of: 'runs', org_id: organization, by: 'sync', status: 'ok', count: 4 });
  });

  it('two observations at once do not count anything twice', async () => {
    const memory = observationMemory();
    await Promise.all([look(nights, memory), look(nights, memory)]);
    expect(sorted((await look(nights, memory)).stored?.counts)).toEqual(sorted((await look(nights)).stored?.counts));
  });

  it('begins anew on a database that was restored from a backup', async () => {
    const memory = observationMemory();
    await look(nights, memory);
    await nights.database.pool.query('delete from openai_etl.runs where run_id > 1');
    expect(sorted((await look(nights, memory)).stored?.counts)).toEqual(sorted((await look(nights)).stored?.counts));
  });
});

describe('the ledger', () => {
  const loaded = ({ stored }: Observation) => stored?.status.datasets.map(({ buckets_loaded }) => buckets_loaded);

  it('is read anew each time while that is quick, and after a while where it is slow', async () => {
    const nights = await liveThroughNights({ datasets: [completions], days: 8, simulator: { groupsPerDataset: 2 } });
    try {
      await nights.sync();
      const [quick, slow] = [observationMemory(), observationMemory()];
      // Each look at the clock takes a second: so does each reading of the ledger.
      let nowMs = 0;
      const ticking: Clock = {
        ...nights.clock,
        monotonicMs: () => {
          nowMs += 1000;
          return nowMs;
        },
      };
      expect(loaded(await look(nights, quick))).toEqual([9]);
      expect(loaded(await look(nights, slow, ticking))).toEqual([9]);
      await nights.database.pool.query(
        'delete from openai_etl.buckets where bucket_start = (select min(bucket_start) from openai_etl.buckets)',
      );
      expect(loaded(await look(nights, quick))).toEqual([8]);
      expect(loaded(await look(nights, slow, ticking))).toEqual([9]);
      nowMs += 60_000;
      expect(loaded(await look(nights, slow, ticking))).toEqual([8]);
    } finally {
      await nights.close();
    }
  });
});

describe('an observation', () => {
  it('waits for no dataset that the organization lacks', async () => {
    const nights = await liveThroughNights({
      datasets: [completions, decisions],
      days: 5,
      simulator: { groupsPerDataset: 2 },
    });
    try {
      nights.simulator.setFaults([{ when: { dataset: 'decisions' }, then: { kind: 'status', status: 404 } }]);
      await nights.sync();
      const { stored } = await look(nights);
      expect(stored?.freshness.map(({ dataset, state }) => [dataset, state])).toEqual([
        ['completions', 'fresh'],
        ['decisions', 'absent'],
      ]);
      const states = stored?.calendars.map(({ days }) => [...new Set(days.map(({ state }) => state))]);
      expect(states?.[1]).toEqual(['outside']);
    } finally {
      await nights.close();
    }
  });

  it('of a database without tables says that there are none', async () => {
    const nights = await liveThroughNights({ datasets: [completions], days: 5 });
    const empty = await emptyDatabase();
    try {
      const store: Store = { ...nights.store, pool: empty.pool };
      const seen = await observe({ config: nights.config, store, clock: nights.clock }, settings);
      expect(seen).toMatchObject({ migrations: { database_version: 0 }, stored: null });
    } finally {
      await empty.close();
      await nights.close();
    }
  });

  it('of a server that falls silent is given up, and its connection with it', async () => {
    const nights = await liveThroughNights({ datasets: [completions], days: 5 });
    const holder = await nights.database.pool.connect();
    try {
      await holder.query('begin; lock table openai_etl.runs in access exclusive mode');
      const seen = look(nights);
      const failed = expect(seen).rejects.toMatchObject({ code: 'database_transient' });
      await expect.poll(() => nights.store.pool.totalCount - nights.store.pool.idleCount, { timeout: 10_000 }).toBe(1);
      await expect.poll(async () => (await holder.query(waitingSql)).rows[0]?.n, { timeout: 10_000 }).toBe(1);
      nights.clock.advance(30_000);
      await failed;
      expect(nights.store.pool.totalCount - nights.store.pool.idleCount).toBe(0);
    } finally {
      await holder.query('rollback');
      holder.release();
      await nights.close();
    }
  });
});

const waitingSql = `select count(*)::int as n from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`;
