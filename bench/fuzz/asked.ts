import { daySeconds, type Endpoint, endpointOf, filterFields, type Width, widthSeconds } from './contract.ts';
import type { Narrowed } from './results.ts';

/** A request as the double understands it. */
export interface Asked extends Narrowed {
  readonly organization: string;
  readonly endpoint: Endpoint;
  readonly width: Width;
  /** Unix seconds. */
  readonly start: number;
  readonly end: number;
  /** Buckets on a page. */
  readonly limit: number;
  readonly page: string | null;
}

/** Reads a request; null where it is none for this double. */
export function askedOf(url: URL, organization: string): Asked | null {
  const query = url.searchParams;
  const list = (name: string) => [...query.getAll(name), ...query.getAll(`${name}[]`)];
  const groupBy = list('group_by');
  const endpoint = endpointOf(url.pathname.replace(/^\/v1/, ''), groupBy);
  const width = (['1m', '1h', '1d'] as const).find((known) => known === (query.get('bucket_width') ?? '1d'));
  if (endpoint === null || width === undefined) return null;
  const start = Number(query.get('start_time'));
  const filters = Object.keys(filterFields).map((name) => [name, list(name)] as const);
  return {
    organization,
    endpoint,
    width,
    start,
    end: Number(query.get('end_time') ?? start + daySeconds),
    limit: Number(query.get('limit') ?? 7),
    page: query.get('page'),
    groupBy: groupBy.toSorted(),
    filters: Object.fromEntries(filters.filter(([, values]) => values.length > 0)),
  };
}

/** The starts of the buckets a request is for. */
export function positionsOf({ start, end, width }: Pick<Asked, 'start' | 'end' | 'width'>): readonly number[] {
  const step = widthSeconds[width];
  const first = Math.floor(start / step) * step;
  return Array.from({ length: Math.max(0, Math.ceil((end - first) / step)) }, (_, index) => first + index * step);
}
