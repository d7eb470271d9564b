import type { Dataset } from '../catalog/dataset.ts';
import type { Width } from '../catalog/width.ts';

/** Filter parameters by wire name. */
export type Filters = Readonly<Record<string, readonly string[] | boolean>>;

/** What one request asks for. */
export interface PageQuery {
  readonly dataset: Dataset;
  readonly width: Width;
  /** Inclusive, aligned to the width. */
  readonly start: Date;
  /** Exclusive, aligned to the width. */
  readonly end: Date;
  /** Buckets on one page. */
  readonly limit: number;
  readonly groupBy: readonly string[];
  readonly filters: Filters;
  /** The cursor of the page before; absent on the first page. */
  readonly page?: string;
}

/**
 * The query string of a usage or costs request, without `?`. Arrays are sent with brackets, as the official SDKs do
 * (docs/adr/0003-array-parameters.md); instants in Unix seconds. Throws RangeError for a filter the dataset lacks.
 */
export function queryString(query: PageQuery): string {
  const { dataset, width, start, end, limit, groupBy, filters, page } = query;
  const parameters = new URLSearchParams({
    start_time: unixSeconds(start),
    end_time: unixSeconds(end),
    bucket_width: width,
    limit: String(limit),
  });
  for (const name of groupBy) parameters.append('group_by[]', name);
  for (const [name, value] of Object.entries(filters)) appendFilter(parameters, dataset, name, value);
  if (page !== undefined) parameters.append('page', page);
  return parameters.toString();
}

function unixSeconds(instant: Date): string {
  return String(Math.floor(instant.getTime() / 1000));
}

function appendFilter(parameters: URLSearchParams, dataset: Dataset, name: string, value: readonly string[] | boolean) {
  // An unknown parameter is ignored by the API: the answer would look filtered and hold everything.
  if (!dataset.filters.some((filter) => filter.name === name))
    throw new RangeError(`${dataset.name} has no filter ${name}`);
  if (typeof value === 'boolean') parameters.append(name, String(value));
  else for (const item of value) parameters.append(`${name}[]`, item);
}
