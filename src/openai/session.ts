import type { Dataset } from '../catalog/dataset.ts';
import { type Width, widthSeconds } from '../catalog/width.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Interval } from '../plan/bucket.ts';
import type { GrainRange } from '../plan/granted.ts';
import { beginsAt } from './clamped-start.ts';
import type { Client } from './client.ts';
import { createEnds } from './future-end.ts';
import { alignDown, alignUp, createKnowledge } from './knowledge.ts';
import { type AskAgain, type AskedFor, createLearning } from './learning.ts';
import { type DecodedPage, readPages } from './pages.ts';
import { createProbe, type Probe } from './probe.ts';
import type { Filters } from './query.ts';
import type { Refusals } from './refusal.ts';
import { GroupingRefused, HorizonMoved } from './signals.ts';

/** What one dataset is asked for. */
export interface SessionSettings {
  readonly dataset: Dataset;
  readonly width: Width;
  /** The dimensions wanted. */
  readonly groupBy: readonly string[];
  readonly filters: Filters;
}

/** The buckets to read. */
export interface SliceBounds {
  /** Inclusive, aligned to the width. */
  readonly start: Date;
  /** Exclusive, aligned to the width. */
  readonly end: Date;
  /** Buckets on one page. */
  readonly limit: number;
  /** Past this many bytes of JSON a page is given up with PageTooLarge. Absent or null: never. */
  readonly softMaxBytes?: number | null;
}

/** A slice read to its end. */
export interface SliceRead<P> {
  readonly pages: readonly P[];
  /** The dimensions the pages are grouped by. */
  readonly grain: readonly string[];
  /** Just before the first request of the chain that succeeded. */
  readonly observedAt: Date;
  /** Where the pages begin: later than asked for where the horizon lies inside the slice. */
  readonly start: Date;
  /** Where they end: earlier than asked for where the API refuses the end of the open bucket and all of that bucket. */
  readonly end: Date;
  /** What a bucket is that did not come: nothing was used, or the API has shown that its silence says nothing. */
  readonly silence: 'empty' | 'unanswered';
}

/** Nothing of a slice can be read any more. */
export interface BeforeHorizon {
  readonly beforeHorizon: true;
}

/** A slice of which not all can be asked for in one way: each part must be read on its own. Newest first. */
export interface InParts {
  readonly parts: readonly Interval[];
}

/** One dataset of one organization during a run: what is found out reading one slice holds for the others. */
export interface Session {
  /**
   * Reads a slice to its end, at the finest grain and from the earliest start the API grants. May be called for many
   * slices at once. Throws grouping_refused or dataset_unavailable where nothing is left to give up, horizon_unknown
   * where every start is refused, and what reading pages throws.
   */
  readSlice<P extends DecodedPage>(
    slice: SliceBounds,
    decode: (text: string) => P,
    signal: AbortSignal,
  ): Promise<SliceRead<P> | BeforeHorizon | InParts>;
  /** Asks again what is known to be refused, with a request or so for each. Throws what a request throws. */
  askAgain(what: AskAgain, decode: (text: string) => DecodedPage, signal: AbortSignal): Promise<void>;
  /** The dimensions asked for of the newest buckets at present. */
  readonly grain: readonly string[];
  /** The wanted dimensions that the API refuses for any range. */
  readonly refused: readonly string[];
  /** What is granted, in ranges that follow each other. */
  readonly granted: readonly GrainRange[];
  /** The start of the first whole bucket the API answers; null while it has not refused any. */
  readonly horizon: Date | null;
  /** What is known to be refused, to be remembered for the next session. */
  readonly refusals: Refusals;
}

interface SessionOptions {
  readonly client: Client;
  readonly settings: SessionSettings;
  /** What an earlier session found out and is still trusted. */
  readonly known: Refusals;
  /** The earliest bucket wanted, to tell whether a refusal reaches back to it; null where nobody says. */
  readonly earliest: Date | null;
  readonly clock: Clock;
  readonly log: Log;
}

// An API that answers from late on and, asked alone, before that too is asked in parts; never for ever.
const mostDoubts = 3;

