import { expect, it } from 'vitest';
import { soak } from '../../bench/soak/soak.ts';
import { testDatabase } from '../support/postgres.ts';

it('forty nights of faults and restatements end with every table equal to the truth, whatever failed meanwhile', async () => {
  const database = await testDatabase();
  try {
    const outcome = await soak({ database, seed: 5, nights: 40 });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0, different: 0 });
    // It proves nothing when nothing happened.
    expect(outcome.rows).toBeGreaterThan(1000);
    expect(outcome.restatements).toBeGreaterThan(100);
    expect(outcome.healed).toBeGreaterThan(0);
    expect(outcome.struck.size).toBeGreaterThan(15);
    expect(outcome.exits.get('0')).toBeGreaterThan(5);
    expect(outcome.exits.get('3')).toBeGreaterThan(5);
  } finally {
    await database.close();
  }
}, 180_000);
