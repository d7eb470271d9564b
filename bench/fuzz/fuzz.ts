import { daySeconds } from './contract.ts';
import { Difference } from './difference.ts';
import { startDouble } from './double.ts';
import { checkDue } from './due-check.ts';
import { checkExit } from './exit-check.ts';
import { checkFacts } from './fact-check.ts';
import { createMemory } from './memory.ts';
import { instantText, type NightPlan, placeName, placesOf } from './plan.ts';
import { clockAt, type FuzzDatabase, openProgram, organizationOf, runNight } from './program.ts';
import { randomOf } from './random.ts';
import { readStore } from './store.ts';
import { deepestDays, firstDay, organizations, type StoryOptions, tellStory } from './story.ts';
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
      const store = await readStore(database.pool);
      checkFacts(store, memory, placesOf(plan.wanted).map(placeName));
      checkDue(plan, store, memory, exit);
      checkExit(plan, memory, exit, said);
    }
  } catch (thrown) {
    if (!(thrown instanceof Difference)) throw thrown;
    const plan = plans[nights - 1];
    difference = plan === undefined ? thrown.message : told(plan, thrown.message);
  } finally {
    await program.close();
    await double.close();
  }
  const { requests, struck } = double;
  return { seed: story.seed, nights, requests, struck, exits, tieOuts: memory.tieOuts, difference };
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
