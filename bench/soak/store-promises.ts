import type pg from 'pg';
import { widthSeconds } from '../../src/catalog/width.ts';
import { datasetNamed, differenceOf, isWhatWasSaid, type Said } from './content-promises.ts';
import { type Memory, promise, type Remembered, rememberStatus } from './memory.ts';
import {
  balances,
  bucketKey,
  bucketName,
  contentDigest,
  type Entry,
  entriesSince,
  ledgerSize,
  linesDigest,
  restatementsAfter,
  rowsOf,
  type StoredRestatement,
  transactionsEnded,
} from './stored.ts';

/** What an act did to the store. */
export interface StoreChange {
  readonly entries: readonly Entry[];
  readonly restatements: number;
  /** Buckets of which a row was written. */
  readonly written: number;
}

/**
 * Looks at everything written since a transaction, holds it against what the API said and what was remembered, and
 * remembers it. Throws BrokenPromise.
 */
export async function checkStore(pool: pg.Pool, memory: Memory, said: Said, transaction: number): Promise<StoreChange> {
  await transactionsEnded(pool);
  const entries = await entriesSince(pool, transaction);
  const restatements = await restatementsAfter(pool, memory.lastRestatement);
  const written = await checkBalances(pool, memory, entries, transaction);
  const changed = entries.filter((entry) => entry.revision !== (memory.buckets.get(bucketKey(entry))?.revision ?? 0));
  const contents = await contentsOf(pool, changed);
  const restated = Map.groupBy(restatements, bucketKey);
  for (const entry of entries) {
    const before = memory.buckets.get(bucketKey(entry));
    const newest = before?.loaded === true && before.observedAt <= said.act.honestUntil ? before.observedAt : 0;
    promise(entry.observedAt >= newest, () => `${bucketName(entry)}: an older reading replaced a newer one`);
    const lines = contents.get(bucketKey(entry));
    const after = rememberedOf(entry, before, lines, restated.get(bucketKey(entry)) ?? [], memory.lastRestatement);
    restated.delete(bucketKey(entry));
    checkContent(said, entry, before, after, lines);
    memory.buckets.set(bucketKey(entry), after);
    rememberStatus(memory, entry);
  }
  memory.lastRestatement = restatements.at(-1)?.id ?? memory.lastRestatement;
  const [stray] = restated.values();
  promise(stray === undefined, () => `a restatement of a bucket that did not change: ${bucketName(firstOf(stray))}`);
  promise((await ledgerSize(pool)) === memory.buckets.size, () => 'an entry of the ledger is gone');
  return { entries, restatements: restatements.length, written };
}

function firstOf(stray: readonly StoredRestatement[] = []): StoredRestatement {
  const [first] = stray;
  if (first === undefined) throw new RangeError('nothing is stray');
  return first;
}

/** Every bucket has as many rows as the ledger says, and no row was written that the ledger does not account for. */
async function checkBalances(
  pool: pg.Pool,
  memory: Memory,
  entries: readonly Entry[],
  transaction: number,
): Promise<number> {
  const moved = new Set(
    entries.filter((entry) => entry.revision !== memory.buckets.get(bucketKey(entry))?.revision).map(bucketKey),
  );
  const found = await balances(pool, transaction);
  for (const balance of found) {
    const { stored, rowCount, bucketEnds, written } = balance;
    promise(stored === (rowCount ?? 0) && rowCount !== null, () => {
      return `${bucketName(balance)} holds ${stored} rows, the ledger says ${rowCount ?? 'nothing of it'}`;
    });
    promise(bucketEnds, () => `${bucketName(balance)} holds rows that do not end with it`);
    promise(!written || moved.has(bucketKey(balance)), () => {
      return `${bucketName(balance)} was written although its content is said not to have changed`;
    });
  }
  return found.filter(({ written }) => written).length;
}

/** The rows of buckets by series, by bucket. */
async function contentsOf(
  pool: pg.Pool,
  entries: readonly Entry[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const contents = new Map<string, Map<string, string>>(entries.map((entry) => [bucketKey(entry), new Map()]));
  for (const row of await rowsOf(pool, entries)) contents.get(bucketKey(row))?.set(row.series, row.line);
  return contents;
}

/** What is remembered of a bucket from now on. `lines` are its rows where its content changed. */
function rememberedOf(
  entry: Entry,
  before: Remembered | undefined,
  lines: ReadonlyMap<string, string> | undefined,
  restatements: readonly StoredRestatement[],
  restatementsBefore: number,
): Remembered {
  const known = before ?? { lines: linesDigest(new Map()), content: '' };
  const present =
    lines === undefined
      ? { lines: known.lines, content: known.content }
      : { lines: linesDigest(lines), content: contentDigest(datasetNamed(entry.dataset), lines) };
  const wasClosed = before?.loaded === true && isClosed(before);
  const base = undone(entry, lines, restatements) ?? present.lines;
  if (wasClosed) {
    promise(base === known.lines, () => {
      return `${bucketName(entry)}: its restatements, undone, do not give back what it used to say`;
    });
  }
  // A clock that went back may have opened it again.
  if (!isClosed(entry)) return { ...entry, ...present, firstClosed: null, restatementsBefore };
  if (before !== undefined && before.firstClosed !== null) return { ...before, ...entry, ...present };
  return { ...entry, ...present, firstClosed: base, restatementsBefore };
}

/** True for a bucket that was closed when it was last read. */
function isClosed({ start, width, observedAt, loaded }: Entry): boolean {
  return loaded && observedAt >= (start + widthSeconds[width]) * 1000;
}

/** Digest of the rows with restatements undone from the newest to the oldest; null where nothing changed. */
function undone(
  entry: Entry,
  lines: ReadonlyMap<string, string> | undefined,
  restatements: readonly StoredRestatement[],
): string | null {
  if (lines === undefined) {
    promise(restatements.length === 0, () => `${bucketName(entry)}: a restatement of a bucket that did not change`);
    return null;
  }
  return linesDigest(undo(bucketName(entry), lines, restatements));
}

/** Rows by series with restatements undone from the newest to the oldest. Throws where one does not fit. */
export function undo(
  name: string,
  lines: ReadonlyMap<string, string>,
  restatements: readonly StoredRestatement[],
): ReadonlyMap<string, string> {
  const rows = new Map(lines);
  for (const { series, before, after } of restatements.toReversed()) {
    promise((rows.get(series) ?? null) === after, () => `${name}: a restatement says what is not stored: ${after}`);
    if (before === null) rows.delete(series);
    else rows.set(series, before);
  }
  return rows;
}

/** A bucket that was read holds wholly one of the things the API said meanwhile; one that was not holds what it did. */
function checkContent(
  said: Said,
  entry: Entry,
  before: Remembered | undefined,
  after: Remembered,
  lines: ReadonlyMap<string, string> | undefined,
): void {
  const read = entry.observedAt !== before?.observedAt || entry.revision !== before.revision;
  if (!read || !entry.loaded) return;
  promise(isWhatWasSaid(said, entry, after.content), () => differenceOf(said, entry, lines?.values() ?? []));
}
