import { type Amount, amountOf, amountText, nothing, plus } from './amount.ts';
import { type Endpoint, filterFields, isMoney } from './contract.ts';
import { digits, type Json, type JsonObject } from './json.ts';
import type { Dimensions, World } from './world.ts';

/** One result and the row it must become: fields that are null left out, numbers by their digits. */
export interface Sent {
  readonly result: JsonObject;
  readonly row: Row;
}

export type Row = Readonly<Record<string, string>>;

/** What a request narrows its answer to. */
export interface Narrowed {
  readonly groupBy: readonly string[];
  readonly filters: Readonly<Record<string, readonly string[]>>;
}

/** The results of one bucket as they are at an instant, ordered; none where nothing was used. */
export function resultsOf(
  world: World,
  endpoint: Endpoint,
  [start, end]: readonly [number, number],
  now: number,
  { groupBy, filters }: Narrowed,
): readonly Sent[] {
  const seen = ({ at, dimensions }: { readonly at: number; readonly dimensions: Dimensions }) =>
    at >= start && at < end && at < now && passes(dimensions, filters);
  const grouped = (dimensions: Dimensions) =>
    Object.fromEntries(
      endpoint.dimensions.map((name) => [name, groupBy.includes(name) ? (dimensions[name] ?? null) : null]),
    );
  return isMoney(endpoint)
    ? moneyResults(world, endpoint, seen, grouped, groupBy)
    : usageResults(world, endpoint, seen, grouped);
}

type Seen = (item: { readonly at: number; readonly dimensions: Dimensions }) => boolean;
type GroupOf = (dimensions: Dimensions) => Dimensions;

function passes(dimensions: Dimensions, filters: Narrowed['filters']): boolean {
  return Object.entries(filters).every(([name, accepted]) => {
    const value = dimensions[filterFields[name] ?? ''];
    return typeof value === 'string' && accepted.includes(value);
  });
}

function usageResults(world: World, endpoint: Endpoint, seen: Seen, groupOf: GroupOf): readonly Sent[] {
  const groups = Map.groupBy((world.usage.get(endpoint.name) ?? []).filter(seen), ({ dimensions }) =>
    JSON.stringify(groupOf(dimensions)),
  );
  return sorted(groups).map(([key, events]) => {
    const dimensions: Dimensions = JSON.parse(key);
    const counts = Object.fromEntries(
      endpoint.counts.map((name) => [name, events.reduce((sum, event) => sum + (event.counts[name] ?? 0n), 0n)]),
    );
    const sums = Object.fromEntries(Object.entries(counts).map(([name, sum]) => [name, String(sum)]));
    const fields = Object.fromEntries(Object.entries(counts).map(([name, sum]) => [name, digits(sum)]));
    return {
      result: { object: endpoint.tag, ...fields, ...dimensions },
      row: { ...rowOf(dimensions), ...sums },
    };
  });
}

function moneyResults(
  world: World,
  endpoint: Endpoint,
  seen: Seen,
  groupOf: GroupOf,
  groupBy: readonly string[],
): readonly Sent[] {
  const itemized = groupBy.includes('line_item');
  const groups = Map.groupBy(world.costs.filter(seen), ({ dimensions, currency, unit }) =>
    JSON.stringify([groupOf(dimensions), currency, itemized ? unit : null]),
  );
  return sorted(groups).map(([key, entries], index) => {
    const [dimensions, currency, unit]: [Dimensions, string, string | null] = JSON.parse(key);
    const amount = amountText(entries.reduce<Amount>((sum, entry) => plus(sum, entry.amount), nothing));
    const quantities = itemized ? entries.flatMap(({ quantity }) => quantity ?? []) : [];
    const quantity = quantities.length === 0 ? null : amountText(quantities.reduce(plus));
    // The API has sent amounts in both forms.
    const value: Json = index % 2 === 0 ? digits(amount) : amount;
    return {
      result: {
        object: endpoint.tag,
        amount: { value, currency },
        quantity: quantity === null ? null : digits(quantity),
        quantity_unit: unit,
        organization_id: `org-${world.name}`,
        ...dimensions,
      },
      row: {
        ...rowOf(dimensions),
        amount_value: amount,
        amount_currency: currency,
        ...(quantity === null ? {} : { quantity }),
        ...(unit === null ? {} : { quantity_unit: unit }),
      },
    };
  });
}

function sorted<T>(groups: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function rowOf(dimensions: Dimensions): Row {
  return Object.fromEntries(
    Object.entries(dimensions).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
  );
}

/** Rows in a form in which equal buckets are equal. */
export function rowLine(row: Row): string {
  return JSON.stringify(Object.fromEntries(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** Rows without some of their dimensions, those that become alike added up; sorted lines like `rowLine`. */
export function coarsened(endpoint: Endpoint, lines: readonly string[], dropped: readonly string[]): readonly string[] {
  const isMeasure = (name: string) => [...endpoint.counts, 'amount_value', 'quantity'].includes(name);
  const rows = lines.map((line): Row => JSON.parse(line));
  const keyOf = (row: Row) =>
    rowLine(Object.fromEntries(Object.entries(row).filter(([name]) => !isMeasure(name) && !dropped.includes(name))));
  return [...Map.groupBy(rows, keyOf)]
    .map(([key, alike]) => {
      const names = [...new Set(alike.flatMap(Object.keys))].filter(isMeasure);
      const sums = names.map((name) => {
        const amounts = alike.flatMap((row) => (row[name] === undefined ? [] : [amountOf(row[name])]));
        return [name, amountText(amounts.reduce(plus))] as const;
      });
      return rowLine({ ...JSON.parse(key), ...Object.fromEntries(sums) });
    })
    .toSorted();
}
