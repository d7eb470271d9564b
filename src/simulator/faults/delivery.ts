import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../../clock.ts';
import type { DeliveryEffect } from './fault.ts';

/** What is to be sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** Bodies of more bytes are compressed for clients that accept it. */
const compressAboveBytes = 1000;

const compress = promisify(gzip);

/** Sends an answer, whole or as the effect has it. Resolves with the status that went out, null when none did. */
export async function deliver(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  effect: DeliveryEffect | null,
  clock: Clock,
): Promise<number | null> {
  if (effect === null) return await send(request, response, answer);
  switch (effect.kind) {
    case 'delay':
      await clock.sleep(effect.milliseconds);
      return await send(request, response, answer);
    case 'invalid-json':
      return await send(request, response, { ...answer, body: `${answer.body.slice(0, -1)},` });
    case 'html-200':
      return sendBytes(response, 200, { 'content-type': 'text/html' }, Buffer.from(loginPage));
    case 'gzip-garbage':
      return sendBytes(
        response,
        answer.status,
        { ...json(answer), 'content-encoding': 'gzip' },
        Buffer.from(answer.body),
      );
    case 'padded':
      return await send(request, response, { ...answer, body: answer.body.padEnd(effect.bytes) });
    case 'stall-headers':
      return null;
    case 'reset-before-headers':
      response.socket?.resetAndDestroy();
      return null;
    default:
      return sendHalf(response, answer, effect);
  }
}

const loginPage = '<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>';

function json({ headers }: Answer): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', ...headers };
}

async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<number> {
  const body = Buffer.from(answer.body);
  const accepts = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (!accepts || body.length <= compressAboveBytes) return sendBytes(response, answer.status, json(answer), body);
  const headers = { ...json(answer), 'content-encoding': 'gzip', vary: 'accept-encoding' };
  return sendBytes(response, answer.status, headers, await compress(body, { level: 1 }));
}

function sendBytes(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): number {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
  return status;
}

type HalfEffect = Extract<DeliveryEffect, { kind: 'reset-mid-body' | 'stall-body' | 'cut-short' }>;

function sendHalf(response: ServerResponse, answer: Answer, effect: HalfEffect): number {
  const body = Buffer.from(answer.body);
  const half = body.subarray(0, Math.ceil(body.length / 2));
  const lacksLength = effect.kind === 'cut-short' && !effect.contentLength;
  // Without a length the end of the connection is the end of the body, so that nothing tells it was cut.
  if (lacksLength) response.useChunkedEncodingByDefault = false;
  response.writeHead(answer.status, {
    ...json(answer),
    ...(lacksLength ? { connection: 'close' } : { 'content-length': body.length }),
  });
  response.write(half, () => {
    if (effect.kind === 'reset-mid-body') response.socket?.resetAndDestroy();
    if (effect.kind === 'cut-short') response.socket?.end();
  });
  return answer.status;
}
