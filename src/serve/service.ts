import type { Clock } from '../clock.ts';
import type { LoadedConfig } from '../config.ts';
import { type ErrorCode, toEtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type DatabaseContext, migrateDatabase, withStore } from '../run/database.ts';
import { createEmbeddedHold, type EmbeddedHold } from '../run/embedded-hold.ts';
import { raiseAlerts, tellingOfFailure } from '../run/notify.ts';
import { observationMemory, observe } from '../run/observe.ts';
import { silentProgress } from '../run/report.ts';
import { isServed } from '../run/served.ts';
import { startScheduler } from '../schedule/scheduler.ts';
import type { ScheduleState } from '../schedule/state.ts';
import { startHttp } from './http.ts';
import { doWork, isWorthRetrying } from './work.ts';

/** What the service works with. */
export interface ServeContext {
  /** Reads the configuration. Throws ConfigError. */
  readonly readConfig: () => LoadedConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted to stop: the slice in hand is finished or rolled back. */
  readonly signal: AbortSignal;
}

/** A service at work. */
export interface Service {
  readonly url: string;
  states(): readonly ScheduleState[];
  /** Resolves when the run in hand has ended and nothing listens any more. */
  close(): Promise<void>;
}

const roundMs = 5 * 60_000;

/**
 * Starts the schedules and the HTTP server. A database that is away is no reason not to start: /readyz says so, and the
 * runs it holds up are made up for. Rejects with ConfigError, `address_in_use` and what of the database only a person
 * can put right, such as `schema_newer`.
 */
export async function startService(context: ServeContext): Promise<Service> {
  const { clock, log, signal } = context;
  const config = context.readConfig();
  const database: DatabaseContext = { config, clock, log };
  const hold = createEmbeddedHold(database);
  const memory = observationMemory();
  await migrateWherePossible(database);
  await renew(hold, log);
  const scheduler = startScheduler({
    schedules: config.schedules,
    clock,
    log,
    run: (schedule) => doWork(context, latestConfig(context, config), schedule),
    isServed: (schedule, since) => withStore(database, 'any', (store) => isServed(store, config, schedule, since)),
    isWorthRetrying,
  });
  // Data grows stale while nothing runs, and that is when somebody has to be told.
  const stopRounds = clock.every(roundMs, () => {
    lookRound(context, database, config, hold).catch((failure: unknown) => {
      if (!signal.aborted) log.warn({ reason: toEtlError(failure).message }, 'alerts could not be looked at');
    });
  });
  const stop = async () => {
    stopRounds();
    await scheduler.stop();
    await hold.close();
  };
  try {
    const http = await startHttp({
      settings: config.http,
      clock,
      log,
      schedules: scheduler.states,
      observe: () => withStore(database, 'any', (store) => observe({ config, store, clock }, config.alerts, memory)),
    });
    return {
      url: http.url,
      states: scheduler.states,
      close: () => Promise.all([http.close(), stop()]).then(() => undefined),
    };
  } catch (failure) {
    await stop();
    throw failure;
  }
}

/** A changed key or file of keys is used from the next run on; a configuration that has broken since the start is not. */
function latestConfig({ readConfig, log }: ServeContext, first: LoadedConfig): LoadedConfig {
  try {
    return readConfig();
  } catch (thrown) {
    const { code, message } = toEtlError(thrown);
    log.error({ code }, `the configuration cannot be read any more, the one before is used: ${message}`);
    return first;
  }
}

/** What is over when the database is back. */
const passing: readonly ErrorCode[] = ['database_unreachable', 'database_transient'];

async function migrateWherePossible(database: DatabaseContext): Promise<void> {
  try {
    await migrateDatabase(database);
  } catch (thrown) {
    const error = toEtlError(thrown);
    if (!passing.includes(error.code)) throw error;
    database.log.error({ code: error.code, remedy: error.remedy }, error.message);
  }
}

async function lookRound(
  { clock, log, signal }: ServeContext,
  database: DatabaseContext,
  config: LoadedConfig,
  hold: EmbeddedHold,
): Promise<void> {
  await renew(hold, log);
  await tellingOfFailure({ alerts: config.alerts, clock, log, signal }, () =>
    withStore(database, 'migrated', (store) =>
      raiseAlerts({ config, store, clock, log, signal, progress: silentProgress }, config.alerts),
    ),
  );
}

async function renew(hold: EmbeddedHold, log: Log): Promise<void> {
  await hold.renew().catch((failure: unknown) => {
    const { code, message, remedy } = toEtlError(failure);
    log.error({ code, remedy }, message);
  });
}
