import { type Width, widths } from '../catalog/width.ts';
import type { DatasetSettings } from '../config.ts';
import { ceilToBucket, floorToBucket, widthMs } from '../plan/bucket.ts';
import { type RunContext, startOf } from './context.ts';

/** A stretch of time, half-open, in ISO instants. */
export interface Gap {
  readonly from: string;
  readonly to: string;
  readonly buckets: number;
}

/** What the ledger knows of one dataset at one width of one organization. */
export interface DatasetStatus {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: Width;
  /** False for what is stored but no longer asked for. */
  readonly configured: boolean;
  /** What the API grants; `unknown` before it was first asked. */
  readonly capability: 'available' | 'reduced' | 'unavailable' | 'unknown';
  readonly grain: readonly string[];
  /** Why the capability is not full, as the API put it. */
  readonly detail: string | null;
  readonly horizon: string | null;
  /** First instant wanted or stored, whichever is earlier. */
  readonly from: string | null;
  /** End of the newest bucket up to which everything from `from` on is loaded; null when nothing is. */
  readonly through: string | null;
  readonly last_read_at: string | null;
  readonly rows: number;
  readonly buckets_loaded: number;
  /** Closed buckets from `from` to now that were never read; none of an optional dataset the organization lacks. */
  readonly buckets_missing: number;
  readonly buckets_refused: number;
  /** Loaded, and still to be read again. */
  readonly buckets_unsettled: number;
  /** The oldest of the missing stretches. */
  readonly gaps: readonly Gap[];
  readonly gap_count: number;
}

/** One kind of entry in quarantine. */
export interface QuarantineStatus {
  readonly org_id: string;
  readonly dataset: string;
  readonly reason: string;
  readonly entries: number;
  readonly detail: string;
  readonly last_seen_at: string;
}

/** One thing the API sends that the catalog does not know. */
export interface DriftStatus {
  readonly org_id: string;
  readonly dataset: string;
  readonly kind: string;
  readonly name: string;
  readonly seen_count: number;
  readonly first_seen_at: string;
  readonly last_seen_at: string;
}

/** One execution. */
export interface RunStatus {
  readonly run_id: number;
  readonly command: string;
  readonly org_id: string;
  readonly status: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly requests: number;
  readonly rows_inserted: number;
  readonly rows_updated: number;
  readonly rows_deleted: number;
  readonly error: string | null;
}

/** What `status` prints. */
export interface StatusReport {
  readonly checked_at: string;
  readonly database: { readonly server_version: string; readonly embedded: boolean; readonly size_bytes: number };
  readonly datasets: readonly DatasetStatus[];
  readonly quarantine: readonly QuarantineStatus[];
  readonly drift: readonly DriftStatus[];
  readonly runs: readonly RunStatus[];
}

/** Which part of the store to tell about; null for all. */
export interface StatusOptions {
  readonly datasets: readonly string[] | null;
  readonly organizations: readonly string[] | null;
}

const gapsShown = 20;
const runsShown = 10;

type Context = Pick<RunContext, 'config' | 'store' | 'clock'>;

