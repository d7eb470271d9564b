import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { S3Client } from '@bradenmacdonald/s3-lite-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { systemClock } from '../../src/clock.ts';
import { bucketTarget } from '../../src/export/bucket.ts';
import { livePaths, parseManifest } from '../../src/export/manifest.ts';
import type { ExportPlace } from '../../src/run/export.ts';
import { run } from '../cli/command.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import { openDuckDb } from './duckdb.ts';
import { checked, exported, newFolder } from './places.ts';
import { compared, duckDbLines, nothingBut, storedLines } from './rows.ts';
import { bucketName, openStorage, refuse, secret, type TestStorage } from './storage.ts';

let nights: Nights;
let storage: TestStorage;

beforeAll(async () => {
  storage = await openStorage();
  nights = await liveThroughNights({ datasets: [completions, costs], days: 40 });
  await nights.sync();
}, 120_000);
afterAll(async () => {
  await nights.close();
  await storage.close();
});

function client(): S3Client {
  return new S3Client({
    endPoint: storage.endpoint,
    region: 'us-east-1',
    bucket: bucketName,
    accessKey: 'S3RVER',
    secretKey: secret,
  });
}

function placed(place: ExportPlace) {
  if (place.kind !== 'bucket') throw new Error('the place is no bucket');
  return place;
}

const prefix = 'openai/usage/';

async function keys(): Promise<readonly string[]> {
  const objects = await Array.fromAsync(client().listObjects({ prefix }));
  return objects.map(({ key }) => key.slice(prefix.length)).sort();
}

async function manifest() {
  return parseManifest(await (await client().getObject(`${prefix}manifest.json`)).text(), 'the bucket');
}

/** Copies what the manifest names to a folder, as a reader would. */
async function downloaded(): Promise<string> {
  const folder = newFolder();
  for (const path of livePaths(await manifest())) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), await (await client().getObject(`${prefix}${path}`)).bytes());
  }
  return folder;
}

describe('an export to a bucket', () => {
  it('equals the store, and holds nothing but what the manifest names', async () => {
    await exported(nights, storage.place(), { names: ['completions', 'costs'], full: true });
    expect(await keys()).toEqual(['.usage-etl-export', ...livePaths(await manifest()), 'manifest.json'].sort());
    expect(await checked(nights, storage.place())).toMatchObject({ status: 'equal' });
    const [ask, folder] = [await openDuckDb(), await downloaded()];
    for (const stream of (await manifest()).streams) {
      const stored = await storedLines(nights.database.pool, stream);
      expect(compared(await duckDbLines(ask, folder, stream), stored), stream.name).toEqual(nothingBut(stored));
    }
  }, 60_000);

  it('goes on from the one before: only changed partitions are sent, and the files of before stay for their readers', async () => {
    await exported(nights, storage.place(), { names: ['completions', 'costs'] });
    const before = livePaths(await manifest());
    nights.simulator.restate([{ dataset: 'completions', day: daysBack(nights, 2), kind: 'scale', factor: 1.25 }]);
    nights.clock.advance(24 * 3_600_000);
    await nights.sync();
    const since = storage.requests.length;
    const { files_written } = await exported(nights, storage.place());
    const sent = storage.requests.slice(since).filter((line) => line.startsWith('PUT') && line.includes('dataset'));
    expect(sent).toHaveLength(files_written);
    expect(await keys()).toEqual(expect.arrayContaining((await manifest()).retired));
    expect(await checked(nights, storage.place())).toMatchObject({ status: 'equal' });
    const { files_removed } = await exported(nights, storage.place());
    expect(files_removed).toBeGreaterThan(0);
    const held = new Set(await keys());
    expect([...before].filter((path) => !held.has(path)).length).toBe(files_removed);
  }, 60_000);

  it('replaces the manifest only where it is the one that was read, and leaves the other export alone', async () => {
    await exported(nights, storage.place(), { names: ['completions', 'costs'] });
    const present = await manifest();
    const conditions: (string | string[] | undefined)[] = [];
    storage.intercept((request, response) => {
      if (request.method !== 'PUT' || !request.url?.endsWith('manifest.json')) return false;
      conditions.push(request.headers['if-match']);
      return refuse(response, 412, 'PreconditionFailed');
    });
    await expect(exported(nights, storage.place())).rejects.toMatchObject({ code: 'target_busy', exit: 75 });
    expect(conditions).toEqual([expect.stringMatching(/^"[0-9a-f]{32}"$/)]);
    expect(await manifest()).toEqual(present);
  }, 60_000);

  it('is published without a condition where the storage says that it knows none', async () => {
    await exported(nights, storage.place(), { names: ['completions', 'costs'] });
    storage.intercept((request, response) =>
      request.method === 'PUT' && request.headers['if-match'] !== undefined
        ? refuse(response, 501, 'NotImplemented')
        : false,
    );
    const { exported_at } = await exported(nights, storage.place());
    expect((await manifest()).exported_at).toBe(exported_at);
  }, 60_000);

  it.each([301, 302, 303, 307, 308])(
    'is not sent to where the storage redirects to (%i): nor the rows, nor the session token',
    async (status) => {
      const seen: string[] = [];
      const stranger = createServer((request, response) => {
        seen.push(`${request.method} ${request.headers['x-amz-security-token']}`);
        request.resume();
        response.end();
      });
      await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => new Promise((resolve) => stranger.close(() => resolve())));
      const { port } = stranger.address() as AddressInfo;
      storage.intercept((request, response) => {
        if (request.method !== 'PUT') return false;
        request.resume();
        response.writeHead(status, { location: `http://127.0.0.1:${port}${request.url}` }).end();
        return true;
      });
      const place = placed(storage.place());
      const withToken = { ...place, storage: { ...place.storage, sessionToken: 'a-session-token' } };
      await expect(exported(nights, withToken, { names: ['costs'], full: true })).rejects.toMatchObject({
        code: 'target_unusable',
        remedy: expect.stringContaining('AWS_ENDPOINT_URL_S3'),
      });
      expect(seen).toEqual([]);
    },
    60_000,
  );

  it('tries again what the storage is too busy for', async () => {
    let refused = 0;
    storage.intercept((request, response) => {
      if (request.method !== 'PUT' || refused >= 2) return false;
      refused += 1;
      request.resume();
      return refuse(response, 503, 'SlowDown');
    });
    await exported(nights, storage.place(), { names: ['costs'], full: true });
    expect(refused).toBe(2);
    expect(await checked(nights, storage.place())).toMatchObject({ status: 'equal' });
  }, 60_000);
});

