import { storableName } from '../catalog/storable.ts';
import type { EtlError } from '../errors.ts';
import type { LoadResult } from '../load/loader.ts';
import { addMoney, type Money } from '../load/money.ts';
import type { RunTotals } from '../load/runs.ts';
import { redact } from '../log.ts';
import type { Client } from '../openai/client.ts';
import { addBooks, type Books, emptyBooks, withoutPlace } from '../parse/books.ts';
import type { ParsedSlice } from '../parse/slice.ts';
import type { DatasetReport, ErrorReport, MoneyReport } from './report.ts';

/** What one job has come to so far. */
export interface Tally {
  pages: number;
  books: Books;
  slicesLoaded: number;
  loaded: LoadResult;
  readonly drift: Set<string>;
  readonly errors: EtlError[];
}

/** The result of loading nothing. */
export const loadedNothing: LoadResult = {
  bucketsLoaded: 0,
  bucketsUnchanged: 0,
  bucketsRefused: 0,
  bucketsUnanswered: 0,
  bucketsKept: 0,
  quarantined: 0,
  amountsMissing: 0,
  rowsInserted: 0,
  rowsUpdated: 0,
  rowsDeleted: 0,
  restatements: 0,
  moneyLoaded: new Map(),
  moneyMoved: new Map(),
};

/** A tally of nothing. */
export function emptyTally(): Tally {
  return { pages: 0, books: emptyBooks, slicesLoaded: 0, loaded: loadedNothing, drift: new Set(), errors: [] };
}

/** Adds one loaded slice. */
export function addSlice(tally: Tally, slice: ParsedSlice, result: LoadResult): void {
  tally.pages += slice.pages;
  tally.books = addBooks(tally.books, slice.books);
  tally.slicesLoaded += 1;
  tally.loaded = addResults(tally.loaded, result);
  for (const { kind, name } of slice.drift) tally.drift.add(`${kind} ${storableName(redact(name))}`);
}

/** Adds what reading some buckets once more changed; they and their money are not counted as read twice. */
export function addAgain(tally: Tally, again: Tally): void {
  const { bucketsLoaded, bucketsUnchanged, bucketsKept, moneyLoaded } = loadedNothing;
  const { loaded: first } = tally;
  const { loaded: second } = again;
  tally.loaded = {
    ...addResults(first, { ...second, bucketsLoaded, bucketsUnchanged, bucketsKept, moneyLoaded }),
    // What could not be stored the first time comes again, and is the same.
    quarantined: Math.max(first.quarantined, second.quarantined),
    bucketsRefused: Math.max(first.bucketsRefused, second.bucketsRefused),
    bucketsUnanswered: Math.max(first.bucketsUnanswered, second.bucketsUnanswered),
    amountsMissing: Math.max(first.amountsMissing, second.amountsMissing),
  };
  tally.pages += again.pages;
  for (const name of again.drift) tally.drift.add(name);
  tally.errors.push(...again.errors);
}

/** What two loads did together. */
export function addResults(a: LoadResult, b: LoadResult): LoadResult {
  return {
    bucketsLoaded: a.bucketsLoaded + b.bucketsLoaded,
    bucketsUnchanged: a.bucketsUnchanged + b.bucketsUnchanged,
    bucketsRefused: a.bucketsRefused + b.bucketsRefused,
    bucketsUnanswered: a.bucketsUnanswered + b.bucketsUnanswered,
    bucketsKept: a.bucketsKept + b.bucketsKept,
    quarantined: a.quarantined + b.quarantined,
    amountsMissing: a.amountsMissing + b.amountsMissing,
    rowsInserted: a.rowsInserted + b.rowsInserted,
    rowsUpdated: a.rowsUpdated + b.rowsUpdated,
    rowsDeleted: a.rowsDeleted + b.rowsDeleted,
    restatements: a.restatements + b.restatements,
    moneyLoaded: addMoney(a.moneyLoaded, b.moneyLoaded),
    moneyMoved: addMoney(a.moneyMoved, b.moneyMoved),
  };
}

/** The counts of a tally under the names of the report. */
export function countsOf({ loaded, books, drift }: Tally) {
  return {
    buckets_loaded: loaded.bucketsLoaded,
    buckets_unchanged: loaded.bucketsUnchanged,
    buckets_refused: loaded.bucketsRefused,
    buckets_unanswered: loaded.bucketsUnanswered,
    buckets_kept: loaded.bucketsKept,
    ...resultsOf(books),
    without_place: { outside: books.outside, undated: books.undated },
    rows_inserted: loaded.rowsInserted,
    rows_updated: loaded.rowsUpdated,
    rows_deleted: loaded.rowsDeleted,
    restatements: loaded.restatements,
    quarantined: loaded.quarantined,
    amounts_missing: loaded.amountsMissing,
    drift: [...drift].sort(),
    money: moneyReports(loaded.moneyLoaded, loaded.moneyMoved),
  };
}

/** The results received and what became of them, under the names of openai_etl.runs. */
function resultsOf(books: Books) {
  return {
    results: books.received.results,
    results_placed: books.resultsPlaced,
    results_merged: books.resultsMerged,
    results_quarantined: books.resultsQuarantined,
    results_without_place: withoutPlace(books).results,
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
    ...resultsOf(tallies.reduce((books, tally) => addBooks(books, tally.books), emptyBooks)),
    rows_inserted: sum((tally) => tally.loaded.rowsInserted),
    rows_updated: sum((tally) => tally.loaded.rowsUpdated),
    rows_deleted: sum((tally) => tally.loaded.rowsDeleted),
    buckets_loaded: sum((tally) => tally.loaded.bucketsLoaded),
    buckets_unchanged: sum((tally) => tally.loaded.bucketsUnchanged),
    buckets_refused: sum((tally) => tally.loaded.bucketsRefused),
    buckets_unanswered: sum((tally) => tally.loaded.bucketsUnanswered),
  };
}

/** An error as reports show it. */
export function errorReport({ code, message, remedy }: EtlError): ErrorReport {
  return { code, message: redact(message), remedy };
}

/** What a dataset's status is, from its tally. */
export function statusOf(tally: Tally, unavailable: boolean): DatasetReport['status'] {
  if (unavailable) return 'unavailable';
  const { bucketsRefused, bucketsUnanswered, quarantined } = tally.loaded;
  if (tally.errors.length + bucketsRefused + bucketsUnanswered + quarantined === 0) return 'ok';
  return tally.slicesLoaded === 0 ? 'failed' : 'partial';
}
