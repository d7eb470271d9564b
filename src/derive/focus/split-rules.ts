import { focusColumns } from './columns.ts';
import { type FocusRule, type FocusViews, quoted, type RowRule, type SetRule } from './rule.ts';

/** What tells a charge from every other; its parts carry it too. */
const key = ['BillingAccountId', 'ChargePeriodStart', 'x_SourceRecordId'].map(quoted).join(', ');

/** What a part has of its own: what was shared out, and to whom. */
const ofThePart = (name: string) =>
  name.startsWith('Allocated') || name.startsWith('x_Allocation') || name === 'x_PartNumber';

const shared = focusColumns
  .filter(({ name, type }) => type === 'Decimal' && !ofThePart(name))
  .map(({ name }) => quoted(name));
const kept = focusColumns
  .filter(({ name, type }) => type !== 'Decimal' && !ofThePart(name))
  .map(({ name }) => quoted(name));

const sharedColumns = shared.join(', ');
const sharedSums = shared.map((name) => `sum(${name}) as ${name}`).join(', ');
const sharedDiffer = shared.map((name) => `charge.${name} is distinct from summed.${name}`).join(' or ');
const keptDiffer = kept.map((name) => `part.${name} is distinct from charge.${name}`).join(' or ');

const ratio = `("AllocatedMethodDetails" -> 'Elements' -> 0 ->> 'AllocatedRatio')::numeric`;

function rule(
  id: string,
  sentence: string,
  views: FocusRule['views'],
  broken: (view: string, views: FocusViews) => string,
): SetRule {
  return { id, sentence, views, strength: 'must', kind: 'set', aboutColumns: false, broken };
}

const oneEach = (id: string, name: string, other: string): SetRule => ({
  ...rule(
    id,
    `A ${name} has one ${other}.`,
    ['charges'],
    (view) => `select ${quoted(name)} from ${view} group by 1 having count(distinct ${quoted(other)}) > 1`,
  ),
  acrossDays: true,
});

const ofParts = (id: string, sentence: string, broken: string): RowRule => ({
  id,
  sentence,
  views: ['allocated'],
  strength: 'must',
  kind: 'row',
  broken,
});

/** Rules about several rows, and about the split. What is asked of charges alone holds for parts that say the same. */
export const splitRules: readonly FocusRule[] = [
  oneEach('CAU-SkuPriceId-C-008', 'SkuPriceId', 'SkuId'),
  oneEach('CAU-ServiceName-C-005', 'ServiceName', 'ServiceCategory'),
  oneEach('CAU-ServiceName-C-008', 'ServiceName', 'ServiceSubcategory'),
  rule(
    'own-unique-charge',
    'No charge is there twice.',
    ['charges'],
    (view) => `select ${key} from ${view} group by ${key} having count(*) > 1`,
  ),
  {
    id: 'own-unsplit',
    sentence: 'Charges that are not split carry nothing of a split.',
    views: ['charges'],
    strength: 'must',
    kind: 'row',
    broken: `num_nonnulls("AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId", "AllocatedResourceName",
      "AllocatedTags", "x_AllocationStatus", "x_AllocationReason", "x_PartNumber") > 0`,
  },
  rule(
    'own-unique-part',
    'No part is there twice.',
    ['allocated'],
    (view) => `select ${key} from ${view} group by ${key}, "x_PartNumber" having count(*) > 1`,
  ),
  ofParts(
    'own-allocated-method',
    'AllocatedMethodId and AllocatedMethodDetails are there exactly on parts.',
    `num_nulls("AllocatedMethodId", "AllocatedMethodDetails", "x_PartNumber", "x_AllocationStatus") not in (0, 4)`,
  ),
  ofParts(
    'CAU-AllocatedResourceId-C-005',
    'AllocatedResourceId is null on the unattributed rest.',
    `"AllocatedResourceId" is not null and "x_AllocationStatus" is distinct from 'allocated'`,
  ),
  ofParts(
    'CAU-AllocatedResourceName-C-004, C-005',
    'AllocatedResourceName is null exactly where AllocatedResourceId is.',
    '("AllocatedResourceName" is null) <> ("AllocatedResourceId" is null)',
  ),
  ofParts(
    'own-allocation-reason',
    'Every unattributed part says why, and no other.',
    `("x_AllocationReason" is not null) <> ("x_AllocationStatus" is not distinct from 'unattributed')`,
  ),
  ofParts(
    'CAU-AllocatedMethodDetailsObject-O-025',
    'AllocatedMethodDetails holds one element with a share from 0 to 1, and a unit where it holds a quantity.',
    `"AllocatedMethodDetails" is not null and (
       jsonb_array_length("AllocatedMethodDetails" -> 'Elements') is distinct from 1
       or (${ratio} between 0 and 1) is not true
       or ("AllocatedMethodDetails" -> 'Elements' -> 0 ? 'UsageQuantity'
           and not "AllocatedMethodDetails" -> 'Elements' -> 0 ? 'UsageUnit'))`,
  ),
  rule(
    'CAU-AllocatedMethodDetailsObject-O-027',
    'The shares of a charge add up to exactly 1.',
    ['allocated'],
    (view) =>
      `select ${key} from ${view} where "AllocatedMethodDetails" is not null group by ${key} having sum(${ratio}) <> 1`,
  ),
  rule(
    'ATT-DataGeneratorCalculatedSplitCostAllocationHandling-A-012',
    'Costs and quantities of the parts add up to those of their charge, and no charge or part is missing.',
    ['allocated'],
    (view, { charges }) =>
      `with charge as (select ${key}, ${sharedColumns} from ${charges}),
         summed as (select ${key}, ${sharedSums} from ${view} group by ${key})
       select 1 from charge full join summed using (${key})
       where ${sharedDiffer}`,
  ),
  rule(
    'ATT-DataGeneratorCalculatedSplitCostAllocationHandling-A-014',
    'Everything else a part says is what its charge says.',
    ['allocated'],
    (view, { charges }) =>
      `select 1 from ${view} as part left join ${charges} as charge using (${key})
       where ${keptDiffer}`,
  ),
];
