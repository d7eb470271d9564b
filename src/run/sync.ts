import pLimit from 'p-limit';
import { datasets as catalog } from '../catalog/index.ts';
import type { DatasetSettings, OrganizationSettings } from '../config.ts';
import { raise, reasonOf, toDatabaseError } from '../db/database-error.ts';
import { type Locks, openLocks, writerLock } from '../db/lock.ts';
import { holderText } from '../db/lock-holder.ts';
import { assertMigrated, migrate } from '../db/migrate.ts';
import { patiently } from '../db/patience.ts';
import { analyzeUnknownTables } from '../db/statistics.ts';
import { type EtlError, exitCode, toEtlError } from '../errors.ts';
import { recordAsked } from '../load/asked.ts';
import { forgetRemovals } from '../load/removals.ts';
import type { RunEnd } from '../load/runs.ts';
import { createClient } from '../openai/client.ts';
import { version } from '../version.ts';
import { recordCapabilities } from './capability.ts';
import { chosenDatasets, chosenOrganizations, type RunContext, type SyncOptions } from './context.ts';
import { type CostSplitOutcome, splitCosts } from './cost-split.ts';
import { updateDirectory } from './directory.ts';
import { establishIdentity } from './establish.ts';
import { isForeign } from './identity.ts';
import { watchIdentity } from './identity-watch.ts';
import { type Job, prepareJob } from './job.ts';
import { type BusyJob, busyReport, reportJob } from './job-report.ts';
import { type JobRun, type OrganizationRun, openJob, runJob } from './job-run.ts';
import type { DatasetReport, Difference, DirectoryReport, RunReport } from './report.ts';
import { closeRunRecord, differencesLine, errorLine, openRunRecord } from './run-record.ts';
import { errorReport, totalsOf } from './tally.ts';
import { type JobTieOut, tieOutJob } from './tie-out.ts';

/**
 * Reads everything that is due and loads it, every organization and dataset on its own: one's failure never stops the
 * others. Migrates first. Rejects only where nothing can be done at all (no database, a newer schema), and with the
 * reason of the signal when it is aborted; everything else is in the report.
 */
export function runSync(context: RunContext, options: SyncOptions): Promise<RunReport> {
  return syncAll(context, options).catch(raise);
}

async function syncAll(context: RunContext, options: SyncOptions): Promise<RunReport> {
  const { config, store, log, clock } = context;
  const now = clock.now();
  if (options.preview) await assertMigrated(store.pool);
  else await patiently(context, () => migrate(store.pool, { log, version }));
  const locks = await openLocks(store, context);
  try {
    const outcomes: OrganizationOutcome[] = [];
    for (const organization of chosenOrganizations(config, options)) {
      outcomes.push(await runOrganization(context, options, organization, locks, now));
    }
    if (!options.preview) {
      await analyzeUnknownTables(store.pool, log);
      await forgetRemovals(store.pool, log);
    }
    context.progress.finished();
    return summarize(options, outcomes, now, clock.now());
  } finally {
    await locks.close();
  }
}

interface OrganizationOutcome {
  readonly organization: string;
  readonly runId: number | null;
  readonly requests: number;
  readonly datasets: readonly DatasetReport[];
  /** Null where no names were read. */
  readonly directory: DirectoryReport | null;
  /** Sums that differ from the API's own totals. */
  readonly differences: readonly Difference[];
  /** Null where nothing was written. */
  readonly costSplit: CostSplitOutcome | null;
  /** Why the whole organization was stopped. */
  readonly error: EtlError | null;
}

