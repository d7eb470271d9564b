import type { Dataset } from '../catalog/dataset.ts';
import { type Width, widthSeconds } from '../catalog/width.ts';
import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Client } from './client.ts';
import { quote } from './error-envelope.ts';
import { type DecodedPage, readPages } from './pages.ts';
import type { Filters } from './query.ts';
import { dropDimension } from './refused-grouping.ts';
import { GroupingRefused, HorizonMoved } from './signals.ts';

/** What one dataset is asked for. */
export interface SessionSettings {
  readonly dataset: Dataset;
  readonly width: Width;
  /** The dimensions wanted. */
  readonly groupBy: readonly string[];
  readonly filters: Filters;
}

/** What an earlier session found out and is still trusted. */
export interface KnownCapability {
  /** The dimensions obtained; null to ask for all wanted ones. */
  readonly grain: readonly string[] | null;
  readonly horizon: Date | null;
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
}

/** Nothing of a slice can be read any more. */
export interface BeforeHorizon {
  readonly beforeHorizon: true;
}

/** One dataset of one organization during a run: what is found out reading one slice holds for the others. */
export interface Session {
  /**
   * Reads a slice to its end, at the finest grain and from the earliest start the API grants. May be called for many
   * slices at once. Throws grouping_refused or dataset_unavailable where nothing is left to give up, horizon_unknown or
   * contract_broken where the horizon cannot be found, and what reading pages throws.
   */
  readSlice<P extends DecodedPage>(
    slice: SliceBounds,
    decode: (text: string) => P,
    signal: AbortSignal,
  ): Promise<SliceRead<P> | BeforeHorizon>;
  /** The dimensions asked for at present. */
  readonly grain: readonly string[];
  /** The wanted dimensions that are not asked for, because the API refuses them. */
  readonly refused: readonly string[];
  /** The start of the first whole bucket the API answers; null while it has not refused any. */
  readonly horizon: Date | null;
}

interface SessionOptions {
  readonly client: Client;
  readonly settings: SessionSettings;
  readonly known: KnownCapability;
  readonly clock: Clock;
  readonly log: Log;
}

/** A session that starts from what is known. */
export function createSession({ client, settings, known, clock, log }: SessionOptions): Session {
  const { dataset, width, groupBy, filters } = settings;
  const knownGrain = known.grain;
  let grain = knownGrain === null ? groupBy : groupBy.filter((name) => knownGrain.includes(name));
  let horizon = known.horizon === null ? null : alignUp(known.horizon, width);

  const reduceGrain = (refusal: GroupingRefused, asked: readonly string[]) => {
    // Another slice was refused the same grain and has given up a dimension already.
    if (grain !== asked) return;
    const dropped = dropDimension(dataset, asked, refusal.message);
    if (dropped === null) throw nothingLeft(dataset, asked, refusal);
    grain = asked.filter((name) => name !== dropped);
    log.warn({ dataset: dataset.name, dropped, refused: refusal.names, grain }, 'the API refuses a grouping');
  };

  const moveHorizon = (refusal: HorizonMoved, asked: Date) => {
    // Another slice has moved it past this start already.
    if (horizon !== null && horizon > asked) return;
    const { earliest } = refusal;
    // A date to come cannot be a horizon: the message speaks of something else.
    if (earliest === null || earliest > clock.now()) throw unknownHorizon(dataset, refusal);
    const moved = alignUp(earliest, width);
    if (moved <= asked) throw standingHorizon(dataset, refusal, asked);
    horizon = moved;
    log.warn({ dataset: dataset.name, horizon: horizon.toISOString() }, 'the API answers no earlier');
  };

  return {
    readSlice: async (slice, decode, signal) => {
      for (;;) {
        const start = horizon !== null && horizon > slice.start ? horizon : slice.start;
        if (start >= slice.end) return { beforeHorizon: true };
        const asked = grain;
        const observedAt = clock.now();
        const limit = Math.min(slice.limit, bucketsBetween(start, slice.end, width));
        const softMaxBytes = slice.softMaxBytes ?? null;
        const request = { dataset, width, start, end: slice.end, limit, groupBy: asked, filters, softMaxBytes };
        try {
          const pages = await Array.fromAsync(readPages(client, request, decode, signal));
          return { pages, grain: asked, observedAt, start };
        } catch (thrown) {
          if (thrown instanceof GroupingRefused) reduceGrain(thrown, asked);
          else if (thrown instanceof HorizonMoved) moveHorizon(thrown, start);
          else throw thrown;
        }
      }
    },
    get grain() {
      return grain;
    },
    get refused() {
      return groupBy.filter((name) => !grain.includes(name));
    },
    get horizon() {
      return horizon;
    },
  };
}

function alignUp(instant: Date, width: Width): Date {
  const widthMs = widthSeconds[width] * 1000;
  return new Date(Math.ceil(instant.getTime() / widthMs) * widthMs);
}

function bucketsBetween(start: Date, end: Date, width: Width): number {
  return Math.ceil((end.getTime() - start.getTime()) / (widthSeconds[width] * 1000));
}

function nothingLeft(dataset: Dataset, asked: readonly string[], refusal: GroupingRefused): EtlError {
  const message = `${dataset.path} refuses to group by ${asked.join(', ')}: ${quote(refusal.message)}`;
  return new EtlError(dataset.optional ? 'dataset_unavailable' : 'grouping_refused', message);
}

function unknownHorizon(dataset: Dataset, refusal: HorizonMoved): EtlError {
  const message = `${dataset.path} refuses the start and does not say from when on it answers: ${quote(refusal.message)}`;
  return new EtlError('horizon_unknown', message);
}

function standingHorizon(dataset: Dataset, refusal: HorizonMoved, asked: Date): EtlError {
  const message = `${dataset.path} refuses the start ${asked.toISOString()} and calls it answered: ${quote(refusal.message)}`;
  return new EtlError('contract_broken', message);
}
