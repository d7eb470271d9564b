import type { PoolClient } from 'pg';
import { type ErrorCode, EtlError } from '../../errors.ts';
import { type Bound, type Cursor, checkCursor, formatCursor, parseCursor } from '../cursor.ts';
import { readRemovals, readUpserts } from '../read.ts';
import { changedXid, deletedAt, recordSchema } from './catalog.ts';
import type { Bookmark, Bookmarks, Chosen } from './given.ts';

/** What a tap is to read and what it knows already. */
export interface TapRequest {
  readonly chosen: readonly Chosen[];
  readonly bookmarks: Bookmarks;
  readonly now: Date;
}

/**
 * The messages of a tap: of each stream its schema, what has changed since its bookmark, and a state that says so. A
 * stream without a bookmark that is of use is read whole under a new version, which is activated at its end: a target
 * then drops what it has of older versions, or leaves it where it knows no versions. To be used in `inSnapshot`.
 */
export async function* tapMessages(client: PoolClient, bound: Bound, request: TapRequest): AsyncGenerator<string> {
  let { bookmarks } = request;
  for (const chosen of request.chosen) {
    const id = chosen.stream.table;
    const known = await usable(client, bookmarks[id]);
    yield line({
      type: 'SCHEMA',
      stream: id,
      schema: recordSchema(chosen.stream, chosen.columns),
      key_properties: chosen.stream.key,
      bookmark_properties: [changedXid],
    });
    const version = known?.version ?? Math.max(request.now.getTime(), (bookmarks[id]?.version ?? 0) + 1);
    yield* records(client, chosen, { since: known?.cursor.xid ?? null, bound }, version, request.now);
    if (known === null) yield line({ type: 'ACTIVATE_VERSION', stream: id, version });
    bookmarks = { ...bookmarks, [id]: { cursor: formatCursor(bound), version } };
    yield line({ type: 'STATE', value: { bookmarks } });
  }
}

async function* records(
  client: PoolClient,
  { stream, columns }: Chosen,
  { since, bound }: { readonly since: bigint | null; readonly bound: Bound },
  version: number,
  now: Date,
): AsyncGenerator<string> {
  const start = `{"type":"RECORD","stream":${JSON.stringify(stream.table)},"version":${version},"time_extracted":${JSON.stringify(now)},"record":`;
  for await (const removals of readRemovals(client, stream, { since, bound }, 'tap')) {
    yield removals
      .map(({ key, removedAt, xid }) => {
        const added = `"${changedXid}":${xid},"${deletedAt}":${JSON.stringify(removedAt)}`;
        return `${start}${key.slice(0, -1)},${added}}}\n`;
      })
      .join('');
  }
  // A whole table takes the place of another, so it must lack nothing: what the bound holds back comes twice instead.
  const range = since === null ? { since, bound: { ...bound, next: bound.xid } } : { since, bound };
  const asked = { columns, form: 'tap', xidColumn: changedXid, nullColumn: deletedAt } as const;
  for await (const upserts of readUpserts(client, stream, range, asked)) {
    yield upserts.map(({ row }) => `${start}${row}}\n`).join('');
  }
}

/** Where a stream goes on from; null when it has to be read whole. */
async function usable(
  client: PoolClient,
  bookmark: Bookmark | undefined,
): Promise<{ readonly cursor: Cursor; readonly version: number } | null> {
  const { cursor: text, version } = bookmark ?? {};
  if (typeof text !== 'string' || typeof version !== 'number') return null;
  const cursor = parseCursor(text);
  try {
    await checkCursor(client, cursor);
    return { cursor, version };
  } catch (thrown) {
    const expired: ErrorCode = 'cursor_expired';
    if (thrown instanceof EtlError && thrown.code === expired) return null;
    throw thrown;
  }
}

function line(message: object): string {
  return `${JSON.stringify(message)}\n`;
}
