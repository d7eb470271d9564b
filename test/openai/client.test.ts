import { inspect } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EtlError } from '../../src/errors.ts';
import { PageTooLarge } from '../../src/openai/signals.ts';
import { adminKey, plain, testClient } from './support/client.ts';
import {
  type Answer,
  apiError,
  gzipped,
  hangUp,
  json,
  partial,
  reset,
  serve,
  serveInOrder,
  stall,
  text,
} from './support/server.ts';

const path = '/organization/costs';

describe('a request', () => {
  test('carries the key, the user agent and the query, and asks for gzip', async () => {
    const { baseUrl, received } = await serveInOrder(json({ fine: true }));
    const { client } = testClient(baseUrl);

    expect(await client.request(path, 'group_by%5B%5D=model&limit=1', plain())).toEqual({ fine: true });

    const [request] = received;
    expect(request?.path).toBe('/v1/organization/costs');
    expect(request?.query.getAll('group_by[]')).toEqual(['model']);
    expect(request?.headers.authorization).toBe(`Bearer ${adminKey}`);
    expect(request?.headers['accept-encoding']).toBe('gzip');
    expect(request?.headers['user-agent']).toMatch(/^openai-usage-etl\/\d+\.\d+\.\d+/);
  });

  test('without a query is sent without a question mark', async () => {
    const { baseUrl, received } = await serveInOrder(json([]));
    await testClient(baseUrl).client.request('/organization/projects', '', plain());
    expect(received[0]?.query.size).toBe(0);
  });

  test('understands gzip and counts the bytes it became', async () => {
    const body = { text: 'long '.repeat(1000) };
    const { baseUrl } = await serveInOrder(gzipped(body));
    const { client } = testClient(baseUrl);
    expect(await client.request(path, '', plain())).toEqual(body);
    expect(client.stats.bytes).toBe(JSON.stringify(body).length);
  });

  test('reads UTF-8, with a byte order mark and characters cut between packets', async () => {
    const bytes = Buffer.from('\uFEFF{"name":"Zoë 🦉"}');
    const { baseUrl } = await serveInOrder(
      partial({}, bytes.subarray(0, 15), (reply) => {
        reply.end(bytes.subarray(15));
      }),
    );
    expect(await testClient(baseUrl).client.request(path, '', plain())).toEqual({ name: 'Zoë 🦉' });
  });

  test('is logged with status, time, size and attempt', async () => {
    const { baseUrl } = await serveInOrder(json({}, 503), json({ a: 1 }));
    const { client, lines } = testClient(baseUrl);
    await client.request(path, '', plain());
    const logged = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
    expect(logged).toMatchObject([
      { path, status: 503, bytes: 0, attempt: 1 },
      { path, status: 200, bytes: 7, attempt: 2 },
    ]);
  });

  test('that is aborted while it waits for its answer rejects with the reason and is not repeated', async () => {
    const abort = new AbortController();
    const { baseUrl, received } = await serve(() => {
      abort.abort(new Error('enough'));
      return stall;
    });
    const { client } = testClient(baseUrl);
    await expect(client.request(path, '', plain({ signal: abort.signal }))).rejects.toThrow('enough');
    expect(received).toHaveLength(1);
  });

  test('that is aborted while its body arrives rejects with the reason', async () => {
    const abort = new AbortController();
    const { baseUrl } = await serveInOrder(partial({}, '{"a":', () => abort.abort(new Error('enough'))));
    const { client } = testClient(baseUrl);
    await expect(client.request(path, '', plain({ signal: abort.signal }))).rejects.toThrow('enough');
  });

  test('that is aborted during a wait rejects with the reason', async () => {
    const abort = new AbortController();
    const { baseUrl, received } = await serveInOrder(apiError(503, 'down'));
    const { client, clock } = testClient(baseUrl, {});
    const sleeping = clock.sleep;
    Object.assign(clock, {
      sleep: (milliseconds: number, signal: AbortSignal) => {
        abort.abort(new Error('enough'));
        return sleeping(milliseconds, signal);
      },
    });
    await expect(client.request(path, '', plain({ signal: abort.signal }))).rejects.toThrow('enough');
    expect(received).toHaveLength(1);
  });

  test('uses a dispatcher it is given and leaves it open', async () => {
    const dispatcher = new Agent();
    onTestFinished(() => dispatcher.destroy());
    const { baseUrl } = await serveInOrder(json(1));
    const { client } = testClient(baseUrl, { dispatcher });
    await client.request(path, '', plain());
    await client.close();
    expect(dispatcher.destroyed).toBe(false);
  });
});

