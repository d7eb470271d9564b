import { widthSeconds } from '../catalog/width.ts';
import { EtlError } from '../errors.ts';
import type { Client } from './client.ts';
import { type PageQuery, queryString } from './query.ts';

/** What following the pages needs to know of one. */
export interface DecodedPage {
  readonly hasMore: boolean;
  readonly nextPage: string | null;
  /** Unix seconds, one a bucket on the page, empty buckets included. */
  readonly bucketStarts: readonly number[];
  /** Results on the page. Absent is taken as none. */
  readonly results?: number;
  /** What on the page has no place. Absent is taken as nothing. */
  readonly quarantined?: readonly unknown[];
}

/** A run of consecutive buckets to ask for in one chain of requests. */
export interface SliceRequest extends Omit<PageQuery, 'page'> {
  /** See RequestOptions. */
  readonly softMaxBytes: number | null;
}

/** Node cannot hold half a gigabyte in one string; a page of half that is no page. */
const hardMaxBytes = 256 * 1024 * 1024;

/** Pages in a row that may bring no bucket of the slice that was not there before. */
const idlePages = 16;

/** With as many again as may idle, the most pages a slice may have. */
const pagesPerBucket = 4;

/**
 * The pages of one slice, in order, each asked for with every parameter of the first. Ends where the API says so, or
 * where pages bring nothing after the slice's last bucket. Throws contract_broken for a chain that cannot be followed
 * to its end (no cursor, a repeated cursor, more pages than buckets explain), and what a request throws.
 */
export async function* readPages<P extends DecodedPage>(
  client: Client,
  request: SliceRequest,
  decode: (text: string) => P,
  signal: AbortSignal,
): AsyncGenerator<P, void> {
  const { dataset, groupBy, softMaxBytes } = request;
  const { path, optional } = dataset;
  const options = { softMaxBytes, hardMaxBytes, signal, optional, groupBy, decode };
  const follow = createFollower(request);
  let cursor: string | null = null;
  do {
    const query = queryString(cursor === null ? request : { ...request, page: cursor });
    const page: P = await client.request(path, query, options);
    // Before the page is handed out, so that a chain that breaks here is not taken for a whole one.
    cursor = follow(page);
    yield page;
  } while (cursor !== null);
}

/** Judges the pages of one slice as they come: the cursor to follow, null at the end. Throws contract_broken. */
function createFollower(request: SliceRequest): (page: DecodedPage) => string | null {
  const { dataset, width, start, end } = request;
  const startSeconds = start.getTime() / 1000;
  const endSeconds = end.getTime() / 1000;
  const lastBucket = endSeconds - widthSeconds[width];
  const most = pagesPerBucket * ((endSeconds - startSeconds) / widthSeconds[width]) + idlePages;
  const cursors = new Set<string>();
  const buckets = new Set<number>();
  let pages = 0;
  let idle = 0;
  let complete = false;

  const broken = (what: string) => new EtlError('contract_broken', `${dataset.path}: ${what} (page ${pages})`);

  return ({ hasMore, nextPage, bucketStarts, results = 0 }) => {
    pages += 1;
    if (!hasMore) return null;
    const inside = bucketStarts.filter((bucket) => bucket >= startSeconds && bucket < endSeconds);
    const isNew = inside.some((bucket) => !buckets.has(bucket));
    for (const bucket of inside) buckets.add(bucket);
    idle = isNew ? 0 : idle + 1;
    // A page that repeats a bucket with results in it may continue that bucket; one without brings nothing.
    if (complete && !isNew && (inside.length === 0 || results === 0)) return null;
    complete ||= inside.some((bucket) => bucket >= lastBucket);
    if (nextPage === null || nextPage === '') throw broken('has_more without next_page');
    if (cursors.has(nextPage)) throw broken('next_page repeats a cursor');
    if (pages >= most || idle >= idlePages) throw broken('more pages than buckets could explain');
    cursors.add(nextPage);
    return nextPage;
  };
}
