import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { connect, createPool } from '../../src/db/connection.ts';
import { embeddedServer } from '../../src/db/embedded.ts';
import { provedBy } from '../../src/db/proved-client.ts';
import { silentLog } from '../../src/log.ts';

/** A message of the protocol: a letter, a length, and what it says. */
function message(letter: string, ...words: readonly number[]): Buffer {
  const body = Buffer.alloc(4 * words.length);
  for (const [index, word] of words.entries()) body.writeInt32BE(word, 4 * index);
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** A server of somebody else, which asks for the password in a way of its own and keeps all it is told. */
interface Stranger {
  readonly port: number;
  told(): string;
}

let servers: Server[] = [];
let sockets: Socket[] = [];

async function stranger(answer: Buffer, port = 0): Promise<Stranger> {
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => heard.push(chunk));
    socket.once('data', () => socket.write(answer));
  });
  servers.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, told: () => Buffer.concat(heard).toString('latin1') };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stranger-'));
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  [servers, sockets] = [[], []];
  await rm(folder, { recursive: true, force: true });
});

const secret = 'kept-between-the-two';
const cleartext = message('R', 3);
const ready = Buffer.concat([message('R', 0), Buffer.from([0x5a, 0, 0, 0, 5, 0x49])]);
const md5 = message('R', 5, 0x01020304);

describe('a connection to a server that has to prove itself', () => {
  test.each([
    ['asks for the password in clear text', cleartext, 'clear text'],
    ['asks for a hash of the password', md5, 'a hash'],
    ['wants no password', ready, 'no password'],
  ])('says nothing to one that %s', async (_title, answer, says) => {
    const { port, told } = await stranger(answer);
    const url = provedBy(`postgres://somebody:${secret}@127.0.0.1:${port}/store`);
    await expect(connect(url, 'test')).rejects.toThrow(says);
    const pool = createPool(url, 'test', 1, silentLog);
    await expect(pool.query("select 'meant for the server'")).rejects.toThrow(says);
    await pool.end();
    expect(told()).not.toContain(secret);
    expect(told()).not.toContain('md5');
    expect(told()).not.toContain('meant for');
  });

  test('tells one that need not prove itself what it asks for', async () => {
    const { port, told } = await stranger(cleartext);
    const gone = connect(`postgres://somebody:${secret}@127.0.0.1:${port}/store`, 'test');
    gone.catch(() => undefined);
    await expect.poll(told).toContain(secret);
    for (const socket of sockets) socket.destroy();
    await expect(gone).rejects.toThrow();
  });
});

describe('the embedded server', () => {
  test('is not taken for whoever listens at its port after a crash, and comes back beside it', async () => {
    const dataDir = join(folder, 'data');
    const server = embeddedServer({ dataDir, clock: systemClock, log: silentLog });
    await server.start(true);
    const { pid, port, folder: files } = await server.status();
    if (pid === null || port === null || files === null) throw new Error('it does not run');
    const note = await readFile(join(files, 'data/postmaster.pid'), 'utf8');
    const password = (await readFile(join(files, 'password'), 'utf8')).trim();
    process.kill(pid, 'SIGQUIT');
    await expect.poll(async () => (await server.status()).running).toBe(false);
    const other = await stranger(cleartext, port);
    // The note of a server that was killed stays behind.
    await writeFile(join(files, 'data/postmaster.pid'), note, { mode: 0o600 });
    try {
      expect(await server.status()).toMatchObject({ running: false });
      expect(other.told()).toBe('');
      await server.start(true);
      expect((await server.status()).port).not.toBe(port);
      expect(other.told()).not.toContain(password);
    } finally {
      await server.stop();
    }
  }, 60_000);
});
