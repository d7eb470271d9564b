import type pLimit from 'p-limit';
import { toDatabaseError } from '../db/database-error.ts';
import { patiently } from '../db/patience.ts';
import { EtlError } from '../errors.ts';
import { createLoader, type LoadSlice } from '../load/loader.ts';
import { recordStart } from '../load/reach.ts';
import { forgetUnanswered } from '../load/unanswered.ts';
import type { Client } from '../openai/client.ts';
import { bucketCount, type Interval } from '../plan/bucket.ts';
import type { GrainRange } from '../plan/granted.ts';
import type { Slice } from '../plan/slices.ts';
import type { RunContext, SyncOptions } from './context.ts';
import type { IdentityWatch } from './identity-watch.ts';
import { type Job, labelOf, planJob, reachOf } from './job.ts';
import { obtainableFrom } from './known-refusals.ts';
import { type AheadReader, readingAhead } from './read-ahead.ts';
import { createSliceReader } from './slice-reader.ts';
import { createWork, judge } from './slice-work.ts';
import { addAgain, emptyTally, type Tally } from './tally.ts';

/** One organization's work in progress. */
export interface OrganizationRun {
  readonly context: RunContext;
  readonly options: SyncOptions;
  readonly client: Client;
  readonly identity: IdentityWatch;
  readonly runId: number;
  readonly now: Date;
  /** Result tags of every dataset. */
  readonly tags: ReadonlySet<string>;
  readonly limit: ReturnType<typeof pLimit>;
  /** Aborted when nothing more of the organization can be read. */
  readonly signal: AbortSignal;
  readonly stop: (error: EtlError) => void;
}

/** One job's work in progress. */
export interface JobRun {
  readonly job: Job;
  /** What it has to read as it was planned at first, newest first. */
  readonly planned: readonly Slice[];
  /** What was known to be granted then. */
  readonly granted: readonly GrainRange[];
  readonly reader: AheadReader;
  readonly tally: Tally;
  /** Why nothing more of the job is read; null while it goes on. */
  stopped: EtlError | null;
}

/** Plans what a job has to read. What fails ends up in its tally; never rejects. */
export async function openJob(run: OrganizationRun, job: Job): Promise<JobRun> {
  const reader = readingAhead(createSliceReader(run.context, job, run.client, run.tags, run.identity.note));
  const { granted } = reader.session;
  const jobRun: JobRun = { job, planned: [], granted, reader, tally: emptyTally(), stopped: null };
  try {
    await askAgain(run, jobRun);
    const planned = await plan(run, jobRun, run.options.to);
    run.context.progress.planned(labelOf(job), planned.length);
    return { ...jobRun, planned, granted: reader.session.granted };
  } catch (thrown) {
    if (!run.signal.aborted) judge(run, jobRun, toDatabaseError(thrown), 0);
    return jobRun;
  }
}

/** Reads and loads everything a job has to. Errors end up in its tally; never rejects. */
export async function runJob(run: OrganizationRun, jobRun: JobRun): Promise<void> {
  try {
    await rememberStart(run, jobRun);
    await readAll(run, jobRun, loaderOf(run, jobRun.job, run.options.refetch));
    await rememberStart(run, jobRun);
    await forgetBeforeHorizon(run, jobRun);
  } catch (thrown) {
    // What stopped the whole organization or run is reported once, for the whole.
    if (!run.signal.aborted) judge(run, jobRun, toDatabaseError(thrown), 0);
  }
}

/**
 * Reads and loads some intervals once more, believing neither what was read of them before nor what the ledger says. They
 * are not counted as read a second time; errors end up in the job's tally.
 */
export async function readAgain(run: OrganizationRun, jobRun: JobRun, intervals: readonly Interval[]): Promise<void> {
  const again: JobRun = { ...jobRun, reader: jobRun.reader, tally: emptyTally(), stopped: null };
  const work = createWork(run, again, loaderOf(run, jobRun.job, true));
  await work(
    intervals.map((interval) => ({ ...interval, due: 0, reread: bucketCount(interval, jobRun.job.settings.width) })),
  );
  addAgain(jobRun.tally, again.tally);
}

/** What loads the slices of a job, once they are known to be of the organization meant. */
function loaderOf(run: OrganizationRun, job: Job, recheck: boolean): LoadSlice {
  const { context, options } = run;
  const { dataset, width, settleSeconds } = job.settings;
  const load = createLoader({
    store: context.store,
    organization: job.organization,
    dataset,
    width,
    settleSeconds,
    acceptRestatement: options.acceptRestatement,
    keptDimensions: options.refetch ? [] : job.settings.groupBy,
    recheck,
    preview: options.preview,
  });
  return async (slice, reading) => {
    await run.identity.admit();
    return await load(slice, reading);
  };
}

/**
 * Since when the dataset is wanted. Before anything is loaded, because newest come first and a run that is killed must not
 * pass for a whole one; and once more when the horizon may have been found.
 */
async function rememberStart({ context, options, signal }: OrganizationRun, { job, reader }: JobRun): Promise<void> {
  if (options.preview || options.from !== null || signal.aborted) return;
  const start = obtainableFrom(job.wantedStart, reader.session, job.settings.width);
  await patiently(context, () => recordStart(context.store.pool, reachOf(job), start));
}

async function forgetBeforeHorizon({ context, options }: OrganizationRun, { job, reader }: JobRun): Promise<void> {
  const { horizon } = reader.session;
  if (horizon === null || options.preview) return;
  const of = { organization: job.organization, dataset: job.settings.dataset.name, width: job.settings.width };
  await patiently(context, () => forgetUnanswered(context.store.pool, of, horizon));
}

async function readAll(run: OrganizationRun, jobRun: JobRun, load: LoadSlice): Promise<void> {
  const { job, reader, granted } = jobRun;
  const [first, ...rest] = jobRun.planned;
  if (first === undefined || run.signal.aborted) return;
  const work = createWork(run, jobRun, load);
  // The first slice goes alone: what it finds out about grain, horizon and page size spares the others a refusal each.
  await work([first]);
  // Where it found out that less is granted, buckets that were due to be read at a finer grain are due no longer.
  const learnt = reader.session.granted !== granted && jobRun.stopped === null && jobRun.tally.slicesLoaded > 0;
  const left = learnt ? await plan(run, jobRun, first.start) : rest;
  if (learnt) run.context.progress.planned(labelOf(job), 1 + left.length);
  await work(left);
}

function plan(run: OrganizationRun, { job, reader }: JobRun, end: Date | null): Promise<readonly Slice[]> {
  const wanted = { end, granted: reader.session, refetch: run.options.refetch };
  return patiently(run.context, () => planJob(run.context, job, run.now, wanted));
}

/** Before planning, because what is granted again makes older buckets worth reading. */
async function askAgain(run: OrganizationRun, { job, reader }: JobRun): Promise<void> {
  const { horizon, groupings } = job.askAgain;
  if (!horizon && !groupings) return;
  try {
    await run.limit(() => reader.askAgain(job.askAgain, run.signal));
  } catch (thrown) {
    run.signal.throwIfAborted();
    if (!(thrown instanceof EtlError)) throw thrown;
    // The question stays due. What lasts is met again by the slices, and judged there.
    run.context.log.warn({ dataset: labelOf(job), code: thrown.code }, `not asked again: ${thrown.message}`);
  }
}
