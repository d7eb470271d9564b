import { type Reconciled, reconcile } from '../allocate/reconcile.ts';
import { type StaleSum, staleSums } from '../allocate/rolled-up.ts';
import { bills } from '../allocate/sources.ts';
import { readAtOneInstant } from '../db/transaction.ts';
import { addDecimals, formatDecimal, parseDecimal, zero } from '../parse/decimal.ts';
import type { RunContext } from './context.ts';
import type { CostPartsCheck, Difference } from './report.ts';

/** What is to be verified: names and bounds; null for all. */
interface Bounds {
  readonly datasets: readonly string[] | null;
  readonly from: Date | null;
  readonly to: Date | null;
}

/** The name that differences between costs and their parts are reported under. */
const subject = 'cost_parts';

/** The name that differences between costs or parts and their daily sums are reported under. */
const sumsSubject = 'cost_rollup';

/**
 * Holds every cost against the sum of its parts, and both against their daily sums. Null where
 * costs are not among what is to be verified.
 */
export async function verifyParts(
  { store }: RunContext,
  organization: string,
  { datasets, from, to }: Bounds,
): Promise<{ readonly check: CostPartsCheck; readonly differences: readonly Difference[] } | null> {
  if (datasets !== null && !bills.some(({ name }) => datasets.includes(name))) return null;
  const [days, stale] = await readAtOneInstant(store.pool, async (client) => {
    const reconciled = await reconcile(client, organization, { from, to });
    return [reconciled, await staleSums(client, organization, reconciled, { from, to })];
  });
  const wrong = days.filter(({ differing }) => differing > 0);
  const check = {
    org_id: organization,
    days: new Set(days.map(({ day }) => day)).size,
    costs: days.reduce((sum, { costs }) => sum + costs, 0),
    differing: wrong.reduce((sum, { differing }) => sum + differing, 0),
  };
  // Where costs or parts were changed, their sums are off as well: said once, and mended with them.
  const reported = new Set(wrong.map(({ day }) => day));
  const differences = [
    ...wrong.map((one) => differenceOf(organization, one)),
    ...stale.filter(({ day }) => !reported.has(day)).map((one) => staleOf(organization, one)),
  ];
  return { check, differences };
}

function differenceOf(organization: string, { day, currency, ...sums }: Reconciled): Difference {
  const at = {
    org_id: organization,
    dataset: subject,
    bucket_width: '1d',
    bucket_start: `${day}T00:00:00.000Z`,
  } as const;
  const { billed, allocated, unattributed, difference, costs, differing } = sums;
  if (difference === '0') {
    // Costs that are off in opposite directions.
    const adding = { stored: String(costs - differing), reported: String(costs), difference: String(-differing) };
    return { ...at, measure: `costs that add up ${currency}`, ...adding };
  }
  return {
    ...at,
    measure: `amount ${currency}`,
    stored: plus(allocated, unattributed),
    reported: billed,
    difference: negated(difference),
  };
}

function staleOf(organization: string, { day, currency, rollup, stored, actual }: StaleSum): Difference {
  return {
    org_id: organization,
    dataset: sumsSubject,
    bucket_width: '1d',
    bucket_start: `${day}T00:00:00.000Z`,
    measure: `${rollup} ${currency}`,
    stored,
    reported: actual,
    difference: plus(stored, negated(actual)),
  };
}

function plus(a: string, b: string): string {
  return formatDecimal(addDecimals(parseDecimal(a) ?? zero, parseDecimal(b) ?? zero));
}

function negated(digits: string): string {
  const { coefficient, scale } = parseDecimal(digits) ?? zero;
  return formatDecimal({ coefficient: -coefficient, scale });
}
