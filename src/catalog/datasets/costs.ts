import { dimension } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { costsFilters, costsIgnoredFields, moneyColumns } from '../money.ts';
import { apiKey, apiSource, costsPageLimits, costsSettleSeconds, project } from '../shared.ts';

export const costs = defineDataset({
  name: 'costs',
  path: '/organization/costs',
  object: 'organization.costs.result',
  table: 'costs',
  since: 'baseline',
  optional: false,
  pageLimits: costsPageLimits,
  settleSeconds: costsSettleSeconds,
  bytesPerResult: 330,
  columns: [
    project,
    dimension('line_item', 'What was billed, free-form: model and token class, or a service.'),
    apiKey,
    apiSource,
    ...moneyColumns,
  ],
  dropOrder: ['api_source', 'api_key_id'],
  ignored: [...costsIgnoredFields, 'user_id'],
  filters: costsFilters,
  identities: [],
  money: { amount: 'amount_value', currency: 'amount_currency' },
  doc: 'Money per day: what the invoice is made of.',
});
