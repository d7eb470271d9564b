import { createTask, type ScheduledTask } from 'node-cron';
import pLimit from 'p-limit';
import type { Clock } from '../clock.ts';
import type { ScheduleSettings } from '../config.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Calendar, calendarOf, lastDue, lastGapDue, lookBackMs, nextDue, retryAt } from './due.ts';
import type { ScheduleState } from './state.ts';

/** What a scheduler works with. */
export interface SchedulerOptions {
  readonly schedules: readonly ScheduleSettings[];
  readonly clock: Clock;
  readonly log: Log;
  /** Does what a schedule says and resolves with the exit code; never rejects. */
  readonly run: (schedule: ScheduleSettings) => Promise<number>;
  /** True when all that a schedule reads has been read since the instant. Rejects when the ledger cannot be asked. */
  readonly isServed: (schedule: ScheduleSettings, since: Date) => Promise<boolean>;
  /** True for an exit code after which trying again helps. */
  readonly isWorthRetrying: (exit: number) => boolean;
}

/** Runs schedules, one run at a time. */
export interface Scheduler {
  states(): readonly ScheduleState[];
  /** Begins no further run; resolves when the one in hand has ended. */
  stop(): Promise<void>;
}

/** How often the ledger is asked for what was missed: while the machine slept, while the database was away. */
const catchUpMs = 5 * 60_000;

/** A run that fell due this recently is still on its way: jitter, and a timer that is a little late. */
const graceMs = 60_000;

/** How often it is looked whether clocks were put forward over a due time, at which node-cron does not fire. */
const gapCheckMs = 60_000;

interface Entry {
  readonly schedule: ScheduleSettings;
  readonly calendar: Calendar;
  readonly task: ScheduledTask;
  readonly jitterMs: number;
  /** Waiting for its turn, or running. */
  busy: boolean;
  running: boolean;
  startedAt: Date | null;
  endedAt: Date | null;
  exit: number | null;
  /** Runs in a row that failed. */
  failures: number;
  /** The latest due time known, and up to when it was looked for. */
  due: Date | null;
  lookedAt: Date | null;
}

