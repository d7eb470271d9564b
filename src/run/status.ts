import { type AlertStatus, openAlerts, recentNotices, undelivered } from '../alert/open-alerts.ts';
import { type Width, widths } from '../catalog/width.ts';
import type { DatasetSettings } from '../config.ts';
import { type ErrorCode, errorKinds } from '../errors.ts';
import { readRefusals, type StoredRefusal } from '../load/refusals.ts';
import { grantedRanges } from '../openai/refusal.ts';
import { floorToBucket, type Interval, widthMs } from '../plan/bucket.ts';
import { type RunContext, startOf } from './context.ts';
import { type Coverage, type CoverageDay, type CoverageKey, gapsIn, type Queryable, readCoverage } from './coverage.ts';
import { readDirectoryStatus } from './directory-status.ts';
import { knownRefusals, obtainableFrom, refusalReports } from './known-refusals.ts';
import { readTieOuts } from './observed-facts.ts';
import type {
  DatasetStatus,
  DriftStatus,
  Gap,
  QuarantineStatus,
  RunStatus,
  StatusReport,
  TieOutStatus,
} from './status-report.ts';

/** Which part of the store to tell about; null for all. */
export interface StatusOptions {
  readonly datasets: readonly string[] | null;
  readonly organizations: readonly string[] | null;
}

const gapsShown = 20;
const runsShown = 10;

/** What it takes to tell the status; the pool may be one connection, so that all is told of one instant. */
export interface StatusContext extends Pick<RunContext, 'config' | 'clock'> {
  readonly store: { readonly pool: Queryable; readonly embedded: boolean };
}

/** Where the coverage of a dataset comes from. */
export type CoverageReader = (key: CoverageKey) => Promise<Coverage>;

/**
 * Tells from the ledger alone what is stored, how fresh it is, and what is missing. Makes no request, writes nothing.
 * `coverageOf` serves whoever already knows a part of the ledger; by default all of it is read.
 */
export async function readStatus(
  context: StatusContext,
  options: StatusOptions,
  coverageOf: CoverageReader = (key) => readCoverage(context.store.pool, key),
): Promise<StatusReport> {
  const now = context.clock.now();
  const isWanted = ({ org_id, dataset }: { org_id: string; dataset: string }) =>
    (options.datasets?.includes(dataset) ?? true) && (options.organizations?.includes(org_id) ?? true);
  const { pool } = context.store;
  const [database] = (await pool.query<DatabaseRow>(databaseSql)).rows;
  const quarantine = (await pool.query<Dated<QuarantineStatus>>(quarantineSql)).rows;
  const drift = (await pool.query<Dated<DriftStatus>>(driftSql)).rows;
  const runs = (await pool.query<Dated<RunStatus>>(runsSql, [runsShown, options.organizations])).rows;
  // The subject of an alert begins with its dataset, where it has one.
  const isShown = ({ org_id, subject }: AlertStatus) =>
    isWanted({ org_id, dataset: subject.split(' ', 1)[0] ?? '' }) ||
    (subject === '' && (options.organizations?.includes(org_id) ?? true));
  const datasets = (await datasetStatuses(context, now, coverageOf)).filter(isWanted);
  return {
    checked_at: now.toISOString(),
    alerts: (await openAlerts(pool)).filter(isShown),
    notices: (await recentNotices(pool, now)).filter(isShown),
    undelivered: await undelivered(pool, now),
    database: { server_version: '', size_bytes: 0, ...database, embedded: context.store.embedded },
    datasets,
    tie_outs: (await readTieOuts(pool, datasets)).map((tieOut) => withIsoDates<TieOutStatus>(tieOut)),
    directory: await readDirectoryStatus(pool, options.organizations),
    quarantine: quarantine.filter(isWanted).map(withIsoDates),
    drift: drift.filter(isWanted).map(withIsoDates),
    runs: runs.map(withIsoDates),
  };
}

interface DatabaseRow {
  readonly server_version: string;
  readonly size_bytes: number;
}

const databaseSql = `
  select current_setting('server_version') as server_version, pg_database_size(current_database()) as size_bytes`;

const quarantineSql = `
  select org_id, dataset, reason, count(*) as entries, (array_agg(detail order by last_seen_at desc))[1] as detail,
    max(last_seen_at) as last_seen_at
  from openai_etl.quarantine group by org_id, dataset, reason order by max(last_seen_at) desc`;

