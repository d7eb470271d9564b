import { dimensionsOf } from '../catalog/dataset.ts';
import { fitsKey } from '../catalog/storable.ts';
import type { Row } from '../parse/row.ts';
import type { SeriesValue } from '../parse/series.ts';
import type { SliceContext } from './loader.ts';

/** Enters the models that rows name, where nobody has named them before. */
export async function enterModels(
  { client, options, reading }: SliceContext,
  buckets: readonly (readonly Row[])[],
): Promise<void> {
  const position = dimensionsOf(options.dataset).findIndex(({ name }) => name === 'model');
  if (position < 0) return;
  const named = new Set<SeriesValue | undefined>();
  for (const rows of buckets) for (const { series } of rows) named.add(series.values[position]);
  // The views tell the family of a model that is not entered by its name.
  const models = [...named].filter((name) => typeof name === 'string' && fitsKey(name)).sort();
  if (models.length === 0) return;
  await client.query(
    `insert into openai.models (model, model_family, first_seen_at)
     select model, openai_bi.model_family(model), $2 from unnest($1::text[]) as model
     on conflict (model) do nothing`,
    // Sorted: of two that enter the same models in another order, each would wait for the other.
    [models, reading.loadedAt],
  );
}
