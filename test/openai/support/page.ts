import type { DecodedPage } from '../../../src/openai/pages.ts';

/** A page as the tests decode it: which buckets it holds and a mark to tell pages apart. */
export interface TestPage extends DecodedPage {
  readonly results: number;
  readonly mark: string;
}

/** Unix seconds of a day of November 2026. */
export function day(number: number): number {
  return Date.UTC(2026, 10, number) / 1000;
}

/** A page of the API with one result in each bucket. */
export function page(starts: readonly number[], next: string | null, more: object = {}): object {
  const data = starts.map((start) => ({
    object: 'bucket',
    start_time: start,
    end_time: start + 86_400,
    results: [{}],
  }));
  return { object: 'page', data, has_more: next !== null, next_page: next, ...more };
}

/** Decodes a page for the tests. Throws SyntaxError when it is not JSON. */
export function decode(text: string): TestPage {
  const {
    data,
    has_more,
    next_page,
    mark = '',
  } = JSON.parse(text) as {
    readonly data: readonly { readonly start_time: number; readonly results: readonly unknown[] }[];
    readonly has_more: boolean;
    readonly next_page: string | null;
    readonly mark?: string;
  };
  return {
    hasMore: has_more,
    nextPage: next_page,
    bucketStarts: data.map(({ start_time }) => start_time),
    results: data.reduce((sum, { results }) => sum + results.length, 0),
    mark,
  };
}
