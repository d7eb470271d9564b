import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { toEtlError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { createClient } from '../../src/openai/client.ts';

const adminKey = 'sk-admin-REDIRECT0123456789';

let api: Server;
let stranger: Server;
let seenByStranger: string[];
let answer: { readonly status: number; readonly location: string };

beforeEach(async () => {
  seenByStranger = [];
  stranger = createServer((request, response) => {
    seenByStranger.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.end('{}');
  });
  api = createServer((_request, response) => {
    response.writeHead(answer.status, { location: answer.location }).end();
  });
  await Promise.all(
    [stranger, api].map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  );
});

afterEach(async () => {
  await Promise.all([stranger, api].map((server) => new Promise((resolve) => server.close(resolve))));
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the key', () => {
  it.each([301, 302, 303, 307, 308])(
    'follows no redirect (%i), to another host, another port or back',
    async (status) => {
      const client = createClient({
        baseUrl: `http://127.0.0.1:${portOf(api)}/v1`,
        adminKey,
        concurrency: 1,
        retryTotalSeconds: 1,
        clock: systemClock,
        log: silentLog,
      });
      try {
        for (const host of [`localhost:${portOf(stranger)}`, `127.0.0.1:${portOf(stranger)}`]) {
          for (const location of [`http://${host}/v1/organization/costs`, `//${host}/v1/organization/costs`]) {
            answer = { status, location };
            const failure = await client
              .request('/organization/costs', 'limit=1', {
                hardMaxBytes: 1000,
                signal: new AbortController().signal,
                optional: false,
                decode: JSON.parse,
              })
              .then(() => null, toEtlError);
            expect(failure?.code).toBe('request_refused');
            expect(failure?.message).not.toContain(host);
          }
        }
        expect(seenByStranger).toEqual([]);
      } finally {
        await client.close();
      }
    },
  );
});

/** The base URL as the configuration reads it, or 'refused'. */
function baseUrlOf(text: string): string {
  try {
    return loadConfig({ env: { OPENAI_ADMIN_KEY: adminKey, OPENAI_BASE_URL: text }, cwd: '/', configFile: null })
      .baseUrl;
  } catch (thrown) {
    if (thrown instanceof ConfigError && thrown.exit === 2) return 'refused';
    throw thrown;
  }
}

describe('the base URL', () => {
  it.each([
    'https://api.openai.com/v1',
    'http://localhost:8080/v1',
    'http://127.0.0.1:8080/v1',
    'http://127.8.9.1/v1',
    'http://[::1]:8080/v1',
    'http://[0:0:0:0:0:0:0:1]/v1',
    'http://127.1/v1',
  ])('may be %s', (text) => {
    expect(baseUrlOf(text)).toBe(text);
  });

  it.each([
    'http://api.openai.com/v1',
    'http://localhost.evil.example/v1',
    'http://evil.example/localhost/v1',
    'http://127.0.0.1.evil.example/v1',
    'http://127.0.0.1@evil.example/v1',
    'http://127.0.0.1:80@evil.example/v1',
    'http://evil.example#@127.0.0.1/v1',
    'http://evil.example\\@127.0.0.1/v1',
    'https://me@api.openai.com/v1',
    'https://me:secret@api.openai.com/v1',
    'https://api.openai.com/v1?key=1',
    'http://0.0.0.0/v1',
    'http://[::]/v1',
    'http://[::ffff:10.0.0.1]/v1',
    'http://10.0.0.1/v1',
    'ftp://127.0.0.1/v1',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'api.openai.com/v1',
    '//api.openai.com/v1',
  ])('may not be %s', (text) => {
    expect(baseUrlOf(text)).toBe('refused');
  });
});
