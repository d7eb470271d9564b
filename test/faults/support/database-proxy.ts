import { connect, createServer, type Server, type Socket } from 'node:net';
import { messageSplitter, type WireMessage } from './wire.ts';

/**
 * What becomes of a message. `pass`: it arrives. `cut`: it does not, and both ends find the connection reset.
 * `pass and cut`: it arrives, then both ends find the connection reset. `swallow`: nothing arrives any more on this
 * connection, which stays open. A promise holds back this message, and what follows it, until it resolves.
 */
export type Act = 'pass' | 'cut' | 'pass and cut' | 'swallow';

/** Decides over each message as it passes. */
export type Trap = (message: WireMessage) => Act | Promise<Act>;

/** Stands between a client and PostgreSQL, sees every message and does as it is told. */
export interface DatabaseProxy {
  /** The database, reached through the proxy. */
  readonly url: string;
  /** Replaces the trap; null lets everything pass. */
  set(trap: Trap | null): void;
  /** Refuses new connections, or takes them again. Those that are open stay. */
  refuse(refusing: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy on loopback in front of the database of a URL. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let trap: Trap | null = null;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || '5432'), target.hostname.replace(/^\[|\]$/g, ''));
    for (const socket of [client, upstream]) {
      // Messages are written one by one; waiting to join them would cost 40 ms each.
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    const link: Link = { client, upstream, decide: (message) => trap?.(message) ?? 'pass', silent: false };
    relay(link, 'client');
    relay(link, 'server');
  });
  const port = await listen(server, 0);
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    set: (next) => {
      trap = next;
    },
    refuse: async (refusing) => {
      if (refusing) server.close();
      else await listen(server, port);
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly decide: Trap;
  silent: boolean;
}

/** Passes messages on one by one, in order; a message that is held back holds back those behind it. */
function relay(link: Link, from: WireMessage['from']): void {
  const [source, target] = from === 'client' ? [link.client, link.upstream] : [link.upstream, link.client];
  const split = messageSplitter(from);
  let last: Promise<void> = Promise.resolve();
  source.on('error', () => cut(link));
  source.on('data', (chunk) => {
    for (const message of split(chunk)) last = last.then(() => deliver(link, target, message));
  });
  source.on('close', () => {
    last = last.then(() => {
      if (!link.silent) target.end();
    });
  });
}

async function deliver(link: Link, target: Socket, message: WireMessage): Promise<void> {
  const act = await link.decide(message);
  if (act === 'swallow') link.silent = true;
  if (link.silent || target.destroyed) return;
  if (act !== 'cut') await new Promise<void>((resolve) => target.write(message.bytes, () => resolve()));
  if (act !== 'pass') cut(link);
}

/** Without a goodbye: both ends get a reset, as from a router that forgot them. */
function cut({ client, upstream }: Link): void {
  for (const socket of [client, upstream]) if (!socket.destroyed) socket.resetAndDestroy();
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the machine gave no port'));
      else resolve(address.port);
    });
  });
}
