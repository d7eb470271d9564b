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
  /** The bucket of each result and what tells it from the others there; absent: none is new. Needed where `hasMore`. */
  readonly resultKeys?: readonly (readonly [bucket: number, key: string])[];
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

/** Pages in a row that may bring neither a bucket of the slice nor a result that was not there before. */
const idlePages = 16;

/** With as many again as may idle, the most pages without a new result that a slice may have. */
const pagesPerBucket = 4;

/**
 * The pages of one slice, in order, each asked for with every parameter of the first. Ends where the API says so, or
 * where a page brings nothing once every bucket asked for has come. Throws contract_broken for a chain that cannot be
 * followed to its end (no cursor, a repeated cursor, more pages than what is new on them explains), and what a request
 * throws.
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
function createFollower({ dataset, width, start, end }: SliceRequest): (page: DecodedPage) => string | null {
  const startSeconds = start.getTime() / 1000;
  const endSeconds = end.getTime() / 1000;
  // Where an end to come is refused, the slice ends inside its last bucket.
  const asked = Math.ceil((endSeconds - startSeconds) / widthSeconds[width]);
  const most = pagesPerBucket * asked + idlePages;
  const isInside = (bucket: number) => bucket >= startSeconds && bucket < endSeconds;
  const isAsked = (bucket: number) => bucket % widthSeconds[width] === 0;
  const cursors = new Set<string>();
  const buckets = new Set<number>();
  const results = new Set<string>();
  let pages = 0;
  let barren = 0;
  let idle = 0;

  const broken = (what: string) => new EtlError('contract_broken', `${dataset.path}: ${what} (page ${pages})`);
  const isComplete = () => buckets.values().filter(isAsked).toArray().length === asked;

  return ({ hasMore, nextPage, bucketStarts, results: count = 0, resultKeys = [] }) => {
    pages += 1;
    if (!hasMore) return null;
    const inside = bucketStarts.filter(isInside);
    const keys = resultKeys.filter(([bucket]) => isInside(bucket)).map(([bucket, key]) => `${bucket} ${key}`);
    const bringsBucket = addNew(buckets, inside);
    const bringsResult = addNew(results, keys);
    const isIdle = !bringsBucket && !bringsResult;
    // A page that repeats results may be one of a chain that never gets to the others; one without any brings nothing.
    if (isIdle && (inside.length === 0 || count === 0) && isComplete()) return null;
    barren = bringsResult ? barren : barren + 1;
    idle = isIdle ? idle + 1 : 0;
    if (nextPage === null || nextPage === '') throw broken('has_more without next_page');
    if (cursors.has(nextPage)) throw broken('next_page repeats a cursor');
    if (barren >= most || idle >= idlePages) throw broken('more pages than buckets could explain');
    cursors.add(nextPage);
    return nextPage;
  };
}

/** Adds values to a set; true where one was not in it. */
function addNew<T>(known: Set<T>, values: readonly T[]): boolean {
  const before = known.size;
  for (const value of values) known.add(value);
  return known.size > before;
}
