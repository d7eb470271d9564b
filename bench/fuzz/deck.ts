import { type Card, type CardNight, faultOf, midway, someDays } from './cards.ts';
import { daySeconds } from './contract.ts';
import type { FaultKind } from './fault-kinds.ts';

const both = ['usage', 'money'] as const;
const usage = ['usage'] as const;
const money = ['money'] as const;

/** A fault that strikes some days for one night. */
function strike(about: Card['about'], kind: FaultKind, lanes: Card['lanes'] = both): Card {
  const play = (night: CardNight) => ({ faults: [faultOf(night, kind, { days: someDays(night) })] });
  return { name: kind, about, lanes, nights: 1, deeper: 3, play };
}

/** A fault about an instant within days never read. */
function midwayFault(name: string, kind: FaultKind, nights: number): Card {
  const play = (night: CardNight) => ({ faults: [faultOf(night, kind, { instant: midway(night) })] });
  return { name, about: kind === 'clamped-start' ? 'absence' : 'refusals', lanes: both, nights, deeper: 6, play };
}

const recent = (days: number) => (night: CardNight) => night.today - days * daySeconds;

const absence: readonly Card[] = [
  strike('absence', 'null-start'),
  strike('absence', 'millisecond-starts'),
  strike('absence', 'newest-first'),
  midwayFault('clamped-start', 'clamped-start', 2),
  {
    ...strike('absence', 'day-buckets', usage),
    play: (night) => ({ widths: ['1h', '1d'], faults: [faultOf(night, 'day-buckets', { widths: ['1h'] })] }),
  },
  {
    ...strike('absence', 'few-results'),
    play: (night) => ({ crowded: [night.today - daySeconds], faults: [faultOf(night, 'few-results')] }),
  },
];

const refusals: readonly Card[] = [
  midwayFault('misleading-horizon', 'misleading-horizon', 2),
  {
    ...midwayFault('horizon-of-one-width', 'horizon', 2),
    lanes: usage,
    play: (night) => ({
      widths: ['1h', '1d'],
      faults: [faultOf(night, 'horizon', { widths: ['1h'], instant: recent(2)(night) })],
    }),
  },
  {
    ...midwayFault('horizon-misreported', 'horizon', 2),
    play: (night) =>
      night.index === 0 ? { faults: [faultOf(night, 'horizon', { instant: night.today })] } : { backfills: true },
  },
  {
    ...midwayFault('horizon-misreported-and-mended', 'horizon', 1),
    play: (night) => ({ faults: [faultOf(night, 'horizon', { instant: night.today })] }),
  },
  {
    ...midwayFault('sliding-horizon', 'horizon', 2),
    play: (night) => ({ faults: [faultOf(night, 'horizon', { instant: recent(9)(night) })] }),
  },
  {
    ...midwayFault('refused-old-grouping', 'refused-old-grouping', 2),
    deeper: 2,
    play: (night) => ({
      faults: [faultOf(night, 'refused-old-grouping', { instant: recent(4 + night.index)(night) })],
    }),
  },
  { ...midwayFault('refused-grouping', 'refused-grouping', 2), deeper: 0 },
  { ...midwayFault('refused-future', 'refused-future', 1), deeper: 2 },
];

const extra = (kind: FaultKind, lanes?: Card['lanes']): Card => ({ ...strike('door', kind, lanes), rank: 'extra' });

const door: readonly Card[] = [
  { ...strike('door', 'nul-message'), rank: 'minor' },
  extra('nul-tag'),
  extra('nul-text'),
  extra('surrogate-text'),
  extra('long-model', usage),
  extra('long-line-item', money),
  extra('long-project'),
  extra('long-field'),
  extra('nul-field'),
  extra('junk-bucket'),
  extra('fraction-of-count', usage),
  extra('nines-billed', money),
  extra('endless-price', money),
  {
    ...strike('door', 'huge-hours', usage),
    rank: 'minor',
    play: (night) => ({ widths: ['1h'], faults: [faultOf(night, 'huge-hours', { days: someDays(night) })] }),
  },
];

const filtered = { project_ids: ['proj_1'] };

const settings: readonly Card[] = [
  {
    name: 'days-become-hours',
    about: 'settings',
    lanes: usage,
    nights: 2,
    deeper: 0,
    play: ({ index }) => ({ widths: index === 0 ? ['1d'] : ['1h'] }),
  },
  {
    name: 'hours-become-minutes',
    about: 'settings',
    lanes: usage,
    nights: 2,
    deeper: 0,
    play: ({ index }) => ({ widths: index === 0 ? ['1h'] : ['1m'] }),
  },
  {
    name: 'filters-while-refused',
    about: 'settings',
    lanes: both,
    nights: 2,
    deeper: 0,
    play: (night) => ({ filters: filtersOf(night), faults: [faultOf(night, 'refused-grouping')] }),
  },
  {
    name: 'filters',
    about: 'settings',
    rank: 'minor',
    lanes: both,
    nights: 2,
    deeper: 2,
    play: (night) => ({ filters: filtersOf(night) }),
  },
  {
    name: 'fewer-dimensions',
    about: 'settings',
    lanes: both,
    nights: 2,
    deeper: 0,
    play: () => ({ leftOut: ['api_key_id'] }),
  },
  {
    name: 'off-and-on',
    about: 'settings',
    rank: 'minor',
    lanes: both,
    nights: 2,
    deeper: 0,
    play: ({ lane, random }) => ({ off: [random.pick(lane.datasets)] }),
  },
  {
    name: 'start-later',
    about: 'settings',
    rank: 'minor',
    lanes: both,
    nights: 2,
    deeper: 3,
    play: ({ index, today }) => (index === 0 ? { startLater: today - 3 * daySeconds } : {}),
  },
];

function filtersOf({ lane }: CardNight) {
  return Object.fromEntries(lane.datasets.map((dataset) => [dataset, filtered]));
}

const meaning: readonly Card[] = [
  { ...strike('meaning', 'mixed-case', money), nights: 2 },
  { ...strike('meaning', 'empty-text', money), nights: 2 },
  {
    ...strike('meaning', 'unasked-project', money),
    nights: 2,
    play: (night) => ({ leftOut: ['project_id', 'api_key_id'], faults: [faultOf(night, 'unasked-project')] }),
  },
  {
    name: 'one-cut-filtered',
    about: 'meaning',
    lanes: money,
    nights: 2,
    deeper: 0,
    play: (night) => ({
      filters: { costs: filtered },
      faults: [faultOf(night, 'refused-grouping', { datasets: ['costs_by_user'] })],
    }),
  },
];

/** Everything that can happen. */
export const deck: readonly Card[] = [...absence, ...refusals, ...door, ...settings, ...meaning];
