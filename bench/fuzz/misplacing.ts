import { lost, type SentBucket } from './bucket.ts';
import { daySeconds, widthSeconds } from './contract.ts';
import { type Effect, strikes } from './fault.ts';

/** Some buckets come without a start. */
export const nullStarts: Effect = {
  spoil: (bucket, asked, fault) =>
    strikes(fault, asked, bucket) ? { ...bucket, startTime: null, meaning: lost } : bucket,
};

/** Every start and end is in milliseconds. */
export const millisecondStarts: Effect = {
  spoil: (bucket, { width }) => ({
    ...bucket,
    startTime: (bucket.position ?? 0) * 1000,
    endTime: ((bucket.position ?? 0) + widthSeconds[width]) * 1000,
    meaning: lost,
  }),
};

/** A bucket is replaced by one that is none, far in the future. */
export const junkBuckets: Effect = {
  spoil: (bucket, asked, fault) =>
    strikes(fault, asked, bucket)
      ? { ...bucket, startTime: Number.MAX_SAFE_INTEGER, results: null, meaning: lost }
      : bucket,
};

/**
 * A start before the instant of the fault is taken for that instant, without a word. What lies before it is not answered,
 * which a run need not call a failure: it may find out that the API goes no further back.
 */
export const clampedStarts: Effect = {
  replace: (buckets, asked, fault, { bucketAt }) => {
    if (asked.start >= fault.instant) return buckets;
    const inside = buckets.filter(({ position }) => (position ?? 0) >= fault.instant);
    const before = buckets.filter((bucket) => !inside.includes(bucket));
    const step = widthSeconds[asked.width];
    const beyond = inside.length > 0 ? [] : buckets.map((_, index) => bucketAt(asked, fault.instant + index * step));
    return [...notSent(before, false), ...inside, ...beyond.map((bucket) => ({ ...bucket, position: null }))];
  },
};

/** Asked for hours or minutes, the API answers days. */
export const dayBuckets: Effect = {
  replace: (buckets, asked, _fault, { bucketAt }) => {
    if (asked.width === '1d') return buckets;
    const days = new Set(buckets.map(({ position }) => Math.floor((position ?? 0) / daySeconds) * daySeconds));
    const whole = [...days].map((day) => bucketAt({ ...asked, width: '1d' }, day));
    return [...notSent(buckets, true), ...whole.map((bucket) => ({ ...bucket, position: null }))];
  },
};

function notSent(buckets: readonly SentBucket[], loud: boolean): readonly SentBucket[] {
  return buckets.map((bucket) => ({ ...bucket, isSent: false, meaning: { ...lost, loud } }));
}
