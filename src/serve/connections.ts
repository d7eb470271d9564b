import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';

/**
 * Far more than probes, a scraper and a few people need, far fewer than the files a process may open. One address gets
 * half of them, so that it never locks out the others.
 */
const maxConnections = 128;
const maxOfOneAddress = 64;

/** A connection is begun anew after so many requests; a scraper of fifteen seconds does so twice an hour. */
const maxRequests = 100;

/** Nobody asks again before the first answer has come, but who means to fill the memory with answers. */
const maxUnanswered = 4;

/** Who does not take an answer in this time will not. The slowest answer is there after five seconds. */
const answerMs = 10_000;

/** Keeps clients from holding connections, memory or the service: what passes a limit is cut off without a word. */
export function limitConnections(server: Server, clock: Clock): void {
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = maxRequests;
  // Of a connection on which nothing moves. One that takes a byte now and then is ended by the time of its answer.
  server.timeout = answerMs;
  const ofAddress = new Map<string, number>();
  const unanswered = new WeakMap<Socket, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (ofAddress.get(address) ?? 0) + 1;
    ofAddress.set(address, count);
    socket.once('close', () => {
      const left = (ofAddress.get(address) ?? 1) - 1;
      if (left === 0) ofAddress.delete(address);
      else ofAddress.set(address, left);
    });
    if (count > maxOfOneAddress) socket.destroy();
  });
  // Before the listener that answers, so that nothing is made for a client that is cut off.
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    // What came with it is still taken apart.
    if (socket.destroyed) return;
    const waiting = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, waiting);
    if (waiting > maxUnanswered) {
      socket.destroy();
      return;
    }
    const stop = clock.every(answerMs, () => socket.destroy());
    response.once('close', () => {
      stop();
      unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1);
    });
  });
}