/** Tells from the ledger alone what is stored, how fresh it is, and what is missing. Makes no request, writes nothing. */
export async function readStatus(context: Context, options: StatusOptions): Promise<StatusReport> {
  const now = context.clock.now();
  const isWanted = ({ org_id, dataset }: { org_id: string; dataset: string }) =>
    (options.datasets?.includes(dataset) ?? true) && (options.organizations?.includes(org_id) ?? true);
  const { pool } = context.store;
  const [database] = (await pool.query<DatabaseRow>(databaseSql)).rows;
  const quarantine = (await pool.query<Dated<QuarantineStatus>>(quarantineSql)).rows;
  const drift = (await pool.query<Dated<DriftStatus>>(driftSql)).rows;
  const runs = (await pool.query<Dated<RunStatus>>(runsSql, [runsShown, options.organizations])).rows;
  return {
    checked_at: now.toISOString(),
    database: { server_version: '', size_bytes: 0, ...database, embedded: context.store.embedded },
    datasets: (await datasetStatuses(context, now)).filter(isWanted),
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
    error
  from openai_etl.runs where $2::text[] is null or org_id = any($2) order by run_id desc limit $1`;

interface Wanted {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: Width;
  readonly configured: boolean;
  readonly settings: DatasetSettings | null;
}

async function datasetStatuses(context: Context, now: Date): Promise<readonly DatasetStatus[]> {
  const capabilities = (await context.store.pool.query<CapabilityRow>(capabilitiesSql)).rows;
  const statuses: DatasetStatus[] = [];
  for (const wanted of await everythingKnown(context)) {
    const capability = capabilities.find(
      ({ org_id, dataset }) => org_id === wanted.org_id && dataset === wanted.dataset,
    );
    statuses.push(await datasetStatus(context, wanted, capability, now));
  }
  return statuses;
}

/** What is configured, then what is stored besides. */
async function everythingKnown({ config, store }: Context): Promise<readonly Wanted[]> {
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
  const stored = (await store.pool.query<Pick<Wanted, 'org_id' | 'dataset' | 'bucket_width'>>(storedSql)).rows;
  const isConfigured = (row: (typeof stored)[number]) =>
    configured.some(
      (one) => one.org_id === row.org_id && one.dataset === row.dataset && one.bucket_width === row.bucket_width,
    );
  const besides = stored.filter((row) => widths.includes(row.bucket_width) && !isConfigured(row));
  return [...configured, ...besides.map((row): Wanted => ({ ...row, configured: false, settings: null }))];
}

const storedSql = `
  select distinct org_id, dataset, bucket_width from openai_etl.buckets order by org_id, dataset, bucket_width`;

interface CapabilityRow {
  readonly org_id: string;
  readonly dataset: string;
  readonly status: 'available' | 'reduced' | 'unavailable';
  readonly grain: readonly string[];
  readonly horizon: Date | null;
  readonly detail: string | null;
}

const capabilitiesSql = 'select org_id, dataset, status, grain, horizon, detail from openai_etl.capabilities';

interface CoverageRow {
  readonly first: Date | null;
  readonly last: Date | null;
  readonly last_read_at: Date | null;
  readonly rows: number;
  readonly loaded: number;
  readonly refused: number;
  readonly unsettled: number;
}

const coverageSql = `
  select min(bucket_start) as first, max(bucket_end) as last, max(observed_at) as last_read_at,
    coalesce(sum(row_count), 0)::bigint as rows,
    count(*) filter (where status = 'loaded') as loaded,
    count(*) filter (where status = 'refused') as refused,
    count(*) filter (where status = 'loaded' and not settled) as unsettled
  from openai_etl.buckets where org_id = $1 and dataset = $2 and bucket_width = $3`;

/** The stretches of [$4, $5) in which no bucket of the given statuses stands, oldest first. */
const gapsSql = `
  select lower(gap) as from, upper(gap) as to
  from unnest(
    tstzmultirange(tstzrange($4, $5)) - coalesce(
      (select range_agg(tstzrange(bucket_start, bucket_end)) from openai_etl.buckets
        where org_id = $1 and dataset = $2 and bucket_width = $3 and status = any($6)),
      '{}'::tstzmultirange
    )
  ) as gap order by 1`;

async function datasetStatus(
  { store }: Context,
  wanted: Wanted,
  capability: CapabilityRow | undefined,
  now: Date,
): Promise<DatasetStatus> {
  const { org_id, dataset, bucket_width, configured } = wanted;
  const key = [org_id, dataset, bucket_width];
  const [coverage] = (await store.pool.query<CoverageRow>(coverageSql, key)).rows;
  const from = firstInstant(wanted, coverage?.first ?? null, capability?.horizon ?? null, now);
  const end = configured ? floorToBucket(now, bucket_width) : (coverage?.last ?? now);
  const find = async (statuses: readonly string[]) =>
    from === null || from >= end
      ? []
      : (await store.pool.query<{ from: Date; to: Date }>(gapsSql, [...key, from, end, statuses])).rows;
  const notLoaded = await find(['loaded']);
  const lacking = capability?.status === 'unavailable' && wanted.settings?.dataset.optional === true;
  const neverRead = lacking ? [] : await find(['loaded', 'refused']);
  const gaps = neverRead.map((gap) => asGap(gap, bucket_width));
  return {
    org_id,
    dataset,
    bucket_width,
    configured,
    capability: capability?.status ?? 'unknown',
    grain: capability?.grain ?? [],
    detail: capability?.detail ?? null,
    horizon: capability?.horizon?.toISOString() ?? null,
    from: from?.toISOString() ?? null,
    through: throughOf(from, notLoaded[0]?.from ?? coverage?.last ?? null, coverage?.last_read_at ?? null),
    last_read_at: coverage?.last_read_at?.toISOString() ?? null,
    rows: coverage?.rows ?? 0,
    buckets_loaded: coverage?.loaded ?? 0,
    buckets_missing: gaps.reduce((sum, { buckets }) => sum + buckets, 0),
    buckets_refused: coverage?.refused ?? 0,
    buckets_unsettled: coverage?.unsettled ?? 0,
    gaps: gaps.slice(0, gapsShown),
    gap_count: gaps.length,
  };
}

/** The first bucket that should be there. The API's horizon is no gap; what is stored before it still counts. */
function firstInstant(
  { settings, bucket_width }: Wanted,
  first: Date | null,
  horizon: Date | null,
  now: Date,
): Date | null {
  if (settings === null) return first;
  const start = floorToBucket(startOf(settings, null, now), bucket_width);
  const possible = horizon !== null && horizon > start ? ceilToBucket(horizon, bucket_width) : start;
  return first !== null && first < possible ? first : possible;
}

/** The open bucket counts as far as it had come when it was read. */
function throughOf(from: Date | null, loadedTo: Date | null, lastReadAt: Date | null): string | null {
  if (from === null || loadedTo === null || lastReadAt === null || loadedTo <= from) return null;
  return (loadedTo > lastReadAt ? lastReadAt : loadedTo).toISOString();
}

function asGap({ from, to }: { from: Date; to: Date }, width: Width): Gap {
  const buckets = Math.round((to.getTime() - from.getTime()) / widthMs(width));
  return { from: from.toISOString(), to: to.toISOString(), buckets };
}

/** A row as PostgreSQL gives it, with Dates where the report has ISO text. */
type Dated<T> = { readonly [K in keyof T]: K extends `${string}_at` ? Date | Extract<T[K], null> : T[K] };

function withIsoDates<T extends object>(row: Dated<T>): T {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  ) as T;
}
