import { createHash } from 'node:crypto';
import { redact } from '../log.ts';
import { type Condition, condition, everyOrganization } from './condition.ts';

/** How far a budget is spent in a period that may still change; amounts to two decimals. */
export interface BudgetFact {
  readonly budget_name: string;
  /** Null for all organizations together. */
  readonly org_id: string | null;
  readonly period: string;
  /** UTC dates: the first of the period, and the one after its last. */
  readonly period_start: string;
  readonly period_end: string;
  readonly amount: string;
  readonly currency: string;
  readonly spent: string;
  readonly spent_percent: string;
  readonly forecast: string | null;
  readonly forecast_percent: string | null;
  readonly forecast_method: string;
  readonly state: 'ok' | 'warning' | 'exceeded' | 'forecast_exceeded';
  /** Percentages, ascending. */
  readonly thresholds_crossed: readonly string[];
  readonly days_missing: number;
}

/** A cost that jumped beyond its history on one day; amounts to two decimals. */
export interface AnomalyFact {
  readonly org_id: string;
  /** UTC date. */
  readonly cost_date: string;
  readonly scope: 'all' | 'project' | 'model_family' | 'api_key';
  /** Null for all. */
  readonly scope_value: string | null;
  readonly scope_label: string | null;
  readonly currency: string;
  readonly kind: 'spike' | 'first_cost';
  readonly amount: string;
  readonly median: string;
  readonly z: string;
}

/**
 * What there is to say of a budget: that it is exceeded, for as long as it is; the highest threshold reached, and the
 * forecast, once in a period.
 */
export function budgetConditions(fact: BudgetFact): readonly Condition[] {
  const { budget_name: name, amount, currency, spent, spent_percent, state, thresholds_crossed: crossed } = fact;
  const about = { org_id: fact.org_id ?? everyOrganization, detail: budgetDetail(fact) };
  const subject = (...parts: readonly string[]) => [fact.period_start, ...parts, subjectName(name)].join(' ');
  const highest = crossed.at(-1);
  const full = 100;
  const found: Condition[] = [];
  if (state === 'exceeded') {
    const summary = `budget ${name}: ${spent} of ${amount} ${currency} spent (${spent_percent} %)`;
    found.push(condition({ kind: 'budget_exceeded', subject: subject(), summary, ...about }));
  }
  if (highest !== undefined && (state !== 'exceeded' || Number(highest) > full)) {
    const summary = `budget ${name}: ${highest} % reached, ${spent} of ${amount} ${currency} spent`;
    found.push(condition({ kind: 'budget_threshold', subject: subject(`${highest}%`), summary, ...about }));
  }
  if (state === 'forecast_exceeded') {
    const summary = `budget ${name}: will be exceeded, ${fact.forecast} of ${amount} ${currency} expected (${fact.forecast_percent} %)`;
    found.push(condition({ kind: 'budget_forecast', subject: subject(), summary, ...about }));
  }
  return found;
}

function budgetDetail(fact: BudgetFact): string {
  const { period, period_start, period_end, currency, spent, forecast, forecast_method, days_missing } = fact;
  const expected = forecast === null ? '' : `; ${forecast} ${currency} expected at its end (${forecast_method})`;
  const missing = days_missing === 0 ? '' : `; ${days_missing} days of it are not loaded`;
  return `${period} from ${period_start} to before ${period_end}: ${spent} ${currency} spent so far${expected}${missing}`;
}

/** Told apart even where the name is not to be shown. */
function subjectName(name: string): string {
  const shown = redact(name);
  return shown === name ? name : `${shown} ${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}

const dayMs = 86_400_000;
const quietDays = 7;
const mostAnomalies = 50;

/**
 * The jumps of the last 7 days that follow 7 quiet ones: a cost that stays high is told when it rises, not every day. That
 * the whole bill has jumped is not told where something in it is seen to have. `anomalies` reach back 14 days.
 */
export function anomalyConditions(anomalies: readonly AnomalyFact[], now: Date): readonly Condition[] {
  const today = Date.parse(now.toISOString().slice(0, 10));
  const daysAgo = ({ cost_date }: AnomalyFact) => (today - Date.parse(cost_date)) / dayMs;
  const isSame = (a: AnomalyFact, b: AnomalyFact) =>
    a.org_id === b.org_id && a.scope === b.scope && a.scope_value === b.scope_value && a.currency === b.currency;
  const isNew = (fact: AnomalyFact) =>
    daysAgo(fact) < quietDays &&
    !anomalies.some((earlier) => {
      const days = daysAgo(earlier) - daysAgo(fact);
      return isSame(earlier, fact) && days > 0 && days <= quietDays;
    });
  const isExplained = (fact: AnomalyFact) =>
    fact.scope === 'all' &&
    anomalies.some(
      ({ org_id, scope, currency, cost_date }) =>
        scope !== 'all' && org_id === fact.org_id && currency === fact.currency && cost_date === fact.cost_date,
    );
  return anomalies
    .filter((fact) => isNew(fact) && !isExplained(fact))
    .slice(0, mostAnomalies)
    .map(anomaly);
}

function anomaly(fact: AnomalyFact): Condition {
  const { org_id, cost_date, scope, scope_value, scope_label, currency, kind, amount, median, z } = fact;
  const what = scope === 'all' ? 'the bill' : `${scope} ${scope_label ?? scope_value ?? ''}`;
  const jumped = `${what} cost ${amount} ${currency} on ${cost_date}`;
  return condition({
    kind: 'cost_anomaly',
    org_id,
    subject: [cost_date, currency, scope, scope_value].filter((part) => part !== null).join(' '),
    summary: kind === 'first_cost' ? `${jumped}, and nothing on the days before` : `${jumped}, usually ${median}`,
    detail: kind === 'first_cost' ? `first cost of ${scope_value ?? what}` : `robust z-score ${z}, 3.5 or more is told`,
  });
}
