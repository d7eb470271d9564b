import type pg from 'pg';
import { datasets as catalog } from '../../src/catalog/index.ts';
import type { Config, DatasetSettings } from '../../src/config.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { EtlError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import type { RunContext } from '../../src/run/context.ts';
import { silentProgress } from '../../src/run/report.ts';
import { runSync } from '../../src/run/sync.ts';
import { type FakeClock, fakeClock } from '../../test/support/fake-clock.ts';
import { Difference } from './difference.ts';
import { type Backfilled, type NightPlan, settleSeconds, type Wanted } from './plan.ts';

/** A database that the program may fill, and a pool of connections to it. */
export interface FuzzDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
}

/** The program under test. This file, and those that call its other commands, are all that knows of `src`. */
export interface Program {
  readonly clock: FakeClock;
  readonly store: Store;
  contextOf(plan: NightPlan): RunContext;
  close(): Promise<void>;
}

/** What a night's run came to. */
export interface Ran {
  readonly exit: number;
  /** What it said, for people. */
  readonly said: string;
}

const keyPrefix = 'sk-admin-fuzz-';

/** The organization that an admin key belongs to. */
export function organizationOf(adminKey: string): string | null {
  return adminKey.startsWith(keyPrefix) ? adminKey.slice(keyPrefix.length) : null;
}

/** The program with a clock of its own. */
export async function openProgram(database: FuzzDatabase, baseUrl: string, clock: FakeClock): Promise<Program> {
  const store = await openStore({ databaseUrl: database.url, dataDir: '', clock, log: silentLog });
  return {
    clock,
    store,
    contextOf: (plan) => ({
      config: configOf(plan, baseUrl, database.url),
      store,
      clock,
      log: silentLog,
      progress: silentProgress,
      signal: new AbortController().signal,
    }),
    close: () => store.close(),
  };
}

export function clockAt(seconds: number): FakeClock {
  return fakeClock(new Date(seconds * 1000).toISOString());
}

/** Runs a night's sync and the backfills after it. Throws Difference where one is stopped: no answer may do that. */
export async function runNight(program: Program, plan: NightPlan): Promise<Ran> {
  const runs = [await runOne(program, plan, null)];
  for (const backfill of plan.backfills) runs.push(await runOne(program, plan, backfill));
  const worst =
    [1, 3, 4].find((code) => runs.some(({ exit }) => exit === code)) ?? Math.max(...runs.map(({ exit }) => exit));
  return { exit: worst, said: runs.map(({ said }) => said).join('; ') };
}

async function runOne(program: Program, plan: NightPlan, backfill: Backfilled | null): Promise<Ran> {
  try {
    const report = await runSync(program.contextOf(plan), {
      command: backfill === null ? 'sync' : 'backfill',
      datasets: backfill === null ? null : [backfill.dataset],
      organizations: backfill === null ? null : [backfill.organization],
      acceptRestatement: false,
      preview: false,
      from: backfill === null ? null : new Date(backfill.from * 1000),
      to: null,
      refetch: false,
    });
    const errors = [...report.errors, ...report.datasets.flatMap((dataset) => dataset.errors)];
    const split = report.cost_splits.flatMap((one) => one.errors);
    const said = [...errors, ...split].map(({ code, message }) => `${code}: ${message}`);
    return { exit: report.exit_code, said: `${report.status}${said.length > 0 ? `, ${said.join('; ')}` : ''}` };
  } catch (thrown) {
    const name = thrown instanceof EtlError ? `${thrown.code}: ` : '';
    throw new Difference(`the run was stopped: ${name}${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

function configOf(plan: NightPlan, baseUrl: string, databaseUrl: string): Config {
  const names = [...new Set(plan.wanted.map(({ organization }) => organization))];
  return {
    organizations: names.map((name) => ({
      name,
      adminKey: `${keyPrefix}${name}`,
      datasets: plan.wanted.filter(({ organization }) => organization === name).flatMap(settingsOf),
    })),
    baseUrl,
    databaseUrl,
    dataDir: '',
    concurrency: 3,
    rereadRows: 200_000,
    retryTotalSeconds: 600,
    logLevel: 'silent',
  };
}

function settingsOf(wanted: Wanted): readonly DatasetSettings[] {
  const dataset = catalog.find(({ name }) => name === wanted.dataset);
  if (dataset === undefined) throw new RangeError(`the catalog lacks ${wanted.dataset}`);
  const dimensions = dataset.columns.filter(({ role }) => role === 'dimension').map(({ name }) => name);
  return wanted.widths.map((width) => ({
    dataset,
    width,
    groupBy: dimensions.filter((name) => wanted.groupBy.includes(name)),
    filters: wanted.filters,
    start: new Date(wanted.start[width] * 1000),
    defaultDays: 0,
    settleSeconds,
  }));
}
