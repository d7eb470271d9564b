import { describe, it } from 'vitest';
import { messageOf } from '../../src/errors.ts';
import { storedBuckets, trueBuckets } from './buckets.ts';
import type { FaultArea, FaultCase } from './fault-case.ts';
import { type Aftermath, faultPromises } from './promises.ts';
import { faultTable } from './table.ts';
import { createWorld, type World } from './world.ts';

/** Declares one test for each fault of an area: after it, every promise holds. */
export function provePromises(area: FaultArea): void {
  describe(`faults of the ${area}`, () => {
    for (const fault of faultTable.filter((one) => one.area === area)) {
      it(`every promise holds after: ${fault.fault}`, () => prove(fault));
    }
  });
}

async function prove(fault: FaultCase): Promise<void> {
  const world = await createWorld(fault.world);
  try {
    const aftermath = await suffer(fault, world);
    for (const { promise, exempt, keep } of faultPromises) {
      if (exempt?.(fault) === true) continue;
      try {
        await keep(aftermath);
      } catch (thrown) {
        throw new Error(`broken: ${promise} ${messageOf(thrown)}`, { cause: thrown });
      }
    }
  } finally {
    await world.close();
  }
}

async function suffer(fault: FaultCase, world: World): Promise<Aftermath> {
  const storedBefore = await storedBuckets(world);
  const truthBefore = trueBuckets(world, world.firstDay);
  const { rows } = await world.nights.database.pool.query<{ readonly last: number }>(
    'select max(run_id)::int as last from openai_etl.runs',
  );
  const struck = await fault.strike(world);
  world.setFaults([]);
  return { world, fault, struck, truthBefore, storedBefore, lastRun: rows[0]?.last ?? 0 };
}
