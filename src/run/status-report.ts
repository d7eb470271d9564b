import type { AlertStatus, Undelivered } from '../alert/open-alerts.ts';
import type { Width } from '../catalog/width.ts';
import type { RefusalReport } from './report.ts';

export type { AlertStatus } from '../alert/open-alerts.ts';

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
  /** Since when the capability is what it is; null before the API was first asked. */
  readonly capability_since: string | null;
  /** What to do about it; null when there is nothing to do. */
  readonly remedy: string | null;
  /** ISO instant before which the API answers nothing at this width, where known. */
  readonly horizon: string | null;
  /** What the API refuses at this width, of which range, and when it is asked again. */
  readonly refusals: readonly RefusalReport[];
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
  /** Asked for last and not answered: what is stored of them, if anything, is older. */
  readonly buckets_unanswered: number;
  /** Loaded, and still to be read again. */
  readonly buckets_unsettled: number;
  /** Results of costs that came without an amount, or without its currency. */
  readonly amounts_missing: number;
  /** Days that hold such results: what they cost is known in part only. */
  readonly days_incomplete: number;
  /** The oldest of the missing stretches. */
  readonly gaps: readonly Gap[];
  readonly gap_count: number;
}

/** What the newest comparison with the API's own totals came to. */
export interface TieOutStatus {
  readonly org_id: string;
  readonly dataset: string;
  readonly measure: string;
  /** Decimal text: the differences of all buckets that do not agree, each as a positive number, added up. */
  readonly difference: string;
  readonly buckets: number;
  readonly disagreeing: number;
  readonly checked_at: string;
}

/** What is known of the names of an organization. */
export interface DirectoryStatus {
  readonly org_id: string;
  /** When all lists were last asked for. */
  readonly tried_at: string;
  /** One entry for each kind of list, those of all projects or groups together. */
  readonly lists: readonly DirectoryListStatus[];
  /** What to do about lists that could not be read; null when there is nothing to do. */
  readonly remedy: string | null;
}

/** What is known of one kind of list. */
export interface DirectoryListStatus {
  readonly list: string;
  /** The worst of them; of archived projects nothing is expected. */
  readonly status: 'read' | 'refused' | 'failed';
  readonly entries: number;
  readonly detail: string | null;
  /** When the oldest of them was last read to its end; null when one never was. */
  readonly read_at: string | null;
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
  readonly buckets_unanswered: number;
  readonly error: string | null;
}

/** What `status` prints. */
export interface StatusReport {
  readonly checked_at: string;
  readonly database: { readonly server_version: string; readonly embedded: boolean; readonly size_bytes: number };
  /** What needs a person, the worst first. */
  readonly alerts: readonly AlertStatus[];
  /** What happened in the last 7 days and is to be known, newest first. */
  readonly notices: readonly AlertStatus[];
  /** What the webhook has not taken. */
  readonly undelivered: Undelivered;
  readonly datasets: readonly DatasetStatus[];
  /** Organizations whose names have been asked for. */
  /** What the newest comparisons with the API's own totals came to, by dataset and measure. */
  readonly tie_outs: readonly TieOutStatus[];
  readonly directory: readonly DirectoryStatus[];
  readonly quarantine: readonly QuarantineStatus[];
  readonly drift: readonly DriftStatus[];
  readonly runs: readonly RunStatus[];
}
