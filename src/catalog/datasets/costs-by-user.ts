import { dimension } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { costsFilters, costsIgnoredFields, moneyColumns } from '../money.ts';
import { apiKey, costsPageLimits, costsSettleSeconds, project } from '../shared.ts';

export const costsByUser = defineDataset({
  name: 'costs_by_user',
  path: '/organization/costs',
  object: 'organization.costs.result',
  table: 'costs_by_user',
  since: '7.47.0',
  optional: true,
  pageLimits: costsPageLimits,
  settleSeconds: costsSettleSeconds,
  bytesPerResult: 330,
  columns: [
    dimension('user_id', 'User or service account the money is attributed to; null when not attributed.', '7.47.0'),
    dimension('line_item', 'What was billed, free-form: model and token class, or a service.'),
    apiKey,
    project,
    ...moneyColumns,
  ],
  dropOrder: ['project_id', 'api_key_id'],
  ignored: [...costsIgnoredFields, 'api_source'],
  filters: costsFilters,
  identities: [],
  money: { amount: 'amount_value', currency: 'amount_currency' },
  doc: 'The same money as costs, cut by user. Never add it to costs.',
});
