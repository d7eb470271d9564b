import type { Filter } from '../../catalog/dataset.ts';
import type { Width } from '../../catalog/width.ts';
import type { Condition, Selection } from '../answer/selection.ts';
import type { Endpoint } from '../endpoint.ts';
import { hash32 } from '../world/random.ts';
import { type Cursor, parseCursor } from './cursor.ts';
import { type Parameters, readParameters } from './parameters.ts';
import { Refusal, startRefused, unsupportedValue } from './refusal.ts';

/** A valid request for one page. Instants are Unix seconds. */
export interface Query extends Selection {
  readonly width: Width;
  readonly start: number;
  /** Null: up to now. */
  readonly end: number | null;
  /** Buckets on a page. */
  readonly limit: number;
  /** Null: the first page. */
  readonly cursor: Cursor | null;
  /** Hash of all parameters but the cursor. */
  readonly fingerprint: number;
}

/** Reads the parameters of an endpoint as it is at the level answered. Throws a Refusal where the API answers 400. */
export function parseQuery(endpoint: Endpoint, search: URLSearchParams, earliest: number | null): Query {
  const lists = endpoint.filters.filter(({ type }) => type === 'text[]').map(({ name }) => name);
  const flags = endpoint.filters.filter(({ type }) => type === 'boolean').map(({ name }) => name);
  const singles = ['start_time', 'end_time', 'bucket_width', 'limit', 'page', ...flags];
  const parameters = readParameters(search, singles, ['group_by', ...lists]);
  const start = startOf(parameters);
  const width = widthOf(endpoint, parameters);
  const query = {
    endpoint,
    width,
    start,
    end: endOf(parameters, start),
    limit: limitOf(endpoint, width, parameters),
    groupBy: groupingOf(endpoint, parameters),
    conditions: endpoint.filters.flatMap((filter) => conditionsOf(filter, parameters)),
    fingerprint: fingerprintOf(endpoint, search),
  };
  checkHorizon(start, earliest);
  return { ...query, cursor: cursorOf(parameters, query.fingerprint) };
}

function startOf(parameters: Parameters): number {
  const start = parameters.integer('start_time');
  if (start === undefined) {
    const message = "Missing required parameter: 'start_time'.";
    throw new Refusal(400, message, { param: 'start_time', code: 'missing_required_parameter' });
  }
  if (start >= 0) return start;
  throw belowMinimum('start_time', 0, start);
}

function endOf(parameters: Parameters, start: number): number | null {
  const end = parameters.integer('end_time') ?? null;
  if (end === null || end > start) return end;
  const message = "Invalid 'end_time': it must be later than 'start_time'.";
  throw new Refusal(400, message, { param: 'end_time', code: 'invalid_value' });
}

function widthOf({ pageLimits }: Endpoint, parameters: Parameters): Width {
  const value = parameters.one('bucket_width') ?? '1d';
  const supported = Object.keys(pageLimits) as Width[];
  const width = supported.find((known) => known === value);
  if (width === undefined) throw unsupportedValue('bucket_width', value, supported);
  return width;
}

function limitOf({ pageLimits }: Endpoint, width: Width, parameters: Parameters): number {
  const { default: usual, max } = pageLimits[width] ?? { default: 1, max: 1 };
  const limit = parameters.integer('limit') ?? usual;
  if (limit < 1) throw belowMinimum('limit', 1, limit);
  if (limit <= max) return limit;
  const message = `Invalid 'limit': integer above maximum value. Expected a value <= ${max}, but got ${limit} instead.`;
  throw new Refusal(400, message, { param: 'limit', code: 'integer_above_max_value' });
}

function belowMinimum(param: string, minimum: number, value: number): Refusal {
  const message = `Invalid '${param}': integer below minimum value. Expected a value >= ${minimum}, but got ${value} instead.`;
  return new Refusal(400, message, { param, code: 'integer_below_min_value' });
}

function groupingOf({ dimensions }: Endpoint, parameters: Parameters): readonly string[] {
  const supported = dimensions.map(({ name }) => name);
  const groupBy = parameters.list('group_by');
  for (const [index, name] of groupBy.entries()) {
    if (!supported.includes(name)) throw unsupportedValue(`group_by[${index}]`, name, supported);
  }
  return groupBy;
}

function conditionsOf({ name, matches, type, values }: Filter, parameters: Parameters): readonly Condition[] {
  if (type === 'boolean') {
    const value = parameters.one(name);
    if (value === undefined) return [];
    if (value !== 'true' && value !== 'false') throw unsupportedValue(name, value, ['true', 'false']);
    return [{ dimension: matches, values: [value === 'true'] }];
  }
  const wanted = parameters.list(name);
  for (const [index, value] of wanted.entries()) {
    if (values !== undefined && !values.includes(value)) throw unsupportedValue(`${name}[${index}]`, value, values);
  }
  return wanted.length === 0 ? [] : [{ dimension: matches, values: wanted }];
}

function checkHorizon(start: number, earliest: number | null): void {
  if (earliest === null || start >= earliest) return;
  throw startRefused(new Date(earliest * 1000));
}

function fingerprintOf({ path }: Endpoint, search: URLSearchParams): number {
  const others = [...search].filter(([name]) => name !== 'page').toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return hash32([path, ...others.flat()].join('\u0000'));
}

function cursorOf(parameters: Parameters, fingerprint: number): Cursor | null {
  const text = parameters.one('page');
  if (text === undefined) return null;
  const cursor = parseCursor(text);
  if (cursor?.fingerprint === fingerprint) return cursor;
  const message = "Invalid 'page': not a cursor of a request with these parameters.";
  throw new Refusal(400, message, { param: 'page', code: 'invalid_cursor' });
}