const driftSql = `
  select org_id, dataset, kind, name, seen_count, first_seen_at, last_seen_at
  from openai_etl.drift order by last_seen_at desc, org_id, dataset, kind, name`;

const runsSql = `
  select run_id, command, org_id, status, started_at, finished_at, requests, rows_inserted, rows_updated, rows_deleted,
    buckets_unanswered, error
  from openai_etl.runs where $2::text[] is null or org_id = any($2) order by run_id desc limit $1`;

interface Wanted {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: Width;
  readonly configured: boolean;
  readonly settings: DatasetSettings | null;
}

async function datasetStatuses(
  context: StatusContext,
  now: Date,
  coverageOf: CoverageReader,
): Promise<readonly DatasetStatus[]> {
  const capabilities = (await context.store.pool.query<CapabilityRow>(capabilitiesSql)).rows;
  const reached = (await context.store.pool.query<ReachRow>(reachSql)).rows;
  const unanswered = (await context.store.pool.query<UnansweredRow>(unansweredSql)).rows;
  const statuses: DatasetStatus[] = [];
  for (const wanted of await everythingKnown(context)) {
    const capability = capabilities.find(
      ({ org_id, dataset }) => org_id === wanted.org_id && dataset === wanted.dataset,
    );
    const through = reached.find((row) => isOf(row, wanted))?.data_through ?? null;
    const count = unanswered.find((row) => isOf(row, wanted))?.buckets ?? 0;
    const { org_id: organization, dataset, bucket_width: width } = wanted;
    const refusals = await readRefusals(context.store.pool, { organization, dataset, width });
    const told = await datasetStatus({ now, coverageOf }, wanted, { capability, refusals, through });
    statuses.push({ ...told, buckets_unanswered: count });
  }
  return statuses;
}

/** What is configured, then what is stored besides. */
async function everythingKnown({ config, store }: StatusContext): Promise<readonly Wanted[]> {
  const configured = config.organizations.flatMap(({ name, datasets }) =>
    datasets.map(
      (settings): Wanted => ({
        org_id: name,
        dataset: settings.dataset.name,
        bucket_width: settings.width,
        configured: true,
        settings,
      }),
    ),
  );
  const stored = (await store.pool.query<Kind>(storedSql)).rows;
  const isConfigured = (row: (typeof stored)[number]) => configured.some((one) => isOf(row, one));
  const besides = stored.filter((row) => widths.includes(row.bucket_width) && !isConfigured(row));
  return [...configured, ...besides.map((row): Wanted => ({ ...row, configured: false, settings: null }))];
}

/** Every stored kind of bucket, found by leaping through the key instead of reading all of the ledger. */
const storedSql = `
  with recursive kind as (
    (select org_id, dataset, bucket_width from openai_etl.buckets order by org_id, dataset, bucket_width limit 1)
    union all
    select next.* from kind, lateral (
      select b.org_id, b.dataset, b.bucket_width from openai_etl.buckets b
      where (b.org_id, b.dataset, b.bucket_width) > (kind.org_id, kind.dataset, kind.bucket_width)
      order by b.org_id, b.dataset, b.bucket_width limit 1) next
  )
  select org_id, dataset, bucket_width from kind`;

type Kind = Pick<Wanted, 'org_id' | 'dataset' | 'bucket_width'>;

function isOf(a: Kind, b: Kind): boolean {
  return a.org_id === b.org_id && a.dataset === b.dataset && a.bucket_width === b.bucket_width;
}

interface UnansweredRow extends Kind {
  readonly buckets: number;
}

const unansweredSql = `
  select org_id, dataset, bucket_width, count(*)::int as buckets from openai_etl.unanswered group by 1, 2, 3`;

interface CapabilityRow {
  readonly org_id: string;
  readonly dataset: string;
  readonly status: 'available' | 'reduced' | 'unavailable';
  readonly grain: readonly string[];
  readonly detail: string | null;
  readonly status_since: Date;
}

const capabilitiesSql = 'select org_id, dataset, status, grain, detail, status_since from openai_etl.capabilities';

interface ReachRow {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: Width;
  readonly data_through: Date | null;
}

const reachSql = 'select org_id, dataset, bucket_width, data_through from openai_etl.reach';

