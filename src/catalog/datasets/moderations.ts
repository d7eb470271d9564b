import { count } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { inputTokensDriver } from '../driver.ts';
import { commonDimensions, commonFilters, usagePageLimits, usageSettleSeconds } from '../shared.ts';

export const moderations = defineDataset({
  name: 'moderations',
  path: '/organization/usage/moderations',
  object: 'organization.usage.moderations.result',
  table: 'usage_moderations',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 260,
  columns: [
    ...commonDimensions,
    count('input_tokens', { unit: 'tokens', doc: 'Tokens moderated.' }),
    count('num_model_requests', { unit: 'requests', doc: 'Requests made to the model.' }),
  ],
  dropOrder: ['user_id', 'api_key_id', 'project_id', 'model'],
  ignored: [],
  filters: commonFilters,
  identities: [],
  driver: inputTokensDriver('moderations'),
  doc: 'Moderation requests.',
});
