import { expect, it } from 'vitest';
import { fuzz } from '../../bench/fuzz/fuzz.ts';
import { testDatabase } from '../support/postgres.ts';

it.each([2, 5])(
  'twelve nights on which the API misbehaves and settings change leave nothing in the store that was not answered (seed %i)',
  async (seed) => {
    const database = await testDatabase();
    try {
      const outcome = await fuzz(database, { seed, nights: 12, only: null });
      expect(outcome.difference).toBeNull();
      expect(outcome.nights).toBe(12);
      // It proves nothing when nothing happened.
      expect(outcome.struck.size).toBeGreaterThan(10);
      expect(outcome.exits.get(0)).toBeGreaterThan(1);
      expect(outcome.exits.get(3)).toBeGreaterThan(1);
    } finally {
      await database.close();
    }
  },
  180_000,
);
