import { createHash } from 'node:crypto';
import type { Dataset } from '../catalog/dataset.ts';
import type { Width } from '../catalog/width.ts';

/** The value of a dimension or attribute. */
export type SeriesValue = string | boolean | null;

/** One group of a dataset: its dimensions and attributes, and the identity they have through all time. */
export interface Series {
  /** 16 bytes. */
  readonly id: Buffer;
  /** `id` as a string that sorts as the bytes do. */
  readonly sortKey: string;
  /** Values of the dataset's dimensions and attributes, in column order. */
  readonly values: readonly SeriesValue[];
}

/** Gives the series of a list of values, computing each identity once. */
export type SeriesOf = (values: readonly SeriesValue[]) => Series;

// More groups than a large organization has in a month; past it the cache starts anew, so that memory stays bounded.
const maxCachedSeries = 100_000;

/**
 * A cache of the series of one dataset of one organization at one width. Groups mostly come in the same order in every
 * bucket, so the series that followed the last one before is tried first: comparing is cheaper than looking up.
 */
export function createSeriesCache(organization: string, dataset: Dataset, width: Width): SeriesOf {
  const names = dataset.columns.filter((column) => column.role !== 'measure').map((column) => column.name);
  const cache = new Map<string, Cached>();
  const find = (values: readonly SeriesValue[]): Cached => {
    const key = cacheKey(values);
    const known = cache.get(key);
    if (known !== undefined) return known;
    if (cache.size >= maxCachedSeries) cache.clear();
    const id = seriesId(organization, dataset.name, width, names, values);
    const found: Cached = { series: { id, sortKey: id.toString('latin1'), values: [...values] }, follower: null };
    cache.set(key, found);
    return found;
  };
  let last: Cached | null = null;
  return (values) => {
    const guess = last?.follower ?? null;
    const found = guess !== null && sameValues(guess.series.values, values) ? guess : find(values);
    if (last !== null) last.follower = found;
    last = found;
    return found.series;
  };
}

interface Cached {
  readonly series: Series;
  /** What came after it most recently. */
  follower: Cached | null;
}

function sameValues(a: readonly SeriesValue[], b: readonly SeriesValue[]): boolean {
  return a.every((value, index) => value === b[index]);
}

/**
 * SHA-256 over organization, dataset, width and the name and value of each non-null dimension and attribute sorted by
 * name, every part preceded by its length, cut to 16 bytes and marked as UUID version 8. Null dimensions do not count,
 * so a dimension that the API adds later leaves the identity of older groups as it was.
 */
export function seriesId(
  organization: string,
  dataset: string,
  width: Width,
  names: readonly string[],
  values: readonly SeriesValue[],
): Buffer {
  const named = names.flatMap((name, index) => {
    const value = values[index];
    return value === null || value === undefined ? [] : [[name, String(value)] as const];
  });
  named.sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256');
  for (const part of [organization, dataset, width, ...named.flat()]) {
    const bytes = Buffer.from(part, 'utf8');
    hash.update(`${bytes.length}:`).update(bytes);
  }
  const id = hash.digest().subarray(0, 16);
  id[6] = ((id[6] ?? 0) & 0x0f) | 0x80;
  id[8] = ((id[8] ?? 0) & 0x3f) | 0x80;
  return id;
}

/** Null and the texts of true, false and null stay apart; values are delimited by their length. */
function cacheKey(values: readonly SeriesValue[]): string {
  let key = '';
  for (const value of values) {
    if (typeof value === 'string') key += `${value.length}:${value}`;
    else key += value === null ? '-' : value ? '+' : '!';
  }
  return key;
}
