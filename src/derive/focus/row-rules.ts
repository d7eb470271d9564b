import { instantText } from '../../db/instant-text.ts';
import { focusColumns } from './columns.ts';
import { noQuantity } from './deviations.ts';
import { both, literal, quoted, type RowRule } from './rule.ts';

type Options = Pick<Partial<RowRule>, 'strength' | 'deviation'>;

/** Parts say what their charge says, but for what is shared out and to whom: only that is asked of them again. */
const sharedOut = focusColumns
  .filter(({ name, type }) => type === 'Decimal' || name.startsWith('Allocated'))
  .map(({ name }) => quoted(name));

function rule(id: string, sentence: string, broken: string, options: Options = {}): RowRule {
  const views: RowRule['views'] = sharedOut.some((name) => broken.includes(name)) ? both : ['charges'];
  return { views, strength: 'must', ...options, id, sentence, kind: 'row', broken };
}

const notNull = (id: string, name: string) => rule(id, `${name} is not null.`, `${quoted(name)} is null`);

const notBlank = (id: string, name: string) =>
  rule(id, `${name} is not null and not blank.`, `btrim(coalesce(${quoted(name)}, '')) = ''`);

const oneOf = (id: string, name: string, values: readonly string[]) =>
  rule(id, `${name} is one of: ${values.join(', ')}.`, `${quoted(name)} not in (${values.map(literal).join(', ')})`);

/** Both null or neither. */
const together = (id: string, name: string, other: string) =>
  rule(id, `${name} is null exactly where ${other} is.`, `(${quoted(name)} is null) <> (${quoted(other)} is null)`);

const nullWithout = (id: string, name: string, other: string) =>
  rule(id, `${name} is null where ${other} is.`, `${quoted(name)} is not null and ${quoted(other)} is null`);

const flat = (id: string, name: string) =>
  rule(
    id,
    `${name} is a flat JSON object.`,
    `case when jsonb_typeof(${quoted(name)}) = 'object'
       then exists (select from jsonb_each(${quoted(name)}) where jsonb_typeof(value) in ('object', 'array'))
       else ${quoted(name)} is not null end`,
  );

const unit = (id: string, name: string) =>
  rule(
    id,
    `${name} reads as FOCUS writes units: a quantity if any, and capitalized nouns.`,
    `${quoted(name)} !~ '^([1-9][0-9]* )?[A-Z][A-Za-z]*(-[A-Z][A-Za-z]*)*$'`,
    { strength: 'should' },
  );

const priced = `"ChargeCategory" in ('Usage', 'Purchase') and "ChargeClass" is distinct from 'Correction'`;

const neededByUsage = (id: string, name: string) =>
  rule(id, `${name} is not null on usage.`, `${quoted(name)} is null and ${priced}`, { deviation: noQuantity });

const columnsOf = (type: string) =>
  focusColumns.filter((column) => column.type === type).map(({ name }) => quoted(name));

const texts = columnsOf('String').filter((name) => !sharedOut.includes(name));
const users = ['"AllocatedResourceId"', '"AllocatedResourceName"'];

function placeholderIn(names: readonly string[]): string {
  const isPlaceholder = (name: string) =>
    `lower(btrim(${name})) in ('', 'n/a', 'not applicable') or ${name} like '(no %)'`;
  return names.map(isPlaceholder).join(' or ');
}

const costs = ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'];
const instants = ['ChargePeriodStart', 'ChargePeriodEnd', 'BillingPeriodStart', 'BillingPeriodEnd'];
const dateTime = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$';
const exported = (name: string) => instantText(quoted(name), 'seconds');
const isWhole = (name: string) => `date_trunc('second', ${quoted(name)}) = ${quoted(name)}`;

