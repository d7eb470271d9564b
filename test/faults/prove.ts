import { describe, it } from 'vitest';
import { messageOf } from '../../src/errors.ts';
import { ledgerLines, storedBuckets, trueBuckets } from './buckets.ts';
import type { FaultArea, FaultCase } from './fault-case.ts';
import {
  type Aftermath,
  type FaultPromise,
  type Present,
  promisesOfTheNight,
  promisesOfTheRecovery,
} from './promises.ts';
import { faultTable } from './table.ts';
import { createWorld, type World } from './world.ts';

/** Several processes one after another, on a machine that may do ten other things. */
const patienceMs = 120_000;

/** Declares one test for each fault of an area: after it, every promise holds. */
export function provePromises(area: FaultArea): void {
  describe(`faults of the ${area}`, () => {
    for (const fault of faultTable.filter((one) => one.area === area)) {
      it(`every promise holds after: ${fault.fault}`, () => prove(fault), patienceMs);
    }
  });
}

async function prove(fault: FaultCase): Promise<void> {
  const world = await createWorld(fault.world);
  try {
    const before = await presentOf(world, world.firstDay);
    const { rows } = await world.nights.database.pool.query<{ readonly last: number }>(
      'select max(run_id)::int as last from openai_etl.runs',
    );
    const struck = await fault.strike(world);
    world.setFaults([]);
    const from = struck.horizon ?? world.firstDay;
    const night = { world, fault, struck, before, lastRun: rows[0]?.last ?? 0 };
    await keepAll(promisesOfTheNight, { ...night, present: await presentOf(world, from) });

    const recovered = await (fault.recover?.(world) ?? world.night());
    const present = await presentOf(world, from);
    await keepAll(promisesOfTheRecovery, { ...night, struck: recovered, present });
  } finally {
    await world.close();
  }
}

async function presentOf(world: World, from: Date): Promise<Present> {
  return { stored: await storedBuckets(world), ledger: await ledgerLines(world), truth: trueBuckets(world, from) };
}

async function keepAll(promises: readonly FaultPromise[], aftermath: Aftermath): Promise<void> {
  for (const { promise, exempt, keep } of promises) {
    if (exempt?.(aftermath.fault) === true) continue;
    try {
      await keep(aftermath);
    } catch (thrown) {
      throw new Error(`broken: ${promise} ${messageOf(thrown)}`, { cause: thrown });
    }
  }
}
