import type { Dataset } from './catalog/dataset.ts';
import type { Width } from './catalog/width.ts';

/** What a dataset is asked for, at one width. */
export interface DatasetSettings {
  readonly dataset: Dataset;
  readonly width: Width;
  /** The dimensions wanted, in column order. */
  readonly groupBy: readonly string[];
  /** Filter parameters by wire name. */
  readonly filters: Readonly<Record<string, readonly string[] | boolean>>;
  /** First instant to load. Null: the default number of days before now. */
  readonly start: Date | null;
  /** Days back from now when `start` is null. */
  readonly defaultDays: number;
  readonly settleSeconds: number;
}

/** One admin key's scope. */
export interface OrganizationSettings {
  readonly name: string;
  readonly adminKey: string;
  readonly datasets: readonly DatasetSettings[];
}

/** Everything the program is told, checked. */
export interface Config {
  readonly organizations: readonly OrganizationSettings[];
  /** Ends in `/v1`, without a trailing slash. */
  readonly baseUrl: string;
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Requests in flight for each organization. */
  readonly concurrency: number;
  /** Settled buckets are read again for free while they hold fewer rows than this. */
  readonly rereadRows: number;
  /** Longest time one request may take, retries and their waits included, in seconds. */
  readonly retryTotalSeconds: number;
  readonly logLevel: string;
}
