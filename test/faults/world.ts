import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, dimensionsOf } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { decisions } from '../../src/catalog/datasets/decisions.ts';
import { vectorStores } from '../../src/catalog/datasets/vector-stores.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { toEtlError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import type { RunContext, SyncOptions } from '../../src/run/context.ts';
import type { ErrorReport, RunReport } from '../../src/run/report.ts';
import { errorReport } from '../../src/run/tally.ts';
import type { FaultPlan, Restatement } from '../../src/simulator/index.ts';
import { type CommandEnvironment, emptyFolder, finished, start } from '../cli/command.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { adminKey, liveThroughNights, type Nights, organization } from '../support/nights.ts';
import type { TestDatabase } from '../support/postgres.ts';
import type { Struck } from './fault-case.ts';

/** What kind of world a fault takes. */
export interface WorldOptions {
  /** `simulated` (default): waits take no time. `real`: for runs that are processes of their own. */
  readonly time?: 'simulated' | 'real';
  /** A migrated database of its own; by default one on the server of the test run. */
  readonly database?: () => Promise<TestDatabase>;
}

/** A run that is a process of its own. */
export interface RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Struck>;
}

/**
 * An organization that was loaded one good night. Three days have passed since, days have closed and begun, and closed
 * ones have been restated, so that the next night has rows to insert, update and delete in every dataset.
 */
export interface World {
  readonly nights: Nights;
  /** A handful that stands for all: usage, money, an optional one, and a level. All at width 1d. */
  readonly datasets: readonly Dataset[];
  /** The first day loaded. */
  readonly firstDay: Date;
  /** The clock the runs read. */
  readonly clock: Clock;
  /** The API's time. It stands still while runs wait, so that there is one truth a night; only `pass` moves it. */
  readonly apiClock: FakeClock;
  /** How the API misbehaves from now on; an empty plan ends it. */
  setFaults(plan: FaultPlan): void;
  /** Sets the runs' clock wrong by so much, ahead or (negative) behind; 0 puts it right. For simulated time only. */
  missetClock(milliseconds: number): void;
  /** Lets time pass for the runs and the API; the API's alone where time is real. */
  pass(milliseconds: number): void;
  /** One sync in this process, whatever becomes of it; what `changed` names is other than usual. */
  night(options?: Partial<SyncOptions>, changed?: Partial<RunContext>): Promise<Struck>;
  /** Starts `usage-etl sync --json`, or what `args` say, as a process of its own. */
  start(args?: readonly string[], environment?: CommandEnvironment): RunningCommand;
  close(): Promise<void>;
}

const dayMs = 86_400_000;
const datasets = [completions, costs, decisions, vectorStores];
const daysLoaded = 9;
const goodNight = '2026-11-18T13:17:00Z';

/** Days of the world, counted from its first: one settled, one closed at the good night and not yet settled. */
export const restatedDays = { settled: 2, unsettled: 7 } as const;

/** Creates a world. Close it when done. */
export async function createWorld({ time = 'simulated', database }: WorldOptions = {}): Promise<World> {
  const daysPassed = 3;
  const began =
    time === 'simulated' ? goodNight : new Date(systemClock.now().getTime() - daysPassed * dayMs).toISOString();
  const apiClock = fakeClock(began);
  const firstDay = new Date(Math.floor(Date.parse(began) / dayMs) * dayMs - daysLoaded * dayMs);
  const nights = await liveThroughNights({
    now: began,
    datasets,
    ...(database !== undefined && { database }),
    simulator: { clock: apiClock, groupsPerDataset: 6 },
    settings: { start: firstDay },
  });
  const pass = (milliseconds: number) => {
    apiClock.advance(milliseconds);
    nights.clock.advance(milliseconds);
  };
  let wrongByMs = 0;
  const simulated: Clock = {
    ...nights.clock,
    now: () => new Date(nights.clock.now().getTime() + wrongByMs),
  };
  const world: World = {
    nights,
    datasets,
    firstDay,
    clock: time === 'simulated' ? simulated : systemClock,
    apiClock,
    setFaults: (plan) => nights.simulator.setFaults(plan),
    missetClock: (milliseconds) => {
      wrongByMs = milliseconds;
    },
    pass,
    night: (options = {}, changed = {}) => nightOf(nights, options, { clock: world.clock, ...changed }),
    start: (args = ['sync'], environment = {}) => commandOf(nights, firstDay, args, environment),
    close: () => nights.close(),
  };
  try {
    await nights.sync();
    pass(daysPassed * dayMs);
    nights.simulator.restate(datasets.flatMap((dataset) => restatementsOf(nights, dataset, firstDay)));
    return world;
  } catch (failure) {
    await nights.close();
    throw failure;
  }
}

