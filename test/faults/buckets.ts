import { type Dataset, dimensionsOf } from '../../src/catalog/dataset.ts';
import type { TruthRow } from '../../src/simulator/index.ts';
import { organization, storedRows, trueRow } from '../support/nights.ts';
import type { World } from './world.ts';

/** A bucket and all its rows, in a form that compares row for row and digit for digit. */
export interface BucketContent {
  readonly dataset: string;
  /** Unix seconds. */
  readonly start: number;
  /** Canonical rows, sorted. */
  readonly rows: readonly string[];
}

/** Buckets by dataset and start. One that is missing is empty. */
export type Buckets = ReadonlyMap<string, BucketContent>;

/** What the ledger says of a bucket. */
export interface LedgerLine {
  readonly dataset: string;
  readonly start: number;
  readonly grain: readonly string[];
  readonly rowCount: number;
  readonly status: 'loaded' | 'refused';
}

/** The key of a bucket in {@link Buckets}. */
export function bucketKey({ dataset, start }: { readonly dataset: string; readonly start: number }): string {
  return `${dataset} ${new Date(start * 1000).toISOString()}`;
}

/** True when two buckets hold the same rows. */
export function sameContent(a: BucketContent | undefined, b: BucketContent | undefined): boolean {
  return (a?.rows ?? []).join('\n') === (b?.rows ?? []).join('\n');
}

/** Everything the fact tables hold. */
export async function storedBuckets(world: World): Promise<Buckets> {
  const contents: BucketContent[] = [];
  for (const dataset of world.datasets) {
    const rows = await storedRows(world.nights, dataset, '1d');
    const byStart = Map.groupBy(rows, (row) => Number((JSON.parse(row) as { readonly start: string }).start));
    for (const [start, grouped] of byStart) contents.push({ dataset: dataset.name, start, rows: grouped });
  }
  return byKey(contents);
}

/** What the API's double holds for true at its present instant, from a day on. */
export function trueBuckets(world: World, from: Date): Buckets {
  return byKey(world.datasets.flatMap((dataset) => truthOf(world, dataset, from, wholeGrain(dataset))));
}

/** What the API's double holds for true of one bucket at one grain. */
export function trueBucket(world: World, dataset: Dataset, start: number, grain: readonly string[]): BucketContent {
  const from = new Date(start * 1000);
  const [content] = truthOf(world, dataset, from, grain);
  return content?.start === start ? content : { dataset: dataset.name, start, rows: [] };
}

/** A true bucket as an API would tell it that changes or leaves out rows. */
export function toldBucket(
  world: World,
  dataset: Dataset,
  start: number,
  change: (row: TruthRow) => TruthRow | null,
): BucketContent {
  return contentsOf(world, dataset, new Date(start * 1000), wholeGrain(dataset), change)[0] as BucketContent;
}

function truthOf(world: World, dataset: Dataset, from: Date, grain: readonly string[]): readonly BucketContent[] {
  return contentsOf(world, dataset, from, grain, (row) => row);
}

function contentsOf(
  world: World,
  dataset: Dataset,
  from: Date,
  groupBy: readonly string[],
  change: (row: TruthRow) => TruthRow | null,
): readonly BucketContent[] {
  const to = new Date(world.apiClock.now().getTime() + 86_400_000);
  return world.nights.simulator.truth({ dataset: dataset.name, width: '1d', from, to, groupBy }).map((bucket) => {
    const rows = bucket.rows.map(change).filter((row) => row !== null);
    return {
      dataset: dataset.name,
      start: bucket.start.getTime() / 1000,
      rows: rows.map((row) => trueRow(bucket, row)).sort(),
    };
  });
}

function wholeGrain(dataset: Dataset): readonly string[] {
  return dimensionsOf(dataset).map(({ name }) => name);
}

function byKey(contents: readonly BucketContent[]): Buckets {
  return new Map(contents.map((content) => [bucketKey(content), content]));
}

/** The ledger. */
export async function ledgerLines({ nights }: World): Promise<readonly LedgerLine[]> {
  const { rows } = await nights.database.pool.query<LedgerLine>(
    `select dataset, extract(epoch from bucket_start)::int as start, grain, row_count as "rowCount", status
     from openai_etl.buckets where org_id = $1 order by dataset, bucket_start`,
    [organization],
  );
  return rows;
}

/** Identity and version of every row and of every bucket's content: equal when nothing was written in between. */
export async function writtenState({ nights, datasets }: World): Promise<readonly string[]> {
  const { pool } = nights.database;
  const facts = datasets.map(
    ({ table }) => `select '${table}' as what, ctid::text, xmin::text, updated_at::text as at
     from openai."${table}"`,
  );
  const { rows } = await pool.query<{ readonly line: string }>(
    `select concat_ws(' ', what, ctid, xmin, at) as line from (${facts.join(' union all ')}) as fact
     union all select concat_ws(' ', 'bucket', dataset, bucket_start, revision, changed_at, row_count, status,
       encode(content_hash, 'hex')) from openai_etl.buckets
     union all select concat_ws(' ', 'restatement', restatement_id) from openai_etl.restatements
     union all select concat_ws(' ', 'quarantine', quarantine_id, seen_count) from openai_etl.quarantine
     order by line`,
  );
  return rows.map(({ line }) => line);
}