/** Rules about one row, in the order of the documentation. */
export const rowRules: readonly RowRule[] = [
  ...costs.map((name) => notNull(`CAU-${name}-C-003`, name)),
  rule(
    'own-one-price',
    'EffectiveCost, ListCost and ContractedCost are BilledCost: the API knows no other price.',
    '("EffectiveCost", "ListCost", "ContractedCost") is distinct from ("BilledCost", "BilledCost", "BilledCost")',
  ),
  rule(
    'CAU-EffectiveCost-C-017',
    'EffectiveCost is BilledCost on taxes and credits.',
    `"EffectiveCost" <> "BilledCost" and "ChargeCategory" in ('Tax', 'Credit')`,
  ),
  rule(
    'own-finite-numbers',
    'No number is NaN or infinite.',
    columnsOf('Decimal')
      .map((name) => `${name} in ('NaN', 'Infinity', '-Infinity')`)
      .join(' or '),
  ),
  notBlank('CAU-BillingAccountId-C-001', 'BillingAccountId'),
  notNull('CAU-BillingAccountName-C-003', 'BillingAccountName'),
  notBlank('CAU-BillingCurrency-C-004', 'BillingCurrency'),
  rule(
    'CAU-BillingCurrency-C-003, C-006',
    'BillingCurrency is a code of three capital letters.',
    `"BillingCurrency" !~ '^[A-Z]{3}$'`,
  ),
  ...instants.map((name) => notNull(`CAU-${name}-C-003`, name)),
  rule(
    'own-date-times',
    'Every instant reads YYYY-MM-DDTHH:mm:ssZ in exported text files, and loses nothing by it.',
    instants
      .map((name) => `"${name}" is not null and (${exported(name)} ~ '${dateTime}' and ${isWhole(name)}) is not true`)
      .join(' or '),
  ),
  rule('own-charge-period', 'A charge ends after it starts.', '"ChargePeriodEnd" <= "ChargePeriodStart"'),
  rule(
    'own-billing-period',
    'A charge lies within its billing period.',
    '"ChargePeriodStart" < "BillingPeriodStart" or "ChargePeriodEnd" > "BillingPeriodEnd"',
  ),
  rule(
    'own-billing-month',
    'A billing period is a month of UTC.',
    `date_trunc('month', "BillingPeriodStart" at time zone 'UTC') <> "BillingPeriodStart" at time zone 'UTC'
     or "BillingPeriodEnd" at time zone 'UTC' <> "BillingPeriodStart" at time zone 'UTC' + interval '1 month'`,
  ),
  notBlank('CAU-ChargeCategory-C-002', 'ChargeCategory'),
  oneOf('CAU-ChargeCategory-C-003', 'ChargeCategory', ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment']),
  oneOf('CAU-ChargeClass-C-005', 'ChargeClass', ['Correction']),
  oneOf('CAU-ChargeFrequency-C-003', 'ChargeFrequency', ['One-Time', 'Recurring', 'Usage-Based']),
  rule(
    'CAU-ChargeFrequency-C-004',
    'ChargeFrequency is not Usage-Based on a purchase.',
    `"ChargeFrequency" = 'Usage-Based' and "ChargeCategory" = 'Purchase'`,
  ),
  ...['ServiceName', 'ServiceProviderName', 'InvoiceIssuerName'].map((name) => notBlank(`CAU-${name}-C-003`, name)),
  ...['ServiceCategory', 'ServiceSubcategory'].map((name) => notBlank(`CAU-${name}-C-002`, name)),
  oneOf('CAU-ServiceCategory-C-003', 'ServiceCategory', ['AI and Machine Learning']),
  oneOf('CAU-ServiceSubcategory-C-003, C-004', 'ServiceSubcategory', [
    'AI Platforms',
    'Bots',
    'Generative AI',
    'Machine Learning',
    'Natural Language Processing',
    'Other (AI and Machine Learning)',
  ]),
  rule(
    'own-host',
    'HostProviderName is ServiceProviderName: who hosts it is not exposed.',
    '"HostProviderName" is distinct from "ServiceProviderName"',
  ),
  oneOf('CAU-PricingCategory-C-007', 'PricingCategory', ['Standard', 'Dynamic', 'Committed', 'Other']),
  nullWithout('CAU-PricingCategory-C-012', 'PricingCategory', 'SkuPriceId'),
  rule(
    'CAU-ConsumedQuantity-C-004',
    'ConsumedQuantity is null on what is not usage.',
    `"ConsumedQuantity" is not null and "ChargeCategory" <> 'Usage'`,
  ),
  rule(
    'CAU-ConsumedQuantity-C-006',
    'ConsumedQuantity is not null on usage.',
    `"ConsumedQuantity" is null and "ChargeCategory" = 'Usage' and "ChargeClass" is distinct from 'Correction'`,
    { deviation: noQuantity },
  ),
  nullWithout('CAU-ConsumedQuantity-C-009', 'ConsumedQuantity', 'SkuPriceId'),
  together('CAU-ConsumedUnit-C-005, C-006', 'ConsumedUnit', 'ConsumedQuantity'),
  unit('CAU-ConsumedUnit-C-003', 'ConsumedUnit'),
  neededByUsage('CAU-PricingQuantity-C-005', 'PricingQuantity'),
  nullWithout('CAU-PricingQuantity-C-011', 'PricingQuantity', 'SkuPriceId'),
  together('CAU-PricingUnit-C-005, C-006', 'PricingUnit', 'PricingQuantity'),
  unit('CAU-PricingUnit-C-003', 'PricingUnit'),
  neededByUsage('CAU-SkuId-C-005', 'SkuId'),
  neededByUsage('CAU-SkuPriceId-C-005', 'SkuPriceId'),
  nullWithout('CAU-SkuMeter-C-004', 'SkuMeter', 'SkuId'),
  rule('CAU-SkuMeter-C-005', 'SkuMeter is there where SkuId is.', '"SkuMeter" is null and "SkuId" is not null', {
    strength: 'should',
  }),
  flat('CAU-SkuPriceDetails-C-001', 'SkuPriceDetails'),
  nullWithout('CAU-SkuPriceDetails-C-004', 'SkuPriceDetails', 'SkuPriceId'),
  rule(
    'CAU-SkuPriceDetails-C-017',
    'Keys of SkuPriceDetails that are not of FOCUS begin with x_; we use no others.',
    `case when jsonb_typeof("SkuPriceDetails") = 'object'
       then exists (select from jsonb_object_keys("SkuPriceDetails") as key where key !~ '^x_[A-Z][A-Za-z0-9]*$') end`,
  ),
  flat('CAU-Tags-C-001', 'Tags'),
  flat('own-AllocatedTags', 'AllocatedTags'),
  together('CAU-SubAccountName-C-004, C-005', 'SubAccountName', 'SubAccountId'),
  rule('ATT-NullHandling-A-002', 'No text is empty or stands for a missing one.', placeholderIn(texts)),
  rule(
    'own-names-of-users',
    'No user has an empty id or name, or one that stands for a missing one.',
    placeholderIn(users),
  ),
];
