import type { Grouped } from './day-inputs.ts';

/** What a row may tell of whose it is. */
interface Told {
  readonly projectId?: string | null;
  readonly apiKeyId?: string | null;
  readonly lineItem?: string | null;
  readonly userId?: string | null;
  readonly model?: string | null;
}

const fields: ReadonlyMap<string, keyof Told> = new Map([
  ['project_id', 'projectId'],
  ['api_key_id', 'apiKeyId'],
  ['line_item', 'lineItem'],
  ['user_id', 'userId'],
  ['model', 'model'],
]);

/**
 * Rows with the dimensions that they tell, whatever was asked for: those that the API granted, and those that it sent
 * all the same.
 */
export function asTold<G extends Grouped<Told>>(grouped: G): G {
  const sent = [...fields].filter(([, field]) => grouped.rows.some((row) => (row[field] ?? null) !== null));
  return { ...grouped, grain: new Set([...grouped.grain, ...sent.map(([name]) => name)]) };
}

/** Rows that also tell what they do not say and their filters do: all are of the only value that was asked for. */
export function asFiltered<T extends Told, G extends Grouped<T>>(grouped: G & Grouped<T>): G {
  const said = [...(grouped.filters ?? [])].flatMap(([name, values]) => {
    const field = fields.get(name);
    return field === undefined || values.size !== 1 || grouped.grain.has(name) ? [] : [{ name, field, values }];
  });
  if (said.length === 0) return grouped;
  const only = Object.fromEntries(said.map(({ field, values }) => [field, [...values][0]]));
  const grain = new Set([...grouped.grain, ...said.map(({ name }) => name)]);
  return { ...grouped, grain, rows: grouped.rows.map((row) => ({ ...row, ...only })) };
}

/** What part of a bill and of a driver is one and the same. */
export interface Common<D> {
  /** False of a cost that the driver was not asked for. */
  readonly covers: (cost: Told) => boolean;
  /** The driver's rows of what the bill was asked for. */
  readonly rows: readonly D[];
  /** Columns that the bill has one value of by its filter alone, to which the driver's rows are held. */
  readonly heldTo: ReadonlySet<string>;
}

/**
 * What a bill and a driver have in common; null where nobody can tell. Where the filters of one leave out what the
 * other's let in, rows must tell which is which: shares of more or less than what was billed are somebody else's.
 */
export function common<D extends Told>(
  bill: Pick<Grouped<unknown>, 'grain' | 'filters'>,
  driver: Grouped<D>,
): Common<D> | null {
  if (bill.filters === null || driver.filters === null) return null;
  const names = new Set([...bill.filters.keys(), ...driver.filters.keys()]);
  const asked = [...names].map((name) => ({
    name,
    billed: bill.filters?.get(name),
    driven: driver.filters?.get(name),
  }));
  const tooMuch = asked.flatMap(({ name, billed, driven }) =>
    billed === undefined || isWithin(driven, billed) ? [] : [{ name, values: billed }],
  );
  const tooLittle = asked.flatMap(({ name, billed, driven }) =>
    driven === undefined || isWithin(billed, driven) ? [] : [{ name, values: driven }],
  );
  const canTell =
    tooMuch.every(({ name }) => driver.grain.has(name)) && tooLittle.every(({ name }) => bill.grain.has(name));
  if (!canTell) return null;
  return {
    covers: (cost) => tooLittle.every((one) => isAmong(cost, one)),
    rows: driver.rows.filter((row) => tooMuch.every((one) => isAmong(row, one))),
    heldTo: new Set(tooMuch.map(({ name }) => name).filter((name) => !bill.grain.has(name))),
  };
}

/** Without a filter it is everything. */
function isWithin(inner: ReadonlySet<string> | undefined, outer: ReadonlySet<string>): boolean {
  return inner?.isSubsetOf(outer) ?? false;
}

function isAmong(row: Told, { name, values }: { readonly name: string; readonly values: ReadonlySet<string> }) {
  const field = fields.get(name);
  const value = field === undefined ? null : row[field];
  return typeof value === 'string' && values.has(value);
}
