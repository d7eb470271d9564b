import type pLimit from 'p-limit';
import { toDatabaseError } from '../db/database-error.ts';
import { patiently } from '../db/patience.ts';
import { EtlError } from '../errors.ts';
import { createLoader, type LoadSlice } from '../load/loader.ts';
import { recordStart } from '../load/reach.ts';
import { forgetUnanswered } from '../load/unanswered.ts';
import type { Client } from '../openai/client.ts';
import type { Slice } from '../plan/slices.ts';
import type { RunContext, SyncOptions } from './context.ts';
import { type Job, labelOf, planJob, reachOf } from './job.ts';
import { obtainableFrom } from './known-refusals.ts';
import { createSliceReader, type SliceReader } from './slice-reader.ts';
import { createWork, judge } from './slice-work.ts';
import { emptyTally, type Tally } from './tally.ts';

/** One organization's work in progress. */
export interface OrganizationRun {
  readonly context: RunContext;
  readonly options: SyncOptions;
  readonly client: Client;
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
  readonly reader: SliceReader;
  readonly tally: Tally;
  /** Why nothing more of the job is read; null while it goes on. */
  stopped: EtlError | null;
}

/** Reads and loads everything a job has to. Errors end up in its tally; never rejects. */
export async function runJob(run: OrganizationRun, job: Job): Promise<JobRun> {
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
    recheck: options.refetch,
    preview: options.preview,
  });
  const jobRun: JobRun = {
    job,
    reader: createSliceReader(context, job, run.client, run.tags),
    tally: emptyTally(),
    stopped: null,
  };
  try {
    await readAll(run, jobRun, load);
    await forgetBeforeHorizon(run, jobRun);
  } catch (thrown) {
    // What stopped the whole organization or run is reported once, for the whole.
    if (!run.signal.aborted) judge(run, jobRun, toDatabaseError(thrown), 0);
  }
  return jobRun;
}

async function forgetBeforeHorizon({ context, options }: OrganizationRun, { job, reader }: JobRun): Promise<void> {
  const { horizon } = reader.session;
  if (horizon === null || options.preview) return;
  const of = { organization: job.organization, dataset: job.settings.dataset.name, width: job.settings.width };
  await patiently(context, () => forgetUnanswered(context.store.pool, of, horizon));
}

async function readAll(run: OrganizationRun, jobRun: JobRun, load: LoadSlice): Promise<void> {
  const { job, reader } = jobRun;
  await askAgain(run, jobRun);
  const start = obtainableFrom(job.wantedStart, reader.session, job.settings.width);
  // Before anything is loaded: newest come first, and a run that is killed must not pass for a whole one.
  if (!run.options.preview && run.options.from === null)
    await patiently(run.context, () => recordStart(run.context.store.pool, reachOf(job), start));
  const { granted } = reader.session;
  const [first, ...rest] = await planned(run, jobRun, run.options.to);
  run.context.progress.planned(labelOf(job), first === undefined ? 0 : 1 + rest.length);
  if (first === undefined) return;
  const work = createWork(run, jobRun, load);
  // The first slice goes alone: what it finds out about grain, horizon and page size spares the others a refusal each.
  await work([first]);
  // Where it found out that less is granted, buckets that were due to be read at a finer grain are due no longer.
  const learnt = reader.session.granted !== granted && jobRun.stopped === null && jobRun.tally.slicesLoaded > 0;
  const left = learnt ? await planned(run, jobRun, first.start) : rest;
  if (learnt) run.context.progress.planned(labelOf(job), 1 + left.length);
  await work(left);
}

function planned(run: OrganizationRun, { job, reader }: JobRun, end: Date | null): Promise<readonly Slice[]> {
  const plan = { end, granted: reader.session, refetch: run.options.refetch };
  return patiently(run.context, () => planJob(run.context, job, run.now, plan));
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
