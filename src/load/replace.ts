import { copyBuckets } from './copy.ts';
import type { EncodedBucket } from './encode.ts';
import type { SliceContext } from './loader.ts';
import type { Sorting } from './sort.ts';

/** What replacing buckets changed. */
export interface Replaced {
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly rowsDeleted: number;
  readonly restatements: number;
}

interface DiffCount {
  readonly change: 'added' | 'updated' | 'removed';
  readonly rows: number;
  readonly closed: number;
}

/**
 * Replaces the changed buckets by writing only what differs: vanished rows are deleted, changed ones updated, added
 * ones inserted, equal ones not touched (an upsert would lock them all). What closed buckets used to say is recorded.
 */
export async function replaceChanged(context: SliceContext, sorting: Sorting): Promise<Replaced> {
  const { changed } = sorting;
  if (changed.length === 0) return { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, restatements: 0 };
  const { client, statements, options } = context;
  const closed = changed.filter(({ start }) => sorting.closed.has(start));
  await fillDiff(context, changed, closed);
  const { rows } = await client.query<DiffCount>(statements.countDiff);
  const count = (change: DiffCount['change']) => rows.find((row) => row.change === change)?.rows ?? 0;
  if (!options.preview) await applyDiff(context, count('removed'));
  return {
    rowsInserted: count('added'),
    rowsUpdated: count('updated'),
    rowsDeleted: count('removed'),
    restatements: rows.reduce((sum, row) => sum + row.closed, 0),
  };
}

/** Unix seconds of the buckets of which other rows are stored than these. Compares row by row and writes nothing. */
export async function differingBuckets(
  context: SliceContext,
  buckets: readonly EncodedBucket[],
): Promise<ReadonlySet<number>> {
  if (buckets.length === 0) return new Set();
  const { client, statements } = context;
  await fillDiff(context, buckets, []);
  const { rows } = await client.query<{ bucket_start: Date }>(statements.differing);
  await client.query(statements.emptyStaging);
  return new Set(rows.map((row) => row.bucket_start.getTime() / 1000));
}

/** Compares buckets with what is stored of them; `closed` are those whose changes are restatements. */
async function fillDiff(
  context: SliceContext,
  buckets: readonly EncodedBucket[],
  closed: readonly EncodedBucket[],
): Promise<void> {
  const { client, options, statements } = context;
  await stageBuckets(context, buckets);
  const startsOf = (some: readonly EncodedBucket[]) => some.map(({ start }) => new Date(start * 1000));
  await client.query(statements.fillDiff, [options.organization, options.width, startsOf(buckets), startsOf(closed)]);
}

/** Puts buckets into the staging table, which has to be empty. */
export async function stageBuckets(
  { client, statements }: SliceContext,
  buckets: readonly EncodedBucket[],
): Promise<void> {
  await client.query(statements.createStaging);
  await client.query(statements.createDiff);
  await copyBuckets(client, statements.copyStaging, buckets);
  // Without statistics a join with it becomes a nested loop over every pair of rows.
  await client.query(statements.analyzeStaging);
}

async function applyDiff({ client, options, statements, reading }: SliceContext, removed: number): Promise<void> {
  const { organization, dataset, width } = options;
  await client.query(statements.recordRestatements, [
    organization,
    dataset.name,
    width,
    reading.observedAt,
    reading.runId,
  ]);
  if (removed > 0) {
    await client.query(statements.recordRemovals, [organization, reading.runId, `openai.${dataset.table}`]);
    await client.query(statements.deleteVanished, [organization]);
  }
  await client.query(statements.updateChanged, [organization, reading.runId]);
  await client.query(statements.insertAdded);
}
