import type { ClientBase } from 'pg';
import { type CopyToStreamQuery, to as copyTo } from 'pg-copy-streams';

/**
 * The bytes of a `COPY … TO STDOUT`. How long they take is the reader's affair: pg's time limit of a query goes on for a
 * COPY that has ended, because the stream does not tell it, and would fail whatever the connection does an hour later.
 */
export function copyOut(client: ClientBase, sql: string): CopyToStreamQuery {
  const stream: CopyToStreamQuery & { callback?: () => void } = client.query(copyTo(sql));
  stream.callback?.();
  return stream;
}
