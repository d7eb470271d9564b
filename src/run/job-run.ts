import type pLimit from 'p-limit';
import { toDatabaseError } from '../db/database-error.ts';
import { patiently } from '../db/patience.ts';
import { EtlError } from '../errors.ts';
import { createLoader, type LoadSlice } from '../load/loader.ts';
import type { Client } from '../openai/client.ts';
import type { Interval } from '../plan/bucket.ts';
import type { Slice } from '../plan/slices.ts';
import type { RunContext, SyncOptions } from './context.ts';
import { type Job, labelOf, planJob } from './job.ts';
import { createSliceReader, type ReadSlice, type SliceReader } from './slice-reader.ts';
import { addSlice, emptyTally, type Tally } from './tally.ts';

// After as many slices in a row have failed, the rest would only wait out the same retries.
const maxFailuresInARow = 3;

// A transaction that lost a race, or its connection, is tried again with the pages still in hand: six waits, a minute in
// all, so that it outlasts a restart of the server.
const loadAttempts = 7;
const loadRetryMs = 500;

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
  } catch (thrown) {
    // What stopped the whole organization or run is reported once, for the whole.
    if (!run.signal.aborted) judge(run, jobRun, toDatabaseError(thrown), 0);
  }
  return jobRun;
}

async function readAll(run: OrganizationRun, jobRun: JobRun, load: LoadSlice): Promise<void> {
  const { job } = jobRun;
  const plan = { end: run.options.to, obtainable: job.obtainable, refetch: run.options.refetch };
  const [first, ...rest] = await patiently(run.context, () => planJob(run.context, job, run.now, plan));
  run.context.progress.planned(labelOf(job), first === undefined ? 0 : 1 + rest.length);
  if (first === undefined) return;
  const work = createWork(run, jobRun, load);
  // The first slice goes alone: what it finds out about grain, horizon and page size spares the others a refusal each.
  await work(first);
  const remaining = await replanned(run, jobRun, first, rest);
  await allEnded(remaining.map(work));
}

/** Waits for every piece of work, also when one has failed: a slice still being committed must not outlive its run. */
async function allEnded<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
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

/** Reads and loads a planned slice, in as many requests as its size asks for. */
function createWork(run: OrganizationRun, jobRun: JobRun, load: LoadSlice): (slice: Slice) => Promise<void> {
  let failuresInARow = 0;
  const attempt = async (slice: Interval): Promise<Attempted> => {
    if (jobRun.stopped !== null || run.signal.aborted) return nothing;
    try {
      const outcome = await jobRun.reader.read(slice, run.signal);
      if ('split' in outcome) return { parts: outcome.split, rows: 0 };
      if (outcome.read !== null) await loadRead(run, jobRun, load, outcome.read);
      failuresInARow = 0;
      return { parts: [], rows: outcome.read?.parsed.results ?? 0 };
    } catch (thrown) {
      failuresInARow += 1;
      run.signal.throwIfAborted();
      judge(run, jobRun, toDatabaseError(thrown), failuresInARow);
    }
    return nothing;
  };
  // Parts queue up like slices, so that no worker ever holds more than one page in memory.
  const work = async (slice: Interval): Promise<number> => {
    const { parts, rows } = await run.limit(() => attempt(slice));
    const rowsOfParts = await allEnded(parts.map(work));
    return rowsOfParts.reduce((sum, one) => sum + one, rows);
  };
  return async (slice) => {
    run.context.progress.advanced(labelOf(jobRun.job), await work(slice));
  };
}

/** What one request came to: the results loaded, and the parts still to be asked for. */
interface Attempted {
  readonly parts: readonly Interval[];
  readonly rows: number;
}

const nothing: Attempted = { parts: [], rows: 0 };

async function loadRead(run: OrganizationRun, jobRun: JobRun, load: LoadSlice, read: ReadSlice): Promise<void> {
  const result = await loadWithRetries(run, jobRun, load, read);
  addSlice(jobRun.tally, read.parsed, result);
}

async function loadWithRetries(run: OrganizationRun, { job }: JobRun, load: LoadSlice, part: ReadSlice) {
  const { clock, log } = run.context;
  const { observedAt, grain } = part;
  const reading = { runId: run.runId, observedAt, loadedAt: run.context.clock.now(), grain, filters: job.filters };
  for (let attempt = 1; ; attempt += 1) {
    run.signal.throwIfAborted();
    try {
      return await load(part.parsed, reading);
    } catch (thrown) {
      if (!(thrown instanceof EtlError) || thrown.verdict !== 'retry' || attempt === loadAttempts) throw thrown;
      log.warn({ dataset: labelOf(job), attempt, reason: thrown.message }, 'the transaction failed; trying again');
      await clock.sleep(loadRetryMs * 2 ** attempt, run.signal);
    }
  }
}

/** Decides how far an error reaches, as its verdict says. */
function judge(run: OrganizationRun, jobRun: JobRun, error: EtlError, failuresInARow: number): void {
  jobRun.tally.errors.push(error);
  run.context.log.error({ dataset: labelOf(jobRun.job), code: error.code, remedy: error.remedy }, error.message);
  if (error.verdict === 'stop_run' || error.verdict === 'stop_organization') run.stop(error);
  else if (error.verdict === 'stop_dataset' || error.verdict === 'mark_unavailable') jobRun.stopped = error;
  else if (failuresInARow >= maxFailuresInARow) jobRun.stopped = error;
}
