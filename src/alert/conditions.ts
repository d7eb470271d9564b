import { type Condition, condition, listed } from './condition.ts';
import type {
  CapabilityFact,
  DriftFact,
  Facts,
  FreshnessFact,
  MassRemovalFact,
  QuarantineFact,
  RestatementFact,
  TieOutFact,
} from './facts.ts';
import { runConditions } from './run-conditions.ts';
import { anomalyConditions, budgetConditions } from './spending.ts';

const hourMs = 3_600_000;
const daysShown = 5;

/** Everything that needs a person, as the facts show it. */
export function conditionsOf(facts: Facts): readonly Condition[] {
  const runs = Map.groupBy(facts.runs, ({ org_id }) => org_id);
  const freshnessOf = (org: string) => facts.freshness.filter(({ org_id }) => org_id === org);
  return [
    ...[...runs].flatMap(([org, own]) => runConditions(org, own, freshnessOf(org))),
    ...facts.freshness.flatMap((fact) => freshnessCondition(fact, facts)),
    ...facts.massRemovals.map(massRemoval),
    ...facts.tieOuts.map(tieOut),
    ...facts.quarantine.map(quarantine),
    ...facts.capabilities.flatMap(capability),
    ...facts.restatements.map(restatement),
    ...facts.drift.map(drift),
    ...facts.budgets.flatMap(budgetConditions),
    ...anomalyConditions(facts.anomalies, facts.now),
  ];
}

/** Of an organization that has only just begun, nothing is late yet. */
function freshnessCondition(fact: FreshnessFact, { now, freshnessHours, firstRuns }: Facts): readonly Condition[] {
  const { org_id, dataset, bucket_width, through, last_read_at } = fact;
  const since = through ?? firstRuns.get(org_id);
  if (since === undefined || now.getTime() - since.getTime() <= freshnessHours * hourMs) return [];
  const gap = through !== null && last_read_at !== null && last_read_at.getTime() - through.getTime() > hourMs;
  const read = last_read_at === null ? 'it was never read' : `it was last read at ${last_read_at.toISOString()}`;
  return [
    condition({
      kind: 'freshness_missed',
      org_id,
      subject: `${dataset} ${bucket_width}`,
      summary:
        through === null
          ? `${dataset} ${bucket_width} is not loaded`
          : `${dataset} ${bucket_width} is complete only through ${through.toISOString()}`,
      detail: `older than ${freshnessHours} hours; ${read}${gap ? ', but the bucket after that point is missing or refused' : ''}`,
    }),
  ];
}

function massRemoval({ org_id, dataset, bucket_width, run_id, detail }: MassRemovalFact): Condition {
  return condition({
    kind: 'mass_removal_refused',
    org_id,
    subject: `${dataset} ${bucket_width}`,
    summary: `${dataset} ${bucket_width}: the API takes most of what is stored back; nothing was changed`,
    detail: `run ${run_id}: ${detail}`,
  });
}

function tieOut({ org_id, dataset, buckets, from, to, checked_at, example }: TieOutFact): Condition {
  return condition({
    kind: 'tie_out_difference',
    org_id,
    subject: dataset,
    summary: `${dataset}: stored sums differ from the API's totals`,
    detail: `${buckets} buckets from ${from.toISOString()} to ${to.toISOString()}, compared at ${checked_at.toISOString()}; newest: ${example}`,
  });
}

function quarantine({ org_id, dataset, reason, entries, detail, from }: QuarantineFact): Condition {
  const where = from === null ? '' : ` from ${from.toISOString()} on`;
  return condition({
    kind: 'quarantine_appeared',
    org_id,
    subject: `${dataset} ${reason}`,
    summary: `${dataset}: results in quarantine (${reason})`,
    detail: `${entries} results${where}; the last: ${detail}`,
  });
}

/** What was never granted is no loss; a missing permission has a remedy of its own. */
function capability(fact: CapabilityFact): readonly Condition[] {
  const { org_id, dataset, status, detail, optional, lost, stored } = fact;
  if (status === 'unavailable' && detail.startsWith('scope_missing:')) {
    const summary = `the admin key may not read ${dataset}`;
    return [condition({ kind: 'scope_missing', org_id, subject: dataset, summary, detail })];
  }
  if (status === 'reduced' && lost.length > 0) {
    const summary = `${dataset} is no longer broken down by ${lost.join(', ')}`;
    return [condition({ kind: 'capability_reduced', org_id, subject: dataset, summary, detail })];
  }
  if (status === 'unavailable' && optional && stored) {
    const summary = `${dataset} is no longer available`;
    return [condition({ kind: 'capability_reduced', org_id, subject: dataset, summary, detail })];
  }
  return [];
}

function restatement(fact: RestatementFact): Condition {
  const { org_id, run_id, dataset, currency, rows, days, net, gross } = fact;
  return condition({
    kind: 'restatement_large',
    org_id,
    subject: `${dataset} ${currency} run ${run_id}`,
    summary: `settled money was restated: ${signed(net)} ${currency} net, ${gross} ${currency} moved`,
    detail: `run ${run_id}, ${dataset}: ${rows} rows on ${days.length} days: ${listed(days, daysShown)}`,
  });
}

function signed(amount: string): string {
  return amount.startsWith('-') || amount === '0' ? amount : `+${amount}`;
}

function drift({ org_id, dataset, kind, name, seen_count, subject }: DriftFact): Condition {
  return condition({
    kind: 'drift_appeared',
    org_id,
    subject,
    summary: `${dataset}: the API sends a ${kind} the catalog does not know: ${name}`,
    detail: `seen ${seen_count} times so far`,
  });
}