/** What is stored of a dataset besides its ledger. */
interface DatasetFacts {
  readonly capability: CapabilityRow | undefined;
  readonly refusals: readonly StoredRefusal[];
  readonly through: Date | null;
}

async function datasetStatus(
  { now, coverageOf }: { readonly now: Date; readonly coverageOf: CoverageReader },
  wanted: Wanted,
  { capability, refusals, through }: DatasetFacts,
): Promise<Omit<DatasetStatus, 'buckets_unanswered'>> {
  const { org_id, dataset, bucket_width, configured } = wanted;
  const coverage = await coverageOf({ org_id, dataset, bucket_width });
  const { first, last, last_read_at, ...counts } = totalOf(coverage);
  const from = firstInstant(wanted, first, refusals, now);
  const end = configured ? floorToBucket(now, bucket_width) : (last ?? now);
  const unread = from === null ? [] : gapsIn(coverage, from, end);
  const lacking = capability?.status === 'unavailable' && wanted.settings?.dataset.optional === true;
  const gaps = (lacking ? [] : unread).map((gap) => asGap(gap, bucket_width));
  return {
    org_id,
    dataset,
    bucket_width,
    configured,
    capability: capability?.status ?? 'unknown',
    grain: capability?.grain ?? [],
    detail: capability?.detail ?? null,
    capability_since: capability?.status_since.toISOString() ?? null,
    remedy: remedyOf(capability?.detail ?? null),
    horizon: knownRefusals(refusals).horizon?.at.toISOString() ?? null,
    refusals: refusalReports(refusals),
    from: from?.toISOString() ?? null,
    through: through?.toISOString() ?? null,
    last_read_at: last_read_at?.toISOString() ?? null,
    rows: counts.rows,
    buckets_loaded: counts.loaded,
    buckets_missing: gaps.reduce((sum, { buckets }) => sum + buckets, 0),
    buckets_refused: counts.refused,
    buckets_unsettled: counts.loaded - counts.settled,
    amounts_missing: counts.amountsMissing,
    days_incomplete: counts.daysIncomplete,
    gaps: gaps.slice(0, gapsShown),
    gap_count: gaps.length,
  };
}

function totalOf({ days }: Coverage) {
  const sum = (of: (day: CoverageDay) => number) => days.reduce((total, day) => total + of(day), 0);
  const lastRead = days.reduce<Date | null>(
    (latest, day) => (latest === null || day.last_read_at > latest ? day.last_read_at : latest),
    null,
  );
  return {
    first: days[0]?.first ?? null,
    last: days.at(-1)?.last ?? null,
    last_read_at: lastRead,
    rows: sum(({ rows }) => rows),
    loaded: sum(({ loaded }) => loaded),
    refused: sum(({ refused }) => refused),
    settled: sum(({ settled }) => settled),
    amountsMissing: sum(({ amounts_missing }) => amounts_missing),
    daysIncomplete: days.filter(({ amounts_missing }) => amounts_missing > 0).length,
  };
}

/** A detail begins with the code of the error it comes from, where it comes from one. */
function remedyOf(detail: string | null): string | null {
  const code = detail?.split(':', 1)[0] ?? '';
  return code in errorKinds ? errorKinds[code as ErrorCode].remedy : null;
}

/** The first bucket that should be there. What the API refuses is no gap; what is stored before it still counts. */
function firstInstant(
  { settings, bucket_width }: Wanted,
  first: Date | null,
  refusals: readonly StoredRefusal[],
  now: Date,
): Date | null {
  if (settings === null) return first;
  const { horizon, groupings } = knownRefusals(refusals);
  const granted = grantedRanges(settings.dataset, settings.groupBy, groupings);
  const start = floorToBucket(startOf(settings, null, now), bucket_width);
  const possible = obtainableFrom(start, { horizon: horizon?.at ?? null, granted }, bucket_width);
  return first !== null && first < possible ? first : possible;
}

function asGap({ start, end }: Interval, width: Width): Gap {
  const buckets = Math.round((end.getTime() - start.getTime()) / widthMs(width));
  return { from: start.toISOString(), to: end.toISOString(), buckets };
}

/** A row as PostgreSQL gives it, with Dates where the report has ISO text. */
type Dated<T> = { readonly [K in keyof T]: K extends `${string}_at` ? Date | Extract<T[K], null> : T[K] };

function withIsoDates<T extends object>(row: Dated<T>): T {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  ) as T;
}
