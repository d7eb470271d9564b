import pLimit from 'p-limit';
import { pageLimitOf } from '../catalog/dataset.ts';
import { datasets as catalog } from '../catalog/index.ts';
import type { DatasetSettings, OrganizationSettings } from '../config.ts';
import { raise, toDatabaseError } from '../db/database-error.ts';
import { type Locks, openLocks } from '../db/lock.ts';
import { assertMigrated } from '../db/migrate.ts';
import { patiently } from '../db/patience.ts';
import { compareBucket, recordTieOuts, storedSums, type TieOut } from '../derive/tie-out.ts';
import { type EtlError, exitCode } from '../errors.ts';
import { closedRange, loadedBuckets, otherwiseFiltered } from '../load/loaded-range.ts';
import { type Client, createClient } from '../openai/client.ts';
import { formatDecimal } from '../parse/decimal.ts';
import type { Interval } from '../plan/bucket.ts';
import { splitSlice } from '../plan/slices.ts';
import { chosenDatasets, chosenOrganizations, type RunContext } from './context.ts';
import { canonicalFilters } from './job.ts';
import type { Difference, VerifyReport } from './report.ts';
import { closeRunRecord, errorLine, openRunRecord } from './run-record.ts';
import { errorReport, totalsOf } from './tally.ts';
import { readTotals } from './totals.ts';
import { verifyParts } from './verify-parts.ts';

/** What is to be verified: names and bounds; null for all. */
export interface VerifyOptions {
  readonly datasets: readonly string[] | null;
  readonly organizations: readonly string[] | null;
  readonly from: Date | null;
  readonly to: Date | null;
}

interface Checked {
  readonly organization: string;
  readonly settings: DatasetSettings;
  readonly buckets: number;
  readonly tieOuts: readonly TieOut[];
  readonly error: EtlError | null;
}

type PartsVerified = Awaited<ReturnType<typeof verifyParts>>;

/**
 * Holds every loaded closed bucket against the ungrouped totals the API reports now, and keeps the comparisons in
 * openai_etl.tie_outs; and every cost against the sum of its parts. A bucket missing between loaded ones counts as 0. Rejects as runSync does.
 */
export function runVerify(context: RunContext, options: VerifyOptions): Promise<VerifyReport> {
  return verifyAll(context, options).catch(raise);
}

async function verifyAll(context: RunContext, options: VerifyOptions): Promise<VerifyReport> {
  await assertMigrated(context.store.pool);
  let requests = 0;
  const checked: Checked[] = [];
  const parts: PartsVerified[] = [];
  const locks = await openLocks(context.store, context);
  try {
    for (const organization of chosenOrganizations(context.config, options)) {
      const outcome = await verifyOrganization(context, organization, options, locks);
      checked.push(...outcome.checked);
      parts.push(outcome.parts);
      requests += outcome.requests;
    }
  } finally {
    await locks.close();
  }
  context.progress.finished();
  return reportOf(checked, parts, requests);
}

async function verifyOrganization(
  context: RunContext,
  organization: OrganizationSettings,
  options: VerifyOptions,
  locks: Locks,
) {
  const { clock, config, log, signal } = context;
  const record = { command: 'verify', organization: organization.name, startedAt: clock.now() };
  const runId = await openRunRecord(context, record, locks);
  const client = createClient({ ...config, adminKey: organization.adminKey, clock, log });
  const limit = pLimit(config.concurrency);
  try {
    const verify = async (settings: DatasetSettings): Promise<Checked> => {
      const found = { organization: organization.name, settings };
      try {
        return { ...found, ...(await verifyDataset(context, client, found, options, runId)), error: null };
      } catch (thrown) {
        signal.throwIfAborted();
        return { ...found, buckets: 0, tieOuts: [], error: toDatabaseError(thrown) };
      }
    };
    const checked = await Promise.all(
      chosenDatasets(organization, options).map((settings) => limit(() => verify(settings))),
    );
    const parts = await verifyParts(context, organization.name, options);
    await endVerify(context, runId, checked, parts, client.stats);
    return { checked, parts, requests: client.stats.requests };
  } catch (thrown) {
    const errors = [errorLine(toDatabaseError(thrown))];
    await closeRunRecord(context, runId, { status: 'failed', totals: totalsOf([], client.stats), errors });
    throw thrown;
  } finally {
    await client.close();
  }
}

