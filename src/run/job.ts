import type { Dataset } from '../catalog/dataset.ts';
import { pageLimitOf } from '../catalog/dataset.ts';
import type { DatasetSettings } from '../config.ts';
import { type Capability, readCapability } from '../load/capabilities.ts';
import { dataThrough, type LedgerView, readLedger } from '../load/ledger-runs.ts';
import { ceilToBucket, floorToBucket, openBucketEnd } from '../plan/bucket.ts';
import { planSlices, type Slice } from '../plan/slices.ts';
import { type RunContext, type SyncOptions, startOf } from './context.ts';

// Pages beyond this many bytes are asked for in parts: parsing takes several times their size in memory. Pages twice as
// large were measured slower by a sixth: less of parsing overlaps with PostgreSQL's work.
const pageTargetBytes = 8 * 1024 * 1024;

const weekMs = 7 * 86_400_000;

/** One dataset of one organization at one width: what is wanted of it and what is known of it. */
export interface Job {
  readonly organization: string;
  readonly settings: DatasetSettings;
  readonly capability: Capability | null;
  /** Aligned; never before the horizon. */
  readonly start: Date;
  /** Dimensions wanted and, as far as known, granted. */
  readonly obtainable: readonly string[];
  /** True when a refused dimension is due to be tried again. */
  readonly retryRefused: boolean;
  /** Canonical JSON; null when there are none. */
  readonly filters: string | null;
}

/** The name of a job in logs and progress bars. */
export function labelOf({ settings }: Pick<Job, 'settings'>): string {
  return `${settings.dataset.name} ${settings.width}`;
}

/** Puts together what is known before anything is read. */
export async function prepareJob(
  context: RunContext,
  organization: string,
  settings: DatasetSettings,
  options: Pick<SyncOptions, 'from'>,
  now: Date,
): Promise<Job> {
  const capability = await readCapability(context.store.pool, organization, settings.dataset.name);
  return createJob(organization, settings, capability, options, now);
}

/** The job of which `capability` is known. */
export function createJob(
  organization: string,
  settings: DatasetSettings,
  capability: Capability | null,
  options: Pick<SyncOptions, 'from'>,
  now: Date,
): Job {
  const refused = capability?.refused ?? [];
  const wantedStart = floorToBucket(startOf(settings, options.from, now), settings.width);
  const horizon = capability?.horizon ?? null;
  const horizonStart = horizon === null ? wantedStart : ceilToBucket(horizon, settings.width);
  return {
    organization,
    settings,
    capability,
    start: new Date(Math.max(horizonStart.getTime(), wantedStart.getTime())),
    obtainable: settings.groupBy.filter((name) => !refused.includes(name)),
    retryRefused: refused.length > 0 && capability !== null && isDue(capability.checkedAt, now),
    filters: canonicalFilters(settings.filters),
  };
}

/** A date to come was written by a clock that was wrong, and must not postpone anything. */
function isDue(checkedAt: Date, now: Date): boolean {
  return Math.abs(now.getTime() - checkedAt.getTime()) >= weekMs;
}

/** The slices a job has to read, newest first. `end` and `obtainable` as they are known by now. */
export async function planJob(
  context: RunContext,
  job: Job,
  now: Date,
  plan: { readonly end: Date | null; readonly obtainable: readonly string[]; readonly refetch: boolean },
): Promise<readonly Slice[]> {
  const { dataset, width } = job.settings;
  const ledger = await readLedger(context.store.pool, ledgerQuery(job, now, plan.obtainable));
  return planFrom(context, job, now, plan, ledger, dataset, width);
}

/** The slices a job has to read when nothing is stored yet. */
export function planEmpty(context: RunContext, job: Job, now: Date, end: Date | null): readonly Slice[] {
  const { dataset, width } = job.settings;
  return planFrom(context, job, now, { end, refetch: false }, { runs: [], rowsPerBucket: 0 }, dataset, width);
}

function planFrom(
  context: RunContext,
  job: Job,
  now: Date,
  plan: { readonly end: Date | null; readonly refetch: boolean },
  ledger: LedgerView,
  dataset: Dataset,
  width: DatasetSettings['width'],
): readonly Slice[] {
  return planSlices({
    width,
    now,
    start: job.start,
    end: plan.end,
    maxBuckets: pageLimitOf(dataset, width).max,
    rowsPerBucket: ledger.rowsPerBucket,
    rowsPerPage: pageTargetBytes / dataset.bytesPerResult,
    rereadRows: context.config.rereadRows,
    ledger: plan.refetch ? [] : ledger.runs,
  });
}

/** The end of the newest bucket up to which a job's dataset is loaded without a gap; never later than now. */
export async function loadedThrough(context: RunContext, job: Job, now: Date): Promise<Date | null> {
  const through = await dataThrough(context.store.pool, ledgerQuery(job, now, job.obtainable));
  return through !== null && through > now ? now : through;
}

function ledgerQuery(job: Job, now: Date, obtainable: readonly string[]) {
  const { dataset, width, groupBy, settleSeconds } = job.settings;
  return {
    organization: job.organization,
    dataset: dataset.name,
    width,
    start: job.start,
    end: openBucketEnd(now, width),
    now,
    wanted: groupBy,
    obtainable,
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
