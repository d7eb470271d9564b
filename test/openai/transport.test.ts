import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { adminKey, plain, testClient } from './support/client.ts';
import { json, serveInOrder } from './support/server.ts';

/** Starts a proxy on loopback that refuses every tunnel and notes what it was asked for. */
async function startProxy() {
  const asked: string[] = [];
  const sockets = new Set<Duplex>();
  const proxy = createServer((request, reply) => {
    asked.push(`${request.url} ${JSON.stringify(request.headers)}`);
    reply.writeHead(500).end();
  });
  proxy.on('connection', (socket) => sockets.add(socket));
  proxy.on('connect', (request, socket) => {
    asked.push(`${request.url} ${JSON.stringify(request.headers)}`);
    socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
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

  test.each(['127.0.0.1', 'localhost'])('is passed by on the way to %s', async (host) => {
    const { baseUrl } = await serveInOrder(json({ fine: true }));
    const { url, asked } = await startProxy();
    useProxy(url);
    const { client } = testClient(baseUrl.replace('127.0.0.1', host));
    expect(await client.request('/organization/costs', '', plain())).toEqual({ fine: true });
    expect(asked).toEqual([]);
  });
});

test('a client that is closed keeps no connection', async () => {
  const { baseUrl } = await serveInOrder(json(1));
  const { client } = testClient(baseUrl);
  await client.request('/organization/costs', '', plain());
  await client.close();
  await expect(client.request('/organization/costs', '', plain())).rejects.toMatchObject({ code: 'internal' });
});
