import { count } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { project, projectFilter, usagePageLimits, usageSettleSeconds } from '../shared.ts';

export const vectorStores = defineDataset({
  name: 'vector_stores',
  path: '/organization/usage/vector_stores',
  object: 'organization.usage.vector_stores.result',
  table: 'usage_vector_stores',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 130,
  columns: [
    project,
    count('usage_bytes', {
      unit: 'bytes',
      additivity: { kind: 'level' },
      doc: 'Bytes stored during the bucket. A level: summing it over time gives byte-days, not bytes.',
    }),
  ],
  dropOrder: ['project_id'],
  ignored: [],
  filters: [projectFilter],
  identities: [],
  doc: 'Storage held by vector stores.',
});
