import { widthSeconds } from '../catalog/width.ts';
import { EtlError } from '../errors.ts';
import type { ParsedSlice } from '../parse/slice.ts';
import type { EncodedBucket } from './encode.ts';
import type { SliceContext } from './loader.ts';
import type { Sorting } from './sort.ts';

/** What the ledger knows of one bucket. */
export interface LedgerEntry {
  readonly rowCount: number;
  /** Null when the bucket was refused before it was ever loaded. */
  readonly contentHash: Buffer | null;
  readonly observedAt: Date;
  readonly settled: boolean;
  readonly grain: readonly string[];
  /** True when the bucket was closed when it was last read. */
  readonly closed: boolean;
  /** True when it was read with the filters of this reading. */
  readonly sameFilters: boolean;
  /** True when rows are stored that no ledger entry accounts for. */
  readonly orphaned: boolean;
}

// Clocks of two machines may differ by minutes; by an hour one of them is wrong.
const clockToleranceMs = 3_600_000;

/**
 * The latest date a reading can honestly bear at an instant. Later ones were dated by a clock that was wrong: they count
 * neither as newer nor as final, or nothing could be loaded until their date has come.
 */
export function latestHonest(now: Date): Date {
  return new Date(now.getTime() + clockToleranceMs);
}

interface EntryRow {
  readonly bucket_start: Date;
  readonly row_count: number;
  readonly content_hash: Buffer | null;
  readonly observed_at: Date;
  readonly settled: boolean;
  readonly grain: string[];
  readonly closed: boolean;
  readonly same_filters: boolean;
}

/**
 * Locks what the ledger knows of the slice for this transaction and returns it, by Unix seconds of the bucket's start.
 * Whoever else loads one of these buckets waits; buckets without an entry are settled by `claimFresh`.
 */
export async function lockBuckets(
  context: SliceContext,
  slice: ParsedSlice,
): Promise<ReadonlyMap<number, LedgerEntry>> {
  const { client, options, reading } = context;
  const key = [options.organization, options.dataset.name, options.width];
  const starts = slice.buckets.map(({ start }) => new Date(start * 1000));
  const { rows } = await client.query<EntryRow>(
    `select bucket_start, row_count, content_hash, observed_at, settled, grain, observed_at >= bucket_end as closed,
       filters is not distinct from $6 as same_filters
     from openai_etl.buckets
     where org_id = $1 and dataset = $2 and bucket_width = $3 and bucket_start between $4 and $5
     order by bucket_start ${options.preview ? '' : 'for update'}`,
    [...key, starts.at(0), starts.at(-1), reading.filters],
  );
  const asked = new Set(slice.buckets.map(({ start }) => start));
  const entries = new Map(
    rows.map((row) => [row.bucket_start.getTime() / 1000, entryOf(row)] as const).filter(([start]) => asked.has(start)),
  );
  for (const start of await orphans(context, starts, entries)) entries.set(start, orphan);
  return entries;
}

function entryOf(row: EntryRow): LedgerEntry {
  return {
    rowCount: row.row_count,
    contentHash: row.content_hash,
    observedAt: row.observed_at,
    settled: row.settled,
    grain: row.grain,
    closed: row.closed,
    sameFilters: row.same_filters,
    orphaned: false,
  };
}

const orphan: LedgerEntry = {
  rowCount: 0,
  contentHash: null,
  observedAt: new Date(0),
  settled: false,
  grain: [],
  closed: false,
  sameFilters: false,
  orphaned: true,
};

/** Buckets that hold rows though the ledger never heard of them: a ledger that was restored without its facts, or cut. */
async function orphans(
  { client, options, statements }: SliceContext,
  starts: readonly Date[],
  entries: ReadonlyMap<number, LedgerEntry>,
): Promise<readonly number[]> {
  const unknown = starts.filter((start) => (entries.get(start.getTime() / 1000)?.contentHash ?? null) === null);
  if (unknown.length === 0) return [];
  const { rows } = await client.query<{ bucket_start: Date; entered: boolean }>(statements.bucketsWithRows, [
    options.organization,
    options.width,
    unknown,
    options.dataset.name,
  ]);
  // Loaded since the ledger was read: taken for rows without an entry, a newer reading would be overwritten.
  if (rows.some(({ entered }) => entered)) throw overtaken(options);
  return rows.map((row) => row.bucket_start.getTime() / 1000);
}

/**
 * Enters buckets of which nothing is stored, before their rows are copied: of two transactions that load the same one,
 * the later waits here and then gives up with `database_transient`, to look again at what is stored by then.
 */
