import { costs } from '../../src/catalog/datasets/costs.ts';
import type { Store } from '../../src/db/store.ts';
import { EtlError } from '../../src/errors.ts';
import { createLoader, type LoadResult } from '../../src/load/loader.ts';
import { createPageDecoder } from '../../src/parse/page.ts';
import { createDecoder } from '../../src/parse/result.ts';
import { createSeriesCache } from '../../src/parse/series.ts';
import { assembleSlice, type ParsedSlice } from '../../src/parse/slice.ts';

const daySeconds = 86_400;

/** A billed amount as the API reports it. */
export interface Billed {
  readonly project: string | null;
  readonly item: string | null;
  readonly key?: string | null;
  readonly source?: string;
  readonly amount: string;
  readonly currency?: string;
  readonly quantity?: number;
}

/** A slice of consecutive days of costs; `start` in Unix seconds. */
export function costSlice(start: number, days: readonly (readonly Billed[])[]): ParsedSlice {
  const decode = createPageDecoder(
    costs,
    createDecoder(costs, createSeriesCache('acme', costs, '1d')),
    new Set([costs.object]),
  );
  const data = days.map((billed, index) => ({
    object: 'bucket',
    start_time: start + index * daySeconds,
    end_time: start + (index + 1) * daySeconds,
    results: billed.map(({ project, item, key, source, amount, currency, quantity }) => ({
      object: costs.object,
      amount: { value: amount, currency: currency ?? 'usd' },
      line_item: item,
      project_id: project,
      api_key_id: key ?? null,
      api_source: source ?? null,
      ...(quantity !== undefined && { quantity, quantity_unit: 'tokens' }),
    })),
  }));
  const page = decode(JSON.stringify({ object: 'page', data, has_more: false, next_page: null }));
  return assembleSlice([page], '1d', start, start + days.length * daySeconds);
}

/** Loads a slice of costs as it was read at an instant, again as long as another loader is in the way. */
export type LoadCosts = (slice: ParsedSlice, observedAt: Date) => Promise<LoadResult>;

/** A loader of costs of the organization `acme`. */
export function costLoader(store: Store, { recheck = false }: { readonly recheck?: boolean } = {}): LoadCosts {
  const load = createLoader({
    store,
    organization: 'acme',
    dataset: costs,
    width: '1d',
    settleSeconds: 0,
    acceptRestatement: true,
    keptDimensions: [],
    recheck,
    preview: false,
  });
  const grain = ['project_id', 'line_item', 'api_key_id', 'api_source'];
  return async (slice, observedAt) => {
    for (;;) {
      try {
        return await load(slice, { runId: 1, observedAt, loadedAt: observedAt, grain, filters: null });
      } catch (thrown) {
        if (!(thrown instanceof EtlError) || thrown.verdict !== 'retry') throw thrown;
      }
    }
  };
}
