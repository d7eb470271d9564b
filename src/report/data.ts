/** What the page shows. Money and quantities are decimal digits, exact; dates are UTC days; bounds are half-open. */
export interface ReportData {
  /** ISO instant. */
  readonly made_at: string;
  readonly version: string;
  /** Names of the organizations the numbers are of. */
  readonly organizations: readonly string[];
  readonly period: Period;
  /** As many days before the period. */
  readonly previous: PreviousPeriod;
  /** Every day of the period, in order. */
  readonly days: readonly ReportDay[];
  /** One for each currency that was billed in; nothing is ever summed over two of them. */
  readonly spend: readonly CurrencySpend[];
  readonly tokens: TokenUsage;
  readonly storage: Storage | null;
  readonly freshness: readonly Freshness[];
  readonly restatements: readonly Restatement[];
  readonly budgets: readonly Budget[];
  readonly anomalies: readonly Anomaly[];
  /** Money of line items that nobody understands. */
  readonly unparsed: readonly UnparsedLineItem[];
}

/** UTC dates `YYYY-MM-DD`, the last one excluded. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** The period before, and whether it can be compared with. */
export interface PreviousPeriod extends Period {
  /** Days of it whose costs were never read, or were refused. */
  readonly days_missing: number;
}

/** How far the costs, or the usage, of a day are known: the worst over the organizations. */
export type DayState = 'final' | 'loaded' | 'empty' | 'incomplete' | 'missing' | 'refused';

/** One UTC day. */
export interface ReportDay {
  readonly date: string;
  readonly costs: DayState;
  readonly usage: DayState;
}

/** What was billed in one currency. */
export interface CurrencySpend {
  /** As billed, in upper case. */
  readonly currency: string;
  readonly amount: string;
  /** Null when nothing was billed in this currency. */
  readonly previous_amount: string | null;
  /** Part of the amount that stands on days which are not final. */
  readonly amount_not_final: string;
  readonly month: MonthToDate | null;
  readonly daily: DailySpend;
  readonly breakdowns: readonly Breakdown[];
  readonly prices: readonly UnitPrice[];
  readonly reconciliation: Reconciliation;
}

/** The month of the period's last day, as far as it is loaded. */
export interface MonthToDate {
  /** `YYYY-MM`. */
  readonly month: string;
  readonly is_over: boolean;
  readonly amount: string;
  /** Null when there is too little to go by. */
  readonly forecast: string | null;
}

/** Spend by day and model family; `amounts` is null on a day that is not known. */
export interface DailySpend {
  /** The largest families, largest first, then the rest under one name. */
  readonly families: readonly { readonly name: string; readonly amount: string; readonly is_rest: boolean }[];
  /** One for each day of the period. */
  readonly days: readonly { readonly total: string; readonly amounts: readonly string[] }[];
}

/** What a spend is cut by. */
export type BreakdownDimension = 'organization' | 'model' | 'project' | 'team' | 'user';

/** The spend of a currency cut by one dimension; the rows and the unattributed part add up to the amount. */
export interface Breakdown {
  readonly dimension: BreakdownDimension;
  /** The largest first: those that are drawn. */
  readonly rows: readonly BreakdownRow[];
  /** All further ones and their sum; null when all are drawn. */
  readonly rest: BreakdownRest | null;
  /** What no row can be named for; zero when there is none. */
  readonly unattributed: UnattributedSpend;
}

/** One bar. */
export interface BreakdownRow {
  readonly label: string;
  /** The id, where the label is a name. */
  readonly detail: string | null;
  readonly amount: string;
  /** Zero where it had no spend before. */
  readonly previous_amount: string;
}

/** The rows that are too small to be drawn. */
export interface BreakdownRest {
  readonly rows: readonly BreakdownRow[];
  readonly amount: string;
  readonly previous_amount: string;
}

/** What belongs to nobody, and why. */
export interface UnattributedSpend {
  readonly amount: string;
  readonly previous_amount: string;
  /** The largest first. */
  readonly reasons: readonly { readonly reason: string; readonly amount: string }[];
}

/** The effective price of one line item: what was billed divided by how much. */
export interface UnitPrice {
  readonly organization: string;
  readonly line_item: string;
  /** What the price is for, such as `1M tokens`. */
  readonly unit: string;
  readonly amount: string;
  /** One for each day of the period; null when nothing was billed. */
  readonly prices: readonly (string | null)[];
}

/** Billed, and what became of it. */
export interface Reconciliation {
  readonly billed: string;
  readonly allocated: string;
  readonly unattributed: string;
  /** Billed less allocated and unattributed; zero when nothing is lost. */
  readonly difference: string;
  /** Days and organizations of which the difference is not zero. */
  readonly days: readonly {
    readonly date: string;
    readonly organization: string;
    readonly difference: string;
    readonly reason: string | null;
  }[];
}

/** Tokens of the period. Classes add up; the cached part is never counted twice. */
export interface TokenUsage {
  readonly requests: string;
  readonly classes: readonly TokenClass[];
  /** Cached input tokens in input tokens, by day; null where there was no input. */
  readonly cache_hit_rates: readonly (number | null)[];
  readonly models: readonly CachedModel[];
}

/** One class of tokens. */
export interface TokenClass {
  readonly name: string;
  readonly tokens: string;
  /** One for each day of the period. */
  readonly daily: readonly string[];
}

/** How well the cache serves a model. */
export interface CachedModel {
  readonly model: string;
  readonly input_tokens: string;
  readonly cached_tokens: string;
}

/** Vector stores: a level by day, never added up over time, and GiB-hours, which are. */
export interface Storage {
  readonly gib_hours: string;
  /** One for each day of the period; null where nothing was reported. */
  readonly stored_bytes: readonly (string | null)[];
  readonly projects: readonly {
    readonly organization: string;
    readonly label: string;
    readonly stored_bytes: string;
    readonly gib_hours: string;
  }[];
}

/** How fresh a dataset is, and how much of the period is loaded. */
export interface Freshness {
  readonly organization: string;
  readonly dataset: string;
  readonly width: string;
  /** ISO instants; null when nothing is loaded, or final. */
  readonly data_through: string | null;
  readonly final_through: string | null;
  readonly last_success_at: string | null;
  readonly status: string;
  /** Days of the period by state. */
  readonly days: Readonly<Record<DayState, number>>;
}

/** What was restated of one day's bill. */
export interface Restatement {
  readonly currency: string;
  readonly day: string;
  /** ISO instant of the newest change. */
  readonly observed_at: string;
  /** Amounts that changed. */
  readonly amounts: number;
  readonly change: string;
  /** The bill of the day as it is now, and without the changes. */
  readonly billed: string;
  readonly billed_before: string;
}

/** A budget and how it stands. */
export interface Budget {
  readonly name: string;
  /** Null for all of them together. */
  readonly organization: string | null;
  readonly scope: string;
  readonly period: string;
  readonly currency: string;
  readonly budget: string;
  readonly spent: string;
  readonly percent: string | null;
  readonly forecast: string | null;
  readonly state: string;
}

/** A day that cost more than its past explains. */
export interface Anomaly {
  readonly day: string;
  readonly organization: string;
  readonly scope: string;
  readonly label: string;
  readonly currency: string;
  readonly amount: string;
  readonly usual: string | null;
  readonly reason: string;
}

/** A line item the parser does not understand, with the money it carries. */
export interface UnparsedLineItem {
  readonly line_item: string;
  readonly currency: string;
  readonly amount: string;
}