async function runOrganization(
  context: RunContext,
  options: SyncOptions,
  organization: OrganizationSettings,
  locks: Locks,
  now: Date,
): Promise<OrganizationOutcome> {
  const jobs = await prepareJobs(context, options, organization, now);
  const [mine, busy] = await lockJobs(context, jobs, locks, options);
  const busyReports = busy.map(busyReport);
  if (mine.length === 0) {
    const idle = { runId: null, requests: 0, directory: null, differences: [], costSplit: null, error: null };
    return { organization: organization.name, ...idle, datasets: busyReports };
  }
  const record = { command: options.command, organization: organization.name, startedAt: now };
  const runId = options.preview ? null : await patiently(context, () => openRunRecord(context, record, locks));
  const client = createClient({
    ...context.config,
    adminKey: organization.adminKey,
    clock: context.clock,
    log: context.log,
    timeouts: context.timeouts,
  });
  const stopped = new AbortController();
  const adopts = options.adoptOrganization === true;
  const watched = { organization: organization.name, client, runId, adopts };
  const run: OrganizationRun = {
    context,
    options,
    client,
    identity: watchIdentity(context, watched),
    runId: runId ?? 0,
    now,
    tags: new Set([...catalog, ...organization.datasets.map(({ dataset }) => dataset)].map(({ object }) => object)),
    limit: pLimit(context.config.concurrency),
    signal: AbortSignal.any([context.signal, locks.signal, stopped.signal]),
    stop: (error) => stopped.abort(error),
  };
  try {
    const finished = await Promise.all(mine.map((job) => openJob(run, job)));
    await establishIdentity(run, finished);
    if (!options.preview && !run.signal.aborted)
      await recordSettings(context, organization.name, [...mine, ...busy.map(({ job }) => job)], now);
    await Promise.all(finished.map((jobRun) => runJob(run, jobRun)));
    await endIfInterrupted(run, runId, finished);
    const stop = () => (run.signal.aborted ? toEtlError(run.signal.reason) : null);
    const writes = runId !== null && !isForeign(stop());
    const tieOuts = writes ? await tieOutAll(run, finished) : new Map<JobRun, JobTieOut | null>();
    const differences = [...tieOuts.values()].flatMap((tieOut) => tieOut?.differences ?? []);
    if (writes) await patiently(context, () => recordCapabilities(run, finished));
    const costSplit = writes ? await splitCosts(context, organization.name, runId) : null;
    await endIfInterrupted(run, runId, finished);
    const names = { ...run, organization: organization.name, locks };
    const directory = writes ? await updateDirectory(names, stop() === null) : null;
    const error = stop();
    const datasets: DatasetReport[] = [];
    for (const jobRun of finished) {
      const tieOut = tieOuts.get(jobRun) ?? null;
      datasets.push(await patiently(context, () => reportJob(run, jobRun, error, tieOut)));
    }
    const { requests } = client.stats;
    const found = { organization: organization.name, runId, requests, datasets, directory, costSplit, error };
    const outcome = { ...found, differences };
    const { status } = verdictOf([outcome]);
    const reasons = [error, costSplit?.error ?? null].filter((reason) => reason !== null);
    if (runId !== null) await finishRun(run, runId, recorded[status], reasons, finished, differences.length);
    return { ...outcome, datasets: [...datasets, ...busyReports] };
  } catch (thrown) {
    if (runId !== null && !context.signal.aborted) await recordFailure(run, runId, toDatabaseError(thrown));
    throw thrown;
  } finally {
    await client.close();
    for (const job of mine) await locks.release(lockOf(job));
  }
}

/** A run that found a difference has loaded all it was asked for, and is not in order all the same. */
const recorded = { ok: 'ok', difference: 'partial', partial: 'partial', failed: 'failed', busy: 'failed' } as const;

/** Holds what every job has read against the API's own totals, where that is wanted. */
async function tieOutAll(
  run: OrganizationRun,
  finished: readonly JobRun[],
): Promise<ReadonlyMap<JobRun, JobTieOut | null>> {
  if (run.context.config.tieOut !== 'closed') return new Map();
  const tieOuts = finished.map(async (jobRun) => [jobRun, await tieOutJob(run, jobRun)] as const);
  return new Map(await Promise.all(tieOuts));
}

async function prepareJobs(context: RunContext, options: SyncOptions, organization: OrganizationSettings, now: Date) {
  const wanted = chosenDatasets(organization, options);
  const prepare = (settings: DatasetSettings) => prepareJob(context, organization.name, settings, options, now);
  return await Promise.all(wanted.map((settings) => patiently(context, () => prepare(settings))));
}

/** What BI reads a day from depends on what is asked for, so that is remembered before anything is loaded. */
async function recordSettings(context: RunContext, organization: string, jobs: readonly Job[], now: Date) {
  for (const [dataset, some] of Map.groupBy(jobs, ({ settings }) => settings.dataset)) {
    const widths = some.map(({ settings }) => settings.width);
    const asked = { organization, dataset, widths, filters: some[0]?.filters ?? null };
    await patiently(context, () => recordAsked(context.store.pool, asked, now));
  }
}

/** Takes the writer's lock of each job; the second list is what another run holds. A preview needs none. */
async function lockJobs({ log }: RunContext, jobs: readonly Job[], locks: Locks, { preview }: SyncOptions) {
  const mine: Job[] = [];
  const busy: BusyJob[] = [];
  for (const job of jobs) {
    if (preview || (await locks.tryAcquire(lockOf(job)))) {
      mine.push(job);
      continue;
    }
    const holder = await locks.holder(lockOf(job));
    if (holder !== null) log.info({ dataset: job.settings.dataset.name }, `locked by ${holderText(holder)}`);
    busy.push({ job, holder });
  }
  return [mine, busy] as const;
}

