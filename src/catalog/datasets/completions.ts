import { defineDataset } from '../dataset.ts';
import { tokensDriver } from '../driver.ts';
import {
  apiSource,
  batch,
  batchFilter,
  commonDimensions,
  commonFilters,
  serviceTier,
  usagePageLimits,
  usageSettleSeconds,
} from '../shared.ts';
import { tokenIdentities, tokenMeasures } from '../tokens.ts';

export const completions = defineDataset({
  name: 'completions',
  path: '/organization/usage/completions',
  object: 'organization.usage.completions.result',
  table: 'usage_completions',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 640,
  columns: [...commonDimensions, batch, serviceTier, apiSource, ...tokenMeasures],
  dropOrder: ['api_source', 'service_tier', 'batch', 'user_id', 'api_key_id', 'project_id', 'model'],
  ignored: [],
  filters: [...commonFilters, batchFilter],
  identities: tokenIdentities,
  driver: tokensDriver(),
  doc: 'Text, audio and image generation by the Chat Completions and Responses APIs.',
});
