import type { Dataset } from '../catalog/dataset.ts';
import type { Driver } from '../catalog/driver.ts';
import type { Decimal } from '../parse/decimal.ts';

/** One row of the bill: the money that counts. */
export interface Cost {
  readonly seriesId: string;
  readonly projectId: string | null;
  readonly apiKeyId: string | null;
  readonly lineItem: string | null;
  readonly amount: Decimal;
  readonly currency: string;
  readonly quantity: Decimal | null;
  readonly quantityUnit: string | null;
}

/** The same money as the provider itself gives it to users; it only ever serves to share out the bill. */
export interface UserCost {
  readonly userId: string | null;
  readonly projectId: string | null;
  readonly apiKeyId: string | null;
  readonly lineItem: string | null;
  readonly amount: Decimal;
  readonly currency: string;
}

/** What one group used on the day. */
export interface Usage {
  readonly projectId: string | null;
  readonly userId: string | null;
  readonly apiKeyId: string | null;
  readonly model: string | null;
  readonly batch: boolean | null;
  readonly serviceTier: string | null;
  /** In the order of the driver's counters; null where nothing was reported. */
  readonly counts: readonly (bigint | null)[];
}

/** What rows were filtered to, by dimension; null where one filter does not go for all of them. */
export type Filters = ReadonlyMap<string, ReadonlySet<string>> | null;

/** The rows of one dataset on one day, the dimensions they were all grouped by, and what they were filtered to. */
export interface Grouped<T> {
  readonly grain: ReadonlySet<string>;
  readonly filters: Filters;
  readonly rows: readonly T[];
}

/** One dataset's usage of a day. */
export interface DatasetUsage extends Grouped<Usage> {
  readonly dataset: Pick<Dataset, 'name'> & { readonly driver: Driver };
}

/** The provider's own cut by user. */
export interface UserCut extends Grouped<UserCost> {
  /** The measure, with its dataset. */
  readonly driver: string;
}

/** All that the split of one UTC day follows from. */
export interface DayInputs {
  readonly bill: Grouped<Cost>;
  /** Null where the provider gave none for the day. */
  readonly userCut: UserCut | null;
  /** Every dataset that has a driver; without rows where it is not loaded. */
  readonly usage: readonly DatasetUsage[];
}
