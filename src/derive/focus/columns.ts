/** The type of a column, as FOCUS names it. */
export type FocusType = 'Decimal' | 'DateTime' | 'String' | 'JSON' | 'Boolean' | 'Integer';

/** A column of both FOCUS views. */
export interface FocusColumn {
  readonly name: string;
  readonly type: FocusType;
  /** Whether FOCUS asks for it always, advises it, asks for it under a condition, or leaves it to us (`x_` columns). */
  readonly level: 'mandatory' | 'recommended' | 'conditional' | 'custom';
  readonly nullable: boolean;
  /** The rule that asks for its presence; null for columns of ours. */
  readonly presence: string | null;
  /** Where the value comes from, and when it is null. */
  readonly value: string;
}

const present = (number: string) => `CAU-CostAndUsage-D-${number}`;

type Rest = readonly [type: FocusType, value: string, presence: string];

function column(level: FocusColumn['level'], nullable: boolean, name: string, [type, value, rule]: Rest): FocusColumn {
  return { name, type, level, nullable, presence: present(rule), value };
}

const always = (name: string, ...rest: Rest) => column('mandatory', false, name, rest);
const alwaysOrNull = (name: string, ...rest: Rest) => column('mandatory', true, name, rest);
const advised = (name: string, ...rest: Rest) => column('recommended', false, name, rest);
const advisedOrNull = (name: string, ...rest: Rest) => column('recommended', true, name, rest);
const conditional = (name: string, ...rest: Rest) => column('conditional', true, name, rest);

function custom(name: string, type: FocusType, nullable: boolean, value: string): FocusColumn {
  return { name, type, level: 'custom', nullable, presence: null, value };
}

/**
 * The columns of both views, in order: those of FOCUS by name, then ours. The views are written in SQL; a test holds
 * them against this list, and the documentation, the metadata and the checks are made from it.
 */
