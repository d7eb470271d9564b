import { type Dataset, widthsOf } from '../catalog/dataset.ts';
import { type Width, widthSeconds } from '../catalog/width.ts';
import { EtlError } from '../errors.ts';
import { floorTo } from './answer/page.ts';
import { resultsOf } from './answer/results.ts';
import type { Endpoint } from './endpoint.ts';
import type { DimensionValue, Quantity, Result } from './world/atom.ts';
import { decimalText } from './world/decimal.ts';
import type { World } from './world/world.ts';

/** What a store should hold of a dataset: whole buckets that start in `[from, to)` and have begun. */
export interface TruthQuery {
  /** Name of the dataset. */
  readonly dataset: string;
  readonly width: Width;
  readonly from: Date;
  readonly to: Date;
  readonly groupBy: readonly string[];
  /** Filter parameters by wire name. */
  readonly filters?: Readonly<Record<string, readonly string[] | boolean>>;
}

/** One bucket of the truth, `end` being `start` + width. */
export interface TruthBucket {
  readonly start: Date;
  readonly end: Date;
  /** One for each grain, attributes included, in order of first activity. */
  readonly rows: readonly TruthRow[];
}

/**
 * Values by column name, for every dimension, attribute and measure of the dataset. Measures are exact decimals in
 * canonical text (no exponent, no trailing zeros). Null is 'not grouped by', 'not attributed' or 'not reported'.
 */
export type TruthRow = Readonly<Record<string, DimensionValue>>;

/**
 * The truth of a dataset as its endpoint answers it at the instant `now` (Unix seconds). Throws `arguments_invalid` for
 * a dataset, width, dimension or filter that the endpoint does not have.
 */
export function truthOf(
  world: World,
  endpoints: ReadonlyMap<string, Endpoint>,
  query: TruthQuery,
  now: number,
): TruthBucket[] {
  const { endpoint, dataset } = endpointFor(endpoints, query.dataset);
  checkQuery(endpoint, dataset, query);
  const conditions = endpoint.filters.flatMap(({ name, matches }) => {
    const wanted = query.filters?.[name];
    if (wanted === undefined) return [];
    return [{ dimension: matches, values: typeof wanted === 'boolean' ? [wanted] : wanted }];
  });
  const results = resultsOf(world, { endpoint, groupBy: query.groupBy, conditions });
  const width = widthSeconds[query.width];
  const end = Math.min(query.to.getTime() / 1000, now + 1);
  const buckets: TruthBucket[] = [];
  for (let start = floorTo(query.from.getTime() / 1000, query.width); start < end; start += width) {
    const interval = { start, end: start + width };
    const rows = results(interval, now).map((result) => rowOf(dataset, endpoint, result));
    buckets.push({ start: new Date(start * 1000), end: new Date(interval.end * 1000), rows });
  }
  return buckets;
}

function endpointFor(endpoints: ReadonlyMap<string, Endpoint>, name: string) {
  for (const endpoint of endpoints.values()) {
    const dataset = endpoint.datasets.find((candidate) => candidate.name === name);
    if (dataset !== undefined) return { endpoint, dataset };
  }
  throw new EtlError('arguments_invalid', `the simulator does not answer dataset ${name}`);
}

function checkQuery(endpoint: Endpoint, dataset: Dataset, { width, groupBy, filters = {} }: TruthQuery): void {
  const unknown = [
    ...(widthsOf(dataset).includes(width) ? [] : [width]),
    ...groupBy.filter((name) => !endpoint.dimensions.some((dimension) => dimension.name === name)),
    ...Object.keys(filters).filter((name) => !endpoint.filters.some((filter) => filter.name === name)),
  ];
  if (unknown.length > 0) throw new EtlError('arguments_invalid', `${dataset.name} has no ${unknown.join(', ')}`);
}

function rowOf(dataset: Dataset, endpoint: Endpoint, { dimensions, attributes, measures }: Result): TruthRow {
  const answered = new Map<string, DimensionValue>([
    ...endpoint.dimensions.map(({ name }, index) => [name, dimensions[index] ?? null] as const),
    ...endpoint.attributes.map(({ name }, index) => [name, attributes[index] ?? null] as const),
    ...endpoint.measures.map(({ name }, index) => [name, quantityText(measures[index] ?? null)] as const),
  ]);
  return Object.fromEntries(dataset.columns.map(({ name }) => [name, answered.get(name) ?? null]));
}

function quantityText(value: Quantity): string | null {
  if (value === null) return null;
  return typeof value === 'bigint' ? decimalText(value) : value.toString();
}
