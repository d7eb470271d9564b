import type { Width } from '../../catalog/width.ts';
import { widthSeconds } from '../../catalog/width.ts';
import { type BucketDraft, type FieldEdit, floorTo, type PageDraft, type PageReader } from '../answer/page.ts';
import type { Quantity, Result } from '../world/atom.ts';
import { one } from '../world/decimal.ts';
import type { PageEffect } from './fault.ts';

/** A page as an effect leaves it. `width` is that of its buckets. */
export function withPageEffect(page: PageDraft, effect: PageEffect, reader: PageReader, width: Width): PageDraft {
  switch (effect.kind) {
    case 'endless-pages':
      return page.hasMore ? page : { ...page, ...moreAt(reader, endOf(page, reader, width)) };
    case 'cursor-loop':
      return { ...page, hasMore: true, nextPage: reader.cursorTo(reader.start, reader.number) };
    case 'endless-repeats':
      return { ...page, ...moreAt(reader, reader.start) };
    case 'more-without-cursor':
      return { ...page, hasMore: true, nextPage: null };
    case 'split-bucket':
      return overlapping(
        page,
        reader,
        width,
        (bucket) => part(bucket, 'first'),
        (bucket) => part(bucket, 'second'),
      );
    case 'repeat-bucket':
      return overlapping(
        page,
        reader,
        width,
        (bucket) => bucket,
        (bucket) => again(bucket, effect.values),
      );
    case 'duplicate-bucket':
      return { ...page, buckets: page.buckets.flatMap(duplicated(page, effect)) };
    case 'unaligned-bucket':
      return onBuckets(page, [effect.bucket], (bucket) => ({ ...bucket, start: bucket.start + effect.seconds }));
    case 'write-times':
      return onBuckets(page, effect.buckets, (bucket) => ({ ...bucket, timesAs: effect.as }));
    case 'wide-bucket':
      return onBuckets(page, [effect.bucket], (bucket) => ({
        ...bucket,
        end: bucket.start + effect.widths * widthSeconds[width],
      }));
    case 'outside-bucket':
      return withOutside(page, effect.widths * widthSeconds[width]);
    case 'missing-buckets':
      return { ...page, buckets: page.buckets.filter((_, index) => !isChosen(page, index, effect.buckets)) };
    case 'split-results':
      return onBuckets(page, effect.buckets, (bucket) => ({ ...bucket, results: halves(bucket.results) }));
    case 'reorder-results':
      return onBuckets(page, effect.buckets, (bucket) => ({ ...bucket, results: bucket.results.toReversed() }));
    case 'remove-field':
      return onBuckets(page, effect.buckets, edited(removal(effect.field)));
    case 'set-field':
      return onBuckets(
        page,
        effect.buckets,
        edited((fields) => new Map([...fields, [effect.field, effect.json]])),
      );
  }
}

function isChosen({ buckets }: PageDraft, index: number, chosen: readonly number[] | undefined): boolean {
  return chosen === undefined || chosen.includes(index) || chosen.includes(index - buckets.length);
}

function onBuckets(
  page: PageDraft,
  chosen: readonly number[] | undefined,
  change: (bucket: BucketDraft) => BucketDraft,
): PageDraft {
  return {
    ...page,
    buckets: page.buckets.map((bucket, index) => (isChosen(page, index, chosen) ? change(bucket) : bucket)),
  };
}

/** Every page begins with a second version of the bucket before it, and there is a page more than needed for that. */
function overlapping(
  page: PageDraft,
  reader: PageReader,
  width: Width,
  asLast: (bucket: BucketDraft) => BucketDraft,
  asFirst: (bucket: BucketDraft) => BucketDraft,
): PageDraft {
  const before = reader.number > 1 ? [asFirst(reader.bucketAt(reader.start - 1))] : [];
  const own = onBuckets(page, [-1], asLast);
  const more = page.hasMore || page.buckets.length === 0 ? {} : moreAt(reader, endOf(page, reader, width));
  return { ...own, ...more, buckets: [...before, ...own.buckets] };
}

function moreAt(reader: PageReader, start: number): Pick<PageDraft, 'hasMore' | 'nextPage'> {
  return { hasMore: true, nextPage: reader.cursorTo(start, reader.number + 1) };
}

/** The end of the last bucket on the grid, though the bucket may be cut off at now. */
function endOf({ buckets }: PageDraft, { start }: PageReader, width: Width): number {
  const last = buckets.at(-1);
  return last === undefined ? start : floorTo(last.start, width) + widthSeconds[width];
}

function part(bucket: BucketDraft, which: 'first' | 'second'): BucketDraft {
  const middle = Math.ceil(bucket.results.length / 2);
  const results = which === 'first' ? bucket.results.slice(0, middle) : bucket.results.slice(middle);
  return { ...bucket, results };
}

function duplicated(page: PageDraft, { bucket, values }: Extract<PageEffect, { kind: 'duplicate-bucket' }>) {
  return (draft: BucketDraft, index: number): readonly BucketDraft[] =>
    isChosen(page, index, [bucket]) ? [draft, again(draft, values)] : [draft];
}

function again(bucket: BucketDraft, values: 'same' | 'other'): BucketDraft {
  return values === 'same' ? bucket : other(bucket);
}

function other(bucket: BucketDraft): BucketDraft {
  const more = (value: Quantity) => (typeof value === 'bigint' ? value + one : value === null ? null : value + 1);
  return { ...bucket, results: bucket.results.map((result) => ({ ...result, measures: result.measures.map(more) })) };
}

function withOutside(page: PageDraft, seconds: number): PageDraft {
  const edge = page.buckets.at(seconds < 0 ? 0 : -1);
  if (edge === undefined) return page;
  const outside = { ...edge, start: edge.start + seconds, end: edge.end + seconds };
  return { ...page, buckets: seconds < 0 ? [outside, ...page.buckets] : [...page.buckets, outside] };
}

/** All results with half of what they count, then all with the rest. */
function halves(results: readonly Result[]): readonly Result[] {
  const half = (value: Quantity): Quantity =>
    typeof value === 'bigint' ? value / 2n : value === null ? null : Math.floor(value / 2);
  const rest = (value: Quantity): Quantity =>
    typeof value === 'bigint' ? value - value / 2n : value === null ? null : Math.ceil(value / 2);
  return [half, rest].flatMap((share) =>
    results.map((result) => ({ ...result, measures: result.measures.map(share) })),
  );
}

function edited(edit: FieldEdit): (bucket: BucketDraft) => BucketDraft {
  return (bucket) => ({ ...bucket, edits: [...bucket.edits, edit] });
}

function removal(field: string): FieldEdit {
  return (fields) => new Map([...fields].filter(([name]) => name !== field));
}
