import { copyBuckets } from './copy.ts';
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
  await client.query(statements.createStaging);
  await client.query(statements.createDiff);
  await copyBuckets(client, statements.copyStaging, changed);
  // Without statistics the join below becomes a nested loop over every pair of rows.
  await client.query(statements.analyzeStaging);
  await fillDiff(context, sorting);
  const { rows } = await client.query<DiffCount>(statements.countDiff);
  if (!options.preview) await applyDiff(context);
  const count = (change: DiffCount['change']) => rows.find((row) => row.change === change)?.rows ?? 0;
  return {
    rowsInserted: count('added'),
    rowsUpdated: count('updated'),
    rowsDeleted: count('removed'),
    restatements: rows.reduce((sum, row) => sum + row.closed, 0),
  };
}

async function fillDiff({ client, options, statements }: SliceContext, sorting: Sorting): Promise<void> {
  const starts = sorting.changed.map(({ start }) => new Date(start * 1000));
  const closed = sorting.changed
    .filter(({ start }) => sorting.closed.has(start))
    .map(({ start }) => new Date(start * 1000));
  await client.query(statements.fillDiff, [options.organization, options.width, starts, closed]);
}

async function applyDiff({ client, options, statements, reading }: SliceContext): Promise<void> {
  const { organization, dataset, width } = options;
  await client.query(statements.recordRestatements, [
    organization,
    dataset.name,
    width,
    reading.observedAt,
    reading.runId,
  ]);
  await client.query(statements.deleteVanished, [organization]);
  await client.query(statements.updateChanged, [organization, reading.runId]);
  await client.query(statements.insertAdded);
}
