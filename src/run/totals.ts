import { measuresOf, moneyPositions } from '../catalog/dataset.ts';
import type { DatasetSettings } from '../config.ts';
import { comparableMeasures, measureKey, type Sums } from '../derive/tie-out.ts';
import { EtlError } from '../errors.ts';
import type { Client } from '../openai/client.ts';
import type { Refusals } from '../openai/refusal.ts';
import { createSession } from '../openai/session.ts';
import { addDecimals, type Decimal, zero } from '../parse/decimal.ts';
import { createPageDecoder, type Page } from '../parse/page.ts';
import { createDecoder, type DecodeResult } from '../parse/result.ts';
import type { Row } from '../parse/row.ts';
import { createSeriesCache } from '../parse/series.ts';
import { assembleSlice } from '../parse/slice.ts';
import { bucketCount, type Interval } from '../plan/bucket.ts';
import type { RunContext } from './context.ts';
import type { NoteResult } from './slice-reader.ts';

/** The API's own ungrouped totals of a window. */
export interface Totals {
  /** By Unix seconds of the bucket's start. */
  readonly sums: ReadonlyMap<number, Sums>;
  /** Where the API begins to answer: later than the window where the horizon lies inside or behind it. */
  readonly from: Date;
}

/** Reads the totals of a window. */
export type ReadTotals = (window: Interval) => Promise<Totals>;

/** What reading totals takes besides the dataset. */
interface TotalsOptions {
  /** Result tags of every dataset. */
  readonly tags: ReadonlySet<string>;
  readonly noteResult: NoteResult;
  /** What the API is known to refuse. */
  readonly known: Refusals;
}

/**
 * The reader of a dataset's ungrouped totals. Buckets before the horizon are left out, and so are those not answered.
 * Rejects with `contract_broken` when a bucket cannot be typed, and as the session does.
 */
export function readTotals(
  context: RunContext,
  client: Client,
  organization: string,
  { dataset, width, filters }: DatasetSettings,
  { tags, noteResult, known }: TotalsOptions,
): ReadTotals {
  const decodeResult = createDecoder(dataset, createSeriesCache(organization, dataset, width));
  const noting: DecodeResult = (result, drift) => {
    noteResult(result);
    return decodeResult(result, drift);
  };
  const decode = createPageDecoder(dataset, noting, tags);
  const session = createSession({
    client,
    settings: { dataset, width, groupBy: [], filters },
    known,
    earliest: null,
    clock: context.clock,
    log: context.log,
  });
  const sumsOf = createSummer(dataset);
  const readWindow: ReadTotals = async (window) => {
    const read = await session.readSlice<Page>(
      { ...window, limit: bucketCount(window, width) },
      decode,
      context.signal,
    );
    if ('beforeHorizon' in read) return { sums: new Map(), from: window.end };
    if ('parts' in read) return await inParts(read.parts, readWindow);
    const [start, end] = [read.start.getTime() / 1000, read.end.getTime() / 1000];
    const { buckets, quarantined } = assembleSlice(read.pages, width, start, end, read.silence);
    // A total of which a part cannot be read proves nothing.
    const [bad] = quarantined;
    if (bad !== undefined)
      throw new EtlError('contract_broken', `${dataset.path}: a total cannot be typed: ${bad.detail}`);
    return { sums: new Map(buckets.map(({ start, rows }) => [start, sumsOf(rows)])), from: read.start };
  };
  return readWindow;
}

/** The totals of several intervals as those of one. */
async function inParts(parts: readonly Interval[], read: ReadTotals): Promise<Totals> {
  const sums = new Map<number, Sums>();
  let from = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    const totals = await read(part);
    for (const [start, own] of totals.sums) sums.set(start, own);
    from = Math.min(from, totals.from.getTime());
  }
  return { sums, from: new Date(from) };
}

/** Adds up the comparable measures of a bucket's rows; a total split by a hidden dimension is still one total. */
function createSummer(dataset: DatasetSettings['dataset']): (rows: readonly Row[]) => Sums {
  const names = measuresOf(dataset).map(({ name }) => name);
  const comparable = new Set(comparableMeasures(dataset));
  const money = moneyPositions(dataset);
  return (rows) => {
    const sums = new Map<string, Decimal | null>();
    for (const { series, measures } of rows) {
      const currency = money === null ? null : (series.values[money.currencyAt] ?? null);
      measures.forEach((value, index) => {
        const name = names[index] ?? '';
        if (value === null || !comparable.has(name)) return;
        const decimal = typeof value === 'object' ? value : { coefficient: BigInt(value), scale: 0 };
        const key = measureKey(name, currency === null ? null : String(currency));
        sums.set(key, addDecimals(sums.get(key) ?? zero, decimal));
      });
    }
    if (money !== null && rows.some(({ amountsMissing = 0 }) => amountsMissing > 0)) {
      sums.set(names[money.amountAt] ?? '', null);
    }
    return sums;
  };
}