export const focusColumns: readonly FocusColumn[] = [
  advisedOrNull(
    'AllocatedMethodDetails',
    'JSON',
    'Share of the charge, with the unit and quantity it was shared out by. Null where nothing was split.',
    '069',
  ),
  conditional(
    'AllocatedMethodId',
    'String',
    'Method of the split and its version: billed-user-share, token-share, service-share or unsplit. Null where nothing was split.',
    '070',
  ),
  conditional(
    'AllocatedResourceId',
    'String',
    'Id of the user the part is attributed to. Null on the unattributed rest, on usage of nobody, and where nothing was split.',
    '071',
  ),
  conditional(
    'AllocatedResourceName',
    'String',
    'Name the user had on that day, else e-mail address, else id. Null where AllocatedResourceId is.',
    '072',
  ),
  conditional('AllocatedTags', 'JSON', 'Null: users carry no tags.', '073'),
  always('BilledCost', 'Decimal', 'Money billed, flow, in BillingCurrency: the exact digits of the API.', '006'),
  always('BillingAccountId', 'String', 'Name of the organization in the configuration.', '024'),
  always('BillingAccountName', 'String', 'Name of the organization in the configuration.', '005'),
  always('BillingCurrency', 'String', 'ISO 4217 code in upper case.', '035'),
  always('BillingPeriodEnd', 'DateTime', 'First instant of the next UTC month, exclusive.', '010'),
  always('BillingPeriodStart', 'DateTime', 'First instant of the UTC month of the charge.', '009'),
  always(
    'ChargeCategory',
    'String',
    'Credit for credits, else Usage. A negative amount of a model stays Usage.',
    '008',
  ),
  alwaysOrNull('ChargeClass', 'String', 'Null: a restated day replaces its rows, no row corrects another.', '026'),
  alwaysOrNull('ChargeDescription', 'String', 'The line item as billed, else a sentence.', '025'),
  advised('ChargeFrequency', 'String', 'Usage-Based; One-Time for credits.', '027'),
  always('ChargePeriodEnd', 'DateTime', 'End of the UTC day, exclusive.', '028'),
  always('ChargePeriodStart', 'DateTime', 'Start of the UTC day.', '037'),
  conditional(
    'ConsumedQuantity',
    'Decimal',
    'Quantity billed, flow, in ConsumedUnit; where the bill states none, what the usage endpoints counted. Null for credits and where neither says.',
    '011',
  ),
  conditional('ConsumedUnit', 'String', 'Unit of ConsumedQuantity. Null where that is.', '066'),
  always('ContractedCost', 'Decimal', 'As BilledCost, flow: the API knows no other price.', '030'),
  always('EffectiveCost', 'Decimal', 'As BilledCost, flow: prepaid credit is not drawn down here.', '031'),
  alwaysOrNull('HostProviderName', 'String', 'OpenAI.', '075'),
  conditional('InvoiceId', 'String', 'Null: the API knows no invoices.', '033'),
  always('InvoiceIssuerName', 'String', 'OpenAI.', '023'),
  always('ListCost', 'Decimal', 'As BilledCost, flow: the API knows no other price.', '032'),
  conditional('PricingCategory', 'String', 'Standard. Null where SkuPriceId is.', '022'),
  alwaysOrNull(
    'PricingQuantity',
    'Decimal',
    'ConsumedQuantity in PricingUnit, flow; tokens in millions, exactly. Null where SkuPriceId is.',
    '036',
  ),
  alwaysOrNull(
    'PricingUnit',
    'String',
    '1000000 Tokens for tokens, else ConsumedUnit. Null where SkuPriceId is.',
    '068',
  ),
  always('ServiceCategory', 'String', 'AI and Machine Learning.', '040'),
  always('ServiceName', 'String', 'OpenAI API.', '041'),
  always('ServiceProviderName', 'String', 'OpenAI.', '076'),
  advised('ServiceSubcategory', 'String', 'Generative AI.', '042'),
  conditional(
    'SkuId',
    'String',
    'openai/ and model, token class, modality or service as read from the line item, whatever the tier. Null where SkuPriceId is.',
    '060',
  ),
  conditional('SkuMeter', 'String', 'What is metered, such as Cached Input Tokens. Null where SkuId is.', '059'),
  conditional(
    'SkuPriceDetails',
    'JSON',
    'What sets the price: model, token class, modality, tier, context. Null where SkuPriceId is.',
    '061',
  ),
  conditional(
    'SkuPriceId',
    'String',
    'openai/ and the line item. Null for credits, and where no quantity is known.',
    '058',
  ),
  conditional('SubAccountId', 'String', 'Id of the project. Null for what is billed to none.', '019'),
  conditional(
    'SubAccountName',
    'String',
    'Name the project had on that day, else its id. Null where SubAccountId is.',
    '029',
  ),
  conditional(
    'Tags',
    'JSON',
    'team, cost_center and environment of the project, as usage-etl map was told. Null where it was told nothing.',
    '064',
  ),
  custom('x_AllocationReason', 'String', true, 'Why a part is unattributed. Null where it is not.'),
  custom('x_AllocationStatus', 'String', true, 'allocated or unattributed. Null where nothing was split.'),
  custom('x_ApiSource', 'String', true, 'Where the requests came from, as the API names it. Null when it does not.'),
  custom('x_CredentialId', 'String', true, 'Id of the API key. Null for what is billed to none.'),
  custom('x_IsFinal', 'Boolean', false, 'True when the day was read again long enough after its end.'),
  custom('x_LineItem', 'String', true, 'The line item as billed. Null where the API gives none.'),
  custom('x_PartNumber', 'Integer', true, 'Number of the part of its charge, from 1. Null where nothing was split.'),
  custom('x_Quantity', 'Decimal', true, 'Quantity as billed, flow, in x_QuantityUnit. Null when the API does not say.'),
  custom('x_QuantityUnit', 'String', true, 'Unit of x_Quantity as the API names it. Null when no single unit applies.'),
  custom(
    'x_SourceRecordId',
    'String',
    false,
    'Identity of the charge within its BillingAccountId and ChargePeriodStart: series_id of openai.costs.',
  ),
];
