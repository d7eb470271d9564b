import type { SentBucket } from './bucket.ts';
import type { Effect, PageOfBuckets } from './fault.ts';

/** So many buckets a page, in the order they are in. */
export function pagesOf(buckets: readonly SentBucket[], size: number): readonly PageOfBuckets[] {
  const count = Math.max(1, Math.ceil(buckets.length / size));
  return Array.from({ length: count }, (_, index) => buckets.slice(index * size, (index + 1) * size));
}

/** Newest first, in small pages with an empty one after each. */
export const newestFirst: Effect = {
  page: (buckets) => {
    const size = Math.max(2, Math.ceil(buckets.length / 12));
    return pagesOf(buckets.toReversed(), size).flatMap((page) => [page, []]);
  },
};

const resultsPerPage = 2;

/** Few results a page: a bucket with many goes on and on. */
export const fewResults: Effect = {
  page: (buckets, { limit }) => {
    const pages: SentBucket[][] = [[]];
    let left = resultsPerPage;
    const next = () => {
      pages.push([]);
      left = resultsPerPage;
    };
    for (const bucket of buckets) {
      const results = bucket.results ?? [];
      for (let at = 0; at === 0 || at < results.length; at += resultsPerPage) {
        const piece = results.slice(at, at + resultsPerPage);
        if (piece.length > left || (pages.at(-1)?.length ?? 0) >= limit) next();
        pages.at(-1)?.push({ ...bucket, results: piece });
        left -= piece.length;
      }
    }
    return pages;
  },
};
