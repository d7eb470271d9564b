import { parseArgs } from 'node:util';
import type pg from 'pg';
import { createDatabase, describeServer, openServer } from '../database.ts';
import { median } from '../measure.ts';
import { fillStore } from './fill.ts';
import { type Panel, panels, withoutRollup } from './panels.ts';

/**
 * Measures how long the questions of dashboards take in a large store, and prints the plan of each that takes longer
 * than the goal.
 *
 *   npm run bench:bi -- [--hours 6667] [--groups 1500] [--rounds 7]
 */

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '6667' },
    groups: { type: 'string', default: '1500' },
    rounds: { type: 'string', default: '7' },
  },
});

/** Longest median of a panel. */
const goalMs = 50;
const rounds = Math.max(1, Number(values.rounds));
const size = { hours: Number(values.hours), groups: Number(values.groups) };

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

async function measure(client: pg.PoolClient): Promise<void> {
  const baselineMs = await timed(client, withoutRollup);
  console.log('| panel | median ms | to the facts | |\n|---|---|---|---|');
  const line = (name: string, ms: number, verdict: string) =>
    console.log(`| ${name} | ${ms.toFixed(1)} | ${(ms / baselineMs).toFixed(3)} | ${verdict} |`);
  line(withoutRollup.name, baselineMs, '');
  const slow: Panel[] = [];
  for (const panel of panels) {
    const ms = await timed(client, panel);
    line(panel.name, ms, ms <= goalMs ? 'met' : 'missed');
    if (ms > goalMs) slow.push(panel);
  }
  for (const panel of slow) console.log(`\n${panel.name}\n${await planOf(client, panel)}`);
}

const server = await openServer();
try {
  const database = await createDatabase(server);
  try {
    const startedMs = performance.now();
    await fillStore(database.pool, size);
    const seconds = (performance.now() - startedMs) / 1000;
    console.log(`${(size.hours * size.groups).toLocaleString('en-US')} rows, filled in ${seconds.toFixed(0)} s`);
    console.log(await describeServer(database.pool));
    const client = await database.pool.connect();
    try {
      await measure(client);
    } finally {
      client.release();
    }
  } finally {
    await database.close();
  }
} finally {
  await server.close();
}
