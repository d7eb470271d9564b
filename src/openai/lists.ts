import { listPath } from '../catalog/directory/index.ts';
import type { DirectoryList } from '../catalog/directory/list.ts';
import { EtlError } from '../errors.ts';
import type { Client } from './client.ts';

/** What following a list's pages needs to know of one. */
export interface DecodedListPage<E extends { readonly id: string }> {
  readonly entries: readonly E[];
  readonly hasMore: boolean;
  /** What to ask for the next page with; null when the page does not say. */
  readonly after: string | null;
}

/** A list as one chain of requests reads it. */
export interface ListRequest {
  readonly list: DirectoryList;
  /** The project or group whose list it is; null for one of the whole organization. */
  readonly scopeId: string | null;
  readonly signal: AbortSignal;
}

/** Names are worth less waiting than numbers: what fails this long is left for the next time. */
const patienceSeconds = 120;

const hardMaxBytes = 64 * 1024 * 1024;

/** Pages in a row that may bring nothing new. */
const idlePages = 4;
const mostPages = 10_000;

/**
 * Reads a list to its end, every entry once. Throws contract_broken for a chain that cannot be followed to its end,
 * dataset_unavailable or key_rejected where the API does not give the list, and what else a request throws.
 */
export async function readList<E extends { readonly id: string }>(
  client: Client,
  { list, scopeId, signal }: ListRequest,
  decode: (text: string) => DecodedListPage<E>,
): Promise<readonly E[]> {
  const path = listPath(list, scopeId);
  const entries = new Map<string, E>();
  const cursors = new Set<string>();
  const broken = (what: string) => new EtlError('contract_broken', `${path}: ${what}`);
  let idle = 0;
  let after: string | null = null;
  do {
    const query: string = listQuery(list, after);
    const options = { hardMaxBytes, retryTotalSeconds: patienceSeconds, signal, optional: true, decode };
    const page: DecodedListPage<E> = await client.request(path, query, options);
    const known = entries.size;
    // The first of two readings of an id: whoever was shifted to the next page meanwhile is the same.
    for (const entry of page.entries) if (!entries.has(entry.id)) entries.set(entry.id, entry);
    if (!page.hasMore) return [...entries.values()];
    after = page.after;
    idle = entries.size === known ? idle + 1 : 0;
    if (after === null) throw broken('has_more without a cursor');
    if (cursors.has(after)) throw broken('a cursor repeats');
    if (idle >= idlePages || cursors.size >= mostPages) throw broken('pages without an end');
    cursors.add(after);
  } while (after !== null);
  return [...entries.values()];
}

function listQuery({ parameters, pageEntries }: DirectoryList, after: string | null): string {
  const query = new URLSearchParams({ ...parameters, limit: String(pageEntries) });
  if (after !== null) query.set('after', after);
  return query.toString();
}
