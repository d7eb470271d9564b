import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Dataset } from '../catalog/dataset.ts';
import { isStorableInstant } from '../catalog/storable.ts';
import { EtlError } from '../errors.ts';
import { addReceived, type Received } from './books.ts';
import { type Drift, DriftLog, type Fault, type Quarantined } from './fault.ts';
import { integerOf, isExact, isObject, type JsonObject, mayRound, parseJson, parseJsonExact } from './json.ts';
import { Malformed } from './malformed.ts';
import { type DecodeResult, InexactNumber } from './result.ts';
import { mergeRows, type Row } from './row.ts';

/** One bucket as it stands on one page. */
export interface PageBucket {
  /** Unix seconds. */
  readonly start: number;
  readonly end: number | null;
  /** One row a series: equal grains are summed. */
  readonly rows: ReadonlyMap<string, Row>;
  /** Results received in it. */
  readonly results: number;
  /** Of these, results summed into the row of another. */
  readonly merged: number;
  /** Of these, results that belong elsewhere. */
  readonly strays: number;
  /** Why the bucket must not be applied; null when it may. */
  readonly fault: Fault | null;
  readonly raw: unknown;
}

/** One response, decoded. */
export interface Page {
  readonly hasMore: boolean;
  readonly nextPage: string | null;
  /** Unix seconds, in the order received. */
  readonly bucketStarts: readonly number[];
  readonly buckets: readonly PageBucket[];
  /** Of no time that can be read: they might be any. */
  readonly undated: Received;
  /** Results received, wherever they stand. */
  readonly results: number;
  /** The bucket of each result and what tells it from the others there; none where no page follows. */
  readonly resultKeys: readonly (readonly [bucket: number, key: string])[];
  readonly quarantined: readonly Quarantined[];
  readonly drift: readonly Drift[];
  /** Characters of the response. */
  readonly length: number;
}

/**
 * Decodes the text of a response. Throws SyntaxError when it is not a page of JSON at all, and EtlError
 * `contract_broken` for JSON nested deeper than anything here can follow.
 */
export type DecodePage = (text: string) => Page;

const envelope = z.object({
  object: z.literal('page'),
  data: z.array(z.unknown()),
  has_more: z.boolean(),
  next_page: z.string().nullish(),
});

/** The page decoder of a dataset. `tags` are the result tags of all datasets, to tell a stray result from an unknown one. */
export function createPageDecoder(dataset: Dataset, decode: DecodeResult, tags: ReadonlySet<string>): DecodePage {
  const counts = dataset.columns.every((column) => column.role !== 'measure' || column.type === 'bigint');
  const decodeText: DecodePage = (text) => {
    if (counts && !mayRound(text)) {
      try {
        const page = decodePage(parseJson(text), text.length, dataset, decode, tags);
        if (isExactlySetAside(page)) return page;
      } catch (error) {
        if (!(error instanceof InexactNumber)) throw error;
      }
    }
    return decodePage(parseJsonExact(text), text.length, dataset, decode, tags);
  };
  return (text) => {
    try {
      return decodeText(text);
    } catch (error) {
      // Running out of stack: without this one absurd page would end the run as a defect of this program.
      if (!(error instanceof RangeError)) throw error;
      throw new EtlError('contract_broken', `${dataset.path}: the JSON is nested too deeply to be read`);
    }
  };
}

/** False where what is kept as it was received may have been rounded. */
function isExactlySetAside({ quarantined, buckets, drift }: Page): boolean {
  const refused = buckets.filter(({ fault }) => fault !== null);
  try {
    return isExact([...quarantined, ...refused].map(({ raw }) => raw)) && drift.every(({ sample }) => isExact(sample));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Nested too deeply to be kept at all.
    return true;
  }
}