describe('what passes is repeated until it succeeds:', () => {
  const cut = '{"data": [1, 2';
  const passing: readonly (readonly [string, Answer])[] = [
    ...[408, 409, 425, 429, 500, 502, 503, 504, 520, 529].map(
      (status) => [`status ${status}`, apiError(status, 'later')] as const,
    ),
    ['a 503 with a page of HTML', text('<html>down</html>', 503)],
    [
      'a 503 whose body is cut short',
      (reply) => {
        reply.writeHead(503, { 'content-length': '100' });
        reply.write('{"err', () => reply.destroy());
      },
    ],
    ['a reset before the headers', reset],
    ['a connection closed before the headers', hangUp],
    ['a reset in the middle of the body', partial({ 'content-length': '100' }, cut, reset)],
    ['a body shorter than its content-length', partial({ 'content-length': '100' }, cut, hangUp)],
    ['a chunked body without its end', partial({ 'transfer-encoding': 'chunked' }, cut, hangUp)],
    [
      'a body that ends with the connection, in the middle',
      (reply) => {
        reply.socket?.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n${cut}`);
      },
    ],
    ['JSON that breaks off', text(cut)],
    ['an empty body', text('')],
    [
      'a 204',
      (reply) => {
        reply.writeHead(204).end();
      },
    ],
    ['HTML with status 200', text('<!doctype html><title>Welcome</title>', 200, { 'content-type': 'text/html' })],
    ['bytes that are not UTF-8', text(Buffer.from('{"fine":"\xff"}', 'latin1'))],
    ['gzip that is garbage', text('{"not":"gzip"}', 200, { 'content-encoding': 'gzip' })],
    [
      'gzip that breaks off',
      text(gzipSync('{"a":"long text long text"}').subarray(0, 20), 200, { 'content-encoding': 'gzip' }),
    ],
    ['gzip with a wrong checksum', text(spoiled(gzipSync('{"a":1}')), 200, { 'content-encoding': 'gzip' })],
    ['gzip that does not say so', text(gzipSync('{"a":1}'))],
    ['an encoding nobody asked for', text(brotliCompressSync('{"a":1}'), 200, { 'content-encoding': 'br' })],
    [
      'bytes that are not HTTP',
      (reply) => {
        reply.socket?.end('SSH-2.0-OpenSSH_9.9\r\n');
      },
    ],
  ];

  test.each(passing)('%s', async (_, failing) => {
    const { baseUrl, received } = await serveInOrder(failing, json({ fine: true }));
    const { client } = testClient(baseUrl);
    expect(await client.request(path, '', plain())).toEqual({ fine: true });
    expect(received).toHaveLength(2);
    expect(client.stats).toMatchObject({ requests: 2, retries: 1 });
  });

  test('headers that never come', async () => {
    const { baseUrl, received } = await serveInOrder(stall, json({ fine: true }));
    const { client } = testClient(baseUrl, { timeouts: { headersSeconds: 0.1 } });
    expect(await client.request(path, '', plain())).toEqual({ fine: true });
    expect(received).toHaveLength(2);
  });

  test('a body that falls silent', async () => {
    const { baseUrl, received } = await serveInOrder(partial({}, cut, stall), json({ fine: true }));
    const { client } = testClient(baseUrl, { timeouts: { bodyIdleSeconds: 0.1 } });
    expect(await client.request(path, '', plain())).toEqual({ fine: true });
    expect(received).toHaveLength(2);
  });

  test('a compressed body that falls silent', async () => {
    const head = gzipSync('{"a":"text"}').subarray(0, 15);
    const answer = partial({ 'content-encoding': 'gzip' }, head, stall);
    const { baseUrl } = await serveInOrder(answer, json({ fine: true }));
    const { client } = testClient(baseUrl, { timeouts: { bodyIdleSeconds: 0.1 } });
    expect(await client.request(path, '', plain())).toEqual({ fine: true });
  });

  test('what the decoder calls a SyntaxError', async () => {
    const { baseUrl } = await serveInOrder(json({ object: 'other' }), json({ object: 'page' }));
    const decode = (body: string) => {
      if (!body.includes('page')) throw new SyntaxError('not a page');
      return body.length;
    };
    expect(await testClient(baseUrl).client.request(path, '', { ...plain(), decode })).toBe(17);
  });
});

describe('a request gives up', () => {
  test('after six attempts, with growing waits, saying what the API said', async () => {
    const { baseUrl, received } = await serveInOrder(apiError(503, 'The server is overloaded'));
    const { client, clock } = testClient(baseUrl);
    await expect(client.request(path, '', plain())).rejects.toMatchObject({
      code: 'api_unavailable',
      message: '/organization/costs answered 503: The server is overloaded; gave up after 6 attempts',
    });
    expect(received).toHaveLength(6);
    expect(clock.waits).toEqual([250, 500, 1000, 2000, 4000]);
    expect(client.stats).toMatchObject({ requests: 6, retries: 5, byStatus: { 503: 6 } });
  });

  test('on a server that is not there, after six attempts', async () => {
    const { baseUrl } = await serveInOrder(json(1));
    const nowhere = baseUrl.replace(/:\d+/, ':1');
    const { client } = testClient(nowhere);
    await expect(client.request(path, '', plain())).rejects.toMatchObject({
      code: 'api_unavailable',
      message: '/organization/costs: no complete answer (connect ECONNREFUSED 127.0.0.1:1); gave up after 6 attempts',
    });
    expect(client.stats).toMatchObject({ requests: 6, byStatus: {} });
  });

  test('on a missing endpoint after four slow attempts', async () => {
    const { baseUrl } = await serveInOrder(apiError(404, 'Not found'));
    const { client, clock } = testClient(baseUrl);
    await expect(client.request(path, '', plain())).rejects.toMatchObject({
      code: 'endpoint_missing',
      verdict: 'stop_dataset',
    });
    expect(clock.waits).toEqual([22_500, 45_000, 90_000]);
  });

  test('on a missing endpoint that comes back, not at all', async () => {
    const { baseUrl } = await serveInOrder(
      apiError(404, 'Not found'),
      apiError(404, 'Not found'),
      json({ fine: true }),
    );
    expect(await testClient(baseUrl).client.request(path, '', plain())).toEqual({ fine: true });
  });

  test('on a missing optional endpoint at once', async () => {
    const { baseUrl, received } = await serveInOrder(apiError(404, 'Not found'));
    const request = testClient(baseUrl).client.request(path, '', plain({ optional: true }));
    await expect(request).rejects.toMatchObject({ code: 'dataset_unavailable' });
    expect(received).toHaveLength(1);
  });

  test('when the time it may take is over, whatever attempts are left', async () => {
    const { baseUrl, received } = await serveInOrder(apiError(500, 'oops'));
    const { client } = testClient(baseUrl, { retryTotalSeconds: 1 });
    await expect(client.request(path, '', plain())).rejects.toMatchObject({
      code: 'api_unavailable',
      message: expect.stringContaining('no time left after 3 attempts'),
    });
    expect(received).toHaveLength(3);
  });

  test('on a body that trickles for longer than the request may take', async () => {
    const { baseUrl } = await serveInOrder(partial({}, '{"a":', stall));
    const { client, clock, lines } = testClient(baseUrl, { retryTotalSeconds: 5 });
    const every = clock.every;
    const registered = new Promise<void>((resolve) => {
      Object.assign(clock, {
        every: (milliseconds: number, callback: () => void) => {
          resolve();
          return every(milliseconds, callback);
        },
      });
    });
    const request = client.request(path, '', plain()).catch((thrown: unknown) => thrown);
    await registered;
    clock.advance(5_000);
    expect(lines).toEqual([]);
    clock.advance(1_000);
    expect(await request).toMatchObject({ code: 'api_unavailable', message: expect.stringContaining('within 5 s') });
  });
});

describe('Retry-After', () => {
  test('in seconds is waited out in full', async () => {
    const { baseUrl } = await serveInOrder(apiError(429, 'slow down', {}, { 'retry-after': '37' }), json(1));
    const { client, clock } = testClient(baseUrl);
    await client.request(path, '', plain());
    expect(clock.waits).toEqual([37_000]);
  });

  test('as a date is waited out in full', async () => {
    const until = 'Mon, 23 Nov 2026 12:01:30 GMT';
    const { baseUrl } = await serveInOrder(apiError(503, 'back soon', {}, { 'retry-after': until }), json(1));
    const { client, clock } = testClient(baseUrl);
    await client.request(path, '', plain());
    expect(clock.waits).toEqual([90_000]);
  });

  test('in milliseconds goes before seconds', async () => {
    const headers = { 'retry-after-ms': '1500', 'retry-after': '37' };
    const { baseUrl } = await serveInOrder(apiError(429, 'slow down', {}, headers), json(1));
    const { client, clock } = testClient(baseUrl);
    await client.request(path, '', plain());
    expect(clock.waits).toEqual([1500]);
  });

  test('is honoured even when the body beside it is lost', async () => {
    const lost: Answer = (reply) => {
      reply.writeHead(429, { 'content-length': '100', 'retry-after': '37' });
      reply.write('{"error"', () => reply.destroy());
    };
    const { baseUrl } = await serveInOrder(lost, json(1));
    const { client, clock } = testClient(baseUrl);
    await client.request(path, '', plain());
    expect(clock.waits).toEqual([37_000]);
  });

  test('longer than the request may take fails the request, saying so', async () => {
    const { baseUrl, received } = await serveInOrder(apiError(429, 'quota', {}, { 'retry-after': '3600' }));
    const { client, clock } = testClient(baseUrl);
    await expect(client.request(path, '', plain())).rejects.toMatchObject({
      code: 'retry_after_too_long',
      message: expect.stringContaining('asks to wait 3600 s'),
    });
    expect(received).toHaveLength(1);
    expect(clock.waits).toEqual([]);
  });
});

describe('what does not pass is not repeated:', () => {
  test.each([
    ['a rejected key', 401, 'key_rejected'],
    ['a missing scope', 403, 'scope_missing'],
    ['a refused request', 400, 'request_refused'],
    ['a redirect', 302, 'request_refused'],
    ['a gone endpoint', 410, 'endpoint_missing'],
  ])('%s', async (_, status, code) => {
    const { baseUrl, received } = await serveInOrder(
      apiError(status, 'No.', {}, { location: 'http://127.0.0.1:1/elsewhere' }),
    );
    const { client } = testClient(baseUrl);
    await expect(client.request(path, '', plain())).rejects.toMatchObject({ code });
    expect(received).toHaveLength(1);
  });

  test('an error that the decoder raises on purpose', async () => {
    const { baseUrl, received } = await serveInOrder(json({}));
    const broken = new EtlError('contract_broken', 'page without data');
    const decode = () => {
      throw broken;
    };
    await expect(testClient(baseUrl).client.request(path, '', { ...plain(), decode })).rejects.toBe(broken);
    expect(received).toHaveLength(1);
  });

  test('a defect in the decoder', async () => {
    const { baseUrl, received } = await serveInOrder(json({}));
    const decode = () => {
      throw new TypeError('undefined is not a function');
    };
    await expect(testClient(baseUrl).client.request(path, '', { ...plain(), decode })).rejects.toThrow(TypeError);
    expect(received).toHaveLength(1);
  });

  test('a refusal whose body was lost is asked for again, because the body decides', async () => {
    const lost: Answer = (reply) => {
      reply.writeHead(400, { 'content-length': '100' });
      reply.write('{"error"', () => reply.destroy());
    };
    const { baseUrl } = await serveInOrder(lost, apiError(400, "Invalid value: 'api_source'"));
    const request = testClient(baseUrl).client.request(path, '', plain({ groupBy: ['api_source'] }));
    await expect(request).rejects.toMatchObject({ name: 'GroupingRefused', names: ['api_source'] });
  });

  test.each([400, 422])(
    'a refusal (%i) whose JSON is cut short is asked for again, for the same reason',
    async (status) => {
      const cut: Answer = (reply) => {
        reply.writeHead(status, { 'content-type': 'application/json' }).end('{"error":{"message":"Inval');
      };
      const { baseUrl } = await serveInOrder(cut, apiError(status, "Invalid value: 'api_source'"));
      const request = testClient(baseUrl).client.request(path, '', plain({ groupBy: ['api_source'] }));
      await expect(request).rejects.toMatchObject({ name: 'GroupingRefused', names: ['api_source'] });
    },
  );
});

describe('a body that is too large', () => {
  const bucket = {
    object: 'bucket',
    start_time: 1,
    start_time_iso: 'x',
    note: '"start_time"',
    results: ['x'.repeat(900)],
  };
  const page = { data: Array.from({ length: 100 }, () => bucket) };

  test.each([
    ['plain', json(page)],
    ['compressed', gzipped(page)],
  ])('for the soft limit is given up, counting the buckets begun: %s', async (_, answer) => {
    const { baseUrl, received } = await serveInOrder(answer);
    const { client } = testClient(baseUrl);
    const error = await client.request(path, '', plain({ softMaxBytes: 50_000 })).catch((thrown: unknown) => thrown);
    if (!(error instanceof PageTooLarge)) throw error;
    expect(error.bytes).toBeGreaterThan(50_000);
    expect(error.buckets).toBe(Math.min(100, Math.ceil(error.bytes / JSON.stringify(bucket).length)));
    expect(received).toHaveLength(1);
    expect(await client.request(path, '', plain())).toEqual(page);
  });

  test.each([
    ['plain', json(page)],
    ['compressed', gzipped(page)],
  ])('for the hard limit fails: %s', async (_, answer) => {
    const { baseUrl, received } = await serveInOrder(answer);
    const request = testClient(baseUrl).client.request(path, '', plain({ hardMaxBytes: 50_000 }));
    await expect(request).rejects.toMatchObject({ code: 'page_too_large' });
    expect(received).toHaveLength(1);
  });

  test('is never too large at exactly the limit', async () => {
    const { baseUrl } = await serveInOrder(json(page));
    const bytes = JSON.stringify(page).length;
    const request = testClient(baseUrl).client.request(path, '', plain({ softMaxBytes: bytes, hardMaxBytes: bytes }));
    expect(await request).toEqual(page);
  });

  test('is dropped while an endless one still arrives', async () => {
    const endless: Answer = (reply) => {
      reply.writeHead(200);
      const more = () => {
        if (!reply.destroyed) reply.write('{"start_time": 1},'.repeat(1000), more);
      };
      more();
    };
    const { baseUrl } = await serveInOrder(endless);
    const request = testClient(baseUrl).client.request(path, '', plain({ softMaxBytes: 100_000 }));
    await expect(request).rejects.toThrow(PageTooLarge);
  });

  test('is ignored when it is an error page, which only somebody between sends', async () => {
    const { baseUrl } = await serveInOrder(text('<p>'.repeat(100_000), 403));
    await expect(testClient(baseUrl).client.request(path, '', plain())).rejects.toMatchObject({
      code: 'api_unavailable',
      message: '/organization/costs answered 403 without an API error message; gave up after 6 attempts',
      remedy: expect.stringContaining('proxy'),
    });
  });
});

describe('requests in flight', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => index);

  const lowered = (lines: readonly string[]): readonly number[] =>
    lines
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg.startsWith('throttled'))
      .map(({ concurrency }) => concurrency);

  test('are as many as allowed and never more', async () => {
    const arrivals = gate(3);
    const { baseUrl, mostInFlight, received } = await serve(async () => {
      await arrivals();
      return json(1);
    });
    const { client } = testClient(baseUrl, { concurrency: 3 });
    await Promise.all(many(30).map(() => client.request(path, '', plain())));
    expect(received).toHaveLength(30);
    expect(mostInFlight()).toBe(3);
  });

  test('are halved once by a batch that is throttled together', async () => {
    const arrivals = gate(8);
    const { baseUrl } = await serve(async ({ number }) => {
      await arrivals();
      return number <= 8 ? apiError(429, 'slow down') : json(1);
    });
    const { client, lines } = testClient(baseUrl, { concurrency: 8 });
    await Promise.all(many(8).map(() => client.request(path, '', plain())));
    expect(lowered(lines)).toEqual([4]);
    expect(client.stats.byStatus).toEqual({ 200: 8, 429: 8 });
  });

  test('leave their place to others while they wait, unless they were throttled', async () => {
    for (const [status, order] of [
      [503, ['first', 'second', 'first']],
      [429, ['first', 'first', 'second']],
    ] as const) {
      const { baseUrl, received } = await serve(({ number }) => (number === 1 ? apiError(status, 'later') : json(1)));
      const { client } = testClient(baseUrl, { concurrency: 1 });
      await Promise.all(['first', 'second'].map((name) => client.request(path, `name=${name}`, plain())));
      expect(received.map(({ query }) => query.get('name'))).toEqual(order);
    }
  });

  test('fall to one in a storm of 429, and every request still succeeds', async () => {
    const seen = new Set<string>();
    const { baseUrl } = await serve(({ query }) => {
      const name = query.get('name') ?? '';
      if (seen.has(name)) return json(name);
      seen.add(name);
      return apiError(429, 'slow down', {}, { 'retry-after': '1' });
    });
    const { client, lines, clock } = testClient(baseUrl, { retryTotalSeconds: 10_000 });
    const answers = await Promise.all(many(40).map((name) => client.request(path, `name=${name}`, plain())));
    expect(answers).toEqual(many(40).map(String));
    expect(lowered(lines)).toEqual([2, 1]);
    expect(clock.waits).toEqual(many(40).map(() => 1000));
  });
});

describe('the key', () => {
  test('is in no log line at level trace and in no error, even when the API quotes it', async () => {
    const odd = 'adminkey_without_a_known_shape';
    for (const key of [adminKey, odd]) {
      const refusing = [401, 403, 400, 404, 429, 500, 302].map((status) =>
        apiError(status, `Incorrect API key provided: ${key}. Bearer ${key}`, { param: key, code: key }),
      );
      for (const answer of [...refusing, reset, text(`<p>${key}</p>`), partial({}, key, hangUp)]) {
        const { baseUrl } = await serveInOrder(answer);
        const { client, lines } = testClient(baseUrl, { adminKey: key });
        const error = await client.request(path, '', plain()).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(Error);
        expect(everythingOf(error)).not.toContain(key);
        expect(lines.join('\n')).not.toContain(key);
        expect(lines.length).toBeGreaterThan(0);
      }
    }
  });

  test('that no header can carry is rejected before anything is sent', async () => {
    const { baseUrl, received } = await serveInOrder(json(1));
    const { client } = testClient(baseUrl, { adminKey: 'sk-admin-two\nlines' });
    await expect(client.request(path, '', plain())).rejects.toMatchObject({ code: 'key_rejected' });
    expect(received).toHaveLength(0);
  });
});

/** Waits until so many have come to wait, and lets everybody through from then on. */
function gate(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  return async () => {
    waiting += 1;
    if (waiting === count) resolve();
    await promise;
  };
}

/** Everything reachable from an error that a logger could print. */
function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.stack, inspect(error, { depth: 9, showHidden: true }), everythingOf(error.cause)].join('\n');
}

function spoiled(gzip: Buffer): Buffer {
  const copy = Buffer.from(gzip);
  copy.writeUInt32LE(0, copy.length - 8);
  return copy;
}
