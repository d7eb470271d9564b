import type { BiScope, Reader } from '../derive/bi/scope.ts';
import {
  type BreakdownDimension,
  breakdownDimensions,
  dayPrices,
  familySpend,
  reconciliation,
  type SpendShare,
  spendShares,
  spendTotals,
  unparsedSpend,
} from '../derive/bi/spend.ts';
import { type DatasetFreshness, datasetFreshness, knownDays, restatedDays } from '../derive/bi/trust.ts';
import { dayCache, dayStorage, dayTokens, modelCache, projectStorage } from '../derive/bi/usage.ts';
import { budgetStatuses, monthOutlook, spendAnomalies } from '../derive/bi/watch.ts';
import type {
  Breakdown,
  CurrencySpend,
  Freshness,
  MonthToDate,
  ReportData,
  ReportDay,
  Storage,
  TokenUsage,
} from '../report/data.ts';
import { version } from '../version.ts';
import { breakdown, dailySpend, reconciled, sumOf, unitPrices } from './report-spend.ts';

const dayMs = 86_400_000;
const largestPrices = 12;
const modelsShown = 12;
const projectsShown = 8;

/** A UTC date as so many days after another. */
export function dateAfter(date: string, days: number): string {
  return new Date(new Date(date).getTime() + days * dayMs).toISOString().slice(0, 10);
}

/** Days from one UTC date to another. */
function daysBetween(from: string, to: string): number {
  return Math.round((new Date(to).getTime() - new Date(from).getTime()) / dayMs);
}

/**
 * All that the report shows, from the views of `openai_bi` alone. The reader must see one instant from the first
 * question to the last, or the parts would not add up to their sum.
 */
export async function readReportData(reader: Reader, scope: BiScope, now: Date): Promise<ReportData> {
  const { from, to } = scope;
  const previousFrom = dateAfter(from, -daysBetween(from, to));
  const previous = { ...scope, from: previousFrom, to: from };
  const known = await knownDays(reader, scope);
  const days = known.map(({ day, costs, usage }): ReportDay => ({ date: day, costs, usage }));
  const missing = (await knownDays(reader, previous)).filter(({ costs }) => costs === 'missing' || costs === 'refused');
  const freshness = await datasetFreshness(reader, scope);
  return {
    made_at: now.toISOString(),
    version,
    organizations: scope.organizations ?? [...new Set(freshness.map(({ organization }) => organization))],
    period: { from, to },
    previous: { from: previousFrom, to: from, days_missing: missing.length },
    days,
    spend: await spendByCurrency(reader, scope, previousFrom, days, now),
    tokens: await tokenUsage(reader, scope, days),
    storage: await storage(reader, scope, days),
    freshness: freshness.map(withDays),
    restatements: (await restatedDays(reader, scope)).map((one) => ({
      ...one,
      observed_at: one.observed_at.toISOString(),
    })),
    budgets: (await budgetStatuses(reader, scope, now.toISOString().slice(0, 10))).map((one) => ({
      ...one,
      scope: one.label === null ? one.scope : `${one.scope.replaceAll('_', ' ')} ${one.label}`,
      period: `${one.period} from ${one.period_start}`,
    })),
    anomalies: (await spendAnomalies(reader, scope)).map(({ kind, z, median, label, ...one }) => ({
      ...one,
      scope: one.scope.replaceAll('_', ' '),
      label: label ?? 'the whole bill',
      usual: kind === 'first_cost' ? null : median,
      reason: kind === 'first_cost' ? 'its first cost in four weeks' : `z = ${z}`,
    })),
    unparsed: await unparsedSpend(reader, scope),
  };
}

