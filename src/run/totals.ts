import { measuresOf, moneyPositions } from '../catalog/dataset.ts';
import type { DatasetSettings } from '../config.ts';
import { comparableMeasures, measureKey, type Sums } from '../derive/tie-out.ts';
import { EtlError } from '../errors.ts';
import type { Client } from '../openai/client.ts';
import { nothingRefused } from '../openai/refusal.ts';
import { createSession } from '../openai/session.ts';
import { addDecimals, type Decimal, zero } from '../parse/decimal.ts';
import { createPageDecoder, type Page } from '../parse/page.ts';
import { createDecoder } from '../parse/result.ts';
import type { Row } from '../parse/row.ts';
import { createSeriesCache } from '../parse/series.ts';
import { assembleSlice } from '../parse/slice.ts';
import { bucketCount, type Interval } from '../plan/bucket.ts';
import type { RunContext } from './context.ts';

/** Reads the API's own ungrouped totals of a window, by Unix seconds of the bucket's start. */
export type ReadTotals = (window: Interval) => Promise<ReadonlyMap<number, Sums>>;

/**
 * The reader of a dataset's ungrouped totals. Buckets before the horizon are left out. Rejects with `contract_broken`
 * when a bucket cannot be typed or is not answered, and as the session does.
 */
export function readTotals(
  context: RunContext,
  client: Client,
  organization: string,
  { dataset, width, filters }: DatasetSettings,
  tags: ReadonlySet<string>,
): ReadTotals {
  const decode = createPageDecoder(
    dataset,
    createDecoder(dataset, createSeriesCache(organization, dataset, width)),
    tags,
  );
  const session = createSession({
    client,
    settings: { dataset, width, groupBy: [], filters },
    known: nothingRefused,
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
    if ('beforeHorizon' in read) return new Map();
    if ('parts' in read) {
      const totals = new Map<number, Sums>();
      for (const part of read.parts) for (const [start, sums] of await readWindow(part)) totals.set(start, sums);
      return totals;
    }
    const { buckets, quarantined, unanswered } = assembleSlice(
      read.pages,
      width,
      read.start.getTime() / 1000,
      read.end.getTime() / 1000,
    );
    // A total of which a part cannot be read proves nothing.
    const [bad] = quarantined;
    if (bad !== undefined)
      throw new EtlError('contract_broken', `${dataset.path}: a total cannot be typed: ${bad.detail}`);
    if (unanswered.length > 0)
      throw new EtlError('contract_broken', `${dataset.path}: ${unanswered.length} totals asked for were not answered`);
    return new Map(buckets.map(({ start, rows }) => [start, sumsOf(rows)]));
  };
  return readWindow;
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
