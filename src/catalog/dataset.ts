import type { Column, ContractLevel, Dimension, Measure } from './column.ts';
import type { Driver } from './driver.ts';
import type { Width } from './width.ts';

/** Number of buckets one page may hold: what the API gives when `limit` is absent, and the most it accepts. */
export interface PageLimit {
  readonly default: number;
  readonly max: number;
}

/** A request parameter that narrows what is counted. */
export interface Filter {
  readonly name: string;
  readonly type: 'text[]' | 'boolean';
  /** The wire field it compares. */
  readonly matches: string;
  /** The closed list of accepted values, where the contract has one. */
  readonly values?: readonly string[];
  readonly since: ContractLevel;
}

/** An equation between measures that the contract's worked examples satisfy: `total` is the sum of `parts`. */
export interface Identity {
  readonly total: string;
  readonly parts: readonly string[];
}

/** One endpoint read at one set of dimensions. Everything the program knows of it is in this value. */
export interface Dataset {
  readonly name: string;
  /** Below the base URL, which ends in `/v1`. */
  readonly path: string;
  /** The `object` tag of its results. It does not always follow the path. */
  readonly object: string;
  /** Its table in schema `openai`. */
  readonly table: string;
  readonly since: ContractLevel;
  /** True when many organizations lack it: a 400, 403 or 404 there is no failure. */
  readonly optional: boolean;
  /** The widths it exists at, each with its page limit in buckets. */
  readonly pageLimits: Readonly<Partial<Record<Width, PageLimit>>>;
  /** Seconds after a bucket's end from which a reading of it is taken as final. */
  readonly settleSeconds: Readonly<Partial<Record<Width, number>>>;
  /** JSON bytes of a typical result: the first guess at how large a page will be. */
  readonly bytesPerResult: number;
  /** Dimensions, attributes and measures, in the order of the table's columns. */
  readonly columns: readonly Column[];
  /** Dimensions that may be given up when the API refuses the grouping, first to go first. */
  readonly dropOrder: readonly string[];
  /** Fields that are known and deliberately not stored. */
  readonly ignored: readonly string[];
  readonly filters: readonly Filter[];
  readonly identities: readonly Identity[];
  /** The measure that is money and the attribute that is its currency, where the dataset counts money. */
  readonly money?: { readonly amount: string; readonly currency: string };
  /** What of the bill its usage stands for, where that tells whose a billed amount is. */
  readonly driver?: Driver;
  readonly doc: string;
}

/** Freezes a dataset and keeps its literal types, so that row types can be derived from it. */
export function defineDataset<const D extends Dataset>(dataset: D): D {
  return Object.freeze(dataset);
}

/** The dimensions of a dataset, in column order. */
export function dimensionsOf(dataset: Dataset): readonly Dimension[] {
  return dataset.columns.filter((column) => column.role === 'dimension');
}

/** The measures of a dataset, in column order. */
export function measuresOf(dataset: Dataset): readonly Measure[] {
  return dataset.columns.filter((column) => column.role === 'measure');
}

/** The widths a dataset exists at. */
export function widthsOf(dataset: Dataset): readonly Width[] {
  return Object.keys(dataset.pageLimits) as Width[];
}

/** The page limit of a dataset at a width. Throws RangeError where the dataset does not exist at that width. */
export function pageLimitOf(dataset: Dataset, width: Width): PageLimit {
  const limit = dataset.pageLimits[width];
  if (limit === undefined) throw new RangeError(`${dataset.name} does not exist at width ${width}`);
  return limit;
}

/** Where the money of a dataset stands among its measures, and the currency among its dimensions and attributes. */
export interface MoneyPositions {
  readonly amountAt: number;
  readonly currencyAt: number;
}

/** The positions of a dataset's money; null for datasets that count none. */
export function moneyPositions({ money, columns }: Dataset): MoneyPositions | null {
  if (money === undefined) return null;
  return {
    amountAt: columns.filter(({ role }) => role === 'measure').findIndex(({ name }) => name === money.amount),
    currencyAt: columns.filter(({ role }) => role !== 'measure').findIndex(({ name }) => name === money.currency),
  };
}

/** True of the money that counts: what is billed, and not cut by user a second time. */
export function isBill(dataset: Dataset): boolean {
  return dataset.money !== undefined && !dimensionsOf(dataset).some(({ name }) => name === 'user_id');
}
