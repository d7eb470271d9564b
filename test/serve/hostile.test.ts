import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ask, serve } from './support/service.ts';

/** What the pages are made of is of no interest here. */
const noObservation = () => Promise.reject(new Error('no database'));

async function started() {
  const server = await serve(noObservation);
  onTestFinished(() => server.close());
  return { url: server.url, port: Number(new URL(server.url).port) };
}

/** A client on loopback that sends and never reads. */
function sender(port: number, text: string, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.pause();
  socket.on('error', () => socket.destroy());
  socket.on('connect', () => socket.write(text));
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

/** Waits for an answer, trying again until so many seconds are over; gives how many it took. */
async function secondsUntilAnswered(url: string, seconds: number): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  for (;;) {
    const passed = (systemClock.monotonicMs() - startedMs) / 1000;
    const answer = await ask(`${url}/livez`).catch(() => null);
    if (answer?.status === 200) return passed;
    if (passed > seconds) return Number.POSITIVE_INFINITY;
    await turn();
  }
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

describe('128 clients that never read', () => {
  it.each([
    ['ask for thousands of pages at once', request('/').repeat(5_000)],
    ['ask for thousands of small answers at once', request('/livez').repeat(20_000)],
    ['ask for what is not there at once', request('/nothing').repeat(20_000)],
    ['send half a request', 'GET / HTTP/1.1\r\nHost:'],
    ['send nothing', ''],
    ['send no HTTP', 'x'.repeat(100_000)],
  ])(
    'and %s are let go within seconds, and the memory stays as it was',
    async (_, text) => {
      const { url, port } = await started();
      const heldBytes = process.memoryUsage().rss;
      for (let client = 0; client < 128; client += 1) sender(port, text);
      await turn();
      expect(await secondsUntilAnswered(url, 12)).toBeLessThan(12);
      expect((process.memoryUsage().rss - heldBytes) / 1024 / 1024).toBeLessThan(250);
    },
    30_000,
  );

  it('and come back at once leave half of the connections to other addresses', async () => {
    const { port } = await started();
    let stopped = false;
    onTestFinished(() => {
      stopped = true;
    });
    const hold = () => {
      if (!stopped) sender(port, 'GET / HTTP/1.1\r\n', '127.0.0.2').once('close', hold);
    };
    for (let client = 0; client < 128; client += 1) hold();
    await turn();
    expect(await secondsUntilAnswered(`http://127.0.0.1:${port}`, 5)).toBeLessThan(5);
  }, 30_000);
});

it('a client may ask again on its connection, until it is told to begin a new one', async () => {
  const { port } = await started();
  const socket = connect({ port, host: '127.0.0.1' });
  onTestFinished(() => {
    socket.destroy();
  });
  let received = '';
  const answers = () => received.split('HTTP/1.1 200').length - 1;
  await new Promise<void>((resolve) => {
    socket.on('data', (bytes) => {
      received += bytes;
      if (received.endsWith('ok\n') && answers() < 150) socket.write(request('/livez'));
    });
    socket.on('close', () => resolve());
    socket.on('connect', () => socket.write(request('/livez')));
  });
  expect(answers()).toBe(100);
  expect(received.slice(received.lastIndexOf('HTTP/1.1'))).toMatch(/connection: close/i);
});
