import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { type Width, widthSeconds } from '../../src/catalog/width.ts';
import type { Store } from '../../src/db/store.ts';
import { EtlError } from '../../src/errors.ts';
import { createLoader, type LoadResult } from '../../src/load/loader.ts';
import { createPageDecoder } from '../../src/parse/page.ts';
import { createDecoder } from '../../src/parse/result.ts';
import { createSeriesCache } from '../../src/parse/series.ts';
import { assembleSlice, type ParsedSlice } from '../../src/parse/slice.ts';

/** Tokens by model. */
export type Groups = Readonly<Record<string, number>>;

/** A slice of consecutive buckets of embeddings; each bucket holds tokens by model, one request each. */
export function embeddingSlice(width: Width, start: number, buckets: readonly Groups[]): ParsedSlice {
  const series = createSeriesCache('acme', embeddings, width);
  const decode = createPageDecoder(embeddings, createDecoder(embeddings, series), new Set([embeddings.object]));
  const step = widthSeconds[width];
  const data = buckets.map((groups, index) => ({
    object: 'bucket',
    start_time: start + index * step,
    end_time: start + (index + 1) * step,
    results: Object.entries(groups).map(([model, tokens]) => ({
      object: embeddings.object,
      model,
      input_tokens: tokens,
      num_model_requests: 1,
    })),
  }));
  const page = decode(JSON.stringify({ object: 'page', data, has_more: false, next_page: null }));
  return assembleSlice([page], width, start, start + buckets.length * step);
}

/** Loads a slice as it was read at an instant, again as long as another loader is in the way. */
export type LoadEmbeddings = (slice: ParsedSlice, observedAt: Date) => Promise<LoadResult>;

/** A loader of embeddings of the organization `acme` at a width; every closed bucket is settled at once. */
export function embeddingLoader(
  store: Store,
  width: Width,
  options: { readonly recheck?: boolean } = {},
): LoadEmbeddings {
  const load = createLoader({
    store,
    organization: 'acme',
    dataset: embeddings,
    width,
    settleSeconds: 0,
    acceptRestatement: true,
    keptDimensions: [],
    recheck: options.recheck ?? false,
    preview: false,
  });
  return async (slice, observedAt) => {
    for (;;) {
      try {
        return await load(slice, { runId: 1, observedAt, loadedAt: observedAt, grain: ['model'], filters: null });
      } catch (thrown) {
        if (!(thrown instanceof EtlError) || thrown.verdict !== 'retry') throw thrown;
      }
    }
  };
}
