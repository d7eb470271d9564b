import type pLimit from 'p-limit';
import { toDatabaseError } from '../db/database-error.ts';
import { patiently } from '../db/patience.ts';
import type { EtlError } from '../errors.ts';
import { createLoader, type LoadSlice } from '../load/loader.ts';
import type { Client } from '../openai/client.ts';
import { bucketCount, type Interval } from '../plan/bucket.ts';
import type { Slice } from '../plan/slices.ts';
import type { RunContext, SyncOptions } from './context.ts';
import type { IdentityWatch } from './identity-watch.ts';
import { type Job, labelOf, planJob } from './job.ts';
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
  readonly reader: AheadReader;
  readonly tally: Tally;
  /** Why nothing more of the job is read; null while it goes on. */
  stopped: EtlError | null;
}

/** Plans what a job has to read. What fails ends up in its tally; never rejects. */
export async function openJob(run: OrganizationRun, job: Job): Promise<JobRun> {
  const reader = readingAhead(createSliceReader(run.context, job, run.client, run.tags, run.identity.note));
  const jobRun: JobRun = { job, planned: [], reader, tally: emptyTally(), stopped: null };
  try {
    const plan = { end: run.options.to, obtainable: job.obtainable, refetch: run.options.refetch };
    const planned = await patiently(run.context, () => planJob(run.context, job, run.now, plan));
    run.context.progress.planned(labelOf(job), planned.length);
    return { ...jobRun, planned };
  } catch (thrown) {
    if (!run.signal.aborted) judge(run, jobRun, toDatabaseError(thrown), 0);
    return jobRun;
  }
}

/** Reads and loads everything a job has to. Errors end up in its tally; never rejects. */
export async function runJob(run: OrganizationRun, jobRun: JobRun): Promise<void> {
  try {
    await readAll(run, jobRun, loaderOf(run, jobRun.job, run.options.refetch));
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

async function readAll(run: OrganizationRun, jobRun: JobRun, load: LoadSlice): Promise<void> {
  const [first, ...rest] = jobRun.planned;
  if (first === undefined || run.signal.aborted) return;
  const work = createWork(run, jobRun, load);
  // The first slice goes alone: what it finds out about grain, horizon and page size spares the others a refusal each.
  await work([first]);
  await work(await replanned(run, jobRun, first, rest));
}

/** A dimension granted again makes older buckets worth reading again. */
async function replanned(
  run: OrganizationRun,
  jobRun: JobRun,
  first: Slice,
  rest: readonly Slice[],
): Promise<readonly Slice[]> {
  const { job, reader, tally } = jobRun;
  const granted = reader.session.grain;
  // Without an answer the grain is only what was asked for.
  if (jobRun.stopped !== null || tally.slicesLoaded === 0) return rest;
  if (granted.every((name) => job.obtainable.includes(name))) return rest;
  const plan = { end: first.start, obtainable: granted, refetch: run.options.refetch };
  const slices = await patiently(run.context, () => planJob(run.context, job, run.now, plan));
  run.context.progress.planned(labelOf(job), 1 + slices.length);
  return slices;
}
