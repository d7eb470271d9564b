import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { sslModeOf, targetOf, withSslMode } from './tls.ts';

/** PostgreSQL's SSLRequest: its length, and the code 80877103. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * The database URL with `prefer` decided: the server is asked once whether it speaks TLS, and every connection made from
 * the answer is protected alike. Any other mode stays as it is. Rejects with what the network raises.
 */
export async function decideEncryption(databaseUrl: string, timeoutMs: number): Promise<string> {
  const target = targetOf(databaseUrl);
  if (sslModeOf(databaseUrl, target) !== 'prefer') return databaseUrl;
  return withSslMode(databaseUrl, (await speaksTls(target, timeoutMs)) ? 'require' : 'disable');
}

async function speaksTls({ host, port }: { host: string; port: number }, timeoutMs: number): Promise<boolean> {
  const socket = connectSocket({ host, port, timeout: timeoutMs });
  socket.once('timeout', () => socket.destroy(new Error('timeout exceeded when trying to connect')));
  socket.once('end', () => socket.destroy(new Error('Connection terminated unexpectedly')));
  try {
    await once(socket, 'connect');
    const answered = once(socket, 'data');
    socket.write(sslRequest);
    const [answer] = await answered;
    return Buffer.isBuffer(answer) && answer.toString('latin1') === 'S';
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}
