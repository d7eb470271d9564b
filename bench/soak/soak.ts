import { randomFrom } from '../../src/simulator/world/random.ts';
import { performAct } from './act.ts';
import { endSoak } from './ending.ts';
import { count, type Life } from './life.ts';
import { BrokenPromise, emptyMemory } from './memory.ts';
import { firstNight, type SoakDatabase, startOrganization } from './organization.ts';
import type { SoakOutcome } from './outcome.ts';
import { checkRequests, readRefused } from './request-promises.ts';
import { drawRestatement } from './restatement-drawing.ts';
import { checkQuarantine, checkRuns } from './run-promises.ts';
import { checkStore } from './store-promises.ts';
import { presentTransaction } from './stored.ts';
import { type NightPlan, tellStory } from './story.ts';

/** What a soak is told. */
export interface SoakOptions {
  readonly database: SoakDatabase;
  readonly seed: number;
  readonly nights: number;
  /** Called after every night. */
  readonly progress?: (night: number) => void;
}

const dayMs = 86_400_000;

// Dead row versions of the ledger would make every night slower than the one before.
const nightsBetweenVacuums = 25;

/**
 * Lives through the nights of a seed, holding the store against the API's double after every run, and ends with every
 * table compared with the truth. Rejects with BrokenPromise, naming the night and the first difference.
 */
export async function soak({ database, seed, nights, progress }: SoakOptions): Promise<SoakOutcome> {
  const startedMs = performance.now();
  const organization = await startOrganization(database, seed);
  const tally = {
    requests: 0,
    exits: new Map<string, number>(),
    struck: new Map<string, number>(),
    restated: 0,
    restatements: 0,
  };
  const life: Life = { organization, memory: emptyMemory(), tally };
  let night = 0;
  try {
    for (const plan of tellStory(seed, nights, firstNight)) {
      night = plan.night;
      await liveThrough(life, plan, seed);
      if (night % nightsBetweenVacuums === 0) await database.pool.query('vacuum analyze');
      progress?.(night);
    }
    const ending = await endSoak(life);
    const days = Math.round((organization.clock.now().getTime() - firstNight.getTime()) / dayMs);
    const seconds = (performance.now() - startedMs) / 1000;
    return { seed, nights, days, ...tally, ...ending, healed: life.memory.healed, seconds };
  } catch (thrown) {
    if (!(thrown instanceof BrokenPromise)) throw thrown;
    throw new BrokenPromise(`seed ${seed}, night ${night}: ${thrown.message}`);
  } finally {
    await organization.close();
  }
}

async function liveThrough({ organization, memory, tally }: Life, plan: NightPlan, seed: number): Promise<void> {
  const { clock, simulator, oracle, requests, pool } = organization;
  const random = randomFrom(seed, 'restatements', plan.night);
  const draw = (count: number) => Array.from({ length: count }, () => drawRestatement(random, oracle, plan.start));
  organization.setBehind(0);
  clock.advance(Math.max(0, plan.start.getTime() - clock.now().getTime()));
  const restatements = [...plan.lateDays, ...draw(plan.restatements)];
  simulator.restate(restatements);
  oracle.restate(restatements);
  tally.restated += restatements.length;
  for (const act of plan.acts) {
    requests.setFaults(plan.faults);
    const transaction = await presentTransaction(pool);
    const refused = await readRefused(pool);
    const settings = organization.settingsOf(plan.leftOut);
    const acted = await performAct(organization, act, plan.leftOut, () => draw(1));
    count(tally, acted);
    checkRequests(memory, settings, refused, acted);
    const change = await checkStore(pool, memory, { oracle, faults: plan.faults, act: acted }, transaction);
    tally.restatements += change.restatements;
    await checkRuns(pool, memory, settings, acted);
    await checkQuarantine(pool, change.entries);
    oracle.settle();
    // Two readings of one instant could not be told apart.
    clock.advance(60_000);
  }
}
