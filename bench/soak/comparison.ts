import { dimensionsOf } from '../../src/catalog/dataset.ts';
import { widthSeconds } from '../../src/catalog/width.ts';
import { datasetNamed } from './content-promises.ts';
import type { Life } from './life.ts';
import { promise, type Remembered } from './memory.ts';
import { horizonDays, loads } from './organization.ts';
import type { Ending } from './outcome.ts';
import { undo } from './store-promises.ts';
import {
  bucketKey,
  bucketName,
  contentDigest,
  contentOf,
  linesDigest,
  restatementsAfter,
  rowsOf,
  type StoredRow,
} from './stored.ts';

type Compared = Pick<Ending, 'rows' | 'buckets' | 'behindHorizon' | 'lost' | 'doubled' | 'different'>;

const daySeconds = 86_400;

/**
 * Compares every row of every table with the truth, digit for digit, and undoes every restatement on what is stored.
 * Throws BrokenPromise with the first difference.
 */
export async function compareAll({ organization, memory }: Life): Promise<Compared> {
  const { pool, clock } = organization;
  const rows = await rowsOf(pool, 'all');
  const byBucket = Map.groupBy(rows, bucketKey);
  const restated = Map.groupBy(await restatementsAfter(pool, 0), bucketKey);
  const now = Math.floor(clock.now().getTime() / 1000);
  const horizon = (Math.floor(now / daySeconds) - horizonDays) * daySeconds;
  const counts = { lost: 0, doubled: 0, different: 0 };
  let behindHorizon = 0;
  for (const entry of memory.buckets.values()) {
    const stored = byBucket.get(bucketKey(entry)) ?? [];
    const all = restated.get(bucketKey(entry)) ?? [];
    const restatements = all.filter(({ id }) => id > entry.restatementsBefore);
    const lines = new Map(stored.map(({ series, line }) => [series, line]));
    checkHistory(entry, undo(bucketName(entry), lines, restatements));
    if (entry.start < horizon) {
      behindHorizon += 1;
      const held = contentDigest(datasetNamed(entry.dataset), lines) === entry.content;
      promise(held, () => `${bucketName(entry)} lies before the horizon and is not what the API said last`);
    } else addDifferences(counts, organization.oracle, entry, stored, now);
  }
  promise(counts.lost + counts.doubled + counts.different === 0, () => {
    return `${counts.lost} rows lost, ${counts.doubled} doubled, ${counts.different} different`;
  });
  checkGapless(memory.buckets, now);
  return { rows: rows.length, buckets: memory.buckets.size, behindHorizon, ...counts };
}

/** Undone from the newest to the oldest, restatements give back each bucket as it was first read closed. */
function checkHistory(entry: Remembered, first: ReadonlyMap<string, string>): void {
  if (entry.firstClosed === null) return;
  promise(linesDigest(first) === entry.firstClosed, () => {
    return `${bucketName(entry)}: all its restatements, undone, do not give back its first content`;
  });
}

/** Every bucket since the first day is there. */
function checkGapless(buckets: ReadonlyMap<string, Remembered>, now: number): void {
  for (const [dataset, width] of loads) {
    const place = { dataset: dataset.name, width };
    const first = Math.min(
      ...[...buckets.values()]
        .filter((one) => one.dataset === place.dataset && one.width === width)
        .map(({ start }) => start),
    );
    for (let start = first; start <= now; start += widthSeconds[width]) {
      promise(
        buckets.get(bucketKey({ ...place, start }))?.loaded === true,
        () => `${bucketName({ ...place, start })} was never loaded`,
      );
    }
  }
}

function addDifferences(
  counts: { lost: number; doubled: number; different: number },
  oracle: Life['organization']['oracle'],
  entry: Remembered,
  stored: readonly StoredRow[],
  now: number,
): void {
  const dataset = datasetNamed(entry.dataset);
  const wanted = dimensionsOf(dataset).map(({ name }) => name);
  promise(entry.status === 'loaded', () => `${bucketName(entry)} is still refused`);
  promise(entry.grain.join() === wanted.join(), () => `${bucketName(entry)} is still at ${entry.grain.join()}`);
  const bucket = { dataset, width: entry.width, start: entry.start, grain: entry.grain };
  const groups = dataset.columns.flatMap(({ role }, index) => (role === 'measure' ? [] : [index]));
  const groupOf = (row: readonly unknown[]) => JSON.stringify(groups.map((index) => row[index]));
  const truth = new Map(
    oracle.rows(bucket, now).map((row) => {
      const values = [...dataset.columns.map(({ name }) => row[name] ?? null), null];
      return [groupOf(values), JSON.stringify(values)] as const;
    }),
  );
  const seen = new Set<string>();
  for (const { line } of stored) {
    const content = contentOf(dataset, line);
    const group = groupOf(JSON.parse(content));
    if (seen.has(group) || !truth.has(group)) counts.doubled += 1;
    else if (truth.get(group) !== content) counts.different += 1;
    seen.add(group);
  }
  for (const group of truth.keys()) if (!seen.has(group)) counts.lost += 1;
}
