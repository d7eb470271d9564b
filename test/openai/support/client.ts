import { onTestFinished } from 'vitest';
import { createLog, type Log } from '../../../src/log.ts';
import { type Client, type ClientOptions, createClient, type RequestOptions } from '../../../src/openai/client.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

/** The key that must never be seen anywhere but in the Authorization header. */
export const adminKey = 'sk-admin-5Fq1T9zX_secretKeyOfTheTests';

/** A client under test, with everything it says and waits. */
export interface TestClient {
  readonly client: Client;
  readonly clock: FakeClock;
  readonly log: Log;
  /** Every line logged so far, at level trace. */
  readonly lines: readonly string[];
}

/** A client of a server on loopback, with a clock that makes waits instant and no jitter. */
export function testClient(baseUrl: string, options: Partial<ClientOptions> = {}): TestClient {
  const clock = fakeClock('2026-11-23T12:00:00Z');
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
  };
  const log = createLog('trace', { write });
  const client = createClient({
    baseUrl,
    adminKey,
    concurrency: 4,
    retryTotalSeconds: 900,
    clock,
    log,
    random: () => 0.5,
    ...options,
  });
  onTestFinished(() => client.close());
  return { client, clock, log, lines };
}

/** Request options that parse JSON and ask for nothing special. */
export function plain(more: Partial<RequestOptions<unknown>> = {}): RequestOptions<unknown> {
  return {
    hardMaxBytes: 1_000_000,
    signal: new AbortController().signal,
    optional: false,
    decode: (text) => JSON.parse(text),
    ...more,
  };
}
