import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyHeader, copyTrailer } from './copy-format.ts';
import type { EncodedBucket } from './encode.ts';

/** Sends the tuples of buckets through one binary COPY statement. */
export async function copyBuckets(
  client: ClientBase,
  statement: string,
  buckets: readonly EncodedBucket[],
): Promise<void> {
  const tuples = buckets.filter(({ rowCount }) => rowCount > 0).map((bucket) => bucket.tuples);
  await copyTuples(client, statement, tuples);
}

/** Sends tuples through one binary COPY statement. */
export async function copyTuples(client: ClientBase, statement: string, tuples: readonly Buffer[]): Promise<void> {
  await pipeline(Readable.from([copyHeader, ...tuples, copyTrailer]), client.query(copyFrom(statement)));
}