export async function claimFresh(context: SliceContext, fresh: readonly EncodedBucket[]): Promise<void> {
  const entered = await enter(context, fresh, `${moved} where b.content_hash is null`);
  if (entered === fresh.length) return;
  throw overtaken(context.options);
}

function overtaken({ dataset, width }: SliceContext['options']): EtlError {
  return new EtlError('database_transient', `another run has just loaded buckets of ${dataset.name} ${width}`);
}

/** Writes the ledger entries of the other buckets of a slice. */
export async function writeLedger(context: SliceContext, sorting: Sorting): Promise<void> {
  await enter(context, sorting.changed, moved);
  await enter(context, sorting.unchanged, '');
  await writeConfirmed(context, sorting.confirmed);
  await writeRefused(context, sorting.refused);
}

const moved = ', revision = b.revision + 1, changed_at = excluded.changed_at, changed_xid = excluded.changed_xid';

/** One statement for all buckets; `andSet` is what else becomes of an entry that is there. Gives the entries written. */
async function enter(context: SliceContext, buckets: readonly EncodedBucket[], andSet: string): Promise<number> {
  if (buckets.length === 0) return 0;
  const { client, options, reading } = context;
  const { rowCount } = await client.query(
    `insert into openai_etl.buckets as b (org_id, dataset, bucket_width, bucket_start, bucket_end, grain, filters,
       row_count, amounts_missing, content_hash, revision, observed_at, changed_at, settled, status, run_id, changed_xid)
     select $1, $2, $3, start, start + make_interval(secs => $4), $5, $6, row_count, amounts_missing, content_hash, 1,
       $7, $7, $7 >= start + make_interval(secs => $4 + $8), 'loaded', $9, pg_current_xact_id()
     from unnest($10::timestamptz[], $11::int[], $12::bytea[], $13::int[])
       as bucket(start, row_count, content_hash, amounts_missing)
     on conflict (org_id, dataset, bucket_width, bucket_start) do update set
       grain = excluded.grain, filters = excluded.filters, row_count = excluded.row_count,
       amounts_missing = excluded.amounts_missing, content_hash = excluded.content_hash, observed_at = excluded.observed_at, settled = excluded.settled,
       status = 'loaded', run_id = excluded.run_id ${andSet}`,
    [
      options.organization,
      options.dataset.name,
      options.width,
      widthSeconds[options.width],
      reading.grain,
      reading.filters,
      reading.observedAt,
      options.settleSeconds,
      reading.runId,
      buckets.map(({ start }) => new Date(start * 1000)),
      buckets.map(({ rowCount: rows }) => rows),
      buckets.map(({ hash }) => hash),
      buckets.map(({ amountsMissing }) => amountsMissing),
    ],
  );
  return rowCount ?? 0;
}

/** A confirmed bucket was read, and keeps its finer grain and content: read again as often as others, it settles as they do. */
async function writeConfirmed(context: SliceContext, confirmed: readonly number[]): Promise<void> {
  if (confirmed.length === 0) return;
  const { client, options, reading } = context;
  await client.query(
    `update openai_etl.buckets set observed_at = $4, settled = $4 >= bucket_end + make_interval(secs => $5),
       status = 'loaded', run_id = $6
     where org_id = $1 and dataset = $2 and bucket_width = $3 and bucket_start = any($7::timestamptz[])`,
    [
      options.organization,
      options.dataset.name,
      options.width,
      reading.observedAt,
      options.settleSeconds,
      reading.runId,
      confirmed.map((start) => new Date(start * 1000)),
    ],
  );
}

/** A refused bucket keeps what is stored; its entry says so and it is read again next time. */
async function writeRefused(context: SliceContext, refused: readonly number[]): Promise<void> {
  if (refused.length === 0) return;
  const { client, options, reading } = context;
  await client.query(
    `insert into openai_etl.buckets as b (org_id, dataset, bucket_width, bucket_start, bucket_end, grain, filters,
       row_count, content_hash, revision, observed_at, changed_at, settled, status, run_id, changed_xid)
     select $1, $2, $3, start, start + make_interval(secs => $4), $5, $6, 0, null, 0, $7, $7, false, 'refused', $8,
       pg_current_xact_id()
     from unnest($9::timestamptz[]) as bucket(start)
     on conflict (org_id, dataset, bucket_width, bucket_start) do update set
       status = 'refused', settled = false, run_id = excluded.run_id`,
    [
      options.organization,
      options.dataset.name,
      options.width,
      widthSeconds[options.width],
      reading.grain,
      reading.filters,
      reading.observedAt,
      reading.runId,
      refused.map((start) => new Date(start * 1000)),
    ],
  );
}
