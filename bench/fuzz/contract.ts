/** What is known of the API here, written down apart from the program. */

export type Width = '1m' | '1h' | '1d';

export const widthSeconds: Readonly<Record<Width, number>> = { '1m': 60, '1h': 3600, '1d': 86_400 };

export const daySeconds = 86_400;

/** One of the datasets that are read here. */
export interface Endpoint {
  readonly name: string;
  readonly path: string;
  readonly tag: string;
  /** Its table in schema `openai`. */
  readonly table: string;
  readonly dimensions: readonly string[];
  /** Counts; none where it is money. */
  readonly counts: readonly string[];
  readonly widths: readonly Width[];
}

/** Which field a filter looks at. */
export const filterFields: Readonly<Record<string, string>> = {
  project_ids: 'project_id',
  user_ids: 'user_id',
  api_key_ids: 'api_key_id',
  models: 'model',
  line_items: 'line_item',
};

const common = ['project_id', 'user_id', 'api_key_id', 'model'];

const completions: Endpoint = {
  name: 'completions',
  path: '/organization/usage/completions',
  tag: 'organization.usage.completions.result',
  table: 'usage_completions',
  dimensions: [...common, 'batch', 'service_tier', 'api_source'],
  counts: ['input_tokens', 'output_tokens', 'num_model_requests', 'input_cached_tokens'],
  widths: ['1m', '1h', '1d'],
};

const embeddings: Endpoint = {
  name: 'embeddings',
  path: '/organization/usage/embeddings',
  tag: 'organization.usage.embeddings.result',
  table: 'usage_embeddings',
  dimensions: common,
  counts: ['input_tokens', 'num_model_requests'],
  widths: ['1m', '1h', '1d'],
};

const money = { path: '/organization/costs', tag: 'organization.costs.result', counts: [], widths: ['1d'] } as const;

const costs: Endpoint = {
  ...money,
  name: 'costs',
  table: 'costs',
  dimensions: ['project_id', 'line_item', 'api_key_id', 'api_source'],
};

const costsByUser: Endpoint = {
  ...money,
  name: 'costs_by_user',
  table: 'costs_by_user',
  dimensions: ['user_id', 'line_item', 'api_key_id', 'project_id'],
};

export const endpoints: readonly Endpoint[] = [completions, embeddings, costs, costsByUser];

export function endpointNamed(name: string): Endpoint {
  const found = endpoints.find((endpoint) => endpoint.name === name);
  if (found === undefined) throw new RangeError(`no dataset is called ${name}`);
  return found;
}

export function isMoney({ counts }: Endpoint): boolean {
  return counts.length === 0;
}

/** Which dataset a request is for: costs are cut by user where they are grouped by it. */
export function endpointOf(path: string, groupBy: readonly string[]): Endpoint | null {
  const [first, second] = endpoints.filter((endpoint) => endpoint.path === path);
  return (groupBy.includes('user_id') ? second : undefined) ?? first ?? null;
}
