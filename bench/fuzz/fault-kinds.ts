import type { Effect } from './fault.ts';
import { clampedStarts, dayBuckets, junkBuckets, millisecondStarts, nullStarts } from './misplacing.ts';
import {
  emptyTexts,
  endlessPrices,
  fractionsOfCounts,
  hugeHours,
  longFields,
  longLineItems,
  longModels,
  longProjects,
  mixedCase,
  ninesBilled,
  nulFields,
  nulTags,
  nulTexts,
  surrogateTexts,
  unaskedProjects,
} from './misvaluing.ts';
import { fewResults, newestFirst } from './paging.ts';
import {
  misleadingHorizon,
  plainHorizon,
  refusedFuture,
  refusedGrouping,
  refusedOldGrouping,
  unspeakableDenial,
} from './refusing.ts';

/** Every kind of fault and what it does. */
export const effects = {
  'null-start': nullStarts,
  'millisecond-starts': millisecondStarts,
  'clamped-start': clampedStarts,
  'day-buckets': dayBuckets,
  'newest-first': newestFirst,
  'few-results': fewResults,
  'misleading-horizon': misleadingHorizon,
  horizon: plainHorizon,
  'refused-grouping': refusedGrouping,
  'refused-old-grouping': refusedOldGrouping,
  'refused-future': refusedFuture,
  'nul-message': unspeakableDenial,
  'nul-tag': nulTags,
  'nul-text': nulTexts,
  'surrogate-text': surrogateTexts,
  'long-model': longModels,
  'long-line-item': longLineItems,
  'long-project': longProjects,
  'long-field': longFields,
  'nul-field': nulFields,
  'junk-bucket': junkBuckets,
  'fraction-of-count': fractionsOfCounts,
  'huge-hours': hugeHours,
  'nines-billed': ninesBilled,
  'endless-price': endlessPrices,
  'mixed-case': mixedCase,
  'empty-text': emptyTexts,
  'unasked-project': unaskedProjects,
} as const satisfies Readonly<Record<string, Effect>>;

export type FaultKind = keyof typeof effects;

/** What a kind of fault does. */
export function effectOf(kind: FaultKind): Effect {
  return effects[kind];
}
