import type { Attribute, Measure } from './column.ts';
import type { Filter } from './dataset.ts';
import { apiKeyFilter, projectFilter } from './shared.ts';

/** The amount, its currency, the quantity and its unit: the columns of both costs datasets, in table order. */
export const moneyColumns = [
  {
    role: 'measure',
    name: 'amount_value',
    path: ['amount', 'value'],
    type: 'numeric',
    required: false,
    since: 'baseline',
    unit: 'amount_currency',
    additivity: { kind: 'flow' },
    doc: 'Money, in units of amount_currency (dollars, not cents): the decimal digits the API sent, never rounded. Negative for credits. Where results of one group are summed and some came without an amount, extra counts them as amounts_missing.',
  },
  {
    role: 'attribute',
    name: 'amount_currency',
    path: ['amount', 'currency'],
    type: 'text',
    required: false,
    folded: true,
    since: 'baseline',
    doc: 'ISO 4217 code in lower case, part of the grain; what the API sent is in extra where it was spelled otherwise. Null where the API sent none: such money is in no sum of a currency.',
  },
  {
    role: 'measure',
    name: 'quantity',
    path: ['quantity'],
    type: 'numeric',
    required: false,
    since: 'baseline',
    unit: 'quantity_unit',
    additivity: { kind: 'flow' },
    doc: 'How much was billed, in quantity_unit; reported only when grouped by line_item.',
  },
  {
    role: 'attribute',
    name: 'quantity_unit',
    path: ['quantity_unit'],
    type: 'text',
    required: false,
    since: '7.6.0',
    doc: 'Unit of quantity, an open list; part of the grain. Null when no single unit applies.',
  },
] as const satisfies readonly (Attribute | Measure)[];

/** The filters of the costs endpoint. */
export const costsFilters = [
  projectFilter,
  apiKeyFilter,
  { name: 'line_items', matches: 'line_item', type: 'text[]', since: '7.9.0' },
] as const satisfies readonly Filter[];

/** Fields of costs results that captures show and the contract does not document. Names and e-mails stay out of the facts. */
export const costsIgnoredFields = ['organization_id', 'organization_name', 'project_name', 'user_email'] as const;
