import { focusColumns } from '../../src/derive/focus/columns.ts';
import type { FocusView } from '../../src/derive/focus/rule.ts';

/** What makes a copy of a view break a rule. */
export interface Mutation {
  readonly view: FocusView;
  /** SQL, with TABLE for the copy. */
  readonly sql: string;
}

const oneCharge = `ctid = (select ctid from TABLE where "x_LineItem" = 'gpt-6-astra, input' limit 1)`;

/** Changes one charge of the unsplit view. */
const set = (assignment: string): Mutation => ({
  view: 'charges',
  sql: `update TABLE set ${assignment} where ${oneCharge}`,
});

const aPart = (assignment: string, which: string): Mutation => ({
  view: 'allocated',
  sql: `update TABLE set ${assignment} where ${which}`,
});

const ofUser1 = `"AllocatedResourceId" = 'user_1' and "x_LineItem" = 'gpt-6-astra, input'`;
const theRest = `"x_AllocationReason" = 'usage_gap'`;
const details = (json: string) => `"AllocatedMethodDetails" = '${json}'`;

/** For every rule, by its id: something that breaks it. */
export const mutations: ReadonlyMap<string, Mutation> = new Map([
  ...focusColumns.map(({ name, presence }): [string, Mutation] => [
    presence ?? `own-${name}`,
    { view: 'charges', sql: `alter table TABLE drop column "${name}"` },
  ]),
  ['own-column-types', { view: 'charges', sql: 'alter table TABLE alter column "BilledCost" type double precision' }],
  ['own-column-order', { view: 'charges', sql: 'alter table TABLE add column "Undeclared" text' }],
  ['CAU-BilledCost-C-003', set('"BilledCost" = null')],
  ['CAU-EffectiveCost-C-003', set('"EffectiveCost" = null')],
  ['CAU-ListCost-C-003', set('"ListCost" = null')],
  ['CAU-ContractedCost-C-003', set('"ContractedCost" = null')],
  ['own-one-price', set('"ListCost" = "ListCost" + 0.000000000000000001')],
  ['CAU-EffectiveCost-C-017', set(`"ChargeCategory" = 'Tax', "EffectiveCost" = 0`)],
  ['own-finite-numbers', set(`"x_Quantity" = 'NaN'`)],
  ['CAU-BillingAccountId-C-001', set(`"BillingAccountId" = ' '`)],
  ['CAU-BillingAccountName-C-003', set('"BillingAccountName" = null')],
  ['CAU-BillingCurrency-C-004', set('"BillingCurrency" = null')],
  ['CAU-BillingCurrency-C-003, C-006', set(`"BillingCurrency" = 'usd'`)],
  ['CAU-ChargePeriodStart-C-003', set('"ChargePeriodStart" = null')],
  ['CAU-ChargePeriodEnd-C-003', set('"ChargePeriodEnd" = null')],
  ['CAU-BillingPeriodStart-C-003', set('"BillingPeriodStart" = null')],
  ['CAU-BillingPeriodEnd-C-003', set('"BillingPeriodEnd" = null')],
  ['own-date-times', set(`"ChargePeriodEnd" = "ChargePeriodEnd" - interval '1 microsecond'`)],
  ['own-charge-period', set('"ChargePeriodEnd" = "ChargePeriodStart"')],
  ['own-billing-period', set('"ChargePeriodEnd" = "BillingPeriodEnd" + interval \'1 second\'')],
  ['own-billing-month', set('"BillingPeriodStart" = "BillingPeriodStart" - interval \'1 hour\'')],
  ['CAU-ChargeCategory-C-002', set('"ChargeCategory" = null')],
  ['CAU-ChargeCategory-C-003', set(`"ChargeCategory" = 'Refund'`)],
  ['CAU-ChargeClass-C-005', set(`"ChargeClass" = 'Restatement'`)],
  ['CAU-ChargeFrequency-C-003', set(`"ChargeFrequency" = 'Daily'`)],
  ['CAU-ChargeFrequency-C-004', set(`"ChargeCategory" = 'Purchase'`)],
  ['CAU-ServiceName-C-003', set('"ServiceName" = null')],
  ['CAU-ServiceProviderName-C-003', set(`"ServiceProviderName" = ''`)],
  ['CAU-InvoiceIssuerName-C-003', set('"InvoiceIssuerName" = null')],
  ['CAU-ServiceCategory-C-002', set('"ServiceCategory" = null')],
  ['CAU-ServiceSubcategory-C-002', set('"ServiceSubcategory" = null')],
  ['CAU-ServiceCategory-C-003', set(`"ServiceCategory" = 'Artificial Intelligence'`)],
  ['CAU-ServiceSubcategory-C-003, C-004', set(`"ServiceSubcategory" = 'Containers'`)],
  ['own-host', set(`"HostProviderName" = 'Azure'`)],
  ['CAU-PricingCategory-C-007', set(`"PricingCategory" = 'Cheap'`)],
  ['CAU-PricingCategory-C-012', set('"SkuPriceId" = null')],
  ['CAU-ConsumedQuantity-C-004', set(`"ChargeCategory" = 'Credit'`)],
  ['CAU-ConsumedQuantity-C-006', set('"ConsumedQuantity" = null')],
  ['CAU-ConsumedQuantity-C-009', set('"SkuPriceId" = null')],
  ['CAU-ConsumedUnit-C-005, C-006', set('"ConsumedUnit" = null')],
  ['CAU-ConsumedUnit-C-003', set(`"ConsumedUnit" = 'tokens'`)],
  ['CAU-PricingQuantity-C-005', set('"PricingQuantity" = null')],
  ['CAU-PricingQuantity-C-011', set('"SkuPriceId" = null')],
  ['CAU-PricingUnit-C-005, C-006', set('"PricingUnit" = null')],
  ['CAU-PricingUnit-C-003', set(`"PricingUnit" = '1,000,000 Tokens'`)],
  ['CAU-SkuId-C-005', set('"SkuId" = null')],
  ['CAU-SkuPriceId-C-005', set('"SkuPriceId" = null')],
  ['CAU-SkuMeter-C-004', set('"SkuId" = null')],
  ['CAU-SkuMeter-C-005', set('"SkuMeter" = null')],
  ['CAU-SkuPriceDetails-C-001', set(`"SkuPriceDetails" = '{"x_Tier": {"Name": "priority"}}'`)],
  ['CAU-SkuPriceDetails-C-004', set('"SkuPriceId" = null')],
  ['CAU-SkuPriceDetails-C-017', set(`"SkuPriceDetails" = '{"ModelId": "gpt-6-astra"}'`)],
  ['CAU-Tags-C-001', set(`"Tags" = '["search"]'`)],
  ['own-AllocatedTags', set(`"AllocatedTags" = '["search"]'`)],
  ['CAU-SubAccountName-C-004, C-005', set('"SubAccountName" = null')],
  ['ATT-NullHandling-A-002', set(`"SubAccountName" = '(no project)'`)],
  ['own-names-of-users', aPart(`"AllocatedResourceName" = '(no user)'`, ofUser1)],
  ['CAU-SkuPriceId-C-008', set(`"SkuPriceId" = 'openai/gpt-6-astra, output'`)],
  ['CAU-ServiceName-C-005', set(`"ServiceCategory" = 'Compute'`)],
  ['CAU-ServiceName-C-008', set(`"ServiceSubcategory" = 'Bots'`)],
  ['own-unique-charge', { view: 'charges', sql: `insert into TABLE select * from TABLE where ${oneCharge}` }],
  ['own-unsplit', set(`"AllocatedResourceId" = 'user_1'`)],
  ['own-unique-part', { view: 'allocated', sql: `insert into TABLE select * from TABLE where ${ofUser1}` }],
  ['own-allocated-method', aPart('"AllocatedMethodId" = null', ofUser1)],
  ['CAU-AllocatedResourceId-C-005', aPart(`"AllocatedResourceId" = 'user_9'`, theRest)],
  ['CAU-AllocatedResourceName-C-004, C-005', aPart('"AllocatedResourceName" = null', ofUser1)],
  ['own-allocation-reason', aPart('"x_AllocationReason" = null', theRest)],
  [
    'CAU-AllocatedMethodDetailsObject-O-025',
    aPart(details('{"Elements": [{"AllocatedRatio": 0.5, "UsageQuantity": 1}]}'), ofUser1),
  ],
  ['CAU-AllocatedMethodDetailsObject-O-027', aPart(details('{"Elements": [{"AllocatedRatio": 0.5}]}'), ofUser1)],
  [
    'ATT-DataGeneratorCalculatedSplitCostAllocationHandling-A-012',
    aPart('"BilledCost" = "BilledCost" + 0.000000000000000001', ofUser1),
  ],
  ['ATT-DataGeneratorCalculatedSplitCostAllocationHandling-A-014', aPart(`"SubAccountName" = 'Other'`, ofUser1)],
]);
