import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { S3Client, S3Errors } from '@bradenmacdonald/s3-lite-client';
import type { Clock } from '../clock.ts';
import { guardFetchTo } from '../dispatcher.ts';
import { EtlError } from '../errors.ts';
import { bucketFailure, isMissing, isTransient } from './bucket-failure.ts';
import { raiseUnusable } from './folder.ts';
import { manifestPath } from './manifest.ts';
import { markerPath, markerText, type Published, type Target } from './target.ts';

/** How to reach an S3-compatible storage, and with whose rights. */
export interface ObjectStorage {
  /** Without the bucket; path style. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials; null for lasting ones. */
  readonly sessionToken: string | null;
}

/** A bucket, and what the names of its objects begin with: empty, or ending in a slash. */
export interface BucketPlace {
  readonly bucket: string;
  readonly prefix: string;
}

/** Four of these are in memory while a file is sent; S3 takes 10,000 of them, which is 160 GB a file. */
const partBytes = 16 * 1024 * 1024;

/** A bucket of S3-compatible storage as a target. Files are written to a local folder first. */
export function bucketTarget(
  { bucket, prefix }: BucketPlace,
  storage: ObjectStorage,
  clock: Pick<Clock, 'sleep'>,
): Target {
  guardFetchTo(storage.endpoint);
  const client = new S3Client({
    endPoint: storage.endpoint,
    region: storage.region,
    bucket,
    accessKey: storage.accessKeyId,
    secretKey: storage.secretAccessKey,
    ...(storage.sessionToken !== null && { sessionToken: storage.sessionToken }),
    pathStyle: true,
  });
  const shown = `s3://${bucket}/${prefix}`;
  const key = (path: string) => `${prefix}${path}`;
  const asked = <T>(work: () => Promise<T>): Promise<T> =>
    persistently(work, clock).catch((thrown) => {
      throw bucketFailure(shown, thrown);
    });
  const existing = <T>(work: () => Promise<T>): Promise<T | null> =>
    asked(() =>
      work().catch((thrown: unknown) => {
        if (isMissing(thrown)) return null;
        throw thrown;
      }),
    );
  const published = () =>
    existing(async () => {
      const response = await client.getObject(key(manifestPath));
      return { text: await response.text(), version: response.headers.get('etag') ?? '' };
    });
  let aside: string | null = null;
  return {
    shown,
    identity: `${storage.endpoint} ${shown}`,
    published,
    prepare: async () => {
      await claim(client, prefix, shown, asked);
      aside = await mkdtemp(join(tmpdir(), 'usage-etl-export-')).catch((thrown) => raiseUnusable(tmpdir(), thrown));
      return aside;
    },
    put: async (localFile, path) => {
      const { size } = await stat(localFile);
      await asked(() => client.putObject(key(path), webStream(localFile), { size, partSize: partBytes }));
      await unlink(localFile);
    },
    publish: async (text, found) => {
      const present = await published();
      if (present?.version !== found?.version) throw overtaken(shown);
      await asked(() => replace(client, key(manifestPath), text, found, shown));
    },
    list: () =>
      asked(async () => {
        const objects = await Array.fromAsync(client.listObjects({ prefix: `${prefix}dataset=` }));
        return objects.map((object) => object.key.slice(prefix.length));
      }),
    remove: async (paths) => {
      for (const path of paths) await existing(() => client.deleteObject(key(path)));
    },
    read: async (path) => {
      const response = await existing(() => client.getObject(key(path)));
      return response === null ? null : (response.body ?? Readable.from([]));
    },
    close: async () => {
      if (aside !== null) await rm(aside, { recursive: true, force: true });
    },
  };
}

type Asked = <T>(work: () => Promise<T>) => Promise<T>;

/** An empty prefix becomes ours; one that holds anything without saying so stays untouched. */
async function claim(client: S3Client, prefix: string, shown: string, asked: Asked): Promise<void> {
  const names = await asked(async () => {
    const objects = await Array.fromAsync(client.listObjects({ prefix, maxResults: 1000 }));
    return objects.map((object) => object.key.slice(prefix.length));
  });
  if (names.includes(manifestPath) || names.includes(markerPath)) return;
  if (names.length > 0) throw new EtlError('target_foreign', `${shown} holds other objects and no ${manifestPath}`);
  await asked(() => client.putObject(`${prefix}${markerPath}`, markerText));
}

/**
 * One PUT, on the condition that nobody was quicker. A storage that knows no conditions ignores them or says so; there,
 * the look right before it must do.
 */
async function replace(
  client: S3Client,
  objectName: string,
  text: string,
  found: Published | null,
  shown: string,
): Promise<void> {
  const put = (condition: Readonly<Record<string, string>>) =>
    client.makeRequest({
      method: 'PUT',
      objectName,
      payload: text,
      headers: new Headers({ 'content-type': 'application/json', ...condition }),
    });
  try {
    await put(found === null ? { 'if-none-match': '*' } : { 'if-match': found.version });
  } catch (thrown) {
    if (!(thrown instanceof S3Errors.ServerError)) throw thrown;
    if (thrown.statusCode === 412 || thrown.statusCode === 409) throw overtaken(shown);
    if (thrown.statusCode !== 501) throw thrown;
    await put({});
  }
}

function overtaken(shown: string): EtlError {
  return new EtlError('target_busy', `another export has written ${shown} meanwhile`);
}

function webStream(file: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array<ArrayBuffer>>;
}

const pausesMs = [500, 2_000, 5_000];

/** Tries again what may succeed the next time. Every request may be sent twice: the same bytes under the same name. */
async function persistently<T>(work: () => Promise<T>, clock: Pick<Clock, 'sleep'>): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await work();
    } catch (thrown) {
      if (!isTransient(thrown)) throw thrown;
      await clock.sleep(pauseMs);
    }
  }
  return work();
}