/** Every currency that was billed in, the largest amount first. */
async function spendByCurrency(
  reader: Reader,
  scope: BiScope,
  previousFrom: string,
  days: readonly ReportDay[],
  now: Date,
): Promise<readonly CurrencySpend[]> {
  const dates = days.map(({ date }) => date);
  const families = await familySpend(reader, scope);
  const shares = new Map<BreakdownDimension, readonly SpendShare[]>();
  for (const dimension of breakdownDimensions) {
    shares.set(dimension, await spendShares(reader, scope, previousFrom, dimension));
  }
  const before = await spendTotals(reader, { ...scope, from: previousFrom, to: scope.from });
  const prices = await dayPrices(reader, scope, largestPrices);
  const reconciliations = await reconciliation(reader, scope);
  const months = await outlooks(reader, scope, now);
  const of = <Row extends { readonly currency: string }>(rows: readonly Row[], currency: string) =>
    rows.filter((row) => row.currency === currency);
  const open = new Set(
    days.filter(({ costs }) => costs === 'loaded' || costs === 'incomplete').map(({ date }) => date),
  );
  const spend = [...new Set(families.map(({ currency }) => currency))].map((currency): CurrencySpend => {
    const ofCurrency = of(families, currency);
    const cuts = breakdownDimensions
      .map((dimension) => breakdown(dimension, of(shares.get(dimension) ?? [], currency)))
      .filter(isTelling);
    return {
      currency,
      amount: sumOf(ofCurrency.map(({ amount }) => amount)),
      previous_amount: of(before, currency)[0]?.amount ?? null,
      amount_not_final: sumOf(ofCurrency.filter(({ day }) => open.has(day)).map(({ amount }) => amount)),
      month: months.get(currency) ?? null,
      daily: dailySpend(ofCurrency, dates),
      breakdowns: cuts,
      prices: unitPrices(of(prices, currency), dates),
      reconciliation: reconciled(of(reconciliations, currency)),
    };
  });
  return spend.toSorted((a, b) => Number(b.amount) - Number(a.amount) || (a.currency < b.currency ? -1 : 1));
}

/** Organizations are told apart where there are several, and teams where projects were given any. */
function isTelling({ dimension, rows }: Breakdown): boolean {
  if (dimension === 'organization') return rows.length > 1;
  return dimension !== 'team' || rows.length > 0;
}

/** The month of the period's last day, by currency. */
async function outlooks(
  reader: Reader,
  { organizations, to }: BiScope,
  now: Date,
): Promise<ReadonlyMap<string, MonthToDate>> {
  const month = dateAfter(to, -1).slice(0, 7);
  const next = dateAfter(`${month}-01`, 31).slice(0, 7);
  const rows = await monthOutlook(reader, { organizations, from: `${month}-01`, to: `${next}-01` });
  const isOver = now.toISOString().slice(0, 7) > month;
  return new Map(rows.map(({ currency, ...outlook }) => [currency, { month, is_over: isOver, ...outlook }]));
}

/** Classes of tokens that were used at all; together they are all tokens. */
async function tokenUsage(reader: Reader, scope: BiScope, days: readonly ReportDay[]): Promise<TokenUsage> {
  const tokens = await dayTokens(reader, scope);
  const byDay = new Map(tokens.map((one) => [one.day, one]));
  const cache = new Map((await dayCache(reader, scope)).map((one) => [one.day, one]));
  const models = await modelCache(reader, scope, modelsShown);
  return {
    requests: sumOf(tokens.map(({ requests }) => requests)),
    classes: tokenClasses
      .map(([part, name]) => {
        const daily = days.map(({ date }) => byDay.get(date)?.[part] ?? '0');
        return { name, tokens: sumOf(daily), daily };
      })
      .filter(({ tokens: total }) => total !== '0'),
    cache_hit_rates: days.map(({ date }) => {
      const use = cache.get(date);
      return use === undefined || use.input === '0' ? null : Number(use.cached) / Number(use.input);
    }),
    models: models.map(({ model, input, cached }) => ({ model, input_tokens: input, cached_tokens: cached })),
  };
}

const tokenClasses = [
  ['uncached', 'Input'],
  ['cached', 'Input from the cache'],
  ['written', 'Input written to the cache'],
  ['output', 'Output'],
] as const;

/** Null when no vector store was reported in the period. */
async function storage(reader: Reader, scope: BiScope, days: readonly ReportDay[]): Promise<Storage | null> {
  const stored = await dayStorage(reader, scope);
  if (stored.length === 0) return null;
  const byDay = new Map(stored.map(({ day, stored_bytes }) => [day, stored_bytes]));
  return {
    gib_hours: sumOf(stored.map(({ gib_hours }) => gib_hours)),
    stored_bytes: days.map(({ date }) => byDay.get(date) ?? null),
    projects: await projectStorage(reader, scope, projectsShown),
  };
}

function withDays({ final, loaded, empty, incomplete, missing, refused, ...one }: DatasetFreshness): Freshness {
  return {
    ...one,
    data_through: one.data_through?.toISOString() ?? null,
    final_through: one.final_through?.toISOString() ?? null,
    last_success_at: one.last_success_at?.toISOString() ?? null,
    days: { final, loaded, empty, incomplete, missing, refused },
  };
}