/**
 * Starts the schedules. Each runs when it falls due, and again when the ledger shows that a due run was missed or
 * failed: at the start, and every five minutes.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { clock, log } = options;
  const turn = pLimit(1);
  let stopping = false;
  let latestGap: Promise<unknown> = Promise.resolve();

  const start = async (entry: Entry, why: string): Promise<void> => {
    if (entry.busy || stopping) return;
    entry.busy = true;
    await turn(async () => {
      if (!stopping) await runEntry(options, entry, why);
    });
    entry.busy = false;
  };
  const entries = options.schedules.map((schedule) => createEntry(schedule, log, (entry) => start(entry, 'due')));

  const catchUp = async (graced: boolean): Promise<void> => {
    for (const entry of entries) {
      const why = await reasonToRun(options, entry, clock.now(), graced).catch((failure: unknown) => {
        log.warn({ schedule: entry.schedule.name, reason: messageOf(failure) }, 'the ledger cannot be asked');
        return null;
      });
      if (why !== null) await start(entry, why);
    }
  };
  // One round at a time: a round waits for the runs it starts.
  const round = pLimit(1);
  let latestRound = round(() => catchUp(false));
  const stopAsking = clock.every(catchUpMs, () => {
    if (round.activeCount === 0) latestRound = round(() => catchUp(true));
  });
  for (const { task } of entries) task.start();
  let gapsSeenTo = clock.now();
  const stopLooking = clock.every(gapCheckMs, () => {
    const now = clock.now();
    const dueAtGap = entries.filter(({ calendar }) => lastGapDue(calendar, gapsSeenTo, now) !== null);
    gapsSeenTo = now;
    latestGap = Promise.all(dueAtGap.map((entry) => start(entry, 'due: clocks were put forward over its time')));
  });

  return {
    states: () => entries.map((entry) => stateOf(entry, clock.now(), stopping)),
    stop: async () => {
      stopping = true;
      stopAsking();
      stopLooking();
      for (const { task } of entries) await task.destroy();
      await Promise.all([latestRound, latestGap, turn(() => undefined)]);
    },
  };
}

function createEntry(schedule: ScheduleSettings, log: Log, fire: (entry: Entry) => Promise<void>): Entry {
  const { name, cron, timezone } = schedule;
  const [first, second] = createTask(cron, () => undefined, { timezone }).getNextRuns(2);
  const betweenMs = first === undefined || second === undefined ? 0 : second.getTime() - first.getTime();
  // A tenth of the time between two runs at most, so that a schedule of minutes keeps its pace.
  const jitterMs = Math.min(schedule.jitterSeconds * 1000, Math.floor(betweenMs / 10));
  const note = (message: string | Error) => log.debug({ schedule: name, reason: messageOf(message) }, 'node-cron');
  const entry: Entry = {
    schedule,
    calendar: calendarOf(cron, timezone),
    jitterMs,
    task: createTask(cron, () => fire(entry), {
      name,
      timezone,
      noOverlap: true,
      maxRandomDelay: jitterMs,
      suppressMissedWarning: true,
      logger: { info: note, warn: note, error: note, debug: note },
    }),
    busy: false,
    running: false,
    startedAt: null,
    endedAt: null,
    exit: null,
    failures: 0,
    due: null,
    lookedAt: null,
  };
  return entry;
}

async function runEntry({ clock, log, run, isWorthRetrying }: SchedulerOptions, entry: Entry, why: string) {
  const { name, command } = entry.schedule;
  entry.running = true;
  entry.startedAt = clock.now();
  entry.exit = null;
  log.info({ schedule: name, command, why }, 'starting');
  const exit = await run(entry.schedule);
  entry.running = false;
  entry.endedAt = clock.now();
  entry.exit = exit;
  entry.failures = isWorthRetrying(exit) ? entry.failures + 1 : 0;
  log.info({ schedule: name, exit_code: exit, next_at: entry.task.getNextRun() }, 'done');
}

/** Why a schedule is to run although it does not fall due right now; null when it is not. */
async function reasonToRun(
  { isServed }: SchedulerOptions,
  entry: Entry,
  now: Date,
  graced: boolean,
): Promise<string | null> {
  if (entry.busy) return null;
  const due = latestDue(entry, now);
  if (due === null) return null;
  if (graced && now.getTime() - due.getTime() < entry.jitterMs + graceMs) return null;
  const { startedAt, endedAt, failures } = entry;
  if (startedAt !== null && endedAt !== null && startedAt >= due) {
    const again = failures === 0 ? null : retryAt(failures, endedAt);
    return again !== null && again <= now ? `failed ${failures} times` : null;
  }
  return (await isServed(entry.schedule, due)) ? null : `missed at ${due.toISOString()}`;
}

/** Looks only at the time since it was last asked: a calendar of months is slow to walk through. */
function latestDue(entry: Entry, now: Date): Date | null {
  const known = entry.lookedAt !== null && entry.lookedAt <= now ? entry.lookedAt : null;
  if (known === null) entry.due = null;
  entry.due = lastDue(entry.calendar, known ?? new Date(now.getTime() - lookBackMs), now) ?? entry.due;
  entry.lookedAt = now;
  return entry.due;
}

function stateOf(entry: Entry, now: Date, stopping: boolean): ScheduleState {
  const { schedule, calendar, task, running, startedAt, exit } = entry;
  const next = stopping ? null : task.getNextRun();
  const { name, command, cron, timezone } = schedule;
  return {
    name,
    command,
    cron,
    timezone,
    next_at: next === null ? null : nextDue(calendar, now, next).toISOString(),
    running,
    last_started_at: startedAt?.toISOString() ?? null,
    last_exit_code: exit,
  };
}
