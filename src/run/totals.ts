import { measuresOf } from '../catalog/dataset.ts';
import type { DatasetSettings } from '../config.ts';
import { comparableMeasures, measureKey, type Sums } from '../derive/tie-out.ts';
import { EtlError } from '../errors.ts';
import type { Client } from '../openai/client.ts';
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
  /** The earliest bucket known to be answered; null where nothing is known. */
  readonly horizon: Date | null;
}

/**
 * The reader of a dataset's ungrouped totals. Buckets before the horizon are left out. Rejects with `contract_broken`
 * when a bucket cannot be typed, and as the session does.
 */
export function readTotals(
  context: RunContext,
  client: Client,
  organization: string,
  { dataset, width, filters }: DatasetSettings,
  { tags, noteResult, horizon }: TotalsOptions,
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
    known: { grain: null, horizon },
    clock: context.clock,
    log: context.log,
  });
  const sumsOf = createSummer(dataset);
  return async (window) => {
    const read = await session.readSlice<Page>(
      { ...window, limit: bucketCount(window, width) },
      decode,
      context.signal,
    );
    if ('beforeHorizon' in read) return { sums: new Map(), from: window.end };
    const { buckets, quarantined } = assembleSlice(
      read.pages,
      width,
      read.start.getTime() / 1000,
      window.end.getTime() / 1000,
    );
    // A total of which a part cannot be read proves nothing.
    const [bad] = quarantined;
    if (bad !== undefined)
      throw new EtlError('contract_broken', `${dataset.path}: a total cannot be typed: ${bad.detail}`);
    return { sums: new Map(buckets.map(({ start, rows }) => [start, sumsOf(rows)])), from: read.start };
  };
}

/** Adds up the comparable measures of a bucket's rows; a total split by a hidden dimension is still one total. */
function createSummer(dataset: DatasetSettings['dataset']): (rows: readonly Row[]) => Sums {
  const names = measuresOf(dataset).map(({ name }) => name);
  const comparable = new Set(comparableMeasures(dataset));
  const currencyAt = dataset.columns
    .filter(({ role }) => role !== 'measure')
    .findIndex(({ name }) => name === dataset.money?.currency);
  return (rows) => {
    const sums = new Map<string, Decimal>();
    for (const { series, measures } of rows) {
      const currency = currencyAt === -1 ? null : String(series.values[currencyAt]);
      measures.forEach((value, index) => {
        const name = names[index] ?? '';
        if (value === null || !comparable.has(name)) return;
        const decimal = typeof value === 'object' ? value : { coefficient: BigInt(value), scale: 0 };
        const key = measureKey(name, currency);
        sums.set(key, addDecimals(sums.get(key) ?? zero, decimal));
      });
    }
    return sums;
  };
}
