import { z } from 'zod';
import type { Dataset } from '../catalog/dataset.ts';
import { isStorableInstant } from '../catalog/storable.ts';
import { EtlError } from '../errors.ts';
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
  readonly results: number;
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
  for (const item of parsed.data.data) {
    const bucket = isObject(item) ? item : {};
    const start = startOf(bucket);
    if (start === null || !Array.isArray(bucket['results'])) {
      quarantined.push({
        reason: 'not_a_bucket',
        detail: 'a bucket lacks start_time or results',
        bucketStart: start,
        raw: item,
      });
      if (start !== null) buckets.push(refused(start, { reason: 'not_a_bucket', detail: 'results is missing' }, item));
      continue;
    }
    const received: readonly unknown[] = bucket['results'];
    results += received.length;
    const known = received.filter((result) => routed(result, start, dataset, tags, quarantined, drift));
    buckets.push(decodeBucket(bucket, start, known, decode, drift));
  }
  return {
    hasMore: parsed.data.has_more,
    nextPage: parsed.data.next_page ?? null,
    bucketStarts: buckets.map((bucket) => bucket.start),
    buckets,
    results,
    quarantined,
    drift: drift.entries(),
    length,
  };
}

/** Null for what is no instant that a bucket could start at. */
function startOf(bucket: JsonObject): number | null {
  const start = integerOf(bucket['start_time']);
  return start !== null && isStorableInstant(start) ? start : null;
}

function decodeBucket(
  raw: JsonObject,
  start: number,
  results: readonly unknown[],
  decode: DecodeResult,
  drift: DriftLog,
): PageBucket {
  const rows = new Map<string, Row>();
  const end = integerOf(raw['end_time']);
  try {
    for (const result of results) {
      if (!isObject(result)) throw new Malformed('not_a_result', 'a result is not an object');
      const row = decode(result, drift);
      const same = rows.get(row.series.sortKey);
      rows.set(row.series.sortKey, same === undefined ? row : mergeRows(same, row));
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return refused(start, error.fault, raw);
  }
  return { start, end, rows, fault: null, raw };
}

function refused(start: number, fault: Fault, raw: unknown): PageBucket {
  return { start, end: null, rows: new Map(), fault, raw };
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
