import { pageLimitOf } from '../catalog/dataset.ts';
import { type Width, widthSeconds } from '../catalog/width.ts';
import { toDatabaseError } from '../db/database-error.ts';
import { patiently } from '../db/patience.ts';
import { recordTieOuts, type TieOut } from '../derive/tie-out.ts';
import { EtlError } from '../errors.ts';
import { closedOfRun } from '../load/loaded-range.ts';
import type { Client } from '../openai/client.ts';
import type { Interval } from '../plan/bucket.ts';
import { type ComparedOf, compareWindow, differencesIn } from './compare.ts';
import { labelOf } from './job.ts';
import { type JobRun, type OrganizationRun, readAgain } from './job-run.ts';
import type { Difference, TieOutReport } from './report.ts';
import { errorReport } from './tally.ts';
import { type ReadTotals, readTotals } from './totals.ts';

/** What comparing what one job has read with the API's own totals came to. */
export interface JobTieOut {
  readonly report: TieOutReport;
  readonly differences: readonly Difference[];
  /** Requests of the job's own reader that were made to read differences again. */
  readonly rereads: number;
}

/**
 * Compares the closed buckets that a job has read in this run with the API's own ungrouped totals. What differs is read
 * and loaded once more before it counts, so that what moved meanwhile heals. What cannot be compared is told and changes
 * nothing: the numbers were read. Null where there is nothing to compare. Never rejects.
 */
export async function tieOutJob(run: OrganizationRun, jobRun: JobRun): Promise<JobTieOut | null> {
  const { context, runId } = run;
  const { organization, settings } = jobRun.job;
  const { dataset, width } = settings;
  if (run.signal.aborted || jobRun.tally.slicesLoaded === 0) return null;
  const client = limitedClient(run.client, jobRun.tally.pages);
  const readBefore = jobRun.reader.requests;
  const all: TieOut[] = [];
  let buckets = 0;
  let detail: string | null = null;
  try {
    const of = { organization, dataset: dataset.name, width };
    const starts = await patiently(context, () => closedOfRun(context.store.pool, of, runId));
    if (starts.length === 0) return null;
    const read = readTotals(context, client, organization, settings, {
      tags: run.tags,
      noteResult: run.identity.note,
      known: { ...jobRun.reader.session.refusals, groupings: [] },
    });
    for (const window of windowsOf(starts, width, pageLimitOf(dataset, width).max)) {
      const compared = await tieOutWindow(run, jobRun, { window, read, client, starts: new Set(starts) });
      run.identity.assertSame();
      await patiently(context, () =>
        recordTieOuts(context.store.pool, { ...of, runId, checkedAt: context.clock.now() }, compared.tieOuts),
      );
      all.push(...compared.tieOuts);
      buckets += compared.buckets;
      if (compared.missing > 0) detail = `the API gave no total for ${compared.missing} of the buckets read`;
    }
  } catch (thrown) {
    if (run.signal.aborted) return null;
    const error = toDatabaseError(thrown);
    context.log.warn({ dataset: labelOf(jobRun.job), code: error.code }, `could not be compared: ${error.message}`);
    if (error.verdict === 'stop_run' || error.code === 'other_organization') run.stop(error);
    detail = errorReport(error).message;
  }
  const rereads = jobRun.reader.requests - readBefore;
  const differences = differencesIn({ organization, settings }, all);
  const status = differences.length > 0 ? 'difference' : detail === null ? 'equal' : 'not_compared';
  const requests = client.used() + rereads;
  const report = { status, buckets, sums: all.length, differences: differences.length, requests, detail } as const;
  return { report, differences, rereads };
}

interface WindowToCompare {
  readonly window: Interval;
  readonly read: ReadTotals;
  readonly client: LimitedClient;
  readonly starts: ReadonlySet<number>;
}

/** Compares one window, and what differs in it once more after it was read again. */
async function tieOutWindow(run: OrganizationRun, jobRun: JobRun, { window, read, client, starts }: WindowToCompare) {
  const { organization, settings } = jobRun.job;
  const of: ComparedOf = { organization, settings };
  const compare = async (part: Interval, only: ReadonlySet<number>) => {
    const totals = await run.limit(() => read(part));
    return await patiently(run.context, () => compareWindow(run.context, of, part, totals, only));
  };
  const first = await compare(window, starts);
  const differing = new Set(first.tieOuts.filter(({ agrees }) => !agrees).map(({ bucketStart }) => bucketStart));
  const missing = first.unanswered + first.beforeHorizon;
  if (differing.size === 0) return { ...first, missing };
  const stretches = stretchesOf([...differing], settings.width);
  await readAgain(run, jobRun, stretches);
  client.allow(stretches.length);
  const [oldest, newest] = [stretches[0], stretches.at(-1)];
  if (oldest === undefined || newest === undefined) return { ...first, missing };
  const again = await compare({ start: oldest.start, end: newest.end }, differing);
  const kept = first.tieOuts.filter(({ bucketStart }) => !differing.has(bucketStart));
  return { tieOuts: [...kept, ...again.tieOuts], buckets: first.buckets, missing };
}

/** As few windows of at most so many buckets as hold all of these, newest first: never more than it took to read them. */
function windowsOf(starts: readonly number[], width: Width, most: number): readonly Interval[] {
  const seconds = widthSeconds[width];
  const windows: Interval[] = [];
  let end = Number.POSITIVE_INFINITY;
  let start = Number.POSITIVE_INFINITY;
  for (const bucket of starts.toSorted((a, b) => b - a)) {
    if (bucket < end - most * seconds || end === Number.POSITIVE_INFINITY) {
      if (start !== Number.POSITIVE_INFINITY) windows.push(interval(start, end));
      end = bucket + seconds;
    }
    start = bucket;
  }
  return start === Number.POSITIVE_INFINITY ? [] : [...windows, interval(start, end)];
}

/** Stretches of consecutive buckets, oldest first. */
function stretchesOf(starts: readonly number[], width: Width): readonly Interval[] {
  const seconds = widthSeconds[width];
  const stretches: { start: number; end: number }[] = [];
  for (const start of starts.toSorted((a, b) => a - b)) {
    const last = stretches.at(-1);
    if (last?.end === start) last.end = start + seconds;
    else stretches.push({ start, end: start + seconds });
  }
  return stretches.map(({ start, end }) => interval(start, end));
}

function interval(start: number, end: number): Interval {
  return { start: new Date(start * 1000), end: new Date(end * 1000) };
}

/** A client that makes only so many requests, lest proving a night cost more than the night. */
interface LimitedClient extends Client {
  used(): number;
  /** Allows so many requests more. */
  allow(more: number): void;
}

function limitedClient(client: Client, most: number): LimitedClient {
  let used = 0;
  let allowed = most;
  return {
    ...client,
    request: async (path, query, options) => {
      if (used >= allowed) {
        throw new EtlError('contract_broken', `${path}: the totals take more pages than what they are the totals of`);
      }
      used += 1;
      return await client.request(path, query, options);
    },
    used: () => used,
    allow: (more) => {
      allowed += more;
    },
  };
}
