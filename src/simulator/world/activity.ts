import type { Endpoint } from '../endpoint.ts';
import type { Atom } from './atom.ts';
import { measure, sumsOf } from './measures.ts';
import { type Random, randomFrom } from './random.ts';
import type { Series } from './series.ts';

/** Days since 1970-01-01 UTC. */
export type DayNumber = number;

/** The day on which the organization is as busy as its series say: 2026-01-01. */
const referenceDay: DayNumber = 20_454;
const doublingDays = 500;

/** Share of its periods in which a series is in use, and of the weekdays and weekend days of such a period. */
const inUse = 0.78;
const weekdayUse = 0.85;
const weekendUse = 0.45;

/** One day in so many, nobody in the organization works. */
const idleDayIn = 60;

/** Draws what an endpoint's series did on any day. */
export function activityOf(seed: number, endpoint: Endpoint, series: readonly Series[]): (day: DayNumber) => Atom[] {
  const sums = sumsOf(endpoint);
  const isLevel = endpoint.measures.some(({ additivity }) => additivity.kind === 'level');
  // Storage is still there on a day on which nobody works.
  const isIdle = (day: DayNumber) => !isLevel && randomFrom(seed, 'idle', day).chance(1 / idleDayIn);
  return (day) => {
    if (isIdle(day)) return [];
    const atoms = series.flatMap((group, index) => {
      const random = randomFrom(seed, endpoint.path, index, day);
      if (!isActive(seed, endpoint.path, group, index, day, isLevel, random)) return [];
      const requests = requestsOn(day, group, isLevel);
      const bursts = isLevel ? 1 : Math.min(requests, 1 + random.below(4));
      return Array.from({ length: bursts }, () => ({
        minute: isLevel ? 0 : minuteOf(random),
        dimensions: group.dimensions,
        attributes: endpoint.attributes.map(() => null),
        measures: measure(endpoint.measures, sums, group, share(requests, bursts, isLevel, random), random),
      }));
    });
    return atoms.toSorted((a, b) => a.minute - b.minute);
  };
}

function isActive(
  seed: number,
  path: string,
  series: Series,
  index: number,
  day: DayNumber,
  isLevel: boolean,
  random: Random,
): boolean {
  const period = Math.floor((day + series.phaseDays) / series.periodDays);
  if (!randomFrom(seed, path, 'period', index, period).chance(inUse)) return false;
  return isLevel || random.chance(isWeekend(day) ? weekendUse : weekdayUse);
}

function requestsOn(day: DayNumber, series: Series, isLevel: boolean): number {
  const growth = Math.min(8, Math.max(1 / 8, 2 ** ((day - referenceDay) / doublingDays)));
  const calm = isWeekend(day) && !isLevel ? 0.4 : 1;
  return Math.max(1, Math.round(series.dailyRequests * growth * calm));
}

/** 1970-01-01 was a Thursday. */
function isWeekend(day: DayNumber): boolean {
  return (day + 4) % 7 === 6 || (day + 4) % 7 === 0;
}

function share(requests: number, bursts: number, isLevel: boolean, random: Random): number {
  return isLevel ? requests : Math.max(1, Math.round((requests / bursts) * random.about(0.4)));
}

/** Mostly the working hours of a European and American organization, UTC. */
function minuteOf(random: Random): number {
  const hours = random.chance(0.85) ? 7 + 7 * (random.unit() + random.unit()) : 24 * random.unit();
  return Math.min(1439, Math.floor(hours * 60));
}
