import { pageLimitOf } from '../catalog/dataset.ts';
import type { DatasetSettings } from '../config.ts';
import { type LedgerView, readLedger } from '../load/ledger-runs.ts';
import type { ReachKey } from '../load/reach.ts';
import { readRefusals } from '../load/refusals.ts';
import type { AskAgain } from '../openai/learning.ts';
import { grantedRanges, type Refusals, rangeAt } from '../openai/refusal.ts';
import { floorToBucket, openBucketEnd } from '../plan/bucket.ts';
import { planSlices, type Slice } from '../plan/slices.ts';
import { type RunContext, type SyncOptions, startOf } from './context.ts';
import { askAgainOf, type Granted, knownRefusals, obtainableFrom, sliceBounds } from './known-refusals.ts';

// Pages beyond this many bytes are asked for in parts: parsing takes several times their size in memory. Pages twice as
// large were measured slower by a sixth: less of parsing overlaps with PostgreSQL's work.
const pageTargetBytes = 8 * 1024 * 1024;

/** One dataset of one organization at one width: what is wanted of it and what is known of it. */
export interface Job {
  readonly organization: string;
  readonly settings: DatasetSettings;
  /** The first bucket wanted, whether or not the API still answers it. */
  readonly wantedStart: Date;
  /** What the API is known to refuse. */
  readonly known: Refusals;
  /** What of it is to be asked again before anything is planned. */
  readonly askAgain: AskAgain;
  /** Canonical JSON; null when there are none. */
  readonly filters: string | null;
}

/** The name of a job in logs and progress bars. */
export function labelOf({ settings }: Pick<Job, 'settings'>): string {
  return `${settings.dataset.name} ${settings.width}`;
}

/** What a job's dataset is called in the ledger. */
export function reachOf({ organization, settings }: Pick<Job, 'organization' | 'settings'>): ReachKey {
  return { organization, dataset: settings.dataset.name, width: settings.width };
}
/** What of a command's options decides what a job is. */
type JobOptions = Pick<SyncOptions, 'from' | 'refetch'>;

/** Puts together what is known before anything is read. */
export async function prepareJob(
  context: RunContext,
  organization: string,
  settings: DatasetSettings,
  options: JobOptions,
  now: Date,
): Promise<Job> {
  const key = { organization, dataset: settings.dataset.name, width: settings.width };
  const known = knownRefusals(await readRefusals(context.store.pool, key));
  return createJob(organization, settings, known, options, now);
}

/** The job of which so much is known. */
export function createJob(
  organization: string,
  settings: DatasetSettings,
  known: Refusals,
  options: JobOptions,
  now: Date,
): Job {
  const wantedStart = floorToBucket(startOf(settings, options.from, now), settings.width);
  return {
    organization,
    settings,
    wantedStart,
    known,
    askAgain: askAgainOf(known, wantedStart, options, now),
    filters: canonicalFilters(settings.filters),
  };
}

/** What a job is granted as far as it is known before anything is asked. */
export function grantedBefore({ settings, known }: Job): Granted {
  const { dataset, groupBy } = settings;
  const granted = grantedRanges(dataset, groupBy, known.groupings);
  return { horizon: known.horizon?.at ?? null, granted, refusals: known };
}

/** What a plan depends on besides the job: `granted` as it is known by now. */
interface Plan {
  readonly end: Date | null;
  readonly granted: Granted;
  readonly refetch: boolean;
}

/** The slices a job has to read, newest first. */
export async function planJob(context: RunContext, job: Job, now: Date, plan: Plan): Promise<readonly Slice[]> {
  const ledger = await readLedger(context.store.pool, ledgerQuery(job, now, plan.granted));
  return planFrom(context, job, now, plan, ledger);
}

/** The slices a job has to read when nothing is stored yet. */
export function planEmpty(context: RunContext, job: Job, now: Date, end: Date | null): readonly Slice[] {
  const plan = { end, granted: grantedBefore(job), refetch: false };
  return planFrom(context, job, now, plan, { runs: [], rowsPerBucket: 0 });
}

function planFrom(context: RunContext, job: Job, now: Date, plan: Plan, ledger: LedgerView): readonly Slice[] {
  const { dataset, width } = job.settings;
  const { granted } = plan.granted;
  const slices = planSlices({
    width,
    now,
    start: obtainableFrom(job.wantedStart, plan.granted, width),
    end: plan.end,
    bounds: sliceBounds(plan.granted, width, now),
    maxBuckets: pageLimitOf(dataset, width).max,
    rowsPerBucket: ledger.rowsPerBucket,
    rowsPerPage: pageTargetBytes / dataset.bytesPerResult,
    rereadRows: context.config.rereadRows,
    ledger: plan.refetch ? [] : ledger.runs,
  });
  // No slice reaches over a bound: where nothing is granted at its start, nothing of it can be asked for.
  return slices.filter(({ start }) => rangeAt(granted, start)?.grain !== null);
}

function ledgerQuery(job: Job, now: Date, granted: Granted) {
  const { dataset, width, groupBy, settleSeconds } = job.settings;
  return {
    organization: job.organization,
    dataset: dataset.name,
    width,
    start: obtainableFrom(job.wantedStart, granted, width),
    end: openBucketEnd(now, width),
    now,
    wanted: groupBy,
    granted: granted.granted,
    filters: job.filters,
    settleSeconds,
    maxBuckets: pageLimitOf(dataset, width).max,
  };
}

/** How many buckets make a page of the wanted size, from the bytes a page of so many buckets had. */
export function bucketsPerPage(bytes: number, buckets: number): number {
  return Math.max(1, Math.floor((buckets / Math.max(1, bytes)) * pageTargetBytes));
}

/** A page of several buckets is given up past this many bytes and asked for in parts. */
export const softMaxBytes = 2 * pageTargetBytes;

/** Filters as the ledger keeps them: canonical JSON; null when there are none. */
export function canonicalFilters(filters: DatasetSettings['filters']): string | null {
  const names = Object.keys(filters).sort();
  if (names.length === 0) return null;
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, sorted(filters[name])])));
}

function sorted(value: readonly string[] | boolean | undefined): readonly string[] | boolean | undefined {
  return typeof value === 'object' ? value.toSorted() : value;
}
