import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** One request as the server saw it. */
export interface Received {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** 1 for the first request. */
  readonly number: number;
}

/** Answers one request, or mistreats it. */
export type Answer = (reply: ServerResponse) => void;

/** A server on loopback with scripted answers. */
export interface ScriptedServer {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  readonly received: readonly Received[];
  /** Most requests it was answering at once. */
  readonly mostInFlight: () => number;
}

/** Starts a server that answers every request as told, until the test ends. */
export async function serve(respond: (request: Received) => Answer | Promise<Answer>): Promise<ScriptedServer> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let inFlight = 0;
  let most = 0;
  const server = createServer((request, reply) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const seen = { path: url.pathname, query: url.searchParams, headers: request.headers, number: received.length + 1 };
    received.push(seen);
    inFlight += 1;
    most = Math.max(most, inFlight);
    reply.on('close', () => {
      inFlight -= 1;
    });
    Promise.resolve(respond(seen)).then(
      (answer) => answer(reply),
      () => reply.destroy(),
    );
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}/v1`, received, mostInFlight: () => most };
}

/** Starts a server that gives the answers in order, and the last one for ever. */
export function serveInOrder(...answers: readonly [Answer, ...Answer[]]): Promise<ScriptedServer> {
  return serve(({ number }) => answers[number - 1] ?? answers.at(-1) ?? answers[0]);
}

/** Any JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return text(JSON.stringify(body), status, headers);
}

/** The API's error envelope. */
export function apiError(status: number, message: string, more: object = {}, headers = {}): Answer {
  return json({ error: { message, type: 'invalid_request_error', param: null, code: null, ...more } }, status, headers);
}

/** Any text, called JSON. */
export function text(body: string | Buffer, status = 200, headers: Record<string, string> = {}): Answer {
  return (reply) => {
    reply.writeHead(status, { 'content-type': 'application/json', ...headers });
    reply.end(body);
  };
}

/** JSON, compressed. */
export function gzipped(body: unknown): Answer {
  return text(gzipSync(JSON.stringify(body)), 200, { 'content-encoding': 'gzip' });
}

/** Resets the connection before a byte is answered. */
export const reset: Answer = (reply) => reply.socket?.resetAndDestroy();

/** Closes the connection before a byte is answered. */
export const hangUp: Answer = (reply) => reply.socket?.destroy();

/** Never answers. */
export const stall: Answer = () => undefined;

/** Sends the head of an answer and the first bytes of its body, then does what `end` says. */
export function partial(headers: Record<string, string>, bytes: string | Buffer, end: Answer): Answer {
  return (reply) => {
    reply.writeHead(200, { 'content-type': 'application/json', ...headers });
    reply.write(bytes, () => end(reply));
  };
}
