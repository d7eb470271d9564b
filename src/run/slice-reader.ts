import type { Dataset } from '../catalog/dataset.ts';
import type { Client } from '../openai/client.ts';
import type { AskAgain } from '../openai/learning.ts';
import { createSession, type Session } from '../openai/session.ts';
import { PageTooLarge } from '../openai/signals.ts';
import { createPageDecoder, type Page } from '../parse/page.ts';
import { createDecoder, type DecodeResult } from '../parse/result.ts';
import { createSeriesCache } from '../parse/series.ts';
import { assembleSlice, type ParsedSlice } from '../parse/slice.ts';
import { bucketCount, type Interval } from '../plan/bucket.ts';
import { splitSlice } from '../plan/slices.ts';
import type { RunContext } from './context.ts';
import { bucketsPerPage, type Job, softMaxBytes } from './job.ts';

// Buckets differ in size: a slice only a little larger than the last page suggests is asked for as it is.
const splitTolerance = 1.5;

/** Is shown every result that may say whose it is. */
export type NoteResult = (result: Readonly<Record<string, unknown>>) => void;

/** A slice as read. */
export interface ReadSlice {
  readonly parsed: ParsedSlice;
  readonly grain: readonly string[];
  readonly observedAt: Date;
  /** Its pages as received. */
  readonly texts: readonly string[];
}

interface PageAndText extends Page {
  readonly text: string;
}

/**
 * What came of asking for a slice: nothing where it lies before the horizon, smaller slices where it is too large or
 * cannot be asked for in one way.
 */
export type ReadOutcome = { readonly read: ReadSlice | null } | { readonly split: readonly Interval[] };

/** Reads the slices of one job. */
export interface SliceReader {
  readonly session: Session;
  /** Requests made so far, repetitions not counted. */
  readonly requests: number;
  /** Reads a slice, or says into which to split it. Throws what the session throws. */
  read(slice: Interval, signal: AbortSignal): Promise<ReadOutcome>;
  /** Asks again what is known to be refused. Throws what a request throws. */
  askAgain(what: AskAgain, signal: AbortSignal): Promise<void>;
}

/** The reader of one job: what it finds out about grain, horizon and page size holds for all its slices. */
export function createSliceReader(
  context: RunContext,
  job: Job,
  client: Client,
  tags: ReadonlySet<string>,
  noteResult: NoteResult,
): SliceReader {
  const { dataset, width, groupBy, filters } = job.settings;
  const decode = decoderOf(job, dataset, tags, noteResult);
  let requests = 0;
  let maxBuckets = Number.POSITIVE_INFINITY;
  const counted: Client = {
    ...client,
    request: (path, query, options) => {
      requests += 1;
      return client.request(path, query, options);
    },
  };
  const session = createSession({
    client: counted,
    settings: { dataset, width, groupBy, filters },
    known: job.known,
    earliest: job.wantedStart,
    clock: context.clock,
    log: context.log,
  });

  const readWhole = async (slice: Interval, buckets: number, signal: AbortSignal): Promise<ReadOutcome> => {
    const bounds = { ...slice, limit: buckets, softMaxBytes: buckets > 1 ? softMaxBytes : null };
    const read = await session.readSlice<PageAndText>(bounds, decode, signal);
    if ('beforeHorizon' in read) return { read: null };
    if ('parts' in read) return { split: read.parts };
    const length = read.pages.reduce((sum, page) => sum + page.length, 0);
    maxBuckets = bucketsPerPage(length, buckets);
    const [start, end] = [read.start.getTime() / 1000, read.end.getTime() / 1000];
    const parsed = assembleSlice(read.pages, width, start, end, read.silence);
    const texts = read.pages.map(({ text }) => text);
    return { read: { parsed, grain: read.grain, observedAt: read.observedAt, texts } };
  };

  return {
    session,
    get requests() {
      return requests;
    },
    askAgain: (what, signal) => session.askAgain(what, decode, signal),
    read: async (slice, signal) => {
      const buckets = bucketCount(slice, width);
      if (buckets > maxBuckets * splitTolerance) return { split: splitSlice(slice, width, maxBuckets) };
      try {
        return await readWhole(slice, buckets, signal);
      } catch (thrown) {
        if (!(thrown instanceof PageTooLarge)) throw thrown;
        maxBuckets = Math.min(bucketsPerPage(thrown.bytes, thrown.buckets), Math.ceil(buckets / 2));
        context.log.info(
          { dataset: dataset.name, width, buckets: maxBuckets },
          'pages are large: asking for fewer buckets',
        );
        return { split: splitSlice(slice, width, maxBuckets) };
      }
    },
  };
}

function decoderOf(
  job: Job,
  dataset: Dataset,
  tags: ReadonlySet<string>,
  noteResult: NoteResult,
): (text: string) => PageAndText {
  const decodeResult = createDecoder(dataset, createSeriesCache(job.organization, dataset, job.settings.width));
  const noting: DecodeResult = (result, drift) => {
    noteResult(result);
    return decodeResult(result, drift);
  };
  // Only results that are money are known to say whose they are.
  const decode = createPageDecoder(dataset, dataset.money === undefined ? decodeResult : noting, tags);
  return (text) => ({ ...decode(text), text });
}
