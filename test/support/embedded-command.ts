/**
 * A command that uses the embedded server of the data folder given, for tests of several processes. Prints one line of
 * JSON, its URL or the code of the error, and uses the server until its standard input ends.
 */
import { once } from 'node:events';
import { systemClock } from '../../src/clock.ts';
import { useEmbeddedServer } from '../../src/db/embedded.ts';
import { toEtlError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';

const [, , dataDir = ''] = process.argv;

try {
  const server = await useEmbeddedServer({ dataDir, clock: systemClock, log: silentLog });
  process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await server.release();
} catch (failure) {
  const { code, message } = toEtlError(failure);
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
}
