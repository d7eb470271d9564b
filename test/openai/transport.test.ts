import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { testMessage } from '../../src/alert/message.ts';
import { openWebhook } from '../../src/alert/webhook.ts';
import { loadConfig } from '../../src/config.ts';
import { createAuthority } from '../support/certificates.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { adminKey, plain, testClient } from './support/client.ts';
import { json, serveInOrder } from './support/server.ts';

/** Starts a proxy on loopback that refuses every tunnel and notes what it was asked for. */
async function startProxy(status = '503 Service Unavailable') {
  const asked: string[] = [];
  const sockets = new Set<Duplex>();
  const proxy = createServer((request, reply) => {
    asked.push(`${request.url} ${JSON.stringify(request.headers)}`);
    reply.writeHead(500).end();
  });
  proxy.on('connection', (socket) => sockets.add(socket));
  proxy.on('connect', (request, socket) => {
    asked.push(`${request.url} ${JSON.stringify(request.headers)}`);
    socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

function useProxy(url: string): void {
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, url);
  for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the proxy that the environment names', () => {
  test('is asked for a tunnel to the API, sees no key, and is named when it refuses', async () => {
    const { url, asked } = await startProxy();
    useProxy(url);
    const { client } = testClient('https://api.example.invalid/v1');
    await expect(client.request('/organization/costs', '', plain())).rejects.toMatchObject({
      code: 'api_unavailable',
      message: expect.stringMatching(/proxy.*503/i),
    });
    expect(asked).toHaveLength(6);
    expect(asked[0]).toContain('api.example.invalid:443');
    expect(asked.join()).not.toContain(adminKey);
  });

  test('is not asked again when it wants credentials, and the remedy says where they go', async () => {
    const { url, asked } = await startProxy('407 Proxy Authentication Required');
    useProxy(url);
    const { client } = testClient('https://api.example.invalid/v1');
    await expect(client.request('/organization/costs', '', plain())).rejects.toMatchObject({
      code: 'request_refused',
      message: expect.stringContaining('407'),
      remedy: expect.stringContaining('HTTPS_PROXY'),
    });
    expect(asked).toHaveLength(1);
  });

  test('speaks plain HTTP where it is named without a scheme', async () => {
    const { url, asked } = await startProxy();
    for (const name of [url.replace('http://', ''), url.replace('http://127.0.0.1', 'localhost')]) {
      useProxy(name);
      const { client } = testClient('https://api.example.invalid/v1', { concurrency: 1 });
      await expect(client.request('/organization/costs', '', plain())).rejects.toMatchObject({
        code: 'api_unavailable',
      });
    }
    expect(asked).toHaveLength(12);
  });

  test.each(['http://', 'ftp://proxy:21', 'http://pro xy:1', 'proxy:port', 'me:hunter2@', '://proxy'])(
    'is a mistake in the configuration where it is “%s”, and what it holds is not told',
    (text) => {
      useProxy(text);
      const made = () => testClient('https://api.example.invalid/v1');
      expect(made).toThrow(expect.objectContaining({ code: 'config_invalid', exit: 2 }));
      expect(made).toThrow(/^https?_proxy holds no address of a proxy$/);
      const sources = { env: { OPENAI_ADMIN_KEY: adminKey, HTTPS_PROXY: text }, cwd: '/', configFile: null };
      expect(() => loadConfig(sources)).toThrow(/HTTPS_PROXY/);
      expect(() => loadConfig(sources)).not.toThrow(/hunter2/);
      expect(loadConfig({ ...sources, needsKey: false }).organizations).toHaveLength(1);
    },
  );

  test.each(['127.0.0.1', 'localhost'])('is passed by on the way to %s', async (host) => {
    const { baseUrl } = await serveInOrder(json({ fine: true }));
    const { url, asked } = await startProxy();
    useProxy(url);
    const { client } = testClient(baseUrl.replace('127.0.0.1', host));
    expect(await client.request('/organization/costs', '', plain())).toEqual({ fine: true });
    expect(asked).toEqual([]);
  });
});

test('a certificate that nobody signed is refused, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
  const { certificate: cert, key } = await (await createAuthority('nobody known')).issue('localhost');
  const keys: (string | undefined)[] = [];
  const server = createTlsServer({ cert, key }, (request, reply) => {
    keys.push(request.headers.authorization);
    reply.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const { port } = server.address() as AddressInfo;
  const { client } = testClient(`https://localhost:${port}/v1`);
  await expect(client.request('/organization/costs', '', plain())).rejects.toMatchObject({
    code: 'api_unavailable',
    remedy: expect.stringContaining('certificate'),
  });
  const webhook = openWebhook(`https://localhost:${port}/hook`, fakeClock('2026-11-23T12:00:00Z'));
  expect(await webhook.send(testMessage())).toMatchObject({ kind: 'unanswered' });
  await webhook.close();
  expect(keys).toEqual([]);
});

test('a client that is closed keeps no connection', async () => {
  const { baseUrl } = await serveInOrder(json(1));
  const { client } = testClient(baseUrl);
  await client.request('/organization/costs', '', plain());
  await client.close();
  await expect(client.request('/organization/costs', '', plain())).rejects.toMatchObject({ code: 'internal' });
});
