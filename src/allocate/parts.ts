import { type Decimal, trimmed } from '../parse/decimal.ts';
import { type LineItem, parseLineItem } from '../parse/line-item.ts';
import { createBilledShares } from './billed-shares.ts';
import { asTold } from './comparable.ts';
import type { Cost, DayInputs } from './day-inputs.ts';
import { shareOut } from './share-out.ts';
import type { Estimate, NoShares, Shares } from './shares.ts';
import type { TierWeightOf } from './tier-weights.ts';
import { createUsageShares } from './usage-shares.ts';

/** A part of a cost: whose it is, or that nobody is known. */
export interface Part {
  readonly cost: Cost;
  readonly item: LineItem | null;
  /** From 1. */
  readonly partNo: number;
  readonly userId: string | null;
  readonly status: 'allocated' | 'unattributed';
  readonly reason: NoShares | Shares['gapReason'] | null;
  readonly method: Shares['method'] | 'none';
  readonly matchLevel: string | null;
  readonly driver: string | null;
  /** What the split rests on beside counts; null when on counts alone. */
  readonly estimate: Estimate | null;
  readonly driverQuantity: Decimal | null;
  readonly driverTotal: Decimal | null;
  readonly amount: Decimal;
  readonly quantity: Decimal | null;
}

/**
 * Splits every cost of one UTC day over who caused it: by the provider's own cut by user where it has the cost, else by
 * what was used, else not at all. The parts of a cost add up to it exactly, amount and quantity alike, and follow from
 * the values of the inputs alone, not from their order.
 */
export function splitDay(inputs: DayInputs, weightOf: TierWeightOf): readonly Part[] {
  const bill = asTold(inputs.bill);
  const userCut = inputs.userCut === null ? null : asTold(inputs.userCut);
  const usage = inputs.usage.map(asTold);
  const texts = new Set(bill.rows.flatMap(({ lineItem }) => lineItem ?? []));
  const items = new Map([...texts].map((text) => [text, parseLineItem(text)]));
  const billedShares = createBilledShares(bill, userCut);
  const usageShares = createUsageShares(bill, items, usage, weightOf);
  return bill.rows.flatMap((cost) => {
    const item = cost.lineItem === null ? null : (items.get(cost.lineItem) ?? null);
    const shares = billedShares(cost) ?? (item === null ? 'no_line_item' : usageShares(cost, item));
    return typeof shares === 'string' ? [whole(cost, item, shares)] : split(cost, item, shares);
  });
}

function whole(cost: Cost, item: LineItem | null, reason: NoShares): Part {
  return {
    cost,
    item,
    partNo: 1,
    userId: null,
    status: 'unattributed',
    reason,
    method: 'none',
    matchLevel: null,
    driver: null,
    estimate: null,
    driverQuantity: null,
    driverTotal: null,
    amount: cost.amount,
    quantity: cost.quantity,
  };
}

interface Participant {
  readonly userId: string | null;
  readonly weight: bigint;
  readonly status: Part['status'];
}

function split(cost: Cost, item: LineItem | null, shares: Shares): readonly Part[] {
  const { method, matchLevel, driver, gapReason, scale, estimate = null } = shares;
  const participants = participantsOf(shares);
  const weights = participants.map(({ weight }) => weight);
  const amounts = shareOut(cost.amount, weights);
  const quantities = cost.quantity === null ? [] : shareOut(cost.quantity, weights);
  const driverTotal = trimmed(
    weights.reduce((sum, weight) => sum + weight, 0n),
    scale,
  );
  return participants.map(({ userId, weight, status }, index) => ({
    cost,
    item,
    partNo: index + 1,
    userId,
    status,
    reason: status === 'allocated' ? null : gapReason,
    method,
    matchLevel,
    driver,
    estimate,
    driverQuantity: trimmed(weight, scale),
    driverTotal,
    amount: amounts[index] ?? cost.amount,
    quantity: quantities[index] ?? null,
  }));
}

/** Users in order of their id, then nobody's usage, then the rest: equals are favoured in this order. */
function participantsOf({ weights, gap }: Shares): readonly Participant[] {
  const users = [...weights].toSorted(([a], [b]) => compareUsers(a, b));
  return [
    ...users.map(([userId, weight]) => ({ userId, weight, status: 'allocated' as const })),
    ...(gap === 0n ? [] : [{ userId: null, weight: gap, status: 'unattributed' as const }]),
  ];
}

function compareUsers(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}
