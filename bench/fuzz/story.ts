import type { Card, CardNight, Lane, Played } from './cards.ts';
import { daySeconds, endpointNamed, type Width } from './contract.ts';
import { deck } from './deck.ts';
import type { Fault } from './fault.ts';
import type { NightPlan, Restated, Wanted } from './plan.ts';
import { type Random, randomOf } from './random.ts';

/** The first day of the first night. */
export const firstDay = Date.UTC(2026, 2, 18) / 1000;

/** Days before the first night that are wanted from the beginning. */
const historyDays = 14;

/** Days before that which may come to be wanted. */
export const deepestDays = 80;

const hourlyDays = 5;

const lanes: readonly Lane[] = [
  { organization: 'alpha', kind: 'usage', datasets: ['completions'] },
  { organization: 'alpha', kind: 'money', datasets: ['costs', 'costs_by_user'] },
  { organization: 'beta', kind: 'usage', datasets: ['completions', 'embeddings'] },
  { organization: 'beta', kind: 'money', datasets: ['costs', 'costs_by_user'] },
];

/** The organizations of a story; the bills of the second name no keys. */
export const organizations = ['alpha', 'beta'] as const;

/** What a story is told with. */
export interface StoryOptions {
  readonly seed: number;
  readonly nights: number;
  /** Names of cards, or what they are about; null: all. */
  readonly only: readonly string[] | null;
}

interface LaneState {
  readonly lane: Lane;
  /** Cards still to come. */
  cards: readonly Card[];
  card: Card | null;
  index: number;
  start: number;
  startBefore: number;
}

/** The nights of a seed, in order. The last one is calm. */
export function tellStory({ seed, nights, only }: StoryOptions): readonly NightPlan[] {
  const random = randomOf(seed, 'story');
  const states = lanes.map((lane) => laneState(lane, only, random));
  const longPause = 5 + random.below(4);
  let day = firstDay;
  return Array.from({ length: nights }, (_, index): NightPlan => {
    const night = index + 1;
    if (index > 0) day += (night === longPause ? 8 : 1) * daySeconds;
    const isCalm = night === nights && nights > 1;
    return planNight(states, { night, day, isCalm, random: randomOf(seed, night) });
  });
}

/** Cards that are about the same come one after the other on a lane in a random order; half of them on another one. */
function laneState(lane: Lane, only: readonly string[] | null, random: Random): LaneState {
  const wanted = deck.filter(
    ({ name, about, lanes: kinds }) =>
      kinds.includes(lane.kind) && (only === null || only.includes(name) || only.includes(about)),
  );
  const start = firstDay - historyDays * daySeconds;
  return { lane, cards: random.shuffled(wanted), card: null, index: 0, start, startBefore: start };
}

interface Night {
  readonly night: number;
  readonly day: number;
  readonly isCalm: boolean;
  readonly random: Random;
}

function planNight(states: readonly LaneState[], { night, day, isCalm, random }: Night): NightPlan {
  const played = states.map((state) => {
    const card = isCalm ? null : nextCard(state, random);
    const { lane, index, start, startBefore } = state;
    const context: CardNight = { lane, index, today: day, random, start, startBefore };
    return { state, card, played: card === null ? {} : card.play(context) };
  });
  return {
    night,
    at: day + 3 * 3600 + random.below(3600),
    wanted: played.flatMap(({ state, played: changes }) => wantedOf(state, changes, day)),
    faults: played.flatMap(({ state, played: changes }) => faultsOf(state, changes, random)),
    restated: played.flatMap(({ state, played: changes }) => restatedOf(state, changes, day, random)),
    backfillFrom: played.some(({ played: changes }) => changes.backfills)
      ? Math.min(...states.map(({ start }) => start))
      : null,
    cards: played.flatMap(({ state, card }) =>
      card === null ? [] : [`${state.lane.organization} ${state.lane.kind}: ${card.name}`],
    ),
  };
}

/** Goes on with the card of a lane, or takes the next; now and then a lane rests. */
function nextCard(state: LaneState, random: Random): Card | null {
  if (state.card !== null && state.index + 1 < state.card.nights) {
    state.index += 1;
    return state.card;
  }
  state.index = 0;
  state.startBefore = state.start;
  const [card] = state.cards;
  state.card = random.chance(0.15) ? null : (card ?? null);
  if (state.card === null) return null;
  state.cards = [...state.cards.slice(1), state.card];
  state.start -= state.card.deeper * daySeconds;
  return state.card;
}

function wantedOf({ lane, start }: LaneState, played: Played, day: number): readonly Wanted[] {
  const first = Math.max(start, played.startLater ?? start);
  const starts: Readonly<Record<Width, number>> = {
    '1d': first,
    '1h': Math.max(first, firstDay - hourlyDays * daySeconds),
    '1m': day - daySeconds,
  };
  const usual: readonly Width[] = lane.organization === 'alpha' && lane.kind === 'usage' ? ['1d', '1h'] : ['1d'];
  return lane.datasets
    .filter((dataset) => played.off?.includes(dataset) !== true)
    .map((dataset) => ({
      organization: lane.organization,
      dataset,
      widths: lane.kind === 'money' ? ['1d'] : (played.widths ?? usual),
      groupBy: endpointNamed(dataset)
        .dimensions.filter((name) => played.leftOut?.includes(name) !== true)
        .toSorted(),
      filters: played.filters?.[dataset] ?? {},
      start: starts,
    }));
}

function faultsOf({ lane }: LaneState, { faults = [] }: Played, random: Random): readonly Fault[] {
  return faults.map((fault) => ({ ...fault, organization: lane.organization, salt: random.below(1_000_000) }));
}

function restatedOf({ lane }: LaneState, { crowded = [] }: Played, day: number, random: Random): readonly Restated[] {
  const dataset = lane.kind === 'money' ? 'costs' : random.pick(lane.datasets);
  const draw = (): Restated => ({
    organization: lane.organization,
    dataset,
    day: day - (1 + random.below(7)) * daySeconds,
    kind: random.pick(['scale', 'remove', 'add']),
  });
  const crowds = crowded.map(
    (one): Restated => ({ organization: lane.organization, dataset, day: one, kind: 'crowd' }),
  );
  return [...Array.from({ length: random.below(3) }, draw), ...crowds];
}
