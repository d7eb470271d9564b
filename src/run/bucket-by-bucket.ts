import { isAlike } from '../db/database-error.ts';
import { EtlError } from '../errors.ts';
import type { LoadResult } from '../load/loader.ts';
import type { Books } from '../parse/books.ts';
import { receivedBucket } from '../parse/received.ts';
import type { ParsedBucket, ParsedSlice } from '../parse/slice.ts';
import type { ReadSlice } from './slice-reader.ts';
import { addResults, loadedNothing } from './tally.ts';

/** What came of a reading: what was loaded, and what PostgreSQL would not hold. */
export interface Loaded {
  readonly result: LoadResult;
  readonly refusals: readonly EtlError[];
  /** What became of everything received. */
  readonly books: Books;
}

interface RefusedBucket {
  readonly bucket: ParsedBucket;
  readonly error: EtlError;
}

/**
 * Loads a reading as a whole. Where PostgreSQL refuses data in it, loads it bucket by bucket: the one at fault keeps what
 * is stored and goes to quarantine as received, the rest is loaded. Where every bucket with rows is refused alike, it is
 * not their data: nothing is put into quarantine, and the refusal is `database_refused_all`. Rejects with all other
 * errors of `load`.
 * @param about names the dataset in messages
 */
export async function loadSparing(
  read: Pick<ReadSlice, 'parsed' | 'texts'>,
  about: string,
  load: (slice: ParsedSlice) => Promise<LoadResult>,
): Promise<Loaded> {
  const whole = await unlessRefused(() => load(read.parsed));
  const { parsed } = read;
  if (!(whole instanceof EtlError)) return { result: whole, refusals: [], books: parsed.books };
  const results: LoadResult[] = [];
  const refused: RefusedBucket[] = [];
  for (const bucket of parsed.buckets) {
    const outcome = await unlessRefused(() => load(alone(parsed, bucket)));
    if (outcome instanceof EtlError) refused.push({ bucket, error: outcome });
    else results.push(outcome);
  }
  const refusals = isDefect(parsed.buckets, refused)
    ? refused.slice(0, 1).map(({ error }) => everyBucket(about, refused.length, error))
    : await setAside(read, refused, about, load, results);
  const books = withoutRefused(parsed.books, refused);
  const rest = await unlessRefused(() => load(besideBuckets(parsed)));
  if (rest instanceof EtlError) return { result: sumOf(results), refusals: [...refusals, unkept(about, rest)], books };
  return { result: sumOf([...results, rest]), refusals, books };
}

/** The books where the rows of refused buckets have not found their place after all. */
function withoutRefused(books: Books, refused: readonly RefusedBucket[]): Books {
  const rows = refused.reduce((sum, { bucket }) => sum + bucket.rows.length, 0);
  return {
    ...books,
    bucketsPlaced: books.bucketsPlaced - refused.length,
    bucketsRefused: books.bucketsRefused + refused.length,
    resultsPlaced: books.resultsPlaced - rows,
    resultsQuarantined: books.resultsQuarantined + rows,
  };
}

async function unlessRefused(work: () => Promise<LoadResult>): Promise<LoadResult | EtlError> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof EtlError && thrown.code === 'database_refused_data') return thrown;
    throw thrown;
  }
}

/** One bucket that is refused says that its data is bad; several that are all there is say that it is not. */
function isDefect(buckets: readonly ParsedBucket[], refused: readonly RefusedBucket[]): boolean {
  const [first, ...others] = refused;
  if (first === undefined || others.length === 0) return false;
  const isRefused = new Set(refused.map(({ bucket }) => bucket));
  return (
    buckets.every((bucket) => bucket.rows.length === 0 || isRefused.has(bucket)) &&
    others.every(({ error }) => isAlike(error, first.error))
  );
}

/** Puts refused buckets into quarantine, adding to `results`; gives an error for each. */
async function setAside(
  { parsed, texts }: Pick<ReadSlice, 'parsed' | 'texts'>,
  refused: readonly RefusedBucket[],
  about: string,
  load: (slice: ParsedSlice) => Promise<LoadResult>,
  results: LoadResult[],
): Promise<readonly EtlError[]> {
  const refusals: EtlError[] = [];
  for (const { bucket, error } of refused) {
    const { start } = bucket;
    const fault = { reason: 'database_refused', detail: error.message } as const;
    const own = alone(parsed, { start, rows: [], fault });
    const entry = { ...fault, bucketStart: start, raw: receivedBucket(texts, start) };
    const outcome = await unlessRefused(() => load({ ...own, quarantined: [...own.quarantined, entry] }));
    if (outcome instanceof EtlError) refusals.push(unkept(about, outcome));
    else results.push(outcome);
    const place = `${about} ${new Date(start * 1000).toISOString()}`;
    refusals.push(new EtlError('database_refused_data', `${place}: ${error.message}`, { cause: error }));
  }
  return refusals;
}

/** A slice of one bucket, with what of it went to quarantine. */
function alone(slice: ParsedSlice, bucket: ParsedBucket): ParsedSlice {
  const quarantined = slice.quarantined.filter(({ bucketStart }) => bucketStart === bucket.start);
  // Bounds that hold this start and no other.
  const bounds = { start: bucket.start, end: bucket.start + 1 };
  return { ...slice, ...bounds, buckets: [bucket], unanswered: [], quarantined, drift: [] };
}

/** What a slice says beside its buckets. */
function besideBuckets(slice: ParsedSlice): ParsedSlice {
  const starts = new Set(slice.buckets.map(({ start }) => start));
  const quarantined = slice.quarantined.filter(({ bucketStart }) => bucketStart === null || !starts.has(bucketStart));
  return { ...slice, buckets: [], quarantined };
}

function everyBucket(about: string, buckets: number, error: EtlError): EtlError {
  const message = `${about}: every one of ${buckets} buckets is refused alike: ${error.message}`;
  return new EtlError('database_refused_all', message, { cause: error });
}

function unkept(about: string, error: EtlError): EtlError {
  const message = `${about}: what was not understood could not be kept: ${error.message}`;
  return new EtlError('database_refused_all', message, { cause: error });
}

function sumOf(results: readonly LoadResult[]): LoadResult {
  return results.reduce(addResults, loadedNothing);
}
