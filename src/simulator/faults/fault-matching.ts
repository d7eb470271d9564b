import type { AnswerEffect, DeliveryEffect, Fault, FaultCondition, FaultPlan, PageEffect } from './fault.ts';

/** What of a request decides whether a fault is for it. */
export interface FaultTarget {
  readonly path: string;
  /** Null for a path that no dataset has. */
  readonly dataset: string | null;
  readonly groupBy: readonly string[];
  readonly page: number;
  /** Unix seconds; null where the request gives none. */
  readonly start: number | null;
}

/** The effects on one request. */
export interface Effects {
  readonly answer: AnswerEffect | null;
  readonly delivery: DeliveryEffect | null;
  readonly page: readonly PageEffect[];
}

const deliveries: ReadonlySet<string> = new Set<DeliveryEffect['kind']>([
  'delay',
  'reset-before-headers',
  'reset-mid-body',
  'stall-headers',
  'stall-body',
  'cut-short',
  'invalid-json',
  'html-200',
  'gzip-garbage',
  'padded',
]);

/** Counts requests against a plan: each call is one request, and returns what happens to it. */
export function createFaultMatcher(plan: FaultPlan): (target: FaultTarget) => Effects {
  const met = new Map<Fault, number>();
  return (target) => {
    const effects = plan.filter((fault) => {
      if (!isFor(fault.when, target) || !refuses(fault, target)) return false;
      const count = (met.get(fault) ?? 0) + 1;
      met.set(fault, count);
      return isDue(fault.when, count);
    });
    const all = effects.map(({ then }) => then);
    return {
      answer: all.find(isAnswer) ?? null,
      delivery: all.find(isDelivery) ?? null,
      page: all.filter((effect): effect is PageEffect => !isAnswer(effect) && !isDelivery(effect)),
    };
  };
}

function isFor(when: FaultCondition, target: FaultTarget): boolean {
  return (
    (when.dataset === undefined || when.dataset === target.dataset) &&
    (when.path === undefined || when.path === target.path) &&
    (when.page === undefined || when.page === target.page) &&
    (when.groupBy === undefined || target.groupBy.includes(when.groupBy))
  );
}

/** A refused grouping or start is for the requests that group or start so. */
function refuses({ then }: Fault, { groupBy, start }: FaultTarget): boolean {
  if (then.kind === 'refuse-grouping') return groupBy.includes(then.dimension);
  return then.kind !== 'refuse-start' || (start !== null && start * 1000 < then.earliest.getTime());
}

function isDue(
  { nth, from = nth ?? 1, times = nth === undefined ? Number.POSITIVE_INFINITY : 1 }: FaultCondition,
  count: number,
): boolean {
  return count >= from && count < from + times;
}

function isAnswer(effect: Fault['then']): effect is AnswerEffect {
  return effect.kind === 'status' || effect.kind === 'refuse-grouping' || effect.kind === 'refuse-start';
}

function isDelivery(effect: Fault['then']): effect is DeliveryEffect {
  return deliveries.has(effect.kind);
}
