import { count } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { unitsDriver } from '../driver.ts';
import { commonDimensions, commonFilters, usagePageLimits, usageSettleSeconds } from '../shared.ts';

export const audioSpeeches = defineDataset({
  name: 'audio_speeches',
  path: '/organization/usage/audio_speeches',
  object: 'organization.usage.audio_speeches.result',
  table: 'usage_audio_speeches',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 260,
  columns: [
    ...commonDimensions,
    count('characters', { unit: 'characters', doc: 'Characters spoken.' }),
    count('num_model_requests', { unit: 'requests', doc: 'Requests made to the model.' }),
  ],
  dropOrder: ['user_id', 'api_key_id', 'project_id', 'model'],
  ignored: [],
  filters: commonFilters,
  identities: [],
  driver: unitsDriver('speech', 'characters', { characters: 1 }),
  doc: 'Text to speech.',
});