/** A session that starts from what is known. */
export function createSession({ client, settings, known, earliest, clock, log }: SessionOptions): Session {
  const { dataset, width, groupBy, filters } = settings;
  const knowledge = createKnowledge(settings, known);
  const ends = createEnds(dataset, clock, log);
  const learning = createLearning({ settings, knowledge, earliest, clock, log });
  let doubts = 0;
  let leavesOut = false;
  const probeWith = (decode: (text: string) => DecodedPage, signal: AbortSignal) =>
    createProbe({ client, settings, decode, signal, endingBy: ends.endingBy });

  /** The pages as they answer; the slice's parts where they begin later than they should; null to look again. */
  const judged = async <P extends DecodedPage>(
    read: SliceRead<P>,
    decode: (text: string) => P,
    signal: AbortSignal,
  ): Promise<SliceRead<P> | BeforeHorizon | InParts> => {
    const { start, end, grain, pages } = read;
    const bucketStarts = pages.flatMap((page) => page.bucketStarts);
    const { came } = knowledge;
    const answer = { start, end, width, bucketStarts, came, open: alignDown(clock.now(), width) };
    const unplaced = pages.some(({ quarantined = [] }) => quarantined.length > 0);
    const at = unplaced ? null : beginsAt(answer);
    if (at === null) {
      knowledge.answeredAt(start);
      const first = Math.min(...bucketStarts.filter((bucket) => bucket >= start.getTime() / 1000));
      if (first < end.getTime() / 1000) knowledge.cameAt(new Date(first * 1000));
      return read;
    }
    const unsaid = { ...read, silence: 'unanswered' } as const;
    if (doubts >= mostDoubts) return unsaid;
    const verdict = leavesOut ? 'gap' : await learning.clamped(at, answer, grain, probeWith(decode, signal));
    if (verdict === 'horizon') return at >= end ? { beforeHorizon: true } : { ...read, start: at };
    if (verdict === 'gap') leavesOut = true;
    else doubts += 1;
    if (verdict === 'contradicted') return unsaid;
    if (at >= end) return verdict === 'gap' ? read : unsaid;
    return {
      parts: [
        { start: at, end },
        { start, end: at },
      ],
    };
  };

  /** What of a slice is to be asked for at present, or what it comes to without asking. */
  const toAsk = (slice: SliceBounds): AskedFor | BeforeHorizon | InParts => {
    const { horizon } = knowledge;
    const start = horizon !== null && horizon > slice.start ? horizon : slice.start;
    const end = earlier(slice.end, alignUp(ends.of(slice.end), width));
    if (start >= end) return { beforeHorizon: true };
    const parts = cutByGrain({ start, end }, knowledge.granted);
    const grain = parts[0]?.grain ?? null;
    if (parts.length > 1) return { parts };
    return grain === null ? { beforeHorizon: true } : { start, end, grain };
  };

  const read = async <P extends DecodedPage>(
    slice: SliceBounds,
    { start, end, grain }: AskedFor,
    decode: (text: string) => P,
    signal: AbortSignal,
  ): Promise<SliceRead<P>> => {
    const observedAt = clock.now();
    const limit = Math.min(slice.limit, bucketsBetween(start, end, width));
    const softMaxBytes = slice.softMaxBytes ?? null;
    const request = { dataset, width, start, limit, groupBy: grain, filters, softMaxBytes };
    let covered = end;
    const pages = await ends.endingBy(end, (asked) => {
      covered = earlier(end, alignUp(asked, width));
      return Array.fromAsync(readPages(client, { ...request, end: asked }, decode, signal));
    });
    return { pages, grain, observedAt, start, end: covered, silence: 'empty' };
  };

  /** Learns from a refusal; gives the parts of a slice that can only be asked for in parts. Throws all else again. */
  const learnFrom = async (thrown: unknown, asked: AskedFor, probe: Probe): Promise<InParts | null> => {
    if (thrown instanceof HorizonMoved) {
      await learning.horizon(thrown, asked, probe);
      return null;
    }
    if (!(thrown instanceof GroupingRefused)) throw thrown;
    return (await learning.grouping(thrown, asked, probe)) ? null : halves(asked, width);
  };

  return {
    readSlice: async (slice, decode, signal) => {
      for (;;) {
        const asked = toAsk(slice);
        if (!('grain' in asked)) return asked;
        try {
          return await judged(await read(slice, asked, decode, signal), decode, signal);
        } catch (thrown) {
          const inParts = await learnFrom(thrown, asked, probeWith(decode, signal));
          if (inParts !== null) return inParts;
        }
      }
    },
    askAgain: (what, decode, signal) => learning.askAgain(what, probeWith(decode, signal)),
    get grain() {
      return knowledge.granted.at(-1)?.grain ?? [];
    },
    get refused() {
      return groupBy.filter((name) => knowledge.refusals.groupings.some(({ dimension }) => dimension === name));
    },
    get granted() {
      return knowledge.granted;
    },
    get horizon() {
      return knowledge.horizon;
    },
    get refusals() {
      return knowledge.refusals;
    },
  };
}

/** The parts of an interval that are granted one grain each, newest first. */
function cutByGrain({ start, end }: Interval, granted: readonly GrainRange[]) {
  return granted
    .map(({ since, until, grain }) => ({
      start: since === null || since < start ? start : since,
      end: until === null ? end : earlier(until, end),
      grain,
    }))
    .filter((part) => part.start < part.end)
    .reverse();
}

function halves({ start, end }: Interval, width: Width): InParts {
  const half = Math.ceil(bucketsBetween(start, end, width) / 2);
  const middle = new Date(start.getTime() + half * widthSeconds[width] * 1000);
  return {
    parts: [
      { start: middle, end },
      { start, end: middle },
    ],
  };
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}

function bucketsBetween(start: Date, end: Date, width: Width): number {
  return Math.ceil((end.getTime() - start.getTime()) / (widthSeconds[width] * 1000));
}
