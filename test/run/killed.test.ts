import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KilledBackfill, type KilledBackfillOptions, killBackfill } from '../../bench/killed-backfill.ts';
import { emptyDatabase, type TestDatabase } from '../support/postgres.ts';

describe('a backfill that is killed again and again', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await emptyDatabase();
  });
  afterEach(async () => {
    await database.close();
  });

  const kill = (options: Pick<KilledBackfillOptions, 'kills' | 'seed' | 'days' | 'lookback'>) =>
    killBackfill({ ...options, database });

  const expectPromisesKept = (result: KilledBackfill) => {
    expect(result.halfWritten).toEqual([]);
    expect(result.readTwice).toEqual([]);
    expect(result.differences).toEqual([]);
    expect(result.idleRequests).toBe(0);
    // A life that was killed early had not yet said that it began; the one more at the end finds nothing to do.
    const killed = result.statuses.slice(0, -2);
    expect(killed.length).toBeGreaterThan(0);
    expect(new Set(killed)).toEqual(new Set(['failed']));
    expect(result.statuses.slice(-2)).toEqual(['ok', 'ok']);
  };

  it('ends with every table right, and no life reads a settled bucket again', async () => {
    const days = 40;
    const result = await kill({ kills: 25, seed: 7, days, lookback: 'never' });
    expectPromisesKept(result);
    expect(result.rows).toBeGreaterThan(1000);
    // 11 datasets have days and hours, 2 only days.
    expect(result.buckets).toBe(days * (11 * 25 + 2));
  }, 600_000);

  it('asks for nothing but what is missing also where settled buckets are read along for free', async () => {
    expectPromisesKept(await kill({ kills: 5, seed: 8, days: 40, lookback: 'free' }));
  }, 600_000);
});
