import type { PoolClient } from 'pg';
import { type Range, readRemovals, readUpserts } from './read.ts';
import type { Stream } from './streams.ts';

/** Some lines of a feed, each ended, and how many there are. */
export interface Lines {
  readonly text: string;
  readonly upserts: number;
  readonly removals: number;
}

/**
 * Every change of some streams as lines of JSON: of each stream what is gone, then what is new or changed, one line a
 * key. To be used in `inSnapshot`, and to be followed by the line of the cursor once all of it is handed over.
 */
export async function* changeLines(
  client: PoolClient,
  streams: readonly Stream[],
  range: Range,
): AsyncGenerator<Lines> {
  for (const stream of streams) {
    const name = JSON.stringify(stream.name);
    for await (const removals of readRemovals(client, stream, range, 'text')) {
      const text = removals.map(
        ({ key, removedAt }) => `{"op":"remove","stream":${name},"key":${key},"removed_at":"${removedAt}"}\n`,
      );
      yield { text: text.join(''), upserts: 0, removals: removals.length };
    }
    const { columns } = stream;
    for await (const upserts of readUpserts(client, stream, range, { columns, form: 'text' })) {
      const text = upserts.map(({ key, row }) => `{"op":"upsert","stream":${name},"key":${key},"row":${row}}\n`);
      yield { text: text.join(''), upserts: upserts.length, removals: 0 };
    }
  }
}

/** The last line of a feed: where the next one goes on. */
export function cursorLine(cursor: string): string {
  return `${JSON.stringify({ op: 'cursor', cursor })}\n`;
}

/** The last line of a feed that failed; `code` is that of the error. */
export function failedLine(code: string): string {
  return `${JSON.stringify({ op: 'failed', code })}\n`;
}
