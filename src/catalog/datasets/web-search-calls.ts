import { count, dimension, overlapping } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { callsDriver } from '../driver.ts';
import { apiSource, choice, commonDimensions, commonFilters, usagePageLimits, usageSettleSeconds } from '../shared.ts';

export const webSearchCalls = defineDataset({
  name: 'web_search_calls',
  path: '/organization/usage/web_search_calls',
  object: 'organization.usage.web_searches.result',
  table: 'usage_web_search_calls',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 300,
  columns: [
    ...commonDimensions,
    dimension('context_level', 'low, medium or high: how much context the search brought.'),
    apiSource,
    count('num_requests', { unit: 'calls', doc: 'Web search calls.' }),
    count('num_model_requests', {
      unit: 'requests',
      additivity: overlapping('completions.num_model_requests'),
      doc: 'Model requests that searched; most likely counted in completions too, so never add the two.',
    }),
  ],
  dropOrder: ['api_source', 'context_level', 'user_id', 'api_key_id', 'project_id', 'model'],
  ignored: [],
  filters: [...commonFilters, choice('context_levels', 'context_level', ['low', 'medium', 'high'])],
  identities: [],
  driver: callsDriver('web search', 'num_requests'),
  doc: 'Web search tool calls. Their results are tagged web_searches, not web_search_calls.',
});
