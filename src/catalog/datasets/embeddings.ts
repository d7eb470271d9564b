import { count } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { inputTokensDriver } from '../driver.ts';
import { commonDimensions, commonFilters, usagePageLimits, usageSettleSeconds } from '../shared.ts';

export const embeddings = defineDataset({
  name: 'embeddings',
  path: '/organization/usage/embeddings',
  object: 'organization.usage.embeddings.result',
  table: 'usage_embeddings',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 260,
  columns: [
    ...commonDimensions,
    count('input_tokens', { unit: 'tokens', doc: 'Tokens embedded.' }),
    count('num_model_requests', { unit: 'requests', doc: 'Requests made to the model.' }),
  ],
  dropOrder: ['user_id', 'api_key_id', 'project_id', 'model'],
  ignored: [],
  filters: commonFilters,
  identities: [],
  driver: inputTokensDriver('embeddings'),
  doc: 'Embedding requests.',
});
