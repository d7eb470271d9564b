import { type Store, toDatabaseError } from '../db/store.ts';
import { changeLines, cursorLine, failedLine } from '../feed/changes.ts';
import { checkCursor, formatCursor, inSnapshot, parseCursor } from '../feed/cursor.ts';
import { streamsNamed } from '../feed/streams.ts';

/** The last line of a feed that failed, in the place of the cursor. */
export function failureLine(failure: unknown): string {
  return failedLine(toDatabaseError(failure).code);
}

/** Takes some output; false when nobody reads it any more. */
export type Emit = (text: string) => Promise<boolean>;

/** What a reader of changes was given. */
export interface ChangesReport {
  readonly upserts: number;
  readonly removals: number;
  /** Null when the reader went away before the end. */
  readonly cursor: string | null;
}

/**
 * Emits every change since a cursor, or all there is, and the cursor to go on from as the last line. Rejects with
 * `cursor_invalid`, `cursor_expired`, `arguments_invalid` for a name, and errors of the database; then there is no such
 * line.
 */
export async function emitChanges(
  { pool }: Pick<Store, 'pool'>,
  { names, since, signal }: { names: readonly string[]; since: string | null; signal: AbortSignal },
  emit: Emit,
): Promise<ChangesReport> {
  const chosen = streamsNamed(names);
  const from = since === null ? null : parseCursor(since);
  const read = await inSnapshot(pool, async (client, bound) => {
    if (from !== null) await checkCursor(client, from);
    let [upserts, removals] = [0, 0];
    for await (const lines of changeLines(client, chosen, { since: from?.xid ?? null, bound })) {
      signal.throwIfAborted();
      if (!(await emit(lines.text))) return { upserts, removals, cursor: null };
      upserts += lines.upserts;
      removals += lines.removals;
    }
    return { upserts, removals, cursor: formatCursor(bound) };
  });
  if (read.cursor === null || (await emit(cursorLine(read.cursor)))) return read;
  return { ...read, cursor: null };
}
