import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { PoolClient } from 'pg';
import { raise } from '../db/database-error.ts';
import { EtlError } from '../errors.ts';
import type { FormedColumn } from './column.ts';
import { copyOut } from './copy-out.ts';
import { copyBatches } from './copy-rows.ts';
import { raiseUnusable } from './folder.ts';
import { type Sink, writeParquet } from './parquet.ts';
import { copySql, type Format } from './select-sql.ts';
import type { Source } from './source.ts';

/** What a written file holds. */
export interface WrittenFile {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What is to be written: a source, or one month of it. */
export interface Extract {
  readonly source: Source;
  readonly columns: readonly FormedColumn[];
  readonly format: Format;
  /** `YYYY-MM`; null for all of it. */
  readonly month: string | null;
}

/** What files are called by format; those of text are compressed by gzip, which every warehouse reads. */
export const extensions: Readonly<Record<Format, string>> = {
  parquet: 'parquet',
  csv: 'csv.gz',
  ndjson: 'ndjson.gz',
};

/**
 * A row group: readers skip whole ones, and the writer holds one in memory. So many rows of a wide table are some tens
 * of megabytes.
 */
const batchLimits = { batchRows: 16_384, batchBytes: 32 * 1024 * 1024 };

/** Closed to others until it is where it belongs. */
const privateMode = 0o600;

/** Writes an extract to a new local file. Rejects with database errors, and `target_unusable` where it cannot be written. */
export async function writeFile(
  client: PoolClient,
  extract: Extract,
  file: string,
  signal: AbortSignal,
): Promise<WrittenFile> {
  const refused = (thrown: unknown) => raiseUnusable(dirname(file), thrown);
  const handle = await open(file, 'wx', privateMode).catch(refused);
  const hash = createHash('sha256');
  let bytes = 0;
  const sink: Sink = async (chunk) => {
    hash.update(chunk);
    bytes += chunk.byteLength;
    await handle.writeFile(chunk).catch(refused);
  };
  try {
    const rows = await writeExtract(client, extract, sink, { compressed: true, signal });
    return { rows, bytes, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

/** Hands the bytes of an extract to a sink, and resolves with its number of rows. */
export async function writeExtract(
  client: PoolClient,
  { source, columns, format, month }: Extract,
  sink: Sink,
  { compressed, signal }: { readonly compressed: boolean; readonly signal: AbortSignal },
): Promise<number> {
  const copied = copyOut(client, copySql(source, columns, format, month));
  try {
    if (format === 'parquet') {
      await writeParquet(columns, stoppable(copyBatches(copied, columns, batchLimits), signal), sink);
    } else {
      const pour = async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) await sink(chunk);
      };
      await (compressed ? pipeline(copied, createGzip(), pour, { signal }) : pipeline(copied, pour, { signal }));
    }
    // The number of rows comes after the last of them.
    await client.query('select 1');
  } catch (failure) {
    signal.throwIfAborted();
    raise(failure);
  }
  return copied.rowCount;
}

/** Ends between two batches when the command is interrupted. */
async function* stoppable<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const item of items) {
    signal.throwIfAborted();
    yield item;
  }
}

/** Makes sure that a file holds as many rows as were counted in the same snapshot. Throws `internal`. */
export function requireRows(extract: Pick<Extract, 'source' | 'month'>, written: number, counted: number): void {
  if (written === counted) return;
  const what = `${extract.source.name}${extract.month === null ? '' : ` of ${extract.month}`}`;
  throw new EtlError('internal', `${what} has ${counted} rows, and ${written} were written`);
}
