import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { systemClock } from '../../src/clock.ts';
import { createDatabase, describeServer, openServer } from '../database.ts';
import { median } from '../measure.ts';
import { fillStore } from './fill.ts';
import { dashboardPanels, type Panel, questions, withoutRollup } from './panels.ts';
import { countStored, goalMs, panelPage, panelTable, type Timed } from './result-page.ts';

/**
 * Measures how long every query of the dashboards takes in a large store, and prints the plan of each that takes longer
 * than the goal. The store is 10 million rows by default; fewer hours make a trial.
 *
 *   npm run bench:bi -- [--hours 6720] [--groups 1340] [--rounds 7] [--only PATTERN] [--write]
 */

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '6720' },
    groups: { type: 'string', default: '1340' },
    rounds: { type: 'string', default: '7' },
    /** Only the queries whose name it matches. */
    only: { type: 'string', default: '' },
    /** Writes the result into docs/benchmarks-bi.md. */
    write: { type: 'boolean', default: false },
  },
});

const rounds = Math.max(1, Number(values.rounds));
const size = { hours: Number(values.hours), groups: Number(values.groups) };
const page = join(import.meta.dirname, '../../docs/benchmarks-bi.md');

/** The median of several runs on a warm server, in milliseconds. */
async function timed(client: pg.PoolClient, { sql }: Panel): Promise<number> {
  await client.query(sql);
  const elapsedMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    await client.query(sql);
    elapsedMs.push(performance.now() - startedMs);
  }
  return median(elapsedMs);
}

async function planOf(client: pg.PoolClient, { sql }: Panel): Promise<string> {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (analyze, buffers, costs off) ${sql}`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

/** The query from the facts first, then every query of the dashboards, then others. */
async function measure(client: pg.PoolClient): Promise<readonly Timed[]> {
  const wanted = new RegExp(values.only);
  const panels = [withoutRollup, ...(await dashboardPanels(systemClock.now())), ...questions];
  const measured: Timed[] = [];
  for (const panel of panels.filter(({ name }) => wanted.test(name))) {
    measured.push({ ...panel, medianMs: await timed(client, panel) });
  }
  return measured;
}

const server = await openServer();
try {
  const database = await createDatabase(server);
  try {
    const startedMs = performance.now();
    await fillStore(database.pool, size);
    const stored = await countStored(database.pool);
    console.log(`${stored}; filled in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
    const about = await describeServer(database.pool);
    console.log(about);
    const client = await database.pool.connect();
    try {
      const measured = await measure(client);
      console.log(panelTable(measured));
      for (const panel of measured.filter(({ name, medianMs }) => medianMs > goalMs && name !== withoutRollup.name)) {
        console.log(`\n${panel.name}\n${await planOf(client, panel)}`);
      }
      if (values.write) await writeFile(page, panelPage({ measured, stored, rounds, server: about }));
    } finally {
      client.release();
    }
  } finally {
    await database.close();
  }
} finally {
  await server.close();
}
