import { count, dimension } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { callsDriver } from '../driver.ts';
import {
  apiKey,
  apiKeyFilter,
  project,
  projectFilter,
  usagePageLimits,
  usageSettleSeconds,
  user,
  userFilter,
} from '../shared.ts';

export const fileSearchCalls = defineDataset({
  name: 'file_search_calls',
  path: '/organization/usage/file_search_calls',
  object: 'organization.usage.file_searches.result',
  table: 'usage_file_search_calls',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 220,
  columns: [
    project,
    user,
    apiKey,
    dimension('vector_store_id', 'Vector store that was searched.'),
    count('num_requests', { unit: 'calls', doc: 'File search calls.' }),
  ],
  dropOrder: ['vector_store_id', 'user_id', 'api_key_id', 'project_id'],
  ignored: [],
  filters: [
    projectFilter,
    userFilter,
    apiKeyFilter,
    { name: 'vector_store_ids', matches: 'vector_store_id', type: 'text[]', since: 'baseline' },
  ],
  identities: [],
  driver: callsDriver('file search', 'num_requests'),
  doc: 'File search tool calls. Their results are tagged file_searches, not file_search_calls.',
});
