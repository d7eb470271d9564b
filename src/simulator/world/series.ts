import type { Dimension } from '../../catalog/column.ts';
import type { Endpoint } from '../endpoint.ts';
import { type DimensionValue, keyOf } from './atom.ts';
import { type Model, modelsOf, type TokenShares } from './models.ts';
import type { Credential, Organization } from './organization.ts';
import { type Random, randomFrom } from './random.ts';

/** A group through all time: its dimensions, how busy it is, and when it is in use. */
export interface Series {
  readonly dimensions: readonly DimensionValue[];
  /** Requests on an ordinary day. */
  readonly dailyRequests: number;
  readonly tokensPerRequest: number;
  readonly shares: TokenShares;
  /** It is in use for some periods of this many days and idle for others, shifted by `phaseDays`. */
  readonly periodDays: number;
  readonly phaseDays: number;
}

/** Distinct groups on a busy weekday, where the caller does not say. */
const groupsByDataset: Readonly<Record<string, number>> = {
  completions: 28,
  embeddings: 8,
  images: 8,
  web_search_calls: 8,
};
const groupsOfOthers = 5;

/** More series exist than are busy on one day, so that groups come and go. */
const seriesPerGroup = 1.6;

/** A few groups send whole books: what makes the long-context prices apply. */
const tokensPerRequest = [180, 180, 700, 700, 700, 2400, 2400, 2400, 8000, 8000, 26_000, 210_000];

/** The series of an endpoint. There are fewer when its dimensions do not allow as many. */
export function seriesOf(
  seed: number,
  organization: Organization,
  endpoint: Endpoint,
  groups: number | undefined,
): readonly Series[] {
  const name = endpoint.datasets[0]?.name ?? '';
  const random = randomFrom(seed, endpoint.path, 'series');
  const wanted = Math.ceil((groups ?? groupsByDataset[name] ?? groupsOfOthers) * seriesPerGroup);
  const found = new Map<string, Series>();
  for (let draw = 0; draw < wanted * 4 && found.size < wanted; draw++) {
    const series = drawSeries(random, organization, endpoint, modelsOf(name));
    const key = keyOf(series.dimensions);
    if (!found.has(key)) found.set(key, series);
  }
  return [...found.values()];
}

function drawSeries(
  random: Random,
  organization: Organization,
  { dimensions }: Endpoint,
  models: readonly Model[],
): Series {
  const credential = random.pick(organization.credentials);
  const model = random.pick(models);
  const actor = { random, organization, credential, model };
  const tokens = random.pick(tokensPerRequest);
  return {
    dimensions: dimensions.map((dimension) => dimensionValue(dimension, actor)),
    dailyRequests: Math.ceil((3 * 200 ** random.unit()) / Math.max(1, tokens / 20_000)),
    tokensPerRequest: tokens,
    shares: random.pick(model.shares),
    periodDays: 14 + random.below(60),
    phaseDays: random.below(400),
  };
}

interface Actor {
  readonly random: Random;
  readonly organization: Organization;
  readonly credential: Credential;
  readonly model: Model;
}

/** Mostly the standard tier, and every other under each name that usage has for it. */
const serviceTiers = [
  'default',
  'default',
  'default',
  'default',
  'priority',
  'fast',
  'flex',
  'ultrafast',
  'scale',
  null,
];

/** What a dimension is for the one who acts, by the dimension's name. */
const values: Readonly<Record<string, (actor: Actor) => DimensionValue>> = {
  project_id: ({ credential }) => credential.projectId,
  user_id: ({ credential }) => credential.userId,
  api_key_id: ({ credential }) => credential.apiKeyId,
  model: ({ model }) => model.name,
  batch: ({ random }) => random.chance(0.15),
  service_tier: ({ random }) => random.pick(serviceTiers),
  api_source: ({ random }) => random.pick(['unlabeled', 'unlabeled', 'agents_api']),
  // 1024x1536 is made by newer models and is not among the values of the filter.
  size: ({ random }) => random.pick(['1024x1024', '1024x1536', '512x512', '1792x1792']),
  source: ({ random }) => random.pick(['image.generation', 'image.generation', 'image.edit', 'image.variation']),
  context_level: ({ random }) => random.pick(['low', 'medium', 'high', null]),
  vector_store_id: ({ random, organization, credential }) =>
    random.pick(organization.vectorStoreIds.get(credential.projectId ?? '') ?? [null]),
};

function dimensionValue({ name, type }: Dimension, actor: Actor): DimensionValue {
  const known = values[name];
  if (known !== undefined) return known(actor);
  const { random } = actor;
  if (random.chance(0.1)) return null;
  return type === 'boolean' ? random.chance(0.5) : `${name}-${1 + random.below(5)}`;
}
