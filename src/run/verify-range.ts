import { isUnavailable } from '../load/capabilities.ts';
import { closedRange } from '../load/loaded-range.ts';
import { floorToBucket, type Interval } from '../plan/bucket.ts';
import type { ComparedOf } from './compare.ts';
import { type RunContext, startOf } from './context.ts';

/**
 * The closed buckets to compare: what is loaded, as far as the bounds leave it, and all that lies inside the bounds that
 * were given, loaded or not. Where nothing is loaded, what should be: unless the API does not grant the dataset. Null
 * where that is nothing.
 */
export async function rangeToVerify(
  { store: { pool }, clock }: RunContext,
  { organization, settings }: ComparedOf,
  { from, to }: { readonly from: Date | null; readonly to: Date | null },
): Promise<Interval | null> {
  const { dataset, width } = settings;
  const now = clock.now();
  const loaded = await closedRange(pool, { organization, dataset: dataset.name, width }, { from, to });
  if (loaded === null && (await isUnavailable(pool, organization, dataset.name))) return null;
  const last = floorToBucket(now, width);
  const start =
    from === null ? (loaded?.start ?? floorToBucket(startOf(settings, null, now), width)) : floorToBucket(from, width);
  const wantedEnd = to === null ? (loaded?.end ?? last) : floorToBucket(to, width);
  const end = new Date(Math.min(wantedEnd.getTime(), last.getTime()));
  return start < end ? { start, end } : null;
}
