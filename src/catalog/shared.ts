import { dimension, flag } from './column.ts';

const daySeconds = 86_400;

/** Page limits of the usage endpoints, from the prose of the API reference. */
export const usagePageLimits = {
  '1m': { default: 60, max: 1440 },
  '1h': { default: 24, max: 168 },
  '1d': { default: 7, max: 31 },
} as const;

/**
 * When usage is final. No source states it. Minutes are known to be revised for about a quarter of an hour after they
 * close; half a day covers that many times over and still fits, with the newest minutes, into one page of 1440.
 */
export const usageSettleSeconds = { '1m': daySeconds / 2, '1h': 3 * daySeconds, '1d': 3 * daySeconds } as const;

/** Page limit of the costs endpoint, which exists at one width only. */
export const costsPageLimits = { '1d': { default: 7, max: 180 } } as const;

/** When costs are final: refreshed for hours, corrected for days; no source states an end. */
export const costsSettleSeconds = { '1d': 7 * daySeconds } as const;

export const project = dimension(
  'project_id',
  'Project the usage belongs to; null when the API attributes it to none.',
);
export const user = dimension('user_id', 'User or service account that made the requests; null when not attributed.');
export const apiKey = dimension('api_key_id', 'API key that made the requests; null when not attributed.');
const model = dimension('model', 'Model as the API names it, with its date where it has one.');
export const batch = flag('batch', 'True for Batch API requests, false for others.');
export const serviceTier = dimension('service_tier', 'Service tier that served the requests; an open list.');
export const apiSource = dimension(
  'api_source',
  "'agents_api' or 'unlabeled'; unlabeled means no attribution, old data included.",
  '7.47.0',
);

/** The four dimensions most usage endpoints share. */
export const commonDimensions = [project, user, apiKey, model] as const;

const list = <const N extends string>(name: N, matches: string) =>
  ({ name, matches, type: 'text[]', since: 'baseline' }) as const;

export const projectFilter = list('project_ids', 'project_id');
export const apiKeyFilter = list('api_key_ids', 'api_key_id');
export const userFilter = list('user_ids', 'user_id');
export const commonFilters = [projectFilter, userFilter, apiKeyFilter, list('models', 'model')] as const;
export const batchFilter = { name: 'batch', matches: 'batch', type: 'boolean', since: 'baseline' } as const;

/** A filter over a closed list of values. The response field it matches stays an open string. */
export function choice<const N extends string, const V extends readonly string[]>(name: N, matches: string, values: V) {
  return { name, matches, type: 'text[]', values, since: 'baseline' } as const;
}
