import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { decisions } from '../../src/catalog/datasets/decisions.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { images } from '../../src/catalog/datasets/images.ts';
import { openLocks, writerLock } from '../../src/db/lock.ts';
import { readStatus } from '../../src/run/status.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { daysBack, expectTruth, liveThroughNights, type Nights, organization } from '../support/nights.ts';

const weekMs = 7 * 86_400_000;
const status = (code: number) => ({ kind: 'status', status: code }) as const;

describe('one dataset fails', () => {
  let nights: Nights;
  beforeEach(async () => {
    nights = await liveThroughNights({
      datasets: [completions, embeddings, images, decisions, costs, costsByUser],
      days: 15,
    });
  });
  afterEach(async () => {
    await nights.close();
  });

  it('denied, speaking nonsense or unavailable, it does not stop the others, and the exit code says 3', async () => {
    nights.simulator.setFaults([
      { when: { dataset: 'embeddings' }, then: status(403) },
      { when: { dataset: 'images' }, then: { kind: 'invalid-json' } },
      { when: { dataset: 'decisions' }, then: status(404) },
    ]);
    const report = await nights.sync();
    expect(report).toMatchObject({ status: 'partial', exit_code: 3 });
    expect(Object.fromEntries(report.datasets.map((one) => [one.dataset, one.status]))).toEqual({
      completions: 'ok',
      embeddings: 'failed',
      images: 'failed',
      decisions: 'unavailable',
      costs: 'ok',
      costs_by_user: 'ok',
    });
    for (const dataset of [completions, costs, costsByUser]) {
      await expectTruth(nights, dataset, '1d', daysBack(nights, 15));
    }
    const { datasets } = await readStatus(nights.context, { datasets: null, organizations: null });
    const denied = datasets.filter(({ capability }) => capability === 'unavailable');
    expect(denied).toMatchObject([
      {
        dataset: 'embeddings',
        detail: expect.stringMatching(/^scope_missing/),
        remedy: expect.stringContaining('Usage: Read'),
      },
      { dataset: 'decisions', detail: expect.stringMatching(/^dataset_unavailable/) },
    ]);
    expect(denied.every(({ capability_since }) => capability_since !== null)).toBe(true);
  });

  it.each([400, 403, 404])('a %i of optional datasets alone is no failure', async (code) => {
    nights.simulator.setFaults([
      { when: { dataset: 'decisions' }, then: status(code) },
      { when: { dataset: 'costs_by_user' }, then: status(code) },
    ]);
    const report = await nights.sync();
    expect(report).toMatchObject({ status: 'ok', exit_code: 0 });
    expect(report.datasets.filter((one) => one.status === 'unavailable').map((one) => one.dataset)).toEqual([
      'decisions',
      'costs_by_user',
    ]);
  });

  it('a rejected key stops the organization, asks no further, and the exit code says 1', async () => {
    nights.simulator.setFaults([{ when: {}, then: status(401) }]);
    nights.newRequests();
    const report = await nights.sync();
    expect(report).toMatchObject({ status: 'failed', exit_code: 1, errors: [{ code: 'key_rejected' }] });
    expect(report.datasets.map((one) => one.status)).toEqual(Array(6).fill('failed'));
    expect(nights.newRequests()).toBeLessThanOrEqual(nights.config.concurrency);
    const { rows } = await nights.database.pool.query('select status, error from openai_etl.runs');
    expect(rows).toEqual([{ status: 'failed', error: expect.stringContaining('key_rejected') }]);
  });

  it('another run holding everything is exit code 75, holding one dataset is 3, and both say so', async () => {
    const other = await openLocks(nights.store);
    try {
      await other.tryAcquire(writerLock({ orgId: organization, dataset: 'costs', width: '1d' }));
      const some = await nights.sync();
      expect(some).toMatchObject({ status: 'partial', exit_code: 3 });
      expect(some.datasets.find(({ dataset }) => dataset === 'costs')?.status).toBe('busy');
      const all = await nights.sync({ datasets: ['costs'] });
      expect(all).toMatchObject({ status: 'busy', exit_code: 75 });
    } finally {
      await other.close();
    }
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
  });

  it('an API that is down for one dataset costs it few attempts, not one for every slice', async () => {
    nights.simulator.setFaults([{ when: { dataset: 'completions' }, then: status(503) }]);
    nights.newRequests();
    await nights.sync({ datasets: ['completions'], from: daysBack(nights, 365) });
    expect(nights.newRequests()).toBeLessThan(40);
  });
});

