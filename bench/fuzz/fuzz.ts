import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transactionsToEnd } from '../../test/support/quiet.ts';
import { checkBudgets, setBudgets } from './budget-check.ts';
import { daySeconds } from './contract.ts';
import { billsOf, checkCosts, readParts } from './cost-check.ts';
import { Difference } from './difference.ts';
import { startDouble } from './double.ts';
import { checkDue } from './due-check.ts';
import { checkExit } from './exit-check.ts';
import { checkExport } from './export-check.ts';
import { checkFacts } from './fact-check.ts';
import { checkFocus, checkFocusRules } from './focus-check.ts';
import { checkCoverage, checkHourlySums } from './hourly-check.ts';
import { createMemory, type Memory } from './memory.ts';
import { instantText, type NightPlan, placeName, placesOf } from './plan.ts';
import { clockAt, type FuzzDatabase, openProgram, organizationOf, type Program, runNight } from './program.ts';
import { randomOf } from './random.ts';
import { createReplica, type Replica } from './replica.ts';
import { checkShares, checkSplitAnew } from './split-check.ts';
import { readStore } from './store.ts';
import { deepestDays, firstDay, organizations, type StoryOptions, tellStory } from './story.ts';
import { checkUsage } from './usage-check.ts';
import { createWorld, crowd, restate, type World } from './world.ts';

/** What a seed came to. */
export interface FuzzOutcome {
  readonly seed: number;
  /** Nights lived through. */
  readonly nights: number;
  readonly requests: number;
  /** How often each kind of fault has struck a request. */
  readonly struck: ReadonlyMap<string, number>;
  readonly exits: ReadonlyMap<number, number>;
  readonly tieOuts: number;
  /** Null: there is none. */
  readonly difference: string | null;
}

/** Lives through the nights of a seed until something that is stored and what was answered do not go together. */
export async function fuzz(database: FuzzDatabase, story: StoryOptions): Promise<FuzzOutcome> {
  const plans = tellStory(story);
  const worlds = worldsOf(story, plans.at(-1)?.at ?? firstDay);
  const clock = clockAt(plans[0]?.at ?? firstDay);
  const now = () => Math.floor(clock.now().getTime() / 1000);
  const memory = createMemory(now);
  const double = await startDouble({ worlds, nameOf: organizationOf, now, heard: memory });
  const program = await openProgram(database, double.url, clock);
  const replica = createReplica(database.pool);
  const folder = await mkdtemp(join(tmpdir(), 'usage-etl-fuzz-'));
  await setBudgets(database.pool);
  const exits = new Map<number, number>();
  let nights = 0;
  let difference: string | null = null;
  try {
    for (const plan of plans) {
      nights = plan.night;
      clock.advance(Math.max(0, plan.at * 1000 - clock.now().getTime()));
      changeWorlds(worlds, plan, story.seed);
      double.setFaults(plan.faults);
      memory.begin(plan);
      const { exit, said } = await runNight(program, plan);
      exits.set(exit, (exits.get(exit) ?? 0) + 1);
      await checkNight({ program, pool: database.pool, memory, replica, folder }, plan, exit);
      checkExit(plan, memory, exit, said);
    }
  } catch (thrown) {
    if (!(thrown instanceof Difference)) throw thrown;
    const plan = plans[nights - 1];
    difference = plan === undefined ? thrown.message : told(plan, thrown.message);
  } finally {
    await program.close();
    await double.close();
    await rm(folder, { recursive: true, force: true });
  }
  const { requests, struck } = double;
  return { seed: story.seed, nights, requests, struck, exits, tieOuts: memory.tieOuts, difference };
}

// There are a hundred of them, and they take longer than everything else together.
const nightsBetweenRules = 4;

interface Checked {
  readonly program: Program;
  readonly pool: FuzzDatabase['pool'];
  readonly memory: Memory;
  readonly replica: Replica;
  readonly folder: string;
}

/** Everything that can be read of the store after a run, held against what was answered. */
async function checkNight(
  { program, pool, memory, replica, folder }: Checked,
  plan: NightPlan,
  exit: number,
): Promise<void> {
  const store = await readStore(pool);
  checkFacts(store, memory, placesOf(plan.wanted).map(placeName));
  checkDue(plan, store, memory, exit);
  await checkUsage(pool, store);
  await checkHourlySums(pool, store);
  await checkCoverage(pool, plan.at);
  const bills = billsOf(store);
  const parts = await readParts(pool);
  await checkCosts(pool, bills, parts);
  checkShares(store, bills, parts);
  await checkBudgets(pool, bills, plan.at);
  await checkFocus(pool, bills, parts);
  if (plan.night % nightsBetweenRules === 0) await checkFocusRules(pool);
  await transactionsToEnd(pool);
  await replica.follow();
  await checkExport(program, folder, store);
  await checkSplitAnew(program, plan, pool);
}

function worldsOf({ seed }: StoryOptions, until: number): ReadonlyMap<string, World> {
  const from = firstDay - deepestDays * daySeconds;
  return new Map(
    organizations.map((name) => [name, createWorld(seed, name, from, until + daySeconds, name === 'beta')]),
  );
}

function changeWorlds(worlds: ReadonlyMap<string, World>, plan: NightPlan, seed: number): void {
  for (const [index, { organization, dataset, day, kind }] of plan.restated.entries()) {
    const world = worlds.get(organization);
    if (world === undefined) continue;
    if (kind === 'crowd') crowd(world, dataset, day, 40);
    else restate(world, dataset, day, kind, randomOf(seed, plan.night, index));
  }
}

function told(plan: NightPlan, message: string): string {
  const cards = plan.cards.length === 0 ? 'nothing' : plan.cards.join(', ');
  return `night ${plan.night} (${instantText(plan.at)}; ${cards})\n${message}`;
}
