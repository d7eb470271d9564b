import type { ColumnType, Generated } from 'kysely';
import type { Width } from '../catalog/width.ts';

/** A value PostgreSQL numbers or fills in itself and the program never changes. */
type Assigned<T> = ColumnType<T, never, never>;

/** A counter that starts at 0. */
type Counter = Generated<number>;

/** `numeric`: read and written as decimal digits, never as a double. */
type Decimal = ColumnType<string, string, string>;
type NullableDecimal = ColumnType<string | null, string | null, string | null>;

/** `jsonb`: read as its value, written as JSON text, so that numbers keep their digits. */
type Json = ColumnType<unknown, string, string>;
type NullableJson = ColumnType<unknown, string | null | undefined, string | null>;

/** `timestamptz`. */
type Instant = ColumnType<Date, Date, Date>;
type NullableInstant = ColumnType<Date | null, Date | null | undefined, Date | null>;

/** One execution of a command for one organization. */
export interface RunsTable {
  run_id: Assigned<number>;
  command: string;
  org_id: string;
  started_at: Instant;
  finished_at: NullableInstant;
  status: 'running' | 'ok' | 'partial' | 'failed';
  requests: Counter;
  retries: Counter;
  responses: ColumnType<Record<string, number>, string | undefined, string>;
  pages: Counter;
  results: Counter;
  rows_inserted: Counter;
  rows_updated: Counter;
  rows_deleted: Counter;
  buckets_loaded: Counter;
  buckets_unchanged: Counter;
  buckets_refused: Counter;
  buckets_unanswered: Counter;
  /** Null for runs of versions that did not count it; the three that follow likewise. */
  results_placed: number | null;
  results_merged: number | null;
  results_quarantined: number | null;
  results_without_place: number | null;
  error: string | null;
  version: string;
}

/** The ledger: what is known of each bucket. */
export interface BucketsTable {
  org_id: string;
  dataset: string;
  bucket_width: Width;
  bucket_start: Instant;
  bucket_end: Instant;
  grain: string[];
  /** Canonical JSON of the filters the rows were asked with; null when there were none. */
  filters: string | null;
  row_count: number;
  /** Results that came without an amount, or without its currency. */
  amounts_missing: Generated<number>;
  content_hash: Buffer | null;
  revision: number;
  observed_at: Instant;
  changed_at: Instant;
  settled: boolean;
  status: 'loaded' | 'refused';
  run_id: number;
  /** `xid8`, as its digits. Written with `pg_current_xact_id()`. */
  changed_xid: string;
}

/** Buckets that were asked for last and not answered. */
export interface UnansweredTable {
  org_id: string;
  dataset: string;
  bucket_width: Width;
  bucket_start: Instant;
  first_asked_at: Instant;
  last_asked_at: Instant;
  run_id: number;
}

/** What a closed bucket used to say. */
export interface RestatementsTable {
  restatement_id: Assigned<number>;
  org_id: string;
  dataset: string;
  bucket_width: Width;
  bucket_start: Instant;
  series_id: string;
  change: 'added' | 'updated' | 'removed';
  old_row: NullableJson;
  new_row: NullableJson;
  observed_at: Instant;
  run_id: number;
  settled: Generated<boolean>;
}

/** What could not be typed, as received. */
export interface QuarantineTable {
  quarantine_id: Assigned<number>;
  org_id: string;
  dataset: string;
  bucket_width: Width;
  bucket_start: NullableInstant;
  reason: string;
  detail: string;
  raw: Json;
  first_seen_at: Instant;
  last_seen_at: Instant;
  seen_count: Generated<number>;
  run_id: number;
}

/** What the API sends that the catalog does not know. */
export interface DriftTable {
  org_id: string;
  dataset: string;
  kind: 'field' | 'object' | 'value';
  name: string;
  sample: NullableJson;
  first_seen_at: Instant;
  last_seen_at: Instant;
  seen_count: Generated<number>;
}

/** What the API grants each organization for each dataset. */
export interface CapabilitiesTable {
  org_id: string;
  dataset: string;
  status: 'available' | 'reduced' | 'unavailable';
  grain: string[];
  horizon: NullableInstant;
  detail: string | null;
  checked_at: Instant;
  status_since: Instant;
}

/** What the API has been seen to refuse, by width and range. */
export interface RefusalsTable {
  org_id: string;
  dataset: string;
  bucket_width: Width;
  kind: 'horizon' | 'grouping';
  dimension: string;
  range_start: Instant;
  range_end: Instant;
  proof: 'named' | 'bisected' | 'clamped' | 'probed';
  detail: string;
  asked_from: NullableInstant;
  first_seen_at: Instant;
  proved_at: Instant;
  ask_again_at: Instant;
}

/** Comparisons of stored sums with the API's ungrouped totals. */
export interface TieOutsTable {
  org_id: string;
  dataset: string;
  bucket_width: Width;
  bucket_start: Instant;
  measure: string;
  stored: NullableDecimal;
  reported: Decimal;
  difference: Decimal;
  checked_at: Instant;
  run_id: number;
  agrees: boolean;
}

/** What needs a person, from the moment it is first seen until it is over. */
export interface AlertsTable {
  alert_id: Assigned<number>;
  kind: string;
  org_id: string;
  subject: string;
  severity: 'critical' | 'warning' | 'notice';
  summary: string;
  detail: string;
  remedy: string;
  opened_at: Instant;
  last_seen_at: Instant;
  closed_at: NullableInstant;
}

/** What the webhook is told of alerts. */
export interface NotificationsTable {
  notification_id: Assigned<number>;
  alert_id: number;
  event: 'opened' | 'recovered';
  created_at: Instant;
  attempts: Counter;
  last_attempt_at: NullableInstant;
  last_error: string | null;
  delivered_at: NullableInstant;
}

/** The migrations applied to this database. */
export interface MigrationsTable {
  version: number;
  name: string;
  checksum: string;
  applied_at: Generated<Date>;
  applied_by_version: string;
}

/** The tables queries are typed against; the fact tables' SQL derives from the catalog instead. */
export interface Tables {
  'openai_etl.runs': RunsTable;
  'openai_etl.buckets': BucketsTable;
  'openai_etl.unanswered': UnansweredTable;
  'openai_etl.restatements': RestatementsTable;
  'openai_etl.quarantine': QuarantineTable;
  'openai_etl.drift': DriftTable;
  'openai_etl.capabilities': CapabilitiesTable;
  'openai_etl.refusals': RefusalsTable;
  'openai_etl.tie_outs': TieOutsTable;
  'openai_etl.alerts': AlertsTable;
  'openai_etl.notifications': NotificationsTable;
  'openai_etl.migrations': MigrationsTable;
}
