import { isAscii } from 'node:buffer';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { EtlError } from '../errors.ts';
import { PageTooLarge } from './signals.ts';
import { createScanner } from './structure.ts';

/** How much of a body is read, in bytes after decompression. */
export interface BodyLimits {
  /** Beyond it PageTooLarge is thrown, so that the caller can ask for less. Null: no such limit. */
  readonly softMaxBytes: number | null;
  /** Beyond it page_too_large is thrown. */
  readonly hardMaxBytes: number;
}

/** A body that is not what its headers claim. */
export class MalformedBody extends Error {
  override readonly name = 'MalformedBody';
}

/** Large enough that decompressing a page of megabytes does not become thousands of small chunks. */
const gunzipChunkBytes = 256 * 1024;

/**
 * Rows that differ at all do not compress to a hundredth: deflate repeats 258 bytes at most at once. What is small may,
 * such as a page of empty buckets.
 */
const mostRatio = 200;
const bytesOfAnyRatio = 64 * 1024 * 1024;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a whole body, decompressed. Throws PageTooLarge or page_too_large as soon as it passes a limit (the connection
 * is then dropped), contract_broken for what is JSON of no honest answer or was compressed to hide how large it is,
 * MalformedBody for an encoding that was not asked for, and whatever the stream raises.
 */
export async function readBody(body: Readable, encoding: string | undefined, limits: BodyLimits): Promise<Buffer> {
  switch (encoding?.trim().toLowerCase() ?? 'identity') {
    case '':
    case 'identity':
      return collect(body, limits);
    case 'gzip':
    case 'x-gzip':
      return gunzipped(body, limits);
    default:
      // Dropping a body that nobody reads raises an error that nobody else would catch.
      body.on('error', () => undefined).destroy();
      throw new MalformedBody('the body is in an encoding that was not asked for');
  }
}

/** The text of a body. Throws MalformedBody where it is not UTF-8. */
export function decodeText(bytes: Buffer): string {
  try {
    // Half the time, and nearly every page is.
    return isAscii(bytes) ? bytes.toString('latin1') : decoder.decode(bytes);
  } catch (cause) {
    throw new MalformedBody('the body is not UTF-8', { cause });
  }
}

async function gunzipped(body: Readable, limits: BodyLimits): Promise<Buffer> {
  const gunzip = createGunzip({ chunkSize: gunzipChunkBytes });
  const refuseBomb = (bytes: number) => {
    if (bytes <= bytesOfAnyRatio || bytes <= mostRatio * gunzip.bytesWritten) return;
    throw new EtlError(
      'contract_broken',
      `${gunzip.bytesWritten} compressed bytes grew to ${bytes}: none is that alike`,
    );
  };
  return pipeline(body, gunzip, (plain) => collect(plain, limits, refuseBomb));
}

async function collect(
  chunks: AsyncIterable<Buffer>,
  { softMaxBytes, hardMaxBytes }: BodyLimits,
  refuse: (bytes: number) => void = () => undefined,
): Promise<Buffer> {
  const collected: Buffer[] = [];
  const scan = createScanner();
  let bytes = 0;
  for await (const chunk of chunks) {
    collected.push(chunk);
    bytes += chunk.length;
    refuse(bytes);
    scan(chunk);
    if (softMaxBytes !== null && bytes > softMaxBytes) throw new PageTooLarge(bytes, countBuckets(collected));
    if (bytes > hardMaxBytes) throw new EtlError('page_too_large', `a page grew past ${hardMaxBytes} bytes`);
  }
  return Buffer.concat(collected, bytes);
}

/** A bucket begins with its start. The quotes keep `start_time_iso` out, and text inside a JSON string escapes them. */
const bucketKey = Buffer.from('"start_time"');

function countBuckets(chunks: readonly Buffer[]): number {
  const bytes = Buffer.concat(chunks);
  let count = 0;
  for (let at = bytes.indexOf(bucketKey); at !== -1; at = bytes.indexOf(bucketKey, at + bucketKey.length)) count += 1;
  return count;
}
