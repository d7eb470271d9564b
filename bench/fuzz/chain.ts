import { type Asked, positionsOf } from './asked.ts';
import { honestBucket, type Meaning, type SentBucket } from './bucket.ts';
import { widthSeconds } from './contract.ts';
import { type Answering, type Effect, type Fault, isFor } from './fault.ts';
import { effectOf } from './fault-kinds.ts';
import type { Json } from './json.ts';
import { pagesOf } from './paging.ts';
import { resultsOf } from './results.ts';
import type { World } from './world.ts';

/** All pages of an answer, and what it says. */
export interface Chain {
  readonly pages: readonly (readonly Json[])[];
  /** The page with which everything has been said. */
  readonly saidWith: number;
  readonly meanings: ReadonlyMap<number, Meaning>;
}

/** The answer to a request at an instant, as the faults have it. */
export function chainOf(world: World, asked: Asked, faults: readonly Fault[], now: number): Chain {
  const struck = faults
    .filter((fault) => isFor(fault, asked))
    .map((fault) => ({ fault, effect: effectOf(fault.kind) }));
  const bucketAt = bucketsOf(
    world,
    now,
    struck.map(({ effect }) => effect),
  );
  const answer: Answering = { world, now, bucketAt };
  let buckets: readonly SentBucket[] = positionsOf(asked).map((position) => bucketAt(asked, position));
  for (const { fault, effect } of struck) {
    buckets = effect.replace?.(buckets, asked, fault, answer) ?? buckets;
    // What another fault has made something else of is not told twice over.
    buckets = buckets.map((bucket) =>
      bucket.meaning.kind === 'rows' ? (effect.spoil?.(bucket, asked, fault) ?? bucket) : bucket,
    );
  }
  const sent = buckets.filter(({ isSent }) => isSent);
  const paging = struck.find(({ effect }) => effect.page !== undefined)?.effect;
  const pages = paging?.page?.(sent, asked) ?? pagesOf(sent, asked.limit);
  return {
    pages: pages.map((page) => page.map(wireOf)),
    saidWith: Math.max(
      0,
      pages.findLastIndex((page) => page.length > 0),
    ),
    meanings: new Map(buckets.flatMap(({ position, meaning }) => (position === null ? [] : [[position, meaning]]))),
  };
}

function bucketsOf(world: World, now: number, effects: readonly Effect[]): Answering['bucketAt'] {
  return (asked, position) => {
    const unasked = effects.flatMap((effect) => effect.unasked?.(asked) ?? []);
    const groupBy = [...new Set([...asked.groupBy, ...unasked])];
    const interval = [position, position + widthSeconds[asked.width]] as const;
    const sent = resultsOf(world, asked.endpoint, interval, now, { groupBy, filters: asked.filters });
    return honestBucket(asked, position, sent);
  };
}

function wireOf({ startTime, endTime, results }: SentBucket): Json {
  const bucket = { object: 'bucket', start_time: startTime, end_time: endTime };
  return results === null ? bucket : { ...bucket, results };
}
