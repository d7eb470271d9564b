import { expect, it } from 'vitest';
import { soak } from '../../bench/soak/soak.ts';
import { testDatabase } from '../support/postgres.ts';
import { transactionsToEnd } from '../support/quiet.ts';
import { consumer, expectEqual } from './consumer.ts';

it('a feed read all the while through nights of faults, interruptions and restatements ends with what the store has', async () => {
  const database = await testDatabase();
  try {
    const reader = consumer(database);
    const told = { polls: 0, upserts: 0, removals: 0 };
    let going = true;
    const reading = (async () => {
      while (going) {
        const { upserts, removals } = await reader.poll();
        told.polls += 1;
        told.upserts += upserts.length;
        told.removals += removals.length;
      }
    })();
    const { restatements } = await soak({ database, seed: 11, nights: 12 }).finally(() => {
      going = false;
    });
    await reading;
    await transactionsToEnd(database.pool);
    await reader.poll();
    await expectEqual(reader, database);
    expect(restatements).toBeGreaterThan(10);
    expect(told.polls).toBeGreaterThan(20);
    expect(told.removals).toBeGreaterThan(10);
    expect(told.upserts).toBeGreaterThan(1000);
  } finally {
    await database.close();
  }
}, 180_000);
