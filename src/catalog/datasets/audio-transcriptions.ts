import { count } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { unitsDriver } from '../driver.ts';
import { commonDimensions, commonFilters, usagePageLimits, usageSettleSeconds } from '../shared.ts';

export const audioTranscriptions = defineDataset({
  name: 'audio_transcriptions',
  path: '/organization/usage/audio_transcriptions',
  object: 'organization.usage.audio_transcriptions.result',
  table: 'usage_audio_transcriptions',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 260,
  columns: [
    ...commonDimensions,
    count('seconds', { unit: 'seconds', doc: 'Seconds of audio transcribed.' }),
    count('num_model_requests', { unit: 'requests', doc: 'Requests made to the model.' }),
  ],
  dropOrder: ['user_id', 'api_key_id', 'project_id', 'model'],
  ignored: [],
  filters: commonFilters,
  identities: [],
  driver: unitsDriver('transcription', 'seconds', { duration_seconds: 1, duration_minutes: 60, duration_hours: 3600 }),
  doc: 'Speech to text.',
});
