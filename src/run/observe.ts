import { type AlertStatus, openAlerts } from '../alert/open-alerts.ts';
import type { AlertSettings } from '../config.ts';
import { raise } from '../db/database-error.ts';
import { migrationStatus } from '../db/migrate.ts';
import { type Calendar, calendarOf } from './calendar.ts';
import type { RunContext } from './context.ts';
import { type Coverage, type CoverageKey, type Queryable, readCoverage } from './coverage.ts';
import { type Freshness, freshnessOf } from './freshness.ts';
import {
  type LastRun,
  type LastTieOut,
  readLastRuns,
  readRunning,
  readSpend,
  readTieOuts,
  readWaiting,
  type Spend,
  type Waiting,
} from './observed-facts.ts';
import { type Count, type CountedSoFar, countedNothing, readRunCounts } from './run-counts.ts';
import { readStatus } from './status.ts';
import type { StatusReport } from './status-report.ts';

export type { AlertStatus } from '../alert/open-alerts.ts';
export type { Calendar, CalendarDay, DayState } from './calendar.ts';
export type { Freshness } from './freshness.ts';
export type { LastRun, LastTieOut, Spend } from './observed-facts.ts';
export type { Count } from './run-counts.ts';
export type { DatasetStatus, StatusReport } from './status-report.ts';

/** What the service knows of its store at one instant. */
export interface Observation {
  readonly observed_at: Date;
  /** Data older than so many hours is stale. */
  readonly freshness_hours: number;
  readonly migrations: { readonly database_version: number; readonly program_version: number };
  /** Null while the database is not at the program's version: then nothing in it can be trusted to be understood. */
  readonly stored: Stored | null;
}

/** What is stored. */
export interface Stored {
  readonly status: StatusReport;
  readonly freshness: readonly Freshness[];
  readonly calendars: readonly Calendar[];
  readonly alerts: readonly AlertStatus[];
  readonly notifications: Waiting;
  readonly counts: readonly Count[];
  readonly running: number;
  readonly last_runs: readonly LastRun[];
  readonly tie_outs: readonly LastTieOut[];
  readonly spend_yesterday: readonly Spend[];
}

/** What need not be read again. Keep one for as long as the service lives; a fresh one makes everything be read. */
export interface ObservationMemory {
  counted: CountedSoFar;
  readonly coverage: Map<string, { readonly coverage: Coverage; readonly readAtMs: number; readonly tookMs: number }>;
}

/** A memory of nothing. */
export function observationMemory(): ObservationMemory {
  return { counted: countedNothing, coverage: new Map() };
}

/** No statement of an observation may work longer than this. */
const statementTimeout = '20s';

/** A server that has fallen silent is given up on after this. */
const silenceMs = 30_000;

/** Ledgers that take long to read are read so seldom that they cost the database this part of its time at most… */
const largestShare = 1 / 20;

/** …but at least so often. */
const longestReuseMs = 300_000;

/** Reading ledgers anew takes this much of one observation; what is left over is as it was last time. */
const readingBudgetMs = 1000;

/**
 * Looks at the store: one connection, one snapshot, no write, no request. Rejects with an EtlError when the database
 * cannot be asked.
 */
export async function observe(
  context: Pick<RunContext, 'config' | 'store' | 'clock'>,
  settings: AlertSettings,
  memory: ObservationMemory = observationMemory(),
): Promise<Observation> {
  const { pool } = context.store;
  const { database_version, program_version } = await migrationStatus(pool).catch(raise);
  const isCurrent = database_version === program_version;
  return {
    observed_at: context.clock.now(),
    freshness_hours: settings.freshnessHours,
    migrations: { database_version, program_version },
    stored: isCurrent ? await inSnapshot(context, (client) => readStored(context, client, settings, memory)) : null,
  };
}

type Context = Pick<RunContext, 'config' | 'store' | 'clock'>;

async function inSnapshot<T>({ store, clock }: Context, read: (client: Queryable) => Promise<T>): Promise<T> {
  const client = await store.pool.connect().catch(raise);
  let held = true;
  const release = (broken: boolean) => {
    if (held) client.release(broken);
    held = false;
  };
  const giveUp = clock.every(silenceMs, () => release(true));
  try {
    await client.query(
      `begin isolation level repeatable read read only; set local statement_timeout = '${statementTimeout}'`,
    );
    const result = await read(client);
    await client.query('commit');
    release(false);
    return result;
  } catch (failure) {
    // Discarded: whatever state the connection is in, the next one begins anew.
    release(true);
    return raise(failure);
  } finally {
    giveUp();
  }
}

async function readStored(
  context: Context,
  client: Queryable,
  settings: AlertSettings,
  memory: ObservationMemory,
): Promise<Stored> {
  const { config, clock, store } = context;
  const coverageOf = rememberingCoverage(client, clock, memory);
  const seen = new Map<string, Coverage>();
  const now = clock.now();
  const status = await readStatus(
    { config, clock, store: { pool: client, embedded: store.embedded } },
    { datasets: null, organizations: null },
    async (key) => {
      const coverage = await coverageOf(key);
      seen.set(nameOf(key), coverage);
      return coverage;
    },
  );
  const freshness = freshnessOf(status.datasets, config, settings, now);
  const absent = new Set(freshness.filter(({ state }) => state === 'absent').map(nameOf));
  const { counts, soFar } = await readRunCounts(client, memory.counted);
  memory.counted = soFar;
  return {
    status,
    freshness,
    calendars: status.datasets.flatMap((dataset) => {
      const coverage = seen.get(nameOf(dataset));
      return coverage === undefined ? [] : [calendarOf(dataset, coverage, absent.has(nameOf(dataset)), now)];
    }),
    alerts: await openAlerts(client),
    notifications: await readWaiting(client),
    counts,
    running: await readRunning(client),
    last_runs: await readLastRuns(client),
    tie_outs: await readTieOuts(client, status.datasets),
    spend_yesterday: await readSpend(
      client,
      [...new Set(status.datasets.map(({ org_id }) => org_id))],
      new Date(Math.floor(now.getTime() / 86_400_000) * 86_400_000),
    ),
  };
}

/** Reads what is due and remembers the rest: a year of minutes is half a million entries a dataset. */
function rememberingCoverage(client: Queryable, clock: RunContext['clock'], memory: ObservationMemory) {
  const startedMs = clock.monotonicMs();
  const tookMs = [...memory.coverage.values()].reduce((sum, known) => sum + known.tookMs, 0);
  const reuseMs = Math.min(tookMs / largestShare, longestReuseMs);
  return async (key: CoverageKey): Promise<Coverage> => {
    const name = nameOf(key);
    const known = memory.coverage.get(name);
    const beganMs = clock.monotonicMs();
    if (known !== undefined) {
      if (beganMs - known.readAtMs < reuseMs || beganMs - startedMs > readingBudgetMs) return known.coverage;
    }
    const coverage = await readCoverage(client, key);
    const endedMs = clock.monotonicMs();
    memory.coverage.set(name, { coverage, readAtMs: endedMs, tookMs: endedMs - beganMs });
    return coverage;
  };
}

function nameOf(of: { readonly org_id: string; readonly dataset: string; readonly bucket_width: string }): string {
  return JSON.stringify([of.org_id, of.dataset, of.bucket_width]);
}
