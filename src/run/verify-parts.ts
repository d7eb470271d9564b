import { type Reconciled, reconcile } from '../allocate/reconcile.ts';
import { bills } from '../allocate/sources.ts';
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

/** Holds every cost against the sum of its parts. Null where costs are not among what is to be verified. */
export async function verifyParts(
  { store }: RunContext,
  organization: string,
  { datasets, from, to }: Bounds,
): Promise<{ readonly check: CostPartsCheck; readonly differences: readonly Difference[] } | null> {
  if (datasets !== null && !bills.some(({ name }) => datasets.includes(name))) return null;
  const days = await reconcile(store.pool, organization, { from, to });
  const wrong = days.filter(({ differing }) => differing > 0);
  const check = {
    org_id: organization,
    days: new Set(days.map(({ day }) => day)).size,
    costs: days.reduce((sum, { costs }) => sum + costs, 0),
    differing: wrong.reduce((sum, { differing }) => sum + differing, 0),
  };
  return { check, differences: wrong.map((one) => differenceOf(organization, one)) };
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

function plus(a: string, b: string): string {
  return formatDecimal(addDecimals(parseDecimal(a) ?? zero, parseDecimal(b) ?? zero));
}

function negated(digits: string): string {
  const { coefficient, scale } = parseDecimal(digits) ?? zero;
  return formatDecimal({ coefficient: -coefficient, scale });
}
