import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Clock } from '../clock.ts';
import type { HttpSettings } from '../config.ts';
import { EtlError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Observation } from '../run/observe.ts';
import type { ScheduleState } from '../schedule/state.ts';
import { createApp } from './app.ts';
import { limitConnections } from './connections.ts';
import { shareObservation } from './observed.ts';

/** What the server answers with, and where. */
export interface HttpOptions {
  readonly settings: HttpSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly observe: () => Promise<Observation>;
  readonly schedules: () => readonly ScheduleState[];
}

/** A server that listens. */
export interface HttpServer {
  /** Without a path. */
  readonly url: string;
  /** Answers what has been asked, for a short while, then ends every connection. Safe to call twice. */
  close(): Promise<void>;
}

/** Answers that are under way may take this long when the server closes. */
const closingMs = 2000;

/** A client that sends its request slower than this is let go: it would hold the connection for ever. */
const limits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8192,
} as const;

/**
 * Serves health, metrics and the status page. Rejects with `address_in_use` when the address cannot be listened on.
 */
export async function startHttp({ settings, clock, log, observe, schedules }: HttpOptions): Promise<HttpServer> {
  const app = createApp({ settings, log, schedules, observed: shareObservation(observe, { clock, log }) });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(limits, (request, response) => {
    if (request.socket.destroyed) return;
    listener(request, response).catch((failure: unknown) => {
      log.error({ reason: messageOf(failure) }, 'a request could not be answered');
      response.destroy();
    });
  });
  limitConnections(server, clock);
  const { address, family, port } = await listen(server, settings);
  const host = family === 'IPv6' ? `[${address}]` : address;
  let closed: Promise<void> | null = null;
  return {
    url: `http://${host}:${port}`,
    close: () => {
      closed ??= close(server, clock);
      return closed;
    },
  };
}

function listen(server: Server, { host, port }: HttpSettings): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
  server.once('error', (failure) => {
    const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    reject(new EtlError('address_in_use', `${where} cannot be listened on: ${messageOf(failure)}`, { cause: failure }));
  });
  server.listen({ host, port, exclusive: true }, () => {
    const address = server.address();
    if (address !== null && typeof address === 'object') resolve(address);
  });
  return promise;
}

async function close(server: Server, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = clock.every(closingMs, () => server.closeAllConnections());
  server.close(() => resolve());
  server.closeIdleConnections();
  await promise.finally(stop);
}
