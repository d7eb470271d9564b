import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Dispatcher, errors, request } from 'undici';
import { createDispatcher } from '../dispatcher.ts';
import { EtlError } from '../errors.ts';

/** How long the network may be silent, in seconds. */
export interface Timeouts {
  /** To establish a connection. */
  readonly connectSeconds: number;
  /** From the request to the head of the answer. */
  readonly headersSeconds: number;
  /** Between two pieces of a body. */
  readonly bodyIdleSeconds: number;
}

/** The costs endpoint takes about five seconds a call; a large organization's page is allowed many times that. */
export const defaultTimeouts: Timeouts = { connectSeconds: 10, headersSeconds: 120, bodyIdleSeconds: 60 };

/** An answer whose body has not been read. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** Why there is no whole answer. */
export interface Failure {
  /** Stable: what the error calls itself. */
  readonly code: string;
  readonly message: string;
}

/** The one way to the network. */
export interface Transport {
  /** Sends one GET. Follows no redirect, repeats nothing. Rejects with what undici raises, or the signal's reason. */
  get(path: string, query: string, signal: AbortSignal): Promise<Answer>;
  /** Drops every connection. */
  close(): Promise<void>;
}

interface TransportOptions {
  /** Ends in `/v1`, without a trailing slash. */
  readonly baseUrl: string;
  readonly adminKey: string;
  readonly timeouts: Timeouts;
  /** Used in place of an own one; its owner closes it. */
  readonly dispatcher?: Dispatcher | undefined;
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** What a header can carry; a line break inside a key would otherwise look like a defect of this program. */
const sendableKey = /^[\x21-\x7e]+$/;

/** A transport to one organization's API, through the proxy that the standard environment variables name. */
export function createTransport({ baseUrl, adminKey, timeouts, dispatcher }: TransportOptions): Transport {
  const used = dispatcher ?? createDispatcher(new URL(baseUrl).hostname, timeouts.connectSeconds * 1000);
  const options = {
    dispatcher: used,
    headersTimeout: timeouts.headersSeconds * 1000,
    bodyTimeout: timeouts.bodyIdleSeconds * 1000,
    headers: {
      authorization: `Bearer ${adminKey}`,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': `openai-usage-etl/${version}`,
    },
  };
  return {
    get: async (path, query, signal) => {
      if (!sendableKey.test(adminKey)) throw new EtlError('key_rejected', 'the admin key holds characters no key has');
      const url = `${baseUrl}${path}${query === '' ? '' : `?${query}`}`;
      const { statusCode, headers, body } = await request(url, { ...options, signal });
      return { status: statusCode, headers, body };
    },
    close: async () => {
      if (dispatcher === undefined) await used.destroy();
    },
  };
}

/** What the network, undici or zlib raised; null for anything else that was thrown. */
export function failureOf(thrown: unknown): Failure | null {
  if (!(thrown instanceof Error)) return null;
  const { message } = thrown;
  if ('code' in thrown && typeof thrown.code === 'string') return { code: thrown.code, message };
  // It has a code for some of what is not HTTP only.
  return thrown instanceof errors.HTTPParserError ? { code: 'HTTPParserError', message } : null;
}
