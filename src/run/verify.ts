import pLimit from 'p-limit';
import { pageLimitOf } from '../catalog/dataset.ts';
import { datasets as catalog } from '../catalog/index.ts';
import type { DatasetSettings, OrganizationSettings } from '../config.ts';
import { raise, toDatabaseError } from '../db/database-error.ts';
import { type Locks, openLocks } from '../db/lock.ts';
import { assertMigrated } from '../db/migrate.ts';
import { patiently } from '../db/patience.ts';
import { recordTieOuts, type TieOut } from '../derive/tie-out.ts';
import { EtlError, exitCode } from '../errors.ts';
import { type Client, createClient } from '../openai/client.ts';
import { nothingRefused } from '../openai/refusal.ts';
import { splitSlice } from '../plan/slices.ts';
import { type ComparedOf, compareWindow, differencesIn } from './compare.ts';
import { chosenDatasets, chosenOrganizations, type RunContext } from './context.ts';
import { type IdentityWatch, watchIdentity } from './identity-watch.ts';
import type { Difference, VerifyReport } from './report.ts';
import { closeRunRecord, differencesLine, errorLine, openRunRecord } from './run-record.ts';
import { errorReport, totalsOf } from './tally.ts';
import { readTotals } from './totals.ts';
import { verifyParts } from './verify-parts.ts';
import { rangeToVerify } from './verify-range.ts';

/** What is to be verified: names and bounds; null for all. */
export interface VerifyOptions {
  readonly datasets: readonly string[] | null;
  readonly organizations: readonly string[] | null;
  readonly from: Date | null;
  readonly to: Date | null;
}

interface Checked extends ComparedOf {
  readonly buckets: number;
  readonly tieOuts: readonly TieOut[];
  readonly error: EtlError | null;
}

type PartsVerified = Awaited<ReturnType<typeof verifyParts>>;

/**
 * Holds every loaded closed bucket against the ungrouped totals the API reports now, and keeps the comparisons in
 * openai_etl.tie_outs; and every cost against the sum of its parts. A closed bucket inside the range asked for, or between
 * loaded ones, that is not loaded counts as 0. Rejects as runSync does.
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
  const identity = watchIdentity(context, { organization: organization.name, client, runId: null, adopts: false });
  try {
    await identity.open();
    const verify = async (settings: DatasetSettings): Promise<Checked> => {
      const found = { organization: organization.name, settings };
      try {
        return { ...found, ...(await verifyDataset(context, { client, identity }, found, options, runId)) };
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
  { client, identity }: { readonly client: Client; readonly identity: IdentityWatch },
  { organization, settings }: ComparedOf,
  options: VerifyOptions,
  runId: number,
): Promise<Pick<Checked, 'buckets' | 'tieOuts' | 'error'>> {
  const { pool } = context.store;
  const { dataset, width } = settings;
  const of = { organization, dataset: dataset.name, width };
  const range = await patiently(context, () => rangeToVerify(context, { organization, settings }, options));
  if (range === null) return { buckets: 0, tieOuts: [], error: null };
  const label = `${dataset.name} ${width}`;
  const windows = splitSlice(range, width, pageLimitOf(dataset, width).max);
  context.progress.planned(label, windows.length);
  const sources = { tags: tagsOf(context), noteResult: identity.note, known: nothingRefused };
  const read = readTotals(context, client, organization, settings, sources);
  const all: TieOut[] = [];
  const counts = { buckets: 0, unanswered: 0, beforeHorizon: 0 };
  for (const window of windows) {
    const totals = await read(window);
    identity.assertSame();
    const compared = await patiently(context, () =>
      compareWindow(context, { organization, settings }, window, totals, null),
    );
    const checked = { ...of, runId, checkedAt: context.clock.now() };
    await patiently(context, () => recordTieOuts(pool, checked, compared.tieOuts));
    all.push(...compared.tieOuts);
    counts.buckets += compared.buckets;
    counts.unanswered += compared.unanswered;
    counts.beforeHorizon += compared.beforeHorizon;
    context.progress.advanced(label, compared.buckets);
  }
  return { buckets: counts.buckets, tieOuts: all, error: uncompared(dataset.path, counts) };
}

/** A comparison that left out what it was of proves nothing. What the API no longer answers for is only then a failure. */
function uncompared(
  path: string,
  {
    buckets,
    unanswered,
    beforeHorizon,
  }: { readonly buckets: number; readonly unanswered: number; readonly beforeHorizon: number },
): EtlError | null {
  if (unanswered > 0) {
    return new EtlError('contract_broken', `${path}: the API gave no total for ${unanswered} of the buckets loaded`);
  }
  if (buckets > 0 || beforeHorizon === 0) return null;
  const message = `${path}: nothing was compared: the API answers for none of the ${beforeHorizon} buckets loaded`;
  return new EtlError('contract_broken', message);
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
    ...(differences === 0 ? [] : [differencesLine(differences)]),
    ...(parts === null || parts.check.differing === 0
      ? []
      : [`${parts.check.differing} costs differ from their parts`]),
    ...errors.map(errorLine),
  ];
  const status =
    lines.length === 0 ? 'ok' : errors.length > 0 && errors.length === checked.length ? 'failed' : 'partial';
  await closeRunRecord(context, runId, { status, totals: totalsOf([], stats), errors: lines });
}

function differencesOf(checked: readonly Checked[]): readonly Difference[] {
  return checked.flatMap((one) => differencesIn(one, one.tieOuts));
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

/** What could not be compared says more than what differs. */
function verdictOf(differences: number, failed: number, checked: number): Pick<VerifyReport, 'status' | 'exit_code'> {
  if (failed > 0 && failed === checked) return { status: 'failed', exit_code: exitCode.failed };
  if (failed > 0) return { status: 'partial', exit_code: exitCode.partial };
  if (differences > 0) return { status: 'difference', exit_code: exitCode.difference };
  return { status: 'ok', exit_code: exitCode.ok };
}