describe('a refused grouping', () => {
  it('is given up one dimension at a time, recorded, and tried again after a week', async () => {
    const firstDay = new Date('2026-10-20T00:00:00Z');
    const nights = await liveThroughNights({ datasets: [costs], settings: { start: firstDay } });
    try {
      const full = ['project_id', 'line_item', 'api_key_id', 'api_source'];
      nights.simulator.setFaults([
        { when: {}, then: { kind: 'refuse-grouping', dimension: 'api_key_id' } },
        { when: {}, then: { kind: 'refuse-grouping', dimension: 'api_source' } },
      ]);
      const reduced = await nights.sync();
      expect(reduced).toMatchObject({
        exit_code: 0,
        datasets: [{ grain: ['project_id', 'line_item'], refused_dimensions: ['api_key_id', 'api_source'] }],
      });
      await expectTruth(nights, costs, '1d', firstDay, ['project_id', 'line_item']);
      const { rows } = await nights.database.pool.query('select status, grain from openai_etl.capabilities');
      expect(rows).toEqual([{ status: 'reduced', grain: ['project_id', 'line_item'] }]);

      nights.simulator.setFaults([]);
      nights.newRequests();
      expect(await nights.sync()).toMatchObject({ datasets: [{ grain: ['project_id', 'line_item'] }] });
      expect(nights.newRequests()).toBe(1);

      nights.clock.advance(weekMs);
      expect(await nights.sync()).toMatchObject({ datasets: [{ grain: full, refused_dimensions: [] }] });
      await expectTruth(nights, costs, '1d', firstDay);
    } finally {
      await nights.close();
    }
  });

  it('reads older buckets again when one dimension is granted again in the night that another is refused', async () => {
    const firstDay = new Date('2026-10-10T00:00:00Z');
    const nights = await liveThroughNights({ datasets: [completions], settings: { start: firstDay } });
    const refuse = (dimension: string): Fault => ({ when: {}, then: { kind: 'refuse-grouping', dimension } });
    try {
      nights.simulator.setFaults([refuse('api_key_id')]);
      await nights.sync();
      nights.clock.advance(weekMs);
      nights.simulator.setFaults([refuse('model')]);
      const report = await nights.sync();
      expect(report).toMatchObject({ exit_code: 0, datasets: [{ refused_dimensions: ['model'] }] });
      await expectTruth(nights, completions, '1d', firstDay, report.datasets[0]?.grain);
    } finally {
      await nights.close();
    }
  });

  it('sends nobody back to older buckets in the night that nobody could ask whether it is granted again', async () => {
    const firstDay = new Date('2026-08-01T00:00:00Z');
    const nights = await liveThroughNights({ datasets: [completions], settings: { start: firstDay } });
    const refused: Fault = { when: {}, then: { kind: 'refuse-grouping', dimension: 'api_key_id' } };
    try {
      nights.simulator.setFaults([refused]);
      await nights.sync();
      nights.clock.advance(weekMs);
      const busy: Fault = { when: { nth: 1 }, then: { ...status(429), retryAfter: '100000' } };
      nights.simulator.setFaults([busy, refused]);
      nights.newRequests();
      // The question gets no answer and stays due; what the night has to read is read as granted before.
      expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ refused_dimensions: ['api_key_id'] }] });
      expect(nights.newRequests()).toBe(2);
    } finally {
      await nights.close();
    }
  });

  it('does not take detail away from settled buckets that were read at a finer grain', async () => {
    const nights = await liveThroughNights({ datasets: [completions], days: 30 });
    try {
      await nights.sync();
      const settled = `select count(*)::int as n from openai.usage_completions
        where user_id is not null and bucket_start < '${daysBack(nights, 3).toISOString()}'`;
      const [before] = (await nights.database.pool.query(settled)).rows;
      nights.simulator.setFaults([{ when: {}, then: { kind: 'refuse-grouping', dimension: 'user_id' } }]);
      const report = await nights.sync();
      expect(report).toMatchObject({ exit_code: 0, datasets: [{ refused_dimensions: ['user_id'] }] });
      expect(report.datasets[0]?.buckets_kept).toBeGreaterThan(20);
      expect((await nights.database.pool.query(settled)).rows).toEqual([before]);
      nights.newRequests();
      expect(await nights.sync()).toMatchObject({ datasets: [{ buckets_kept: 0, requests: 1 }] });
      expect(await nights.verify()).toMatchObject({ status: 'ok' });
    } finally {
      await nights.close();
    }
  });
});

describe('the horizon', () => {
  it('is learnt from the refusal, nothing before it is touched, and the next night does not ask again', async () => {
    const nights = await liveThroughNights({
      datasets: [completions],
      days: 365,
      simulator: { horizon: { days: 100 } },
    });
    try {
      const report = await nights.sync();
      expect(report).toMatchObject({ exit_code: 0, datasets: [{ horizon: daysBack(nights, 100).toISOString() }] });
      await expectTruth(nights, completions, '1d', daysBack(nights, 100));
      nights.newRequests();
      await nights.sync();
      expect(nights.newRequests()).toBe(1);
    } finally {
      await nights.close();
    }
  });
});

describe('large pages', () => {
  let nights: Nights;
  beforeEach(async () => {
    nights = await liveThroughNights({
      datasets: [completions],
      widths: ['1h'],
      days: 1,
      simulator: { groupsPerDataset: 30_000 },
    });
  });
  afterEach(async () => {
    await nights.close();
  });

  /** Hours stored of each complete day, and the transactions that stored them. */
  const stored = async () => {
    const { rows } = await nights.database.pool.query<{ hours: number; transactions: number }>(
      `select count(distinct bucket_start)::int as hours, count(distinct xmin::text)::int as transactions
       from openai.usage_completions where bucket_start < $1 group by date_trunc('day', bucket_start) order by min(bucket_start)`,
      [daysBack(nights, 0)],
    );
    return rows;
  };

  it('are asked for in parts once a page is found too large, and loaded a day at a time, with the same result', async () => {
    const report = await nights.sync();
    expect(report).toMatchObject({ exit_code: 0 });
    const limits = nights.simulator.requests.map(({ parameters }) => Number(parameters.get('limit')));
    expect(limits[0]).toBeGreaterThan(24);
    expect(limits.slice(1).every((limit) => limit < 24)).toBe(true);
    await expectTruth(nights, completions, '1h', daysBack(nights, 1));
    expect(await stored()).toEqual([{ hours: 24, transactions: 1 }]);
  }, 120_000);

  it('of which one fails leave the rest of their day loaded, and the next night reads what is missing', async () => {
    nights.simulator.setFaults([{ when: { dataset: 'completions', nth: 3 }, then: { kind: 'more-without-cursor' } }]);
    expect(await nights.sync()).toMatchObject({ exit_code: 3 });
    nights.simulator.setFaults([]);
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
    await expectTruth(nights, completions, '1h', daysBack(nights, 1));
  }, 120_000);
});
