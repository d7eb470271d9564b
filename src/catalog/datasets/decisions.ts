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

export const decisions = defineDataset({
  name: 'decisions',
  path: '/organization/usage/decisions',
  object: 'organization.usage.decisions.result',
  table: 'usage_decisions',
  since: '7.33.0',
  optional: true,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 640,
  columns: [...commonDimensions, batch, serviceTier, apiSource, ...tokenMeasures],
  dropOrder: ['api_source', 'service_tier', 'batch', 'user_id', 'api_key_id', 'project_id', 'model'],
  ignored: [],
  filters: [...commonFilters, batchFilter],
  identities: tokenIdentities,
  driver: tokensDriver('decisions'),
  doc: 'Decisions, an endpoint of October 2026 with the columns of completions; many organizations lack it.',
});
