import type { Dataset } from '../catalog/dataset.ts';
import type { Client } from '../openai/client.ts';
import { createSession, type Session } from '../openai/session.ts';
import { PageTooLarge } from '../openai/signals.ts';
import { createPageDecoder, type Page } from '../parse/page.ts';
import { createDecoder } from '../parse/result.ts';
import { createSeriesCache } from '../parse/series.ts';
import { assembleSlice, type ParsedSlice } from '../parse/slice.ts';
import { bucketCount, type Interval } from '../plan/bucket.ts';
import { splitSlice } from '../plan/slices.ts';
import type { RunContext } from './context.ts';
import { bucketsPerPage, type Job, softMaxBytes } from './job.ts';

/** A slice, or a part of one, as read. */
export interface ReadSlice {
  readonly parsed: ParsedSlice;
  readonly grain: readonly string[];
  readonly observedAt: Date;
}

/** Reads the slices of one job. */
export interface SliceReader {
  readonly session: Session;
  /** Requests made so far, repetitions not counted. */
  readonly requests: number;
  /**
   * Reads a slice, in as many parts as its size asks for, newest first. A part that lies before the horizon is left
   * out. Throws what the session throws.
   */
  readParts(slice: Interval, signal: AbortSignal): AsyncGenerator<ReadSlice, void>;
}

/** The reader of one job: what it finds out about grain, horizon and page size holds for all its slices. */
export function createSliceReader(
  context: RunContext,
  job: Job,
  client: Client,
  tags: ReadonlySet<string>,
): SliceReader {
  const { dataset, width, groupBy, filters } = job.settings;
  const decode = decoderOf(job, dataset, tags);
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
    known: { grain: job.retryRefused ? null : job.obtainable, horizon: job.capability?.horizon ?? null },
    clock: context.clock,
    log: context.log,
  });

  const readPart = async (part: Interval, signal: AbortSignal): Promise<ReadSlice | null> => {
    const buckets = bucketCount(part, width);
    const limit = { ...part, limit: buckets, softMaxBytes: buckets > 1 ? softMaxBytes : null };
    const read = await session.readSlice<Page>(limit, decode, signal);
    if ('beforeHorizon' in read) return null;
    const length = read.pages.reduce((sum, page) => sum + page.length, 0);
    maxBuckets = bucketsPerPage(length, buckets);
    const parsed = assembleSlice(read.pages, width, read.start.getTime() / 1000, part.end.getTime() / 1000);
    return { parsed, grain: read.grain, observedAt: read.observedAt };
  };

  return {
    session,
    get requests() {
      return requests;
    },
    readParts: async function* (slice, signal) {
      const parts = [...splitSlice(slice, width, Math.min(maxBuckets, bucketCount(slice, width)))];
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        try {
          const read = await readPart(part, signal);
          if (read !== null) yield read;
        } catch (thrown) {
          if (!(thrown instanceof PageTooLarge)) throw thrown;
          maxBuckets = Math.min(bucketsPerPage(thrown.bytes, thrown.buckets), Math.ceil(bucketCount(part, width) / 2));
          context.log.info(
            { dataset: dataset.name, width, buckets: maxBuckets },
            'pages are large: asking for fewer buckets',
          );
          parts.unshift(...splitSlice(part, width, maxBuckets));
        }
      }
    },
  };
}

function decoderOf(job: Job, dataset: Dataset, tags: ReadonlySet<string>): (text: string) => Page {
  const series = createSeriesCache(job.organization, dataset, job.settings.width);
  return createPageDecoder(dataset, createDecoder(dataset, series), tags);
}
