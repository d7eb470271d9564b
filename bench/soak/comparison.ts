import type pg from 'pg';
import { type Dataset, dimensionsOf } from '../../src/catalog/dataset.ts';
import { widthSeconds } from '../../src/catalog/width.ts';
import { datasetNamed } from './content-promises.ts';
import type { Life } from './life.ts';
import { promise, type Remembered } from './memory.ts';
import { lineOf } from './oracle.ts';
import { firstDay, horizonDays, loads } from './organization.ts';
import type { Ending } from './outcome.ts';
import { undo } from './store-promises.ts';
import { bucketKey, bucketName, contentDigest, contentOf, linesDigest, restatementsAfter, rowsOf } from './stored.ts';

type Compared = Pick<Ending, 'rows' | 'buckets' | 'behindHorizon' | 'outdated' | 'lost' | 'doubled' | 'different'>;

const daySeconds = 86_400;

/**
 * Compares every row of every table with the truth, digit for digit, and undoes every restatement on what is stored.
 * Throws BrokenPromise with the first difference.
 */
export async function compareAll({ organization, memory }: Life): Promise<Compared> {
  const { pool, clock, oracle } = organization;
  const rows = await rowsOf(pool, 'all');
  const byBucket = Map.groupBy(rows, bucketKey);
  const restated = Map.groupBy(await restatementsAfter(pool, 0), bucketKey);
  const now = Math.floor(clock.now().getTime() / 1000);
  const horizonOf = await readHorizons(pool, now);
  const sum = { lost: 0, doubled: 0, different: 0 };
  const wrong: string[] = [];
  let behindHorizon = 0;
  let outdated = 0;
  for (const entry of memory.buckets.values()) {
    const dataset = datasetNamed(entry.dataset);
    const stored = byBucket.get(bucketKey(entry)) ?? [];
    const lines = new Map(stored.map(({ series, line }) => [series, line]));
    const restatements = restated.get(bucketKey(entry))?.filter(({ id }) => id > entry.restatementsBefore) ?? [];
    checkHistory(entry, undo(bucketName(entry), lines, restatements));
    if (entry.start < horizonOf(entry.dataset)) {
      behindHorizon += 1;
      if (oracle.digest({ ...entry, dataset }) !== entry.content) outdated += 1;
      const held = contentDigest(dataset, lines) === entry.content;
      promise(held, () => `${bucketName(entry)} lies before the horizon and is not what the API said last`);
      continue;
    }
    checkFinal(entry);
    const truth = oracle.rows({ ...entry, dataset }, now).map((row) => lineOf(dataset, row));
    const contents = stored.map(({ line }) => contentOf(dataset, line));
    const found = differencesOf(dataset, truth, contents);
    if (found.lost + found.doubled + found.different > 0) wrong.push(bucketName(entry));
    sum.lost += found.lost;
    sum.doubled += found.doubled;
    sum.different += found.different;
  }
  promise(wrong.length === 0, () => {
    return `${sum.lost} rows lost, ${sum.doubled} doubled, ${sum.different} different, first in ${wrong[0]}`;
  });
  checkGapless(memory.buckets, now);
  return { rows: rows.length, buckets: memory.buckets.size, behindHorizon, outdated, ...sum };
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
    for (let start = firstDay.getTime() / 1000; start <= now; start += widthSeconds[width]) {
      const place = { dataset: dataset.name, width, start };
      promise(buckets.get(bucketKey(place))?.loaded === true, () => `${bucketName(place)} was never loaded`);
    }
  }
}

/** The instant before which the API does not answer a dataset, or has said so. Unix seconds. */
async function readHorizons(pool: pg.Pool, now: number): Promise<(dataset: string) => number> {
  const { rows } = await pool.query<{ dataset: string; horizon: number | null }>(
    'select dataset, extract(epoch from horizon)::float8 as horizon from openai_etl.capabilities',
  );
  const said = new Map(rows.map(({ dataset, horizon }) => [dataset, horizon ?? 0]));
  const held = (Math.floor(now / daySeconds) - horizonDays) * daySeconds;
  return (dataset) => Math.max(held, said.get(dataset) ?? 0);
}

function checkFinal(entry: Remembered): void {
  const wanted = dimensionsOf(datasetNamed(entry.dataset)).map(({ name }) => name);
  promise(entry.status === 'loaded', () => `${bucketName(entry)} is still refused`);
  promise(entry.grain.join() === wanted.join(), () => `${bucketName(entry)} is still at ${entry.grain.join()}`);
}

interface Differences {
  readonly lost: number;
  readonly doubled: number;
  readonly different: number;
}

/** Rows of the truth that are not stored, stored ones that are there twice or belong to no group, and wrong values. */
function differencesOf(dataset: Dataset, truth: readonly string[], stored: readonly string[]): Differences {
  const groups = dataset.columns.flatMap(({ role }, index) => (role === 'measure' ? [] : [index]));
  const groupOf = (content: string) => JSON.stringify(groups.map((index) => JSON.parse(content)[index]));
  const expected = new Map(truth.map((content) => [groupOf(content), content]));
  const seen = new Set<string>();
  let [doubled, different] = [0, 0];
  for (const content of stored) {
    const group = groupOf(content);
    if (seen.has(group) || !expected.has(group)) doubled += 1;
    else if (expected.get(group) !== content) different += 1;
    seen.add(group);
  }
  return { lost: new Set(expected.keys()).difference(seen).size, doubled, different };
}