/** One row less, two more and others changed: where counts stayed the same, a ledger out of step would not show. */
function restatementsOf({ simulator }: Nights, dataset: Dataset, firstDay: Date): readonly Restatement[] {
  const day = (index: number) => new Date(firstDay.getTime() + index * dayMs);
  const names = dimensionsOf(dataset).map(({ name }) => name);
  const [first = ''] = names;
  const settled = day(restatedDays.settled);
  const to = day(restatedDays.settled + 1);
  const [bucket] = simulator.truth({ dataset: dataset.name, width: '1d', from: settled, to, groupBy: names });
  const [row = {}] = bucket?.rows ?? [];
  const where = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
  const measures = Object.fromEntries(
    dataset.columns
      .filter(({ role, name }) => role === 'measure' && name !== 'quantity')
      .slice(0, 1)
      .map(({ name }) => [name, 7]),
  );
  const add = (index: number, name: string): Restatement => ({
    kind: 'add-group',
    dataset: dataset.name,
    day: day(index),
    dimensions: { [first]: name },
    measures,
  });
  return [
    { kind: 'remove-group', dataset: dataset.name, day: settled, where },
    add(restatedDays.settled, 'late'),
    add(restatedDays.settled, 'later'),
    { kind: 'scale', dataset: dataset.name, day: day(restatedDays.unsettled), factor: 1.5 },
    add(restatedDays.unsettled, 'late'),
  ];
}

async function nightOf(nights: Nights, options: Partial<SyncOptions>, changed: Partial<RunContext>): Promise<Struck> {
  const lines: string[] = [];
  const log = createLog('trace', { write: (line) => lines.push(line) });
  try {
    const report = await nights.sync(options, { log, ...changed });
    return { ...seen(report), report, exit: report.exit_code, printed: [...lines, JSON.stringify(report)].join('\n') };
  } catch (thrown) {
    const error = toEtlError(thrown);
    const errors = [errorReport(error)];
    return { exit: error.exit, errors, report: null, printed: [...lines, JSON.stringify(errors)].join('\n') };
  }
}

function commandOf(
  nights: Nights,
  firstDay: Date,
  args: readonly string[],
  environment: CommandEnvironment,
): RunningCommand {
  const cwd = emptyFolder();
  const names = datasets.map(({ name }) => name);
  writeFileSync(join(cwd, 'usage-etl.yaml'), `organizations:\n  - name: ${organization}\n    admin_key_env: KEY\n`);
  const env = {
    KEY: adminKey,
    OPENAI_BASE_URL: nights.simulator.url,
    DATABASE_URL: nights.database.url,
    USAGE_ETL_START: firstDay.toISOString().slice(0, 10),
    LOG_LEVEL: 'trace',
    ...environment,
  };
  const child = start([...args, '--json', '--dataset', ...names], { env, cwd });
  const ended = finished(child).then(({ exit, stdout, stderr }): Struck => {
    const document = stdout === '' ? null : (JSON.parse(stdout) as RunReport | { readonly error: ErrorReport });
    const printed = `${stderr}\n${stdout}`;
    if (document === null) return { exit, errors: [], report: null, printed };
    if ('error' in document) return { exit, errors: [document.error], report: null, printed };
    return { ...seen(document), exit, report: document, printed };
  });
  return { child, ended };
}

function seen({ errors, datasets: reports }: RunReport): Pick<Struck, 'errors'> {
  return { errors: [...errors, ...reports.flatMap((report) => report.errors)] };
}
