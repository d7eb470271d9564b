import { datasets as catalog } from '../../src/catalog/index.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { type Random, randomFrom } from '../../src/simulator/world/random.ts';
import { changesContent, drawFault } from './fault-drawing.ts';

/** What strikes a run from outside when the API has got so many requests since the run began. */
export interface Interruption {
  readonly afterRequests: number;
  readonly then:
    | { readonly kind: 'abort' }
    /** Connections to PostgreSQL are ended: the one with the locks, any one, or all. */
    | { readonly kind: 'terminate'; readonly whose: 'locks' | 'any' | 'all' }
    | { readonly kind: 'second-run' }
    /** The clock of the machine, not that of the API. It is right again the next night. */
    | { readonly kind: 'clock-back'; readonly seconds: number }
    | { readonly kind: 'restate' };
}

/** A run, with what interrupts it. */
export interface Act {
  readonly interruptions: readonly Interruption[];
}

/** A day that the API leaves out until a later night. */
export interface LateDay {
  readonly kind: 'late-day' | 'reveal-day';
  readonly dataset: string;
  readonly day: Date;
}

/** Everything that happens in one night but what follows from the interleaving of requests. */
export interface NightPlan {
  /** From 1. */
  readonly night: number;
  readonly start: Date;
  /** Of this night alone, and of nights before that still last. */
  readonly faults: readonly Fault[];
  /** How many restatements come before the first run. */
  readonly restatements: number;
  readonly lateDays: readonly LateDay[];
  /** Dimensions that the configuration leaves out tonight, by dataset. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** Runs one after the other; most nights have one. */
  readonly acts: readonly Act[];
}

/** Something that lasts until a night, that night included. */
interface Lasting<T> {
  readonly until: number;
  readonly value: T;
}

const dayMs = 86_400_000;

/** Past the lookback of usage, which is 31 days, and of an hour's width, which is 7. */
const longDowntimeDays = 35;

// Two in a row, with a night that fails in between, would let days pass behind the horizon before anybody read them.
const nightsBetweenLongDowntimes = 40;

/** The nights of a seed: the same seed tells the same story, whatever the runs make of it. */
export function tellStory(seed: number, nights: number, firstNight: Date): readonly NightPlan[] {
  const plans: NightPlan[] = [];
  let start = firstNight;
  let lastLongDowntime = 0;
  let faults: readonly Lasting<Fault>[] = [];
  let leftOut: readonly Lasting<readonly [string, string]>[] = [];
  let late: readonly Lasting<LateDay>[] = [];
  for (let night = 1; night <= nights; night += 1) {
    const random = randomFrom(seed, 'night', night);
    const daysPassed = night === 1 ? 0 : daysUntilNext(random, night - lastLongDowntime > nightsBetweenLongDowntimes);
    if (daysPassed === longDowntimeDays) lastLongDowntime = night;
    start = new Date(start.getTime() + daysPassed * dayMs);
    const revealed = late.filter(({ until }) => until <= night).map(({ value }) => value);
    const hidden = drawLateDay(random, night, start);
    late = [...late.filter(({ until }) => until > night), ...hidden];
    faults = [...faults.filter(({ until }) => until >= night), ...drawFaults(random, night, start, faults)];
    leftOut = [...leftOut.filter(({ until }) => until >= night), ...drawLeftOut(random, night)];
    plans.push({
      night,
      start,
      faults: faults.map(({ value }) => value),
      restatements: random.chance(0.5) ? 1 + random.below(3) : 0,
      lateDays: [
        ...revealed.map((day): LateDay => ({ ...day, kind: 'reveal-day' })),
        ...hidden.map(({ value }) => value),
      ],
      leftOut: new Map(leftOut.map(({ value }) => value)),
      acts: drawActs(random),
    });
  }
  return plans;
}

function daysUntilNext(random: Random, mayBeLong: boolean): number {
  if (random.chance(0.015) && mayBeLong) return longDowntimeDays;
  return random.chance(0.08) ? 2 + random.below(5) : 1;
}

function drawFaults(
  random: Random,
  night: number,
  start: Date,
  lasting: readonly Lasting<Fault>[],
): readonly Lasting<Fault>[] {
  const drawn: Lasting<Fault>[] = [];
  const count = random.chance(0.35) ? 0 : 1 + random.below(4);
  for (let index = 0; index < count; index += 1) {
    const { fault, nights } = drawFault(random, start);
    // Of two changes to one page nobody could say what the API had reported.
    const alone = [...lasting.filter(({ until }) => until >= night), ...drawn].every(
      ({ value }) => !changesContent(value) || value.when.dataset !== fault.when.dataset,
    );
    if (alone || !changesContent(fault)) drawn.push({ until: night + nights - 1, value: fault });
  }
  return drawn;
}

function drawLateDay(random: Random, night: number, start: Date): readonly Lasting<LateDay>[] {
  if (!random.chance(0.04)) return [];
  const dataset = random.pick(catalog.filter(({ money }) => money === undefined)).name;
  const day = new Date(start.getTime() - random.below(6) * dayMs);
  return [{ until: night + 1 + random.below(6), value: { kind: 'late-day', dataset, day } }];
}

function drawLeftOut(random: Random, night: number): readonly Lasting<readonly [string, string]>[] {
  if (!random.chance(0.03)) return [];
  const { name, dropOrder } = random.pick(catalog);
  return [{ until: night + random.below(5), value: [name, random.pick(dropOrder)] }];
}

function drawActs(random: Random): readonly Act[] {
  const first = drawAct(random);
  const interrupted = first.interruptions.length > 0;
  // Some runs are started again right away, as an operator or a supervisor would.
  return random.chance(interrupted ? 0.5 : 0.06) ? [first, drawAct(random)] : [first];
}

function drawAct(random: Random): Act {
  const interruptions: Interruption[] = [];
  const draw = (probability: number, then: () => Interruption['then']) => {
    if (random.chance(probability)) interruptions.push({ afterRequests: random.below(20), then: then() });
  };
  draw(0.06, () => ({ kind: 'abort' }));
  draw(0.12, () => ({ kind: 'terminate', whose: random.pick(['locks', 'any', 'any', 'any', 'all']) }));
  draw(0.08, () => ({ kind: 'second-run' }));
  // Up to five hours: enough to go back over midnight.
  draw(0.06, () => ({ kind: 'clock-back', seconds: 1 + random.below(random.chance(0.2) ? 18_000 : 600) }));
  draw(0.08, () => ({ kind: 'restate' }));
  return { interruptions };
}
