import type { PoolClient } from 'pg';
import type { Dataset } from '../catalog/dataset.ts';
import type { Width } from '../catalog/width.ts';
import type { Store } from '../db/store.ts';
import { inTransaction } from '../db/transaction.ts';
import type { ParsedSlice } from '../parse/slice.ts';
import { copyBuckets } from './copy.ts';
import { createCostRollup } from './cost-rollup.ts';
import { recordDrift } from './drift.ts';
import { createEncoder, type EncodedBucket } from './encode.ts';
import { guardAgainstMassRemoval } from './guard.ts';
import { confirmedDetail } from './kept-detail.ts';
import { claimFresh, type LedgerEntry, lockBuckets, writeLedger } from './ledger.ts';
import { type Money, moneyMoved, moneyOf } from './money.ts';
import { recordQuarantine } from './quarantine.ts';
import { recheck } from './recheck.ts';
import { type Replaced, replaceChanged } from './replace.ts';
import { createRollup } from './rollup.ts';
import { type Sorting, sortBuckets } from './sort.ts';
import { type Statements, statementsOf } from './statements.ts';
import { recordUnanswered } from './unanswered.ts';

/** What loading one slice did. */
export interface LoadResult extends Replaced {
  readonly bucketsLoaded: number;
  readonly bucketsUnchanged: number;
  readonly bucketsRefused: number;
  /** Left alone: nothing received accounts for them. */
  readonly bucketsUnanswered: number;
  /** Left alone: the store holds a newer or a finer reading. */
  readonly bucketsKept: number;
  readonly quarantined: number;
  /** Results in the slice as read that came without an amount, or without its currency. */
  readonly amountsMissing: number;
  /** Money in the slice as read, per currency. */
  readonly moneyLoaded: Money;
  /** How much the stored money changed, per currency. */
  readonly moneyMoved: Money;
}

/** How one slice was read. */
export interface Reading {
  readonly runId: number;
  /** When the API was asked. */
  readonly observedAt: Date;
  /** The present instant, when the reading is about to be loaded. */
  readonly loadedAt: Date;
  /** Dimensions asked for, in column order. */
  readonly grain: readonly string[];
  /** Canonical JSON of the filters asked with; null when none. */
  readonly filters: string | null;
}

/** What the loader of one dataset of one organization at one width is told once. */
export interface LoaderOptions {
  readonly store: Store;
  readonly organization: string;
  readonly dataset: Dataset;
  readonly width: Width;
  readonly settleSeconds: number;
  /** Applies an answer that would empty or replace most of a slice. */
  readonly acceptRestatement: boolean;
  /** Dimensions that buckets do not lose to a coarser reading that says the same; none when a refetch was asked for. */
  readonly keptDimensions: readonly string[];
  /** Compares rows also where the ledger says that they are the same, in case ledger and facts are of different days. */
  readonly recheck: boolean;
  /** Counts what would change and writes nothing. */
  readonly preview: boolean;
}

/**
 * Brings the buckets of one completely read slice into the store, in one transaction with their ledger entries: each
 * bucket is replaced whole, skipped as unchanged, or left as it is. Throws EtlError `mass_removal` before anything is
 * written, and database errors as EtlErrors.
 */
export type LoadSlice = (slice: ParsedSlice, reading: Reading) => Promise<LoadResult>;

/** One slice on its way into the database. */
export interface SliceContext {
  readonly client: PoolClient;
  readonly options: LoaderOptions;
  readonly statements: Statements;
  readonly reading: Reading;
}

/** Creates the loader of one dataset of one organization at one width. */
export function createLoader(options: LoaderOptions): LoadSlice {
  const { store, organization, dataset, width } = options;
  const encode = createEncoder(organization, dataset, width);
  const statements = statementsOf(dataset);
  const rollUp = createRollup(options);
  const rollUpCosts = createCostRollup(options);
  return async (slice, reading) => {
    const encoded = slice.buckets.flatMap(({ start, rows, fault }) => (fault === null ? [encode(start, rows)] : []));
    const rowsOf = new Map(slice.buckets.map(({ start, rows }) => [start, rows]));
    return await inTransaction(store.pool, async (client) => {
      const context: SliceContext = { client, options, statements, reading };
      const ledger = await lockBuckets(context, slice);
      const entries = options.recheck ? await recheck(context, encoded, ledger) : ledger;
      const refused = slice.buckets.filter(({ fault }) => fault !== null).map(({ start }) => start);
      const confirmed = await confirmedDetail(context, encoded, rowsOf, entries);
      const sorting = sortBuckets(encoded, refused, entries, reading, options.keptDimensions, confirmed);
      if (!options.acceptRestatement) await guardAgainstMassRemoval(context, sorting, entries);
      if (!options.preview) await claimFresh(context, sorting.fresh);
      const touched = [...sorting.fresh, ...sorting.changed];
      const before = await moneyStored(context, sorting.changed);
      const replaced = await replace(context, sorting);
      if (!options.preview) {
        await writeLedger(context, sorting);
        await recordUnanswered(context, slice);
        await rollUp(context, { sorting, rowsOf, orphaned: orphanedIn(entries) });
        await rollUpCosts(context, sorting);
        await recordQuarantine(context, slice.quarantined);
        await recordDrift(context, slice.drift);
      }
      return {
        ...replaced,
        bucketsLoaded: touched.length,
        bucketsUnchanged: sorting.unchanged.length + sorting.confirmed.length,
        bucketsRefused: refused.length,
        bucketsUnanswered: slice.unanswered.length,
        bucketsKept: sorting.kept,
        quarantined: slice.quarantined.length,
        amountsMissing: encoded.reduce((sum, bucket) => sum + bucket.amountsMissing, 0),
        moneyLoaded: moneyOf(
          dataset,
          slice.buckets.flatMap(({ rows }) => rows),
        ),
        moneyMoved: moneyMoved(
          before,
          moneyOf(
            dataset,
            touched.flatMap(({ start }) => rowsOf.get(start) ?? []),
          ),
        ),
      };
    });
  };
}

function orphanedIn(entries: ReadonlyMap<number, LedgerEntry>): ReadonlySet<number> {
  return new Set([...entries].filter(([, { orphaned }]) => orphaned).map(([start]) => start));
}

/** Applies fresh buckets by COPY and changed ones by their difference. */
async function replace(context: SliceContext, sorting: Sorting): Promise<Replaced> {
  const { client, options, statements, reading } = context;
  const freshRows = sorting.fresh.reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (!options.preview) {
    await client.query("select set_config('usage_etl.run_id', $1, true)", [String(reading.runId)]);
    if (freshRows > 0) await copyBuckets(client, statements.copyNew, sorting.fresh);
  }
  const replaced = await replaceChanged(context, sorting);
  return { ...replaced, rowsInserted: replaced.rowsInserted + freshRows };
}

async function moneyStored(context: SliceContext, changed: readonly EncodedBucket[]): Promise<Money> {
  const { client, options, statements } = context;
  if (statements.moneyStored === null || changed.length === 0) return new Map();
  const starts = changed.map(({ start }) => new Date(start * 1000));
  const { rows } = await client.query<{ currency: string; amount: string }>(statements.moneyStored, [
    options.organization,
    options.width,
    starts,
  ]);
  return new Map(rows.map(({ currency, amount }) => [currency, amount]));
}
