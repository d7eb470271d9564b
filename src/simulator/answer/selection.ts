import { costsPath, type Endpoint } from '../endpoint.ts';
import type { DimensionValue } from '../world/atom.ts';

/** Values one dimension must have for usage to be counted. */
export interface Condition {
  readonly dimension: string;
  readonly values: readonly DimensionValue[];
}

/** What is asked of an endpoint, apart from when. */
export interface Selection {
  /** At the level that is answered. */
  readonly endpoint: Endpoint;
  readonly groupBy: readonly string[];
  readonly conditions: readonly Condition[];
}

/** Columns that the costs endpoint fills only when grouped by line item: quantities of different things do not add up. */
const perLineItem: ReadonlySet<string> = new Set(['quantity', 'quantity_unit']);

/** Unix seconds of 2026-10-21, before which results lack the measures that came with that day's release. */
const reportedSince: Readonly<Record<string, number>> = { input_cache_write_30m_tokens: 1_792_540_800 };

/** Whether a column that is no dimension is filled in an answer to a selection, in a bucket starting at `start`. */
export function isFilled({ endpoint, groupBy }: Selection, column: string, start: number): boolean {
  if (endpoint.path === costsPath && perLineItem.has(column) && !groupBy.includes('line_item')) return false;
  return start >= (reportedSince[column] ?? 0);
}
