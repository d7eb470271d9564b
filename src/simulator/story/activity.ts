import type { Endpoint } from '../endpoint.ts';
import type { DayNumber } from '../world/activity.ts';
import type { Atom, DimensionValue } from '../world/atom.ts';
import { measure, sumsOf } from '../world/measures.ts';
import type { TokenShares } from '../world/models.ts';
import { type Random, randomFrom } from '../world/random.ts';
import { isDayOff, weekdayOf } from './calendar.ts';
import type { Rhythm, Workload } from './workload.ts';

/** Who a workload acts as. */
export interface StoryActor {
  readonly projectId: string;
  readonly userId: string;
  readonly apiKeyId: string;
  readonly vectorStoreId: string;
}

/** A workload and who it acts as. */
export interface StoryTask {
  readonly workload: Workload;
  readonly actor: StoryActor;
}

/** Draws what an endpoint's tasks came to on any day. */
export function storyActivity(
  seed: number,
  endpoint: Endpoint,
  tasks: readonly StoryTask[],
): (day: DayNumber) => readonly Atom[] {
  const sums = sumsOf(endpoint);
  const isLevel = endpoint.measures.some(({ additivity }) => additivity.kind === 'level');
  const mine = tasks.filter(({ workload }) => endpoint.datasets.some(({ name }) => name === workload.dataset));
  return (day) => {
    const atoms = mine.flatMap(({ workload, actor }, index) => {
      const random = randomFrom(seed, 'story', endpoint.path, index, day);
      const requests = requestsOn(day, workload, isLevel, random);
      if (requests === 0) return [];
      const dimensions = dimensionsOf(endpoint, workload, actor, day);
      const { tokensPerRequest, shares } = tokensOf(workload, day);
      const group = { dimensions, dailyRequests: requests, tokensPerRequest, shares, periodDays: 1, phaseDays: 0 };
      return minutesOf(workload.rhythm, isLevel, requests, random).map((minute, at, all) => ({
        minute,
        dimensions,
        attributes: endpoint.attributes.map(() => null),
        measures: measure(endpoint.measures, sums, group, shareOf(requests, at, all.length), random),
      }));
    });
    return atoms.toSorted((a, b) => a.minute - b.minute);
  };
}

/** How busy days off are, and Mondays to Fridays, beside an ordinary working day. */
const dayOffShare: Readonly<Record<Rhythm, number>> = { office: 0.03, always: 0.58, night: 0.85 };
const weekdayShare = [1, 0.96, 1.05, 1.08, 1.04, 0.87, 1];

function requestsOn(day: DayNumber, workload: Workload, isLevel: boolean, random: Random): number {
  const volume = workload.requests * (workload.volume?.(day) ?? 1);
  // What is stored does not come and go with the working week.
  if (isLevel) return Math.round(volume);
  const rhythm = isDayOff(day) ? dayOffShare[workload.rhythm] : (weekdayShare[weekdayOf(day)] ?? 1);
  const expected = volume * rhythm * random.about(workload.caller === 'service' ? 0.06 : 0.3);
  // People take a day off now and then.
  if (workload.caller !== 'service' && random.chance(0.08)) return 0;
  return Math.round(expected);
}

function shareOf(requests: number, index: number, parts: number): number {
  return Math.floor((requests * (index + 1)) / parts) - Math.floor((requests * index) / parts);
}

/** The minutes of the UTC day in which a workload's requests are counted. */
function minutesOf(rhythm: Rhythm, isLevel: boolean, requests: number, random: Random): readonly number[] {
  if (isLevel) return [0];
  const hours = {
    office: () => 7 + 5 * (random.unit() + random.unit()),
    always: () => (random.chance(0.75) ? 6 + 8 * (random.unit() + random.unit()) : 24 * random.unit()),
    night: () => 1 + 3 * random.unit(),
  };
  const bursts = Math.min(requests, rhythm === 'always' ? 6 : 3);
  return Array.from({ length: bursts }, () => Math.min(1439, Math.floor(hours[rhythm]() * 60)));
}

function tokensOf({ tokens }: Workload, day: DayNumber): { tokensPerRequest: number; shares: TokenShares } {
  if (tokens === undefined) return { tokensPerRequest: 0, shares: {} };
  const { input, output, cached } = tokens;
  const fromCache = cached(day);
  return {
    tokensPerRequest: input,
    shares: {
      input_tokens: 1,
      input_text_tokens: 1 - fromCache,
      input_cached_text_tokens: fromCache,
      output_text_tokens: output / input,
    },
  };
}

function dimensionsOf(
  endpoint: Endpoint,
  workload: Workload,
  actor: StoryActor,
  day: DayNumber,
): readonly DimensionValue[] {
  const model = workload.model(day);
  const values: Readonly<Record<string, DimensionValue>> = {
    project_id: actor.projectId,
    user_id: actor.userId,
    api_key_id: actor.apiKeyId,
    vector_store_id: actor.vectorStoreId,
    model: model === '' ? null : model,
    batch: false,
    service_tier: 'default',
    api_source: 'unlabeled',
    context_level: 'medium',
    ...workload.dimensions,
  };
  return endpoint.dimensions.map(({ name }) => values[name] ?? null);
}
