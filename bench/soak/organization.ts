import type pg from 'pg';
import { type Dataset, dimensionsOf, widthsOf } from '../../src/catalog/dataset.ts';
import { datasets as catalog } from '../../src/catalog/index.ts';
import type { Width } from '../../src/catalog/width.ts';
import type { Clock } from '../../src/clock.ts';
import type { Config, DatasetSettings } from '../../src/config.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import type { RunContext } from '../../src/run/context.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { type FakeClock, fakeClock } from '../../test/support/fake-clock.ts';
import { createOracle, type Oracle } from './oracle.ts';
import { type RequestWatch, watchRequests } from './request-watch.ts';

/** A database that a soak may fill, and a pool of connections to it that no fault ends. */
export interface SoakDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
}

/** An organization that lives through the nights of a soak: the API's double, the program's store and configuration. */
export interface SoakOrganization {
  readonly pool: pg.Pool;
  readonly store: Store;
  readonly simulator: Simulator;
  readonly oracle: Oracle;
  readonly requests: RequestWatch;
  /** The API's time. */
  readonly clock: FakeClock;
  /** How far the clock of the machine is behind, in seconds. */
  setBehind(seconds: number): void;
  behind(): number;
  /** What a run is handed; `leftOut` are dimensions that the configuration does not ask for, by dataset. */
  contextOf(leftOut: ReadonlyMap<string, string>, signal: AbortSignal): RunContext;
  settingsOf(leftOut: ReadonlyMap<string, string>): readonly DatasetSettings[];
  close(): Promise<void>;
}

const organizationName = 'soak';

/** As the program's own connections call themselves: those a fault may end. */
export const applicationNames = ['usage-etl', 'usage-etl locks'] as const;

/** The first night, and the first day that is loaded. */
export const firstNight = new Date('2026-03-02T03:17:00Z');
export const firstDay = new Date('2026-01-31T00:00:00Z');

/** Days back that the API answers: fewer than a page of costs reaches back, so that the horizon moves every night. */
export const horizonDays = 60;

/** Longest time a request may take. Fake time passes for all requests together, so it is more than the default. */
export const retryTotalSeconds = 3600;

const adminKey = 'sk-admin-soak-0123456789abcdef';

/** These are loaded by the hour as well. */
const hourly: ReadonlySet<string> = new Set(['completions', 'web_search_calls', 'vector_stores']);

/** Every dataset at the widths it is loaded at. */
export const loads: readonly (readonly [Dataset, Width])[] = catalog.flatMap((dataset) =>
  widthsOf(dataset)
    .filter((width) => width === '1d' || (width === '1h' && hourly.has(dataset.name)))
    .map((width) => [dataset, width] as const),
);

/** Few groups: a night has to be fast. */
const groupsPerDataset = 1;

/** Starts everything. Close it when done; the database is its owner's. */
export async function startOrganization(database: SoakDatabase, seed: number): Promise<SoakOrganization> {
  const clock = fakeClock(firstNight.toISOString());
  const world = { seed, groupsPerDataset, firstDay };
  const oracle = createOracle(world);
  let arrived = (): void => undefined;
  // The simulator asks for the time once a request, when it has recorded it: the way to act at a given request.
  const apiClock: Clock = {
    ...clock,
    now: () => {
      arrived();
      return clock.now();
    },
  };
  const simulator = await startSimulator({ ...world, clock: apiClock, adminKey, horizon: { days: horizonDays } });
  const requests = watchRequests(simulator);
  arrived = requests.arrived;
  let behindMs = 0;
  const machineClock: Clock = { ...clock, now: () => new Date(clock.now().getTime() - behindMs) };
  const store = await openStore({ databaseUrl: database.url, dataDir: '', clock: machineClock, log: silentLog });
  const contextOf = (leftOut: ReadonlyMap<string, string>, signal: AbortSignal): RunContext => ({
    config: configOf(simulator.url, database.url, settingsOf(leftOut)),
    store,
    clock: machineClock,
    log: silentLog,
    progress: { planned: () => undefined, advanced: () => undefined, finished: () => undefined },
    signal,
  });
  return {
    pool: database.pool,
    store,
    simulator,
    oracle,
    requests,
    clock,
    setBehind: (seconds) => {
      behindMs = seconds * 1000;
    },
    behind: () => behindMs / 1000,
    contextOf,
    settingsOf,
    close: async () => {
      await store.close();
      await simulator.close();
    },
  };
}

function settingsOf(leftOut: ReadonlyMap<string, string>): readonly DatasetSettings[] {
  return loads.map(([dataset, width]) => ({
    dataset,
    width,
    groupBy: dimensionsOf(dataset)
      .map(({ name }) => name)
      .filter((name) => name !== leftOut.get(dataset.name)),
    filters: {},
    start: firstDay,
    defaultDays: 0,
    settleSeconds: dataset.settleSeconds[width] ?? 0,
  }));
}

function configOf(baseUrl: string, databaseUrl: string, datasets: readonly DatasetSettings[]): Config {
  return {
    organizations: [{ name: organizationName, adminKey, datasets }],
    baseUrl,
    databaseUrl,
    dataDir: '',
    concurrency: 4,
    rereadRows: 200_000,
    retryTotalSeconds,
    logLevel: 'silent',
  };
}
