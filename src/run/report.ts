import type { Width } from '../catalog/width.ts';
import type { ErrorCode } from '../errors.ts';
import type { Received } from '../parse/books.ts';

/** What one dataset at one width of one organization came to in a run. */
export interface DatasetReport {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: Width;
  /** `ok`: all asked for is loaded · `partial`: some buckets failed, were refused or not answered · `unavailable`: an optional dataset the organization lacks · `failed`: nothing could be read · `busy`: another run holds it. */
  readonly status: 'ok' | 'partial' | 'unavailable' | 'failed' | 'busy';
  readonly requests: number;
  readonly buckets_loaded: number;
  readonly buckets_unchanged: number;
  readonly buckets_refused: number;
  /** Buckets asked for that nothing received accounts for: what is stored of them stays, and they are read again. */
  readonly buckets_unanswered: number;
  /** Buckets left alone because the store holds a newer or finer reading. */
  readonly buckets_kept: number;
  /** Received. */
  readonly results: number;
  /** Of these, rows; with the three that follow: all of them. */
  readonly results_placed: number;
  /** Part of another's row. */
  readonly results_merged: number;
  /** Set aside: by themselves, or with the bucket that was refused. */
  readonly results_quarantined: number;
  readonly results_without_place: number;
  /** What was received that had no place: of another time than was asked for, or of none that can be read. */
  readonly without_place: { readonly outside: Received; readonly undated: Received };
  readonly rows_inserted: number;
  readonly rows_updated: number;
  readonly rows_deleted: number;
  readonly restatements: number;
  readonly quarantined: number;
  /** Results that came without an amount, or without its currency: their days are incomplete. */
  readonly amounts_missing: number;
  readonly drift: readonly string[];
  /** The dimensions obtained of the newest buckets, in column order. */
  readonly grain: readonly string[];
  /** Dimensions asked for that the API refuses, of any range. */
  readonly refused_dimensions: readonly string[];
  /** What it refuses of which range, at this width. */
  readonly refusals: readonly RefusalReport[];
  /** ISO instant up to which every bucket since the start date is loaded; null when there is none. */
  readonly data_through: string | null;
  /** ISO instant before which the API no longer answers, where known. */
  readonly horizon: string | null;
  /** Per currency, exact decimal strings; only datasets that count money. `loaded`: sum of what this run read; `moved`: how much the stored total changed. */
  readonly money: readonly MoneyReport[];
  /** What was read held against the API's own totals; null where nothing was to be compared. */
  readonly tie_out: TieOutReport | null;
  readonly errors: readonly ErrorReport[];
}

/** What the API refuses, and until when it is believed. */
export interface RefusalReport {
  /** `horizon`: it answers no bucket of the range · `grouping`: not by that dimension. */
  readonly kind: 'horizon' | 'grouping';
  /** Null for a horizon. */
  readonly dimension: string | null;
  /** ISO instant, inclusive; null: from the beginning. */
  readonly from: string | null;
  /** ISO instant, exclusive; null: without end. */
  readonly to: string | null;
  /** How it was proved; see openai_etl.refusals. */
  readonly proof: 'named' | 'bisected' | 'clamped' | 'probed';
  readonly proved_at: string;
  /** From when on a sync asks again by itself. */
  readonly ask_again_at: string;
  /** What the API said, redacted. */
  readonly detail: string;
}

/** What one dataset's comparison with the API's own totals came to. It never changes what was read. */
export interface TieOutReport {
  /** `equal` · `difference`: some sums differ, also when read once more · `not_compared`: some or all could not be compared, the rest is equal. */
  readonly status: 'equal' | 'difference' | 'not_compared';
  /** Closed buckets compared. */
  readonly buckets: number;
  /** Sums compared. */
  readonly sums: number;
  readonly differences: number;
  /** Requests it took besides those for reading, what was read again included. */
  readonly requests: number;
  /** Why something could not be compared; null where all was. */
  readonly detail: string | null;
}

/** Money loaded by a run, as exact decimal strings. */
export interface MoneyReport {
  readonly currency: string;
  readonly loaded: string;
  readonly moved: string;
}

/** An error as the reports show it: already redacted. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** What became of one kind of list of names: that of the organization, or those of all projects or groups. */
export interface DirectoryListReport {
  readonly list: string;
  /** The worst of them. `refused`: the API does not give it · `failed`: no complete answer. */
  readonly status: 'read' | 'refused' | 'failed';
  readonly entries: number;
  /** What the API said; null when all were read. */
  readonly detail: string | null;
}