async function verifyDataset(
  context: RunContext,
  client: Client,
  { organization, settings }: { readonly organization: string; readonly settings: DatasetSettings },
  options: VerifyOptions,
  runId: number,
) {
  const { pool } = context.store;
  const { dataset, width } = settings;
  const of = { organization, dataset: dataset.name, width };
  const range = await patiently(context, () => closedRange(pool, of, options));
  if (range === null) return { buckets: 0, tieOuts: [] };
  const label = `${dataset.name} ${width}`;
  const windows = splitSlice(range, width, pageLimitOf(dataset, width).max);
  context.progress.planned(label, windows.length);
  const read = readTotals(context, client, organization, settings, tagsOf(context));
  const all: TieOut[] = [];
  let buckets = 0;
  for (const window of windows) {
    const totals = await read(window);
    const tieOuts = await patiently(context, () => compareWindow(context, organization, settings, window, totals));
    const checked = { ...of, runId, checkedAt: context.clock.now() };
    await patiently(context, () => recordTieOuts(pool, checked, tieOuts));
    all.push(...tieOuts);
    buckets += totals.size;
    context.progress.advanced(label, totals.size);
  }
  return { buckets, tieOuts: all };
}

async function compareWindow(
  context: RunContext,
  organization: string,
  { dataset, width, filters }: DatasetSettings,
  window: Interval,
  totals: Awaited<ReturnType<ReturnType<typeof readTotals>>>,
): Promise<readonly TieOut[]> {
  const { pool } = context.store;
  const stored = await storedSums(pool, { organization, dataset, width, from: window.start, to: window.end });
  const of = { organization, dataset: dataset.name, width };
  const loaded = await loadedBuckets(pool, of, window);
  const otherwise = await otherwiseFiltered(pool, of, window, canonicalFilters(filters));
  return [...totals].flatMap(([start, reported]) => {
    if (otherwise.has(start)) return [];
    const empty = loaded.has(start) ? { sums: new Map(), rows: 0 } : null;
    return compareBucket(start, stored.get(start) ?? empty, reported);
  });
}

function tagsOf({ config }: RunContext): ReadonlySet<string> {
  const configured = config.organizations.flatMap(({ datasets }) => datasets.map(({ dataset }) => dataset));
  return new Set([...catalog, ...configured].map(({ object }) => object));
}

async function endVerify(
  context: RunContext,
  runId: number,
  checked: readonly Checked[],
  parts: PartsVerified,
  stats: Client['stats'],
): Promise<void> {
  const errors = checked.flatMap(({ error }) => (error === null ? [] : [error]));
  const differences = differencesOf(checked).length;
  const lines = [
    ...(differences === 0 ? [] : [`${differences} stored sums differ from the API's`]),
    ...(parts === null || parts.check.differing === 0
      ? []
      : [`${parts.check.differing} costs differ from their parts`]),
    ...errors.map(errorLine),
  ];
  const status = lines.length === 0 ? 'ok' : errors.length === checked.length ? 'failed' : 'partial';
  await closeRunRecord(context, runId, { status, totals: totalsOf([], stats), errors: lines });
}

function differencesOf(checked: readonly Checked[]): readonly Difference[] {
  return checked.flatMap(({ organization, settings, tieOuts }) =>
    tieOuts
      .filter(({ agrees }) => !agrees)
      .map((tieOut) => ({
        org_id: organization,
        dataset: settings.dataset.name,
        bucket_width: settings.width,
        bucket_start: new Date(tieOut.bucketStart * 1000).toISOString(),
        measure: tieOut.measure,
        stored: tieOut.stored === null ? null : formatDecimal(tieOut.stored),
        reported: formatDecimal(tieOut.reported),
        difference: formatDecimal(tieOut.difference),
      })),
  );
}

function reportOf(checked: readonly Checked[], parts: readonly PartsVerified[], requests: number): VerifyReport {
  const verified = parts.filter((one) => one !== null);
  const differences = [...differencesOf(checked), ...verified.flatMap((one) => one.differences)];
  const failed = checked.filter(({ error }) => error !== null).length;
  return {
    ...verdictOf(differences.length, failed, checked.length),
    requests,
    checked: checked.map(({ organization, settings, buckets, tieOuts, error }) => ({
      org_id: organization,
      dataset: settings.dataset.name,
      bucket_width: settings.width,
      buckets,
      measures: tieOuts.length,
      differences: tieOuts.filter(({ agrees }) => !agrees).length,
      errors: error === null ? [] : [errorReport(error)],
    })),
    cost_parts: verified.map(({ check }) => check),
    differences,
  };
}

function verdictOf(differences: number, failed: number, checked: number): Pick<VerifyReport, 'status' | 'exit_code'> {
  if (differences > 0) return { status: 'difference', exit_code: exitCode.difference };
  if (failed === 0) return { status: 'ok', exit_code: exitCode.ok };
  return failed === checked
    ? { status: 'failed', exit_code: exitCode.failed }
    : { status: 'partial', exit_code: exitCode.partial };
}
