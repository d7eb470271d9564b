import type { Store } from '../db/store.ts';
import { inSnapshot } from '../feed/cursor.ts';
import { discoveredCatalog } from '../feed/singer/catalog.ts';
import { bookmarksIn, chosenIn } from '../feed/singer/given.ts';
import { tapMessages } from '../feed/singer/messages.ts';
import type { Emit } from './changes.ts';

/** What a tap is given. */
export interface TapOptions {
  /** Text of the files; null where none was given. */
  readonly catalog: string | null;
  readonly state: string | null;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** The catalog of all streams, as JSON. */
export function discoverStreams(): string {
  return `${JSON.stringify(discoveredCatalog(), null, 2)}\n`;
}

/**
 * Emits the messages of a Singer tap. Gives false when the reader went away. Rejects with `arguments_invalid` for a
 * catalog or state that is none, `cursor_invalid` for a bookmark that is none, and errors of the database.
 */
export async function emitTap({ pool }: Pick<Store, 'pool'>, options: TapOptions, emit: Emit): Promise<boolean> {
  const request = { chosen: chosenIn(options.catalog), bookmarks: bookmarksIn(options.state), now: options.now };
  return await inSnapshot(pool, async (client, bound) => {
    for await (const messages of tapMessages(client, bound, request)) {
      options.signal.throwIfAborted();
      if (!(await emit(messages))) return false;
    }
    return true;
  });
}
