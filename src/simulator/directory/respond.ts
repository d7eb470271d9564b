import { directoryLists } from '../../catalog/directory/index.ts';
import type { DirectoryList } from '../../catalog/directory/list.ts';
import { type Parameters, readParameters } from '../request/parameters.ts';
import { Refusal } from '../request/refusal.ts';
import type { Directory } from './directory.ts';
import { type Entry, entriesOf } from './entries.ts';

/** A request for a list, by its path. */
export interface ListTarget {
  readonly list: DirectoryList;
  readonly scopeId: string | null;
}

/** The list at a path; null where there is none. */
export function listAt(path: string): ListTarget | null {
  for (const list of directoryLists) {
    const [before = '', after] = list.path.split('{scope}');
    if (after === undefined && path === before) return { list, scopeId: null };
    if (after === undefined || !path.startsWith(before) || !path.endsWith(after)) continue;
    const scopeId = path.slice(before.length, path.length - after.length);
    if (scopeId !== '' && !scopeId.includes('/')) return { list, scopeId: decodeURIComponent(scopeId) };
  }
  return null;
}

/** Pages of every list hold at most so many entries, and so many where the request does not say. */
const limits: Readonly<Record<DirectoryList['cursor'], { readonly usual: number; readonly max: number }>> = {
  last_id: { usual: 20, max: 100 },
  last_entry: { usual: 20, max: 100 },
  next: { usual: 100, max: 1000 },
};

/** The JSON text of a page of a list at an instant (Unix seconds). Throws a Refusal. */
export function listPageText(directory: Directory, target: ListTarget, search: URLSearchParams, now: number): string {
  const { list } = target;
  const parameters = readParameters(search, ['after', 'limit', 'order', ...Object.keys(list.parameters)], []);
  const all = entriesOf(directory, target, parameters, now);
  const after = parameters.one('after');
  const start = after === undefined ? 0 : startAfter(list, all, after);
  const data = all.slice(start, start + limitOf(list, parameters));
  const hasMore = start + data.length < all.length;
  return JSON.stringify({ object: 'list', data, ...cursorsOf(list, data, hasMore), has_more: hasMore });
}

function limitOf({ cursor }: DirectoryList, parameters: Parameters): number {
  const { usual, max } = limits[cursor];
  const limit = parameters.integer('limit') ?? usual;
  if (limit >= 1 && limit <= max) return limit;
  const message = `Invalid 'limit': expected a value from 1 to ${max}, but got ${limit} instead.`;
  throw new Refusal(400, message, { param: 'limit', code: 'integer_out_of_range' });
}

function cursorsOf({ cursor }: DirectoryList, data: readonly Entry[], hasMore: boolean) {
  if (cursor === 'next') return { next: hasMore ? tokenOf(data.at(-1)) : null };
  return { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

/** What a group list calls next is opaque, and no id. */
function tokenOf(entry: Entry | undefined): string {
  return Buffer.from(`after ${entry?.id ?? ''}`).toString('base64url');
}

function startAfter({ cursor }: DirectoryList, all: readonly Entry[], after: string): number {
  const index = all.findIndex((entry) => (cursor === 'next' ? tokenOf(entry) : entry.id) === after);
  if (index !== -1) return index + 1;
  throw new Refusal(400, "Invalid 'after': no entry of this list.", { param: 'after', code: 'invalid_cursor' });
}
