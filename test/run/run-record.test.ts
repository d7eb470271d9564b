import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { EtlError } from '../../src/errors.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';

const dayMs = 86_400_000;

describe('the record of a run', () => {
  let nights: Nights;
  beforeEach(async () => {
    nights = await liveThroughNights({ datasets: [completions, costs], days: 40 });
  });
  afterEach(async () => {
    await nights.close();
  });

  const records = async () =>
    (
      await nights.database.pool.query<Record<string, unknown>>(
        'select command, status, error, retries, responses, finished_at from openai_etl.runs order by run_id',
      )
    ).rows;

  it('counts requests by what came of them, and repeats', async () => {
    nights.simulator.setFaults([
      { when: { dataset: 'completions', nth: 1 }, then: { kind: 'status', status: 503 } },
      { when: { dataset: 'costs', nth: 1 }, then: { kind: 'reset-before-headers' } },
    ]);
    await nights.sync();
    expect(await records()).toMatchObject([{ status: 'ok', retries: 2, responses: { 200: 3, 503: 1, network: 1 } }]);
  });

  it('says that an interrupted run was interrupted', async () => {
    const stop = new AbortController();
    const reason = new EtlError('interrupted', 'interrupted by SIGTERM');
    const progress = { planned: () => undefined, advanced: () => stop.abort(reason), finished: () => undefined };
    await expect(nights.sync({}, { signal: stop.signal, progress })).rejects.toBe(reason);
    expect(await records()).toMatchObject([
      { status: 'failed', error: 'interrupted: interrupted by SIGTERM', finished_at: nights.clock.now() },
    ]);
  });

  it('says of an interrupted verify that it was interrupted', async () => {
    await nights.sync();
    const stop = new AbortController();
    const reason = new EtlError('interrupted', 'interrupted by SIGTERM');
    const progress = { planned: () => undefined, advanced: () => stop.abort(reason), finished: () => undefined };
    await expect(nights.verify({ signal: stop.signal, progress })).rejects.toBe(reason);
    expect(await records()).toMatchObject([
      { command: 'sync', status: 'ok' },
      { command: 'verify', status: 'failed', error: 'interrupted: interrupted by SIGTERM' },
    ]);
  });

  it('stays open for a verify that is still at work while a sync begins', async () => {
    await nights.sync();
    let during: readonly Record<string, unknown>[] = [];
    let synced: Promise<unknown> | null = null;
    const progress = {
      planned: () => {
        synced ??= nights.sync().then(async () => {
          during = await records();
        });
      },
      advanced: () => undefined,
      finished: () => undefined,
    };
    nights.simulator.setFaults([{ when: { nth: 1 }, then: { kind: 'delay', milliseconds: 300 } }]);
    const verified = nights.verify({ progress });
    expect(await verified).toMatchObject({ status: 'ok' });
    await synced;
    expect(during.map(({ command, error }) => ({ command, error }))).toEqual([
      { command: 'sync', error: null },
      { command: 'verify', error: null },
      { command: 'sync', error: null },
    ]);
  });
});

describe('a restatement', () => {
  it('tells whether the bucket had been taken as final', async () => {
    const nights = await liveThroughNights({ datasets: [costs], days: 30 });
    try {
      await nights.sync();
      nights.clock.advance(dayMs);
      for (const daysAgo of [3, 20]) {
        nights.simulator.restate([{ dataset: 'costs', kind: 'scale', day: daysBack(nights, daysAgo), factor: 1.5 }]);
      }
      await nights.sync();
      const { rows } = await nights.database.pool.query(
        'select distinct bucket_start, settled from openai_etl.restatements order by bucket_start',
      );
      expect(rows).toEqual([
        { bucket_start: daysBack(nights, 20), settled: true },
        { bucket_start: daysBack(nights, 3), settled: false },
      ]);
    } finally {
      await nights.close();
    }
  });
});