function lockOf({ organization, settings }: Job) {
  return writerLock({ orgId: organization, dataset: settings.dataset.name, width: settings.width });
}

/** Records the end of a run that was told to end early, and rejects with the reason. */
async function endIfInterrupted(run: OrganizationRun, runId: number | null, finished: readonly JobRun[]) {
  const { signal } = run.context;
  if (!signal.aborted) return;
  const interruption = toEtlError(signal.reason);
  if (runId !== null) await finishRun(run, runId, 'failed', [interruption], finished);
  throw interruption;
}

async function finishRun(
  run: OrganizationRun,
  runId: number,
  status: RunEnd['status'],
  reasons: readonly EtlError[],
  finished: readonly JobRun[],
  differences = 0,
) {
  const tallies = finished.map(({ tally }) => tally);
  const errors = [...reasons, ...tallies.flatMap((tally) => tally.errors)];
  const totals = totalsOf(tallies, run.client.stats);
  const lines = differences === 0 ? [] : [differencesLine(differences)];
  const end = { status, totals, errors: [...errors.map(errorLine), ...lines] };
  await patiently(run.context, () => closeRunRecord(run.context, runId, end));
}

/** The end of a run that cannot even be reported. Where the database is gone, the next run finds it unfinished. */
async function recordFailure(run: OrganizationRun, runId: number, error: EtlError): Promise<void> {
  try {
    const totals = totalsOf([], run.client.stats);
    await closeRunRecord(run.context, runId, { status: 'failed', totals, errors: [errorLine(error)] });
  } catch (failure) {
    run.context.log.warn({ reason: reasonOf(failure) }, 'how the run ended could not be recorded');
  }
}

function summarize(
  options: SyncOptions,
  outcomes: readonly OrganizationOutcome[],
  startedAt: Date,
  finishedAt: Date,
): RunReport {
  return {
    run_ids: outcomes.flatMap(({ runId }) => (runId === null ? [] : [runId])),
    command: options.command,
    ...verdictOf(outcomes),
    started_at: startedAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    preview: options.preview,
    requests: outcomes.reduce((sum, { requests }) => sum + requests, 0),
    datasets: outcomes.flatMap(({ datasets }) => datasets),
    cost_splits: outcomes.flatMap(({ costSplit }) => (costSplit === null ? [] : [costSplit.report])),
    differences: outcomes.flatMap(({ differences }) => differences),
    directory: outcomes.flatMap(({ directory }) => (directory === null ? [] : [directory])),
    errors: outcomes.flatMap(({ organization, error }) =>
      error === null ? [] : [{ org_id: organization, ...errorReport(error) }],
    ),
  };
}

/** True where what went wrong is a defect of this program, however much else went well. */
function isDefect({ datasets }: OrganizationOutcome): boolean {
  return datasets.some(({ errors }) => errors.some(({ code }) => code === 'database_refused_all'));
}

/** What it all came to, and the exit code that says so. */
function verdictOf(outcomes: readonly OrganizationOutcome[]): { status: RunReport['status']; exit_code: number } {
  if (outcomes.some(isDefect)) return { status: 'failed', exit_code: exitCode.failed };
  // Numbers under a name that is not theirs are the worst there is, whatever else was loaded.
  if (outcomes.some(({ error }) => isForeign(error))) return { status: 'failed', exit_code: exitCode.failed };
  const statuses = outcomes.flatMap(({ datasets }) => datasets.map(({ status }) => status));
  const whole = outcomes.every(({ error, costSplit }) => error === null && (costSplit?.error ?? null) === null);
  if (whole && statuses.every((status) => status === 'ok' || status === 'unavailable')) {
    const differs = outcomes.some(({ differences }) => differences.length > 0);
    if (differs) return { status: 'difference', exit_code: exitCode.difference };
    return { status: 'ok', exit_code: exitCode.ok };
  }
  if (whole && statuses.every((status) => status === 'busy')) return { status: 'busy', exit_code: exitCode.busy };
  const something = statuses.some((status) => status === 'ok' || status === 'partial');
  return something
    ? { status: 'partial', exit_code: exitCode.partial }
    : { status: 'failed', exit_code: exitCode.failed };
}
