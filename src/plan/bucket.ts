import { type Width, widthSeconds } from '../catalog/width.ts';

/** A half-open interval of time, `[start, end)`. */
export interface Interval {
  readonly start: Date;
  readonly end: Date;
}

/** Milliseconds of a width. */
export function widthMs(width: Width): number {
  return widthSeconds[width] * 1000;
}

/** The start of the bucket that holds an instant. */
export function floorToBucket(instant: Date, width: Width): Date {
  const size = widthMs(width);
  return new Date(Math.floor(instant.getTime() / size) * size);
}

/** The first bucket boundary at or after an instant. */
export function ceilToBucket(instant: Date, width: Width): Date {
  const size = widthMs(width);
  return new Date(Math.ceil(instant.getTime() / size) * size);
}

/** The end of the bucket that is open at an instant. */
export function openBucketEnd(now: Date, width: Width): Date {
  return new Date(floorToBucket(now, width).getTime() + widthMs(width));
}

/** Number of buckets in an aligned interval. */
export function bucketCount({ start, end }: Interval, width: Width): number {
  return (end.getTime() - start.getTime()) / widthMs(width);
}
