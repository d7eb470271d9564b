import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sign } from 'aws4';
import S3rver from 's3rver';
import { onTestFinished } from 'vitest';
import type { ExportPlace } from '../../src/run/export.ts';

/** Answers a request in the storage's stead; false lets it through. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

/** An S3-compatible storage on loopback with one bucket. */
export interface TestStorage {
  readonly endpoint: string;
  /** Every request that came: its method and path with query. */
  readonly requests: readonly string[];
  /** What answers first from now on. */
  intercept(by: Intercept): void;
  place(bucket?: string, secretAccessKey?: string): ExportPlace;
  close(): Promise<void>;
}

export const bucketName = 'lake';
export const secret = 'S3RVER';

/**
 * Starts s3rver behind a server that does what s3rver does not: checks every signature by another library than signs
 * them, and gives answers of a test's own.
 */
export async function openStorage(): Promise<TestStorage> {
  const directory = await mkdtemp(join(tmpdir(), 'usage-etl-s3-'));
  const storage = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucketName }],
  });
  const { port } = await storage.run();
  const requests: string[] = [];
  let intercept: Intercept = () => false;
  const front = createServer((incoming, response) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    if (!isSigned(incoming)) {
      refuse(response, 403, 'SignatureDoesNotMatch');
      return;
    }
    if (intercept(incoming, response)) return;
    forward(port, incoming, response);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const address = front.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    endpoint,
    requests,
    intercept: (by) => {
      intercept = by;
      onTestFinished(() => {
        intercept = () => false;
      });
    },
    place: (bucket = bucketName, secretAccessKey = secret) => ({
      kind: 'bucket',
      bucket,
      prefix: 'openai/usage/',
      storage: { endpoint, region: 'us-east-1', accessKeyId: 'S3RVER', secretAccessKey, sessionToken: null },
    }),
    close: async () => {
      front.closeAllConnections();
      front.close();
      await storage.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Signs the headers that were signed once more, and compares. */
function isSigned({ method = '', url: path = '', headers }: IncomingMessage): boolean {
  const given = /SignedHeaders=(?<names>[^,]+), ?Signature=(?<signature>[0-9a-f]{64})$/.exec(
    headers.authorization ?? '',
  );
  const names = given?.groups?.['names']?.split(';') ?? [];
  const signed = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
  const anew = sign(
    { service: 's3', region: 'us-east-1', method, path, headers: signed },
    { accessKeyId: 'S3RVER', secretAccessKey: secret },
  );
  const wanted = String(anew.headers?.['Authorization']);
  return given?.groups?.['signature'] !== undefined && wanted.endsWith(`Signature=${given.groups['signature']}`);
}

function forward(port: number, incoming: IncomingMessage, response: ServerResponse): void {
  const outgoing = request(
    { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers: incoming.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}

/** Answers as S3 does when it refuses. */
export function refuse(response: ServerResponse, status: number, code: string): true {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
  return true;
}