function decodePage(
  json: unknown,
  length: number,
  dataset: Dataset,
  decode: DecodeResult,
  tags: ReadonlySet<string>,
): Page {
  const parsed = envelope.safeParse(json);
  if (!parsed.success) throw new SyntaxError(`not a page: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  const drift = new DriftLog();
  const quarantined: Quarantined[] = [];
  const buckets: PageBucket[] = [];
  let results = 0;
  let undated: Received = { buckets: 0, results: 0 };
  for (const item of parsed.data.data) {
    const bucket = isObject(item) ? item : {};
    const start = startOf(bucket);
    const received: readonly unknown[] = Array.isArray(bucket['results']) ? bucket['results'] : [];
    results += received.length;
    if (start === null) {
      undated = addReceived(undated, { buckets: 1, results: received.length });
      const detail = 'a bucket has no start_time that can be read';
      quarantined.push({ reason: 'not_a_bucket', detail, bucketStart: null, raw: item });
    } else if (!Array.isArray(bucket['results'])) {
      buckets.push(
        refused({ start, results: 0, strays: 0, raw: item }, { reason: 'not_a_bucket', detail: 'results is missing' }),
      );
    } else {
      const known = received.filter((result) => routed(result, start, dataset, tags, quarantined, drift));
      const counts = { start, results: received.length, strays: received.length - known.length, raw: bucket };
      buckets.push(decodeBucket(counts, bucket['end_time'], known, decode, drift));
    }
  }
  return {
    hasMore: parsed.data.has_more,
    nextPage: parsed.data.next_page ?? null,
    bucketStarts: buckets.map((bucket) => bucket.start),
    buckets,
    undated,
    results,
    resultKeys: parsed.data.has_more ? buckets.flatMap(resultKeysOf) : [],
    quarantined,
    drift: drift.entries(),
    length,
  };
}

/** Of a bucket, what is known before its results are looked at. */
type Envelope = Pick<PageBucket, 'start' | 'results' | 'strays' | 'raw'>;
/** Null for what is no instant that a bucket could start at. */
function startOf(bucket: JsonObject): number | null {
  const start = integerOf(bucket['start_time']);
  return start !== null && isStorableInstant(start) ? start : null;
}

function decodeBucket(
  envelope: Envelope,
  endTime: unknown,
  results: readonly unknown[],
  decode: DecodeResult,
  drift: DriftLog,
): PageBucket {
  const rows = new Map<string, Row>();
  let merged = 0;
  try {
    for (const result of results) {
      if (!isObject(result)) throw new Malformed('not_a_result', 'a result is not an object');
      const row = decode(result, drift);
      const same = rows.get(row.series.sortKey);
      if (same !== undefined) merged += 1;
      rows.set(row.series.sortKey, same === undefined ? row : mergeRows(same, row));
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return refused(envelope, error.fault);
  }
  return { ...envelope, end: integerOf(endTime), rows, merged, fault: null };
}

function refused(envelope: Envelope, fault: Fault): PageBucket {
  return { ...envelope, end: null, rows: new Map(), merged: 0, fault };
}

/** A result is told by its series; where that is not known, by all it says. */
function resultKeysOf({ start, rows, fault, strays, raw }: PageBucket): readonly (readonly [number, string])[] {
  if (fault === null && strays === 0) return [...rows.keys()].map((key) => [start, key]);
  const results: readonly unknown[] = isObject(raw) && Array.isArray(raw['results']) ? raw['results'] : [];
  return results.map((result) => [start, hash('sha1', JSON.stringify(result), 'base64')]);
}

/** False for a result that belongs elsewhere: it goes to quarantine and the rest of its bucket is loaded. */
function routed(
  result: unknown,
  start: number,
  dataset: Dataset,
  tags: ReadonlySet<string>,
  quarantined: Quarantined[],
  drift: DriftLog,
): boolean {
  const tag = isObject(result) ? result['object'] : undefined;
  if (typeof tag !== 'string' || tag === dataset.object) return true;
  const reason = tags.has(tag) ? 'other_dataset' : 'unknown_object';
  quarantined.push({ reason, detail: `a result is tagged ${tag}`, bucketStart: start, raw: result });
  drift.add('object', tag, result);
  return false;
}
