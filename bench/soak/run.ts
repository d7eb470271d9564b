import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDatabase, openServer } from '../database.ts';
import { BrokenPromise } from './memory.ts';
import { outcomeBlock } from './outcome.ts';
import { soak } from './soak.ts';
import { soakPage } from './soak-page.ts';

/**
 * Lives through hundreds of nights with faults and restatements, and compares every table with the truth.
 *
 *   npm run -s soak -- [--nights 400] [--seed 1] [--write]
 */

const { values } = parseArgs({
  options: {
    nights: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    /** Writes docs/soak.md. */
    write: { type: 'boolean', default: false },
  },
});

const page = join(import.meta.dirname, '..', '..', 'docs', 'soak.md');
const nights = wholeNumber('nights', values.nights);
const seed = wholeNumber('seed', values.seed);

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new RangeError(`--${name} ${text}: a whole number from 1 on`);
}

function progress(night: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rnight ${night} of ${nights} `);
}

const server = await openServer();
const database = await createDatabase(server);
try {
  const { pathname } = new URL(database.url);
  // Nothing here outlives the server, so nobody has to wait for its disk.
  await database.pool.query(`alter database "${pathname.slice(1)}" set synchronous_commit = off`);
  const outcome = await soak({ database, seed, nights, progress });
  console.log(outcomeBlock(outcome));
  if (values.write) await writeFile(page, soakPage(outcome));
} catch (thrown) {
  if (!(thrown instanceof BrokenPromise)) throw thrown;
  console.error(thrown.message);
  process.exitCode = 1;
} finally {
  await database.close();
  await server.close();
}
