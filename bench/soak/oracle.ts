import { createHash } from 'node:crypto';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { datasets as catalog } from '../../src/catalog/index.ts';
import { type Width, widthSeconds } from '../../src/catalog/width.ts';
import { endpointsOf, newestLevel } from '../../src/simulator/endpoint.ts';
import type { Restatement, TruthRow } from '../../src/simulator/index.ts';
import { truthOf } from '../../src/simulator/truth.ts';
import { createWorld, type World } from '../../src/simulator/world/world.ts';

/** A bucket at a grain. */
export interface BucketAt {
  readonly dataset: Dataset;
  readonly width: Width;
  /** Unix seconds. */
  readonly start: number;
  readonly grain: readonly string[];
}

/** Which version of the world is asked: before the restatements of the act under way, or after. */
export type Version = 'before' | 'after';

/** Knows what the API says of every bucket, now and before the restatements that came while a run was under way. */
export interface Oracle {
  /** Restatements that no run was under way for. */
  restate(restatements: readonly Restatement[]): void;
  /** Restatements while a run is under way: until `settle`, both versions are known. */
  restateDuring(restatements: readonly Restatement[]): void;
  settle(): void;
  /** Rows of a bucket at an instant (Unix seconds); infinity once it is closed. */
  rows(bucket: BucketAt, now: number, version?: Version): readonly TruthRow[];
  /** Digest of the rows of a closed bucket; kept until they are restated. */
  digest(bucket: BucketAt): string;
}

const endpoints = endpointsOf(catalog, newestLevel);
const daySeconds = widthSeconds['1d'];

/** An oracle of the same world as the simulator's of these options. */
export function createOracle(options: {
  readonly seed: number;
  readonly groupsPerDataset: number;
  readonly firstDay: Date;
}): Oracle {
  const worlds: Readonly<Record<Version, World>> = {
    before: createWorld({ ...options, datasets: catalog }),
    after: createWorld({ ...options, datasets: catalog }),
  };
  let pending: readonly Restatement[] = [];
  const digests = new Map<string, ReadonlyMap<number, string>>();
  const forget = (restatements: readonly Restatement[]) => {
    // Money follows usage, and both cuts of it change alike; the widths and grains are few enough to drop by day.
    const days = new Set(restatements.map(({ day }) => dayOf(day.getTime() / 1000)));
    for (const key of digests.keys()) if (days.has(Number(key.slice(0, key.indexOf(' '))))) digests.delete(key);
  };
  const rows = ({ dataset, width, start, grain }: BucketAt, now: number, version: Version = 'after') => {
    const query = { dataset: dataset.name, width, groupBy: grain, ...intervalOf(start, widthSeconds[width]) };
    return truthOf(worlds[version], endpoints, query, now)[0]?.rows ?? [];
  };
  const digestsOfDay = ({ dataset, width, grain }: BucketAt, day: number) => {
    const query = { dataset: dataset.name, width, groupBy: grain, ...intervalOf(day * daySeconds, daySeconds) };
    const buckets = truthOf(worlds.after, endpoints, query, Number.MAX_SAFE_INTEGER);
    return new Map(
      buckets.map((bucket) => [bucket.start.getTime() / 1000, digest(bucket.rows.map((row) => lineOf(dataset, row)))]),
    );
  };
  return {
    restate: (restatements) => {
      worlds.before.restate(restatements);
      worlds.after.restate(restatements);
      forget(restatements);
    },
    restateDuring: (restatements) => {
      worlds.after.restate(restatements);
      pending = [...pending, ...restatements];
      forget(restatements);
    },
    settle: () => {
      worlds.before.restate(pending);
      pending = [];
    },
    rows,
    digest: (bucket) => {
      const day = dayOf(bucket.start);
      const key = `${day} ${bucket.dataset.name} ${bucket.width} ${bucket.grain.join()}`;
      const known = digests.get(key) ?? digestsOfDay(bucket, day);
      digests.set(key, known);
      return known.get(bucket.start) ?? '';
    },
  };
}

function dayOf(instant: number): number {
  return Math.floor(instant / daySeconds);
}

function intervalOf(start: number, seconds: number) {
  return { from: new Date(start * 1000), to: new Date((start + seconds) * 1000) };
}

/** What a row of the truth says: its values in column order, digit for digit, and the unknown fields. */
export function lineOf({ columns }: Dataset, row: TruthRow, extra: string | null = null): string {
  return JSON.stringify([...columns.map(({ name }) => row[name] ?? null), extra]);
}

/** Digest of lines in any order. */
export function digest(lines: readonly string[]): string {
  return createHash('sha1').update(lines.toSorted().join('\n')).digest('base64');
}
