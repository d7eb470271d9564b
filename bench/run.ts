import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Baseline, prepareBaseline } from './baseline.ts';
import { createDatabase, describeServer, openServer, type Server } from './database.ts';
import { groupsPerBucket } from './history.ts';
import { type Measurement, measureRound } from './measure.ts';
import { type PageServer, startPageServer, syncOnce } from './processes.ts';
import { resultPage, resultTable } from './result-page.ts';

/**
 * Measures how fast pages become committed rows, against COPY of the same rows.
 *
 *   npm run bench -- [--rows 300000] [--rounds 3] [--write] [--profile <folder>]
 */

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '3' },
    /** Writes docs/benchmarks.md. */
    write: { type: 'boolean', default: false },
    /** Leaves a CPU profile of every sync there; profiling slows them down. */
    profile: { type: 'string' },
  },
});

const page = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');
const buckets = Math.max(1, Math.round(Number(values.rows) / groupsPerBucket));
const rounds = Math.max(1, Number(values.rounds));

/** One load that is not counted: it warms the server up and yields the rows of the baseline. */
async function warmUp(server: Server, pages: PageServer, folder: string, into: Parameters<typeof prepareBaseline>[1]) {
  const database = await createDatabase(server);
  try {
    await pages.prepare({ buckets, variant: 'base' });
    await syncOnce({ databaseUrl: database.url, baseUrl: pages.baseUrl, buckets, refetch: false }, null);
    return await prepareBaseline(database, into, folder);
  } finally {
    await database.close();
  }
}

/** The peak memory of the first load of a history twice as long, in bytes. */
async function peakOfTwice(server: Server, pages: PageServer): Promise<number> {
  const database = await createDatabase(server);
  try {
    await pages.prepare({ buckets: 2 * buckets, variant: 'base' });
    const order = { databaseUrl: database.url, baseUrl: pages.baseUrl, buckets: 2 * buckets, refetch: false };
    return (await syncOnce(order, null)).peakBytes;
  } finally {
    await database.close();
  }
}

async function copies(baseline: Baseline, format: 'text' | 'binary'): Promise<readonly number[]> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) seconds.push(await baseline.copy(format));
  return seconds;
}

const folder = await mkdtemp(join(tmpdir(), 'usage-etl-bench-rows-'));
const server = await openServer();
const pages = await startPageServer();
try {
  const copied = await createDatabase(server);
  try {
    const baseline = await warmUp(server, pages, folder, copied);
    const measurements: Measurement[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const bench = { server, pages, baseline, buckets, profileFolder: values.profile ?? null };
      measurements.push(...(await measureRound(bench)));
    }
    const results = {
      rows: buckets * groupsPerBucket,
      rounds,
      measurements,
      copyTextSeconds: await copies(baseline, 'text'),
      copyBinarySeconds: await copies(baseline, 'binary'),
      means: baseline.means,
      peakOfTwiceBytes: await peakOfTwice(server, pages),
      server: await describeServer(copied.pool),
    };
    console.log(resultTable(results));
    if (values.write) await writeFile(page, resultPage(results));
  } finally {
    await copied.close();
  }
} finally {
  pages.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
