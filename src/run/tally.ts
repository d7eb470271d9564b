import type { EtlError } from '../errors.ts';
import type { LoadResult } from '../load/loader.ts';
import { addMoney, type Money } from '../load/money.ts';
import type { RunTotals } from '../load/runs.ts';
import { redact } from '../log.ts';
import type { Client } from '../openai/client.ts';
import type { ParsedSlice } from '../parse/slice.ts';
import type { DatasetReport, ErrorReport, MoneyReport } from './report.ts';

/** What one job has come to so far. */
export interface Tally {
  pages: number;
  results: number;
  slicesLoaded: number;
  loaded: LoadResult;
  readonly drift: Set<string>;
  readonly errors: EtlError[];
}

const nothing: LoadResult = {
  bucketsLoaded: 0,
  bucketsUnchanged: 0,
  bucketsRefused: 0,
  bucketsKept: 0,
  quarantined: 0,
  rowsInserted: 0,
  rowsUpdated: 0,
  rowsDeleted: 0,
  restatements: 0,
  moneyLoaded: new Map(),
  moneyMoved: new Map(),
};

/** A tally of nothing. */
export function emptyTally(): Tally {
  return { pages: 0, results: 0, slicesLoaded: 0, loaded: nothing, drift: new Set(), errors: [] };
}

/** Adds one loaded slice. */
export function addSlice(tally: Tally, slice: ParsedSlice, result: LoadResult): void {
  tally.pages += slice.pages;
  tally.results += slice.results;
  tally.slicesLoaded += 1;
  tally.loaded = addResults(tally.loaded, result);
  for (const { kind, name } of slice.drift) tally.drift.add(`${kind} ${redact(name)}`);
}

/** Adds what reading some buckets once more changed; they and their money are not counted as read twice. */
export function addAgain(tally: Tally, again: Tally): void {
  const { bucketsLoaded, bucketsUnchanged, bucketsKept, moneyLoaded } = nothing;
  tally.loaded = addResults(tally.loaded, {
    ...again.loaded,
    bucketsLoaded,
    bucketsUnchanged,
    bucketsKept,
    moneyLoaded,
  });
  tally.pages += again.pages;
  for (const name of again.drift) tally.drift.add(name);
  tally.errors.push(...again.errors);
}

function addResults(a: LoadResult, b: LoadResult): LoadResult {
  return {
    bucketsLoaded: a.bucketsLoaded + b.bucketsLoaded,
    bucketsUnchanged: a.bucketsUnchanged + b.bucketsUnchanged,
    bucketsRefused: a.bucketsRefused + b.bucketsRefused,
    bucketsKept: a.bucketsKept + b.bucketsKept,
    quarantined: a.quarantined + b.quarantined,
    rowsInserted: a.rowsInserted + b.rowsInserted,
    rowsUpdated: a.rowsUpdated + b.rowsUpdated,
    rowsDeleted: a.rowsDeleted + b.rowsDeleted,
    restatements: a.restatements + b.restatements,
    moneyLoaded: addMoney(a.moneyLoaded, b.moneyLoaded),
    moneyMoved: addMoney(a.moneyMoved, b.moneyMoved),
  };
}

/** The counts of a tally under the names of the report. */
export function countsOf({ loaded, results, drift }: Tally) {
  return {
    buckets_loaded: loaded.bucketsLoaded,
    buckets_unchanged: loaded.bucketsUnchanged,
    buckets_refused: loaded.bucketsRefused,
    buckets_kept: loaded.bucketsKept,
    results,
    rows_inserted: loaded.rowsInserted,
    rows_updated: loaded.rowsUpdated,
    rows_deleted: loaded.rowsDeleted,
    restatements: loaded.restatements,
    quarantined: loaded.quarantined,
    drift: [...drift].sort(),
    money: moneyReports(loaded.moneyLoaded, loaded.moneyMoved),
  };
}

function moneyReports(loaded: Money, moved: Money): readonly MoneyReport[] {
  const currencies = [...new Set([...loaded.keys(), ...moved.keys()])].sort();
  return currencies.map((currency) => ({
    currency,
    loaded: loaded.get(currency) ?? '0',
    moved: moved.get(currency) ?? '0',
  }));
}

/** What went over the network, under the names of openai_etl.runs. */
function trafficOf({ requests, retries, byStatus }: Client['stats']) {
  const answered = Object.values(byStatus).reduce((sum, count) => sum + count, 0);
  const unanswered = requests - answered;
  return { requests, retries, responses: { ...byStatus, ...(unanswered > 0 && { network: unanswered }) } };
}

/** Totals of several tallies and of the traffic they made, under the names of openai_etl.runs. */
export function totalsOf(tallies: readonly Tally[], stats: Client['stats']): RunTotals {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  return {
    ...trafficOf(stats),
    pages: sum((tally) => tally.pages),
    results: sum((tally) => tally.results),
    rows_inserted: sum((tally) => tally.loaded.rowsInserted),
    rows_updated: sum((tally) => tally.loaded.rowsUpdated),
    rows_deleted: sum((tally) => tally.loaded.rowsDeleted),
    buckets_loaded: sum((tally) => tally.loaded.bucketsLoaded),
    buckets_unchanged: sum((tally) => tally.loaded.bucketsUnchanged),
    buckets_refused: sum((tally) => tally.loaded.bucketsRefused),
  };
}

/** An error as reports show it. */
export function errorReport({ code, message, remedy }: EtlError): ErrorReport {
  return { code, message: redact(message), remedy };
}

/** What a dataset's status is, from its tally. */
export function statusOf(tally: Tally, unavailable: boolean): DatasetReport['status'] {
  if (unavailable) return 'unavailable';
  if (tally.errors.length === 0 && tally.loaded.bucketsRefused === 0 && tally.loaded.quarantined === 0) return 'ok';
  return tally.slicesLoaded === 0 ? 'failed' : 'partial';
}
