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
  /** Cards still to come, the one taken last behind them. */
  cards: readonly Card[];
  readonly extras: readonly Card[];
  card: Card | null;
  index: number;
  /** Nights to rest before the next card. */
  rests: number;
  start: number;
  startBefore: number;
}

/** The nights of a seed, in order. The last one is calm. */
export function tellStory({ seed, nights, only }: StoryOptions): readonly NightPlan[] {
  const random = randomOf(seed, 'story');
  const wanted = deck.filter(({ name, about }) => only === null || only.includes(name) || only.includes(about));
  const shuffled = random.shuffled(wanted);
  const states = lanes.map((lane, index) => laneState(lane, index, shuffled, only !== null, random));
  const longPause = 5 + random.below(4);
  let day = firstDay;
  return Array.from({ length: nights }, (_, index): NightPlan => {
    const night = index + 1;
    if (index > 0) day += (night === longPause ? 8 : 1) * daySeconds;
    const isCalm = night === nights && nights > 1;
    return planNight(states, { night, day, isCalm, random: randomOf(seed, night) });
  });
}

/**
 * The cards of a lane; lanes of one kind begin at different ends, so that together they come to most of them. Where only
 * some cards are played, the later lanes rest first: each card then happens to a new store and to one that holds days,
 * and to a lane's bills while its usage stays as it is.
 */
function laneState(lane: Lane, index: number, cards: readonly Card[], isChosen: boolean, random: Random): LaneState {
  const mine = cards.filter(({ lanes: kinds }) => kinds.includes(lane.kind));
  const major = mine.filter(({ rank }) => isChosen || rank === undefined);
  const [minor, ...others] = isChosen ? [] : random.shuffled(mine.filter(({ rank }) => rank === 'minor'));
  const isSecond = index >= lanes.length / 2;
  const start = firstDay - historyDays * daySeconds;
  return {
    lane,
    cards: [
      ...(isSecond ? major.toReversed() : major).toSpliced(random.below(5), 0, ...(minor === undefined ? [] : [minor])),
      ...others,
    ],
    extras: isChosen ? [] : mine.filter(({ rank }) => rank === 'extra'),
    card: null,
    index: 0,
    rests: isChosen ? Math.ceil(index / 2) : 0,
    start,
    startBefore: start,
  };
}

interface Night {
  readonly night: number;
  readonly day: number;
  readonly isCalm: boolean;
  readonly random: Random;
}

interface PlayedLane {
  readonly state: LaneState;
  readonly cards: readonly Card[];
  readonly played: Played;
}

function planNight(states: readonly LaneState[], night: Night): NightPlan {
  const { day, random } = night;
  const played = states.map((state) => playLane(state, night));
  const wanted = played.flatMap((one) => wantedOf(one.state, one.played, day));
  return {
    night: night.night,
    at: day + 3 * 3600 + random.below(3600),
    wanted,
    faults: played.flatMap((one) => faultsOf(one.state, one.played, random)),
    restated: played.flatMap((one) => restatedOf(one.state, one.played, day, random)),
    backfills: played.flatMap(({ state, played: changes }) =>
      changes.backfills === true
        ? state.lane.datasets.map((dataset) => ({ organization: state.lane.organization, dataset, from: state.start }))
        : [],
    ),
    cards: played.flatMap(({ state, cards }) =>
      cards.map(({ name }) => `${state.lane.organization} ${state.lane.kind}: ${name}`),
    ),
  };
}

/** Chance that something more happens beside a card. */
const extraChance = 0.25;

function playLane(state: LaneState, { day, isCalm, random }: Night): PlayedLane {
  const card = isCalm ? null : nextCard(state, random);
  const { lane, index, start, startBefore } = state;
  const context: CardNight = { lane, index, today: day, random, start, startBefore };
  const main = card?.play(context) ?? {};
  if (isCalm || state.extras.length === 0 || !random.chance(extraChance)) {
    return { state, cards: card === null ? [] : [card], played: main };
  }
  const extra = random.pick(state.extras);
  const faults = [...(main.faults ?? []), ...(extra.play(context).faults ?? [])];
  return { state, cards: [...(card === null ? [] : [card]), extra], played: { ...main, faults } };
}

/** Goes on with the card of a lane, or takes the next; now and then a lane rests in between. */
function nextCard(state: LaneState, random: Random): Card | null {
  if (state.card !== null && state.index + 1 < state.card.nights) {
    state.index += 1;
    return state.card;
  }
  if (state.rests > 0) {
    state.rests -= 1;
    state.card = null;
    return null;
  }
  const [card] = state.cards;
  if (card === undefined) return null;
  state.card = card;
  state.index = 0;
  state.cards = [...state.cards.slice(1), card];
  state.rests = state.cards.length < 3 || random.chance(0.15) ? 1 : 0;
  state.startBefore = state.start;
  state.start -= card.deeper * daySeconds;
  return card;
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