/** What reading the names of an organization came to. It never changes how the run ends: names are not numbers. */
export interface DirectoryReport {
  readonly org_id: string;
  /** `partial`: some lists were read. */
  readonly status: 'read' | 'partial' | 'refused' | 'failed';
  readonly detail: string | null;
  readonly remedy: string | null;
  readonly added: number;
  readonly changed: number;
  readonly renamed: number;
  readonly removed: number;
  readonly lists: readonly DirectoryListReport[];
}

/** What splitting the costs of an organization over who caused them came to. */
export interface CostSplitReport {
  readonly org_id: string;
  /** Days split anew: those whose costs, usage or user cut changed. */
  readonly days: number;
  /** Parts of those days. */
  readonly parts: number;
  readonly parts_inserted: number;
  readonly parts_updated: number;
  readonly parts_deleted: number;
  /** Of those days, per currency, exact decimal strings; billed is the sum of the other two. */
  readonly money: readonly {
    readonly currency: string;
    readonly billed: string;
    readonly allocated: string;
    readonly unattributed: string;
  }[];
  readonly errors: readonly ErrorReport[];
}

/** What a run came to. */
export interface RunReport {
  readonly run_ids: readonly number[];
  readonly command: 'sync' | 'backfill';
  readonly status: 'ok' | 'difference' | 'partial' | 'failed' | 'busy';
  readonly started_at: string;
  readonly finished_at: string;
  /** True when nothing was written: `--plan`. */
  readonly preview: boolean;
  readonly requests: number;
  readonly datasets: readonly DatasetReport[];
  /** Stored sums that differ from the API's own totals, also after what they are of was read once more. */
  readonly differences: readonly Difference[];
  /** One for each organization whose names were read. */
  readonly directory: readonly DirectoryReport[];
  /** One for each organization of which something could be loaded. */
  readonly cost_splits: readonly CostSplitReport[];
  /** Errors of a whole organization, such as a rejected key. */
  readonly errors: readonly (ErrorReport & { readonly org_id: string })[];
  readonly exit_code: number;
}

/** One line of `--dry-run`. */
export interface PlannedDataset {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: Width;
  readonly from: string | null;
  readonly to: string | null;
  readonly buckets_to_read: number;
  readonly buckets_reread: number;
  readonly requests: number;
}

/** What `--dry-run` prints: no request is made. */
export interface PlanReport {
  readonly requests: number;
  readonly datasets: readonly PlannedDataset[];
  /** Organizations whose names are due, and about how many requests those take. */
  readonly directory: readonly { readonly org_id: string; readonly requests: number }[];
}

/** A stored sum that differs from the API's own; of dataset `cost_parts`, parts that differ from the costs stored. */
export interface Difference {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: Width;
  readonly bucket_start: string;
  readonly measure: string;
  /** Exact decimal strings. `stored` is null where the bucket was never loaded. */
  readonly stored: string | null;
  readonly reported: string;
  readonly difference: string;
}

/** The costs of an organization held against their parts. */
export interface CostPartsCheck {
  readonly org_id: string;
  readonly days: number;
  readonly costs: number;
  /** Costs whose parts do not add up to them. */
  readonly differing: number;
}

/** What `verify` came to. */
export interface VerifyReport {
  readonly status: 'ok' | 'difference' | 'partial' | 'failed';
  readonly requests: number;
  readonly checked: readonly {
    readonly org_id: string;
    readonly dataset: string;
    readonly bucket_width: Width;
    readonly buckets: number;
    readonly measures: number;
    readonly differences: number;
    readonly errors: readonly ErrorReport[];
  }[];
  /** One for each organization whose costs were verified. */
  readonly cost_parts: readonly CostPartsCheck[];
  readonly differences: readonly Difference[];
  readonly exit_code: number;
}

/** What a long command tells while it works. */
export interface Progress {
  /** One dataset at one width starts, with the number of slices planned. */
  planned(label: string, slices: number): void;
  /** A slice is done. */
  advanced(label: string, rows: number): void;
  finished(): void;
}

/** Progress that nobody watches. */
export const silentProgress: Progress = {
  planned: () => undefined,
  advanced: () => undefined,
  finished: () => undefined,
};
