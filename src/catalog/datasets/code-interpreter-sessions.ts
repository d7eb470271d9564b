import { count } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { project, projectFilter, usagePageLimits, usageSettleSeconds } from '../shared.ts';

export const codeInterpreterSessions = defineDataset({
  name: 'code_interpreter_sessions',
  path: '/organization/usage/code_interpreter_sessions',
  object: 'organization.usage.code_interpreter_sessions.result',
  table: 'usage_code_interpreter_sessions',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 140,
  columns: [project, count('num_sessions', { unit: 'sessions', doc: 'Code interpreter sessions started.' })],
  dropOrder: ['project_id'],
  ignored: [],
  filters: [projectFilter],
  identities: [],
  doc: 'Code interpreter sessions.',
});
