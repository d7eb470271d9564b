import { describe, expect, it } from 'vitest';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { assertBalanced, emptyBooks } from '../../src/parse/books.ts';
import { createPageDecoder, type Page } from '../../src/parse/page.ts';
import { createDecoder } from '../../src/parse/result.ts';
import { createSeriesCache } from '../../src/parse/series.ts';
import { assembleSlice, joinSlices } from '../../src/parse/slice.ts';

const hour = 3600;
const start = Date.UTC(2026, 10, 1) / 1000;
const at = (index: number) => start + index * hour;

const decode = createPageDecoder(
  embeddings,
  createDecoder(embeddings, createSeriesCache('acme', embeddings, '1h')),
  new Set([embeddings.object]),
);

const result = (model: string, tokens: unknown = 1) => ({
  object: embeddings.object,
  model,
  input_tokens: tokens,
  num_model_requests: 1,
});

function page(data: readonly unknown[], hasMore = false): Page {
  const next = hasMore ? 'more' : null;
  return decode(JSON.stringify({ object: 'page', data, has_more: hasMore, next_page: next }));
}

function bucketOf(startTime: unknown, results: unknown = [result('m')], end?: number): object {
  return { object: 'bucket', start_time: startTime, ...(end !== undefined && { end_time: end }), results };
}

const full = (indexes: readonly number[]) => indexes.map((index) => bucketOf(at(index)));

/** Six hours, put together: what each of them came to. */
function states(pages: readonly Page[]): string {
  const { buckets, unanswered } = assembleSlice(pages, '1h', start, at(6));
  return Array.from({ length: 6 }, (_, index) => {
    const bucket = buckets.find((one) => one.start === at(index));
    if (bucket === undefined) return unanswered.includes(at(index)) ? '?' : '!';
    if (bucket.fault !== null) return 'x';
    return bucket.rows.length === 0 ? '0' : '#';
  }).join('');
}

describe('a bucket that is missing', () => {
  it.each<[string, readonly unknown[], string]>([
    ['is empty where everything received found its place', full([0, 1, 4]), '##00#0'],
    ['is empty in an answer without any bucket', [], '000000'],
    ['is unanswered before the first bucket of an answer', full([2, 3, 5]), '??##0#'],
    ['is unanswered beside one without a start', [...full([0, 1, 2]), bucketOf(null)], '###???'],
    ['is unanswered beside one whose start is text', [...full([0, 1, 2]), bucketOf(String(at(3)))], '###???'],
    ['is unanswered beside something that is no bucket', [...full([0, 1, 2]), null], '###???'],
    ['is unanswered beside one before the slice', [bucketOf(at(-2)), ...full([0, 2, 3])], '#?##??'],
    [
      'is unanswered beside one after the slice, though that is empty',
      [...full([0, 2]), bucketOf(at(6), [])],
      '#?#???',
    ],
    ['is unanswered where all times are in milliseconds', [bucketOf(start * 1000), bucketOf(at(1) * 1000)], '??????'],
    ['is unanswered as far as a wide one reaches over it', [bucketOf(at(1), [], at(4)), ...full([0, 5])], '#x??0#'],
    ['is unanswered as far as a wide one reaches in from before', [bucketOf(at(-20), [], at(3))], 'x??000'],
    ['is itself where it came beside a wide one', [bucketOf(at(1), [], at(4)), ...full([0, 2, 5])], '#x#?0#'],
    ['is unanswered where one off the grid reaches into it', [...full([0, 1]), bucketOf(at(2) + 60)], '##x?00'],
    ['is refused where one off the grid reaches in from before', [bucketOf(start - 60), ...full([1])], 'x#0000'],
    ['is refused where it has no results', [...full([0]), { start_time: at(1) }], '#x0000'],
    ['is empty beside one with a result that belongs elsewhere', [bucketOf(start, [{ object: 'other' }])], '000000'],
  ])('%s', (_title, data, expected) => {
    expect(states([page(data)])).toBe(expected);
  });

  it('is unanswered where the last page says that there is more', () => {
    expect(states([page(full([0, 1]), true), page(full([3]), true)])).toBe('##?#??');
    expect(states([page(full([0, 1]), true), page(full([3]))])).toBe('##0#00');
  });
});

it('leaves missing buckets unanswered where the silence of the API says nothing', () => {
  const { buckets, unanswered } = assembleSlice([page(full([0, 2]))], '1h', start, at(4), 'unanswered');
  expect(buckets.map((bucket) => bucket.start)).toEqual([at(0), at(2)]);
  expect(unanswered).toEqual([at(1), at(3)]);
});

describe('the books of a slice', () => {
  const booksOf = (...pages: readonly Page[]) => assembleSlice(pages, '1h', start, at(6)).books;

  it('count every result once: rows, parts of one, those set aside, those without a place', () => {
    const books = booksOf(
      page([bucketOf(at(0), [result('a'), result('a'), result('b'), { object: 'other' }]), bucketOf(at(1))], true),
      page([bucketOf(at(1), [result('m'), result('n')]), bucketOf(at(9), [result('m'), result('n')]), bucketOf(null)]),
    );
    expect(books).toEqual({
      received: { buckets: 5, results: 10 },
      bucketsPlaced: 3,
      bucketsRefused: 0,
      resultsPlaced: 4,
      resultsMerged: 2,
      resultsQuarantined: 1,
      outside: { buckets: 1, results: 2 },
      undated: { buckets: 1, results: 1 },
    });
  });

  it('count all results of a refused bucket as set aside, those that came before the refusal too', () => {
    const again = [bucketOf(at(0), [result('a', 2)]), bucketOf(at(0), [result('b')])];
    expect(booksOf(page([bucketOf(at(0), [result('a'), { object: 'other' }]), ...again]))).toMatchObject({
      received: { buckets: 3, results: 4 },
      bucketsRefused: 3,
      resultsPlaced: 0,
      resultsQuarantined: 4,
    });
  });

  it('refuse a slice in which something received is counted nowhere', () => {
    const whole = page(full([0, 1]));
    expect(() => assembleSlice([{ ...whole, results: 3 }], '1h', start, at(6))).toThrow(
      '3 results in 2 buckets were received, 2 in 2 are accounted for',
    );
    expect(() => assertBalanced({ ...emptyBooks, bucketsRefused: 1 })).toThrow('0 in 1 are accounted for');
  });
});

describe('two slices', () => {
  it('become one with the books and the unanswered buckets of both, where one ends as the other starts', () => {
    const first = assembleSlice([page(full([1, 2]))], '1h', start, at(3));
    const second = assembleSlice([page([bucketOf(null)])], '1h', at(3), at(5));
    const joined = joinSlices(first, second);
    expect(joined).toMatchObject({ start, end: at(5), unanswered: [at(0), at(3), at(4)], pages: 2 });
    expect(joined?.books.received).toEqual({ buckets: 3, results: 3 });
    expect(joinSlices(second, first)).toBeNull();
  });
});