describe('a file of many megabytes', () => {
  it('is sent in parts and comes back byte for byte', async () => {
    const { bucket, storage: settings } = placed(storage.place());
    const target = bucketTarget({ bucket, prefix: 'large/' }, settings, systemClock);
    const local = join(await target.prepare(), 'large');
    const content = randomBytes(40 * 1024 * 1024);
    await writeFile(local, content);
    await target.put(local, 'dataset=costs/part-0123456789abcdef.parquet');
    expect(storage.requests.filter((line) => line.includes('partNumber='))).toHaveLength(3);
    const found = await target.read('dataset=costs/part-0123456789abcdef.parquet');
    expect(content.equals(Buffer.concat(await Array.fromAsync(found ?? [])))).toBe(true);
    expect(await target.read('dataset=costs/part-fedcba9876543210.parquet')).toBeNull();
    await target.close();
  }, 60_000);
});

describe('a bucket that cannot be exported to', () => {
  it.each([
    ['has no such name', (held: TestStorage) => held.place('nowhere'), /NoSuchBucket/],
    [
      'is asked with a wrong secret',
      (held: TestStorage) => held.place(bucketName, 'wrong-secret'),
      /SignatureDoesNotMatch/,
    ],
  ])('%s: one error with what to do, and no secret in it', async (_what, place, message) => {
    const failure = await exported(nights, place(storage)).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'target_unusable', exit: 1, message: expect.stringMatching(message) });
    expect(JSON.stringify([String(failure), failure])).not.toMatch(/wrong-secret|S3RVER/);
  });

  it('has expired credentials: nothing of it is published, what was there stays', async () => {
    await exported(nights, storage.place(), { names: ['costs'], full: true });
    const [held, present] = [await keys(), await manifest()];
    let sent = 0;
    storage.intercept((request, response) => {
      if (request.method !== 'PUT') return false;
      sent += 1;
      return sent > 1 ? refuse(response, 400, 'ExpiredToken') : false;
    });
    const failure = exported(nights, storage.place(), { names: ['costs', 'completions'] });
    await expect(failure).rejects.toMatchObject({
      code: 'target_unusable',
      remedy: expect.stringContaining('AWS_SESSION_TOKEN'),
    });
    expect([await keys(), await manifest()]).toEqual([held, present]);
  }, 60_000);

  it('holds something else and stays untouched', async () => {
    const place = { ...storage.place(), prefix: 'photos/' };
    await client().putObject('photos/cat.jpg', 'meow');
    await expect(exported(nights, place)).rejects.toMatchObject({ code: 'target_foreign' });
    const objects = await Array.fromAsync(client().listObjects({ prefix: 'photos/' }));
    expect(objects.map(({ key }) => key)).toEqual(['photos/cat.jpg']);
  });
});

describe('usage-etl export to a bucket', () => {
  it('takes endpoint and credentials from the variables of AWS, and shows none of them', async () => {
    const env = {
      DATABASE_URL: nights.database.url,
      AWS_ENDPOINT_URL_S3: storage.endpoint,
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'not-the-secret',
      AWS_SESSION_TOKEN: 'a-session-token',
      LOG_LEVEL: 'trace',
    };
    const refused = await run(['export', 'costs', '--out', `s3://${bucketName}/other`], { env });
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('SignatureDoesNotMatch');
    const { exit, stdout, stderr } = await run(['export', 'costs', '--out', `s3://${bucketName}/other`], {
      env: { ...env, AWS_SECRET_ACCESS_KEY: secret },
    });
    expect({ exit, stderr }).toMatchObject({ exit: 0 });
    expect(`${refused.stdout}${refused.stderr}${stdout}${stderr}`).not.toMatch(/not-the-secret|a-session-token|S3RVER/);
  }, 60_000);

  it('names every variable that is missing or wrong at once', async () => {
    const env = { DATABASE_URL: nights.database.url, AWS_ENDPOINT_URL_S3: 'http://storage.example.com' };
    const { exit, stderr } = await run(['export', '--out', 's3://lake'], { env });
    expect(exit).toBe(2);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_ENDPOINT_URL_S3'])
      expect(stderr).toContain(name);
  });
});
