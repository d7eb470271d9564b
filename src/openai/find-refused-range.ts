import type { Dataset } from '../catalog/dataset.ts';
import { type Width, widthSeconds } from '../catalog/width.ts';
import { firstWhere } from './bisect.ts';
import type { Probe } from './probe.ts';
import { dropDimension } from './refused-grouping.ts';
import type { GroupingRefused } from './signals.ts';

/** A grouping that was refused, and where. */
export interface RefusedSlice {
  readonly dataset: Dataset;
  readonly width: Width;
  /** Of the slice asked for. */
  readonly start: Date;
  readonly end: Date;
  readonly grain: readonly string[];
  readonly refusal: GroupingRefused;
  /** The earliest bucket that may ever be asked for. */
  readonly earliest: Date;
  /** The start of the open bucket. */
  readonly open: Date;
  /** The same dimension is known to be refused up to the slice's start. */
  readonly refusedBefore: boolean;
}

/** For which buckets of a slice a dimension is refused. */
export interface RefusedRange {
  readonly dimension: string;
  /** Null: from the beginning. */
  readonly since: Date | null;
  /** Null: without end. */
  readonly until: Date | null;
}

/**
 * The range for which a refused grouping is refused, proved by asking for single buckets: the newest and the oldest of
 * the slice, and the bound between them where they differ. Null where both are granted, so that only smaller slices can
 * tell.
 */
export async function findRefusedRange(slice: RefusedSlice, probe: Probe): Promise<RefusedRange | null> {
  const { dataset, width, start, end, grain, refusal, earliest, open, refusedBefore } = slice;
  const stepMs = widthSeconds[width] * 1000;
  const newest = new Date(end.getTime() - stepMs);
  const alone = newest <= start;
  const target = dropDimension(dataset, grain, refusal.message);
  const dimension = target ?? refusal.names[0] ?? grain[0] ?? '';
  const refuses = (bucket: Date) => isRefused({ dataset, grain, target, bucket }, probe);
  const newestRefused = alone || (await refuses(newest));
  const beginningRefused = start <= earliest ? null : await refuses(earliest);
  const oldestRefused = alone || (newestRefused && beginningRefused === true) || (await refuses(start));
  // What holds for the open bucket holds for those to come until it is asked again.
  const until = newest >= open ? null : end;
  const since = beginningRefused === false ? start : null;
  if (newestRefused && oldestRefused) return { dimension, since, until };
  const between = { lo: start, hi: newest, stepMs };
  if (newestRefused) return { dimension, since: await firstWhere(between, refuses), until };
  if (!oldestRefused) return null;
  const bound = { ...between, nearFirst: refusedBefore };
  return { dimension, since, until: await firstWhere(bound, async (bucket) => !(await refuses(bucket))) };
}

interface Question {
  readonly dataset: Dataset;
  readonly grain: readonly string[];
  /** The dimension in question; null: one that must not be given up. */
  readonly target: string | null;
  readonly bucket: Date;
}

/** Whether the API refuses a dimension for one bucket. Others that it refuses as well are left out on the way. */
export async function isRefused({ dataset, grain, target, bucket }: Question, probe: Probe): Promise<boolean> {
  let asked = grain;
  for (;;) {
    const said = await probe(bucket, asked);
    if (said.kind !== 'grouping_refused') return false;
    const dropped = dropDimension(dataset, asked, said.refusal.message);
    if (dropped === null || dropped === target) return true;
    asked = asked.filter((name) => name !== dropped);
  }
}
