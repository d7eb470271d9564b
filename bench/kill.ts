import { parseArgs } from 'node:util';
import { createEmptyDatabase, openServer } from './database.ts';
import { type KilledBackfill, killBackfill } from './killed-backfill.ts';

/**
 * Proves that a backfill can be killed at any moment: kills one with SIGKILL at random moments, starts it again each
 * time, and compares what came of it with the truth. Ends with exit code 1 when a promise is broken.
 *
 *   npm run kill -- [--kills 200] [--seed 1] [--days 365] [--lookback]
 */

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    /** Decides the moments and the usage. */
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '365' },
    /** Reads settled buckets along where that costs no request, as the program does by default. */
    lookback: { type: 'boolean', default: false },
  },
});

const [kills, seed, days] = [Number(values.kills), Number(values.seed), Number(values.days)];
const lookback = values.lookback ? 'free' : 'never';

function lineOf(result: KilledBackfill, seconds: number): string {
  const count = (value: number) => value.toLocaleString('en-US');
  const twice = lookback === 'never' ? 'settled buckets read twice' : 'requests for settled buckets only';
  return (
    `${count(result.kills)} kills of a backfill of ${count(days)} days (seed ${seed}), ${count(result.early)} of them ` +
    `before a first request: ${count(result.requests)} requests where one life makes ${count(result.planned)}, ` +
    `${count(result.buckets)} buckets, ${count(result.rows)} rows; ${twice}: ${count(result.readTwice.length)}, ` +
    `buckets half written: ${count(result.halfWritten.length)}, ` +
    `difference from the truth: ${count(result.differences.length)}, ` +
    `requests when all is there: ${count(result.idleRequests)} (${count(Math.round(seconds))} s)`
  );
}

const server = await openServer();
try {
  const database = await createEmptyDatabase(server);
  try {
    const startedMs = performance.now();
    const result = await killBackfill({ kills, seed, days, database, lookback });
    console.log(lineOf(result, (performance.now() - startedMs) / 1000));
    const broken = [...result.readTwice, ...result.halfWritten, ...result.differences];
    for (const line of broken.slice(0, 20)) console.error(line);
    if (broken.length > 0 || result.idleRequests > 0) process.exitCode = 1;
  } finally {
    await database.close();
  }
} finally {
  await server.close();
}
