import { toDatabaseError } from '../db/database-error.ts';
import { EtlError } from '../errors.ts';
import type { LoadSlice } from '../load/loader.ts';
import { joinSlices } from '../parse/slice.ts';
import type { Interval } from '../plan/bucket.ts';
import { dayOfSlice, type Slice } from '../plan/slices.ts';
import { loadSparing } from './bucket-by-bucket.ts';
import { labelOf } from './job.ts';
import type { JobRun, OrganizationRun } from './job-run.ts';
import type { ReadSlice } from './slice-reader.ts';
import { addSlice } from './tally.ts';

// After as many slices in a row have failed, the rest would only wait out the same retries.
const maxFailuresInARow = 3;

// A transaction that lost a race, or its connection, is tried again with the pages still in hand: six waits, a minute in
// all, so that it outlasts a restart of the server.
const loadAttempts = 7;
const loadRetryMs = 500;

/** Results of parts of a day that are held to be loaded at once: some 20 MiB a worker. */
const mostJoinedResults = 40_000;

/** Reads and loads planned slices, each in as many requests as its size asks for, as many at a time as the run allows. */
export type Work = (slices: readonly Slice[]) => Promise<void>;

/** What one worker came to: the results read, and the parts of a slice too large that are still to be asked for. */
interface Attempted {
  readonly parts: readonly Interval[];
  readonly results: number;
}

/** The work of one job. Errors end up in its tally; rejects with the reason of the run's signal. */
export function createWork(run: OrganizationRun, jobRun: JobRun, load: LoadSlice): Work {
  let failuresInARow = 0;
  const guarded = async (task: () => Promise<void>): Promise<void> => {
    try {
      await task();
      failuresInARow = 0;
    } catch (thrown) {
      failuresInARow += 1;
      run.signal.throwIfAborted();
      judge(run, jobRun, toDatabaseError(thrown), failuresInARow);
    }
  };

  // The sums of a day are of all its parts: loaded one by one they would be written over and over, and loaded side by
  // side they would wait for each other.
  const attempt = async (lane: readonly Interval[]): Promise<Attempted> => {
    const queue = [...lane];
    const parts: Interval[] = [];
    let held: ReadSlice | null = null;
    let results = 0;
    const readNext = async (slice: Interval): Promise<void> => {
      const outcome = await jobRun.reader.read(slice, run.signal);
      if ('split' in outcome) {
        if (dayOfSlice(slice) === null) parts.push(...outcome.split);
        else queue.unshift(...outcome.split);
        return;
      }
      const { read } = outcome;
      if (read === null) return;
      results += read.parsed.books.received.results;
      const joined: ReadSlice | null = held === null ? read : join(held, read);
      const full = joined === null ? held : null;
      held = joined ?? read;
      if (full !== null) await loadRead(run, jobRun, load, full);
    };
    for (let slice = queue.shift(); slice !== undefined; slice = queue.shift()) {
      if (jobRun.stopped !== null || run.signal.aborted) break;
      const next = slice;
      await guarded(() => readNext(next));
    }
    const last: ReadSlice | null = held;
    if (last !== null) await guarded(() => loadRead(run, jobRun, load, last));
    return { parts, results };
  };

  // Parts queue up like slices, so that no worker ever holds more than one page in memory.
  const workOn = async (slices: readonly Interval[]): Promise<number> => {
    const { parts, results } = await run.limit(() => attempt(slices));
    const ofParts = await allEnded(lanesOf(parts).map(workOn));
    return ofParts.reduce((sum, one) => sum + one, results);
  };
  return async (slices) => {
    await allEnded(
      lanesOf(slices).map(async (lane) => {
        const results = await workOn(lane);
        for (const slice of lane) {
          run.context.progress.advanced(labelOf(jobRun.job), slice === lane[0] ? results : 0);
        }
      }),
    );
  };
}

/** Slices of one UTC day, which one worker reads after the other, or one slice that reaches into several. */
function lanesOf<T extends Interval>(slices: readonly T[]): readonly (readonly T[])[] {
  return [...Map.groupBy(slices, (slice) => dayOfSlice(slice) ?? slice).values()];
}

/** Two readings as one; null where they must be loaded one by one. `older` ends where `newer` starts. */
function join(newer: ReadSlice, older: ReadSlice): ReadSlice | null {
  const results = newer.parsed.books.received.results + older.parsed.books.received.results;
  if (results > mostJoinedResults) return null;
  if (newer.grain.join() !== older.grain.join()) return null;
  const parsed = joinSlices(older.parsed, newer.parsed);
  if (parsed === null) return null;
  const observedAt = new Date(Math.min(older.observedAt.getTime(), newer.observedAt.getTime()));
  return { parsed, grain: newer.grain, observedAt, texts: [...older.texts, ...newer.texts] };
}

/** Waits for every piece of work, also when one has failed: a slice still being committed must not outlive its run. */
async function allEnded<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function loadRead(run: OrganizationRun, jobRun: JobRun, load: LoadSlice, read: ReadSlice): Promise<void> {
  const about = labelOf(jobRun.job);
  const { result, refusals, books } = await loadSparing(read, about, (parsed) =>
    loadWithRetries(run, jobRun, load, { ...read, parsed }),
  );
  addSlice(jobRun.tally, { ...read.parsed, books }, result);
  for (const refusal of refusals) judge(run, jobRun, refusal, 0);
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
export function judge(run: OrganizationRun, jobRun: JobRun, error: EtlError, failuresInARow: number): void {
  jobRun.tally.errors.push(error);
  run.context.log.error({ dataset: labelOf(jobRun.job), code: error.code, remedy: error.remedy }, error.message);
  if (error.verdict === 'stop_run' || error.verdict === 'stop_organization') run.stop(error);
  else if (error.verdict === 'stop_dataset' || error.verdict === 'mark_unavailable') jobRun.stopped = error;
  else if (failuresInARow >= maxFailuresInARow) jobRun.stopped = error;
}
