import type {
  Cost,
  DatasetUsage,
  DayInputs,
  Filters,
  Usage,
  UserCost,
  UserCut,
} from '../../src/allocate/day-inputs.ts';
import { datasets } from '../../src/catalog/index.ts';
import { type Decimal, parseDecimal } from '../../src/parse/decimal.ts';

/** A decimal from its digits. */
export function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (parsed === null) throw new Error(`${text} is no decimal`);
  return parsed;
}

type Amounts<T> = Partial<Omit<T, 'amount' | 'quantity'>> & { readonly amount: string; readonly quantity?: string };

const place = { projectId: 'proj_a', apiKeyId: 'key_1', lineItem: null, currency: 'usd' };

/** Rows of the bill; of project proj_a and key_1 where nothing else is said. */
export function costs(rows: readonly Amounts<Cost>[]): readonly Cost[] {
  return rows.map(({ amount, quantity, ...given }, index) => ({
    seriesId: `series_${index}`,
    ...place,
    quantityUnit: null,
    ...given,
    amount: decimal(amount),
    quantity: quantity === undefined ? null : decimal(quantity),
  }));
}

/** Rows of the provider's cut by user. */
export function userCosts(
  rows: readonly Amounts<UserCost>[],
  grain: readonly string[] = userGrain,
  filters: Filters = unfiltered,
): UserCut {
  return {
    driver: 'costs_by_user.amount_value',
    grain: new Set(grain),
    filters,
    rows: rows.map(({ amount, ...given }) => ({ userId: null, ...place, ...given, amount: decimal(amount) })),
  };
}

/** All the dimensions of the bill and of its cut by user. */
export const billGrain = ['project_id', 'line_item', 'api_key_id', 'api_source'];
const userGrain = ['user_id', 'line_item', 'api_key_id', 'project_id'];

const unfiltered: Filters = new Map();

/** Filters to some values of dimensions. */
export function only(values: Readonly<Record<string, readonly string[]>>): Filters {
  return new Map(Object.entries(values).map(([name, some]) => [name, new Set(some)]));
}

const usageGrain = ['project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier', 'api_source'];

/** A dataset that has a driver. */
function driven(name: string): DatasetUsage['dataset'] {
  const dataset = datasets.find((one) => one.name === name);
  if (dataset?.driver === undefined) throw new Error(`${name} has no driver`);
  return { name, driver: dataset.driver };
}

/** Counts by `class` or `class/modality`; a class that is not given is 0, a modality not given not reported. */
export function tokens(counts: Readonly<Record<string, number>>): Pick<Usage, 'counts'> {
  return {
    counts: driven('completions').driver.counters.map(({ tokenClass, modality }) => {
      const count = counts[modality === null ? `${tokenClass}` : `${tokenClass}/${modality}`];
      if (count !== undefined) return BigInt(count);
      if (tokenClass === null) return BigInt(sumOfClasses(counts));
      return modality === null ? 0n : null;
    }),
  };
}

function sumOfClasses(counts: Readonly<Record<string, number>>): number {
  return Object.entries(counts).reduce((sum, [name, count]) => sum + (name.includes('/') ? 0 : count), 0);
}

/** Usage rows of a dataset: of proj_a, key_1 and gpt-6-astra at the standard tier where nothing else is said. */
export function usageOf(
  name: string,
  rows: readonly (Partial<Usage> & Pick<Usage, 'counts'>)[],
  grain: readonly string[] = usageGrain,
  filters: Filters = unfiltered,
): DatasetUsage {
  const standard = { projectId: 'proj_a', apiKeyId: 'key_1', model: 'gpt-6-astra', batch: false, serviceTier: null };
  return {
    dataset: driven(name),
    grain: new Set(grain),
    filters,
    rows: rows.map((row) => ({ userId: null, ...standard, ...row })),
  };
}

/** The inputs of a day. */
export function day(given: {
  readonly bill: readonly Cost[];
  readonly billGrain?: readonly string[];
  readonly billFilters?: Filters;
  readonly userCut?: UserCut | null;
  readonly usage?: readonly DatasetUsage[];
}): DayInputs {
  return {
    bill: {
      grain: new Set(given.billGrain ?? billGrain),
      filters: given.billFilters ?? unfiltered,
      rows: given.bill,
    },
    userCut: given.userCut ?? null,
    usage: given.usage ?? [],
  };
}
