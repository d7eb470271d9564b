import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { z } from 'zod';
import { datasets } from '../src/catalog/index.ts';
import { type Width, widthSeconds } from '../src/catalog/width.ts';
import { systemClock } from '../src/clock.ts';
import { type Simulator, startSimulator } from '../src/simulator/index.ts';
import { liveToTheEnd, liveUntil, type Surroundings } from './life.ts';
import { momentsOf } from './moments.ts';
import { askedAgain, askedForNothing, countSettled, readSettled, type SettledRun } from './settled.ts';
import { compareWithTruth, halfWritten } from './truth.ts';

/** A backfill to kill. */
export interface KilledBackfillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly days: number;
  /** Without tables, so that migrations are killed too. */
  readonly database: { readonly url: string; readonly pool: pg.Pool };
  /** `never`: only what is due is asked for. `free`: as configured by default, settled buckets are read along. */
  readonly lookback: 'never' | 'free';
}

/** What came of it. A list that is not empty is a broken promise. */
export interface KilledBackfill {
  readonly kills: number;
  /** Kills before the first request of a life. */
  readonly early: number;
  /** Made by all lives together. */
  readonly requests: number;
  /** That a backfill left alone would have made. */
  readonly planned: number;
  /** Settled in the end. */
  readonly buckets: number;
  readonly rows: number;
  /** Settled buckets that a later life asked for again; with lookback, requests for nothing but settled buckets. */
  readonly readTwice: readonly string[];
  /** Found after any of the lives. */
  readonly halfWritten: readonly string[];
  readonly differences: readonly string[];
  /** How the runs ended that got as far as saying that they had begun: `failed` for each killed one, then `ok`. */
  readonly statuses: readonly string[];
  /** Requests of one more backfill when everything is there. */
  readonly idleRequests: number;
}

const organization = 'acme';
const adminKey = 'sk-admin-killed-0123456789';
const widths: readonly Width[] = ['1d', '1h'];

/** All is settled that ended so long ago, so that the truth stands still while real time goes on. */
const settledDays = 12;

/** Every answer takes so long, so that a kill finds something to interrupt. */
const answerMs = 50;

const maxLivesRequests = 9000;

/**
 * Kills a backfill of all datasets at moments that follow from the seed, starts it again each time, and lets the last
 * life come to its end. Rejects when a life ended otherwise.
 */
export async function killBackfill(options: KilledBackfillOptions): Promise<KilledBackfill> {
  const { database, kills, seed, lookback } = options;
  const range = rangeOf(options.days);
  const simulator = await startSimulator({ clock: systemClock, adminKey, seed, groupsPerDataset: 6 });
  const cwd = await mkdtemp(join(tmpdir(), 'usage-etl-kill-'));
  try {
    await writeFile(join(cwd, 'usage-etl.yaml'), configText(lookback));
    const lives = surroundingsOf(simulator, database.url, cwd, range);
    const planned = await planOf(lives);
    simulator.setFaults([{ when: {}, then: { kind: 'delay', milliseconds: answerMs } }]);
    const watch = createWatch(simulator, database.pool, lookback);
    let early = 0;
    for (const moment of momentsOf(seed, kills, Math.floor(planned / (kills + 1)))) {
      if ((await liveUntil(moment, lives)) === 0) early += 1;
      await watch.look();
    }
    simulator.setFaults([]);
    await end(lives);
    await watch.look();
    const requests = simulator.requests.length;
    if (requests > maxLivesRequests) throw new Error('the simulator may have forgotten requests: kill less often');
    await end(lives);
    const compared = await compareWithTruth({
      pool: database.pool,
      simulator,
      organization,
      datasets,
      widths,
      from: range.from,
      to: range.to,
    });
    return {
      kills,
      early,
      requests,
      planned,
      buckets: countSettled(watch.settled()),
      rows: compared.rows,
      readTwice: watch.readTwice,
      halfWritten: watch.halfWritten,
      differences: compared.differences,
      statuses: await statusesOf(database.pool),
      idleRequests: simulator.requests.length - requests,
    };
  } finally {
    await simulator.close();
    await rm(cwd, { recursive: true, force: true });
  }
}

interface Range {
  readonly from: Date;
  readonly to: Date;
}

function rangeOf(days: number): Range {
  const dayMs = widthSeconds['1d'] * 1000;
  const to = new Date((Math.floor(systemClock.now().getTime() / dayMs) - settledDays) * dayMs);
  return { from: new Date(to.getTime() - days * dayMs), to };
}

function configText(lookback: KilledBackfillOptions['lookback']): string {
  const rows = lookback === 'never' ? 'reread_rows: 0\n' : '';
  return `${rows}directory_hours: 0\norganizations:\n  - name: ${organization}\n    admin_key_env: KEY\n`;
}

function surroundingsOf(simulator: Simulator, databaseUrl: string, cwd: string, { from, to }: Range): Surroundings {
  const [first, end] = [from, to].map((instant) => instant.toISOString().slice(0, 10));
  return {
    args: ['backfill', '--from', first ?? '', '--to', end ?? '', '--json'],
    cwd,
    env: {
      PATH: process.env['PATH'] ?? '',
      KEY: adminKey,
      OPENAI_BASE_URL: simulator.url,
      DATABASE_URL: databaseUrl,
      USAGE_ETL_WIDTHS: widths.join(','),
    },
    requests: () => simulator.requests.length,
  };
}

/** Requests of a backfill from nothing, as it says itself. */
async function planOf(lives: Surroundings): Promise<number> {
  const { exit, stdout, stderr } = await liveToTheEnd({ ...lives, args: [...lives.args, '--dry-run'] });
  if (exit !== 0) throw new Error(`the plan ended with exit code ${exit}: ${stdout}${stderr}`);
  return z.object({ requests: z.number() }).parse(JSON.parse(stdout)).requests;
}

async function end(lives: Surroundings): Promise<void> {
  const { exit, stdout, stderr } = await liveToTheEnd(lives);
  if (exit !== 0) throw new Error(`the last life ended with exit code ${exit}: ${stdout}${stderr}`);
}

/** Compares what each life asked for with what was settled before it began, and what it left behind with the ledger. */
function createWatch(simulator: Simulator, pool: pg.Pool, lookback: KilledBackfillOptions['lookback']) {
  const again = lookback === 'never' ? askedAgain : askedForNothing;
  const readTwice: string[] = [];
  const unbalanced: string[] = [];
  let settled: readonly SettledRun[] = [];
  let seen = 0;
  return {
    readTwice,
    halfWritten: unbalanced,
    settled: () => settled,
    look: async () => {
      readTwice.push(...again(simulator.requests.slice(seen), settled, datasets));
      seen = simulator.requests.length;
      unbalanced.push(...(await halfWritten(pool, datasets)));
      const before = countSettled(settled);
      settled = await readSettled(pool);
      if (countSettled(settled) < before) throw new Error('settled buckets are gone from the ledger');
    },
  };
}

async function statusesOf(pool: pg.Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ status: string }>('select status from openai_etl.runs order by run_id');
  return rows.map(({ status }) => status);
}
