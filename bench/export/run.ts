import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { copyOut } from '../../src/export/copy-out.ts';
import { type ExportFormat, exportFormats } from '../../src/run/export.ts';
import { fillStore } from '../bi/fill.ts';
import { createDatabase, type Database, describeServer, factTable, openServer } from '../database.ts';
import { type ExportOutcome, exportOutcome } from './messages.ts';
import { exportPage, type Measured } from './page.ts';

/**
 * Measures how fast exports are written and in how much memory, against COPY of the same rows to nowhere in the same run.
 *
 *   npm run bench:export -- [--rows 1000000] [--groups 1500] [--write]
 */

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    groups: { type: 'string', default: '1500' },
    write: { type: 'boolean', default: false },
  },
});

const page = join(import.meta.dirname, '../../docs/benchmarks-export.md');
const groups = Number(values.groups);
const hours = Math.ceil(Number(values.rows) / groups);

/** Seconds that COPY takes to hand over the table. */
async function copySeconds({ pool }: Database, options: string): Promise<number> {
  const client = await pool.connect();
  try {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const startedMs = performance.now();
    await pipeline(copyOut(client, `copy ${factTable} to stdout ${options}`), nowhere);
    return (performance.now() - startedMs) / 1000;
  } finally {
    client.release();
  }
}

async function exportOnce(databaseUrl: string, folder: string, format: ExportFormat): Promise<ExportOutcome> {
  const child = fork(new URL('./export-process.ts', import.meta.url));
  const exited = once(child, 'exit').then((): never => {
    throw new Error('a process of the benchmark ended early');
  });
  const answered = once(child, 'message');
  child.send({ databaseUrl, folder, format });
  const [message] = await Promise.race([answered, exited]);
  exited.catch(() => undefined);
  return exportOutcome.parse(message);
}

async function measure(database: Database, parent: string): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  let before = await copySeconds(database, '');
  for (const format of exportFormats) {
    const folder = join(parent, format);
    const full = await exportOnce(database.url, folder, format);
    const after = await copySeconds(database, '');
    const again = await exportOnce(database.url, folder, format);
    measured.push({ format, full, again, copySeconds: (before + after) / 2 });
    console.log(JSON.stringify(measured.at(-1)));
    before = after;
  }
  return measured;
}

const server = await openServer();
const parent = await mkdtemp(join(tmpdir(), 'usage-etl-bench-export-'));
try {
  const database = await createDatabase(server);
  try {
    await fillStore(database.pool, { hours, groups });
    const measured = await measure(database, parent);
    const text = exportPage({
      rows: hours * groups,
      measured,
      binarySeconds: await copySeconds(database, '(format binary)'),
      machine: await describeServer(database.pool),
    });
    console.log(text);
    if (values.write) await writeFile(page, text);
  } finally {
    await database.close();
  }
} finally {
  await rm(parent, { recursive: true, force: true });
  await server.close();
}
