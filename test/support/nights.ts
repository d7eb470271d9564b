import { expect } from 'vitest';
import { type Dataset, dimensionsOf, widthsOf } from '../../src/catalog/dataset.ts';
import { datasets as catalog } from '../../src/catalog/index.ts';
import type { Width } from '../../src/catalog/width.ts';
import type { Config, DatasetSettings } from '../../src/config.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import type { RunContext, SyncOptions } from '../../src/run/context.ts';
import type { Progress, RunReport, VerifyReport } from '../../src/run/report.ts';
import { runSync } from '../../src/run/sync.ts';
import { runVerify } from '../../src/run/verify.ts';
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  type TruthBucket,
  type TruthRow,
} from '../../src/simulator/index.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type TestDatabase, testDatabase } from './postgres.ts';

/** What the API's double and the configuration are like; everything has a default. */
export interface NightsOptions {
  readonly now?: string;
  readonly datasets?: readonly Dataset[];
  readonly widths?: readonly Width[];
  readonly days?: number;
  /** Default: a clone of the migrated template on the server of the test run. */
  readonly database?: () => Promise<TestDatabase>;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly config?: Partial<Config>;
  readonly settings?: Partial<DatasetSettings>;
}

/** An organization, its API's double, a database and a clock: everything it takes to live through nights. */
export interface Nights {
  readonly simulator: Simulator;
  readonly database: TestDatabase;
  readonly store: Store;
  readonly clock: FakeClock;
  readonly config: Config;
  readonly context: RunContext;
  sync(options?: Partial<SyncOptions>, context?: Partial<RunContext>): Promise<RunReport>;
  verify(context?: Partial<RunContext>): Promise<VerifyReport>;
  /** Requests the simulator has got since the last call. */
  newRequests(): number;
  close(): Promise<void>;
}

export const organization = 'acme';
export const adminKey = 'sk-admin-test-0123456789abcdef';

const quiet: Progress = { planned: () => undefined, advanced: () => undefined, finished: () => undefined };

/** Settings of a dataset as a configuration without any wishes has them. */
function settingsOf(dataset: Dataset, width: Width, days: number): DatasetSettings {
  return {
    dataset,
    width,
    groupBy: dimensionsOf(dataset).map(({ name }) => name),
    filters: {},
    start: null,
    defaultDays: days,
    settleSeconds: dataset.settleSeconds[width] ?? 0,
  };
}

/** Starts everything. Close it when done. */
export async function liveThroughNights(options: NightsOptions = {}): Promise<Nights> {
  const clock = fakeClock(options.now ?? '2026-11-23T03:17:00Z');
  const database = await (options.database ?? testDatabase)();
  const datasets = options.datasets ?? catalog;
  const simulator = await startSimulator({ clock, adminKey, datasets, ...options.simulator });
  const store = await openStore({ databaseUrl: database.url, dataDir: '', clock, log: silentLog });
  const widths = options.widths ?? ['1d'];
  const settings = datasets.flatMap((dataset) =>
    widthsOf(dataset)
      .filter((width) => widths.includes(width))
      .map((width) => ({ ...settingsOf(dataset, width, options.days ?? 60), ...options.settings })),
  );
  const config: Config = {
    organizations: [{ name: organization, adminKey, datasets: settings }],
    baseUrl: simulator.url,
    databaseUrl: database.url,
    dataDir: '',
    concurrency: 4,
    rereadRows: 200_000,
    retryTotalSeconds: 600,
    // What a night reads is measured alone; test/run/tie-out.test.ts is about what proves it.
    tieOut: 'off',
    logLevel: 'silent',
    ...options.config,
  };
  const context: RunContext = {
    config,
    store,
    clock,
    log: silentLog,
    progress: quiet,
    signal: new AbortController().signal,
  };
  let seen = 0;
  return {
    simulator,
    database,
    store,
    clock,
    config,
    context,
    sync: (asked, changed) => runSync({ ...context, ...changed }, { ...everything, ...asked }),
    verify: (changed) =>
      runVerify({ ...context, ...changed }, { datasets: null, organizations: null, from: null, to: null }),
    newRequests: () => {
      const since = simulator.requests.length - seen;
      seen = simulator.requests.length;
      return since;
    },
    close: async () => {
      await store.close();
      await simulator.close();
      await database.close();
    },
  };
}

const everything: SyncOptions = {
  command: 'sync',
  datasets: null,
  organizations: null,
  acceptRestatement: false,
  preview: false,
  from: null,
  to: null,
  refetch: false,
};

/** What a table holds of one width, in a form that compares with the truth row for row and digit for digit. */
export async function storedRows(nights: Nights, dataset: Dataset, width: Width): Promise<readonly string[]> {
  const columns = dataset.columns.map(({ name, role, type }) =>
    role === 'measure' || type === 'boolean' ? `"${name}"::text` : `"${name}"`,
  );
  const { rows } = await nights.database.pool.query<Record<string, unknown>>(
    `select extract(epoch from bucket_start)::bigint::text as start,
       extract(epoch from bucket_end)::bigint::text as end, ${columns.join(', ')}
     from openai."${dataset.table}" where org_id = $1 and bucket_width = $2`,
    [organization, width],
  );
  return rows.map((row) => canonical(row)).sort();
}

/** What the API's double says the table should hold. */
function trueRows(
  nights: Nights,
  dataset: Dataset,
  width: Width,
  from: Date,
  groupBy: readonly string[] = dimensionsOf(dataset).map(({ name }) => name),
): readonly string[] {
  const to = new Date(nights.clock.now().getTime() + 86_400_000);
  return nights.simulator
    .truth({ dataset: dataset.name, width, from, to, groupBy })
    .flatMap((bucket) => bucket.rows.map((row) => trueRow(bucket, row)))
    .sort();
}

/** A row of the truth in the form of `storedRows`. */
export function trueRow({ start, end }: Pick<TruthBucket, 'start' | 'end'>, row: TruthRow): string {
  return canonical({ start: String(start.getTime() / 1000), end: String(end.getTime() / 1000), ...texts(row) });
}

/** Asserts that a table equals the truth; shows a few of the rows that are missing or too many. */
export async function expectTruth(
  nights: Nights,
  dataset: Dataset,
  width: Width,
  from: Date,
  groupBy?: readonly string[],
) {
  const stored = await storedRows(nights, dataset, width);
  const truth = trueRows(nights, dataset, width, from, groupBy);
  const [storedSet, trueSet] = [new Set(stored), new Set(truth)];
  expect({
    rows: stored.length,
    missing: truth.filter((row) => !storedSet.has(row)).slice(0, 3),
    surplus: stored.filter((row) => !trueSet.has(row)).slice(0, 3),
  }).toEqual({ rows: truth.length, missing: [], surplus: [] });
}

function texts(row: Readonly<Record<string, unknown>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]));
}

function canonical(row: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** UTC midnight so many days before the clock's present day. */
export function daysBack(nights: Pick<Nights, 'clock'>, days: number): Date {
  return new Date(Math.floor(nights.clock.now().getTime() / 86_400_000) * 86_400_000 - days * 86_400_000);
}
