import type pg from 'pg';
import { endpoints, type Width } from './contract.ts';
import { placeName } from './plan.ts';
import type { Row } from './results.ts';

/** A row of a fact table; fields that are null left out. */
export interface Fact {
  readonly series: string;
  readonly fields: Row;
}

/** What the store holds of a bucket. */
export interface Stored {
  readonly organization: string;
  readonly dataset: string;
  readonly width: Width;
  /** Unix seconds. */
  readonly position: number;
  /** Null where the ledger has no content. */
  readonly entry: {
    readonly observedAt: number;
    /** When its content last became another. */
    readonly changedAt: number;
    readonly settled: boolean;
    readonly status: string;
    readonly grain: readonly string[];
    readonly filters: string | null;
    readonly rowCount: number;
  } | null;
  readonly facts: readonly Fact[];
}

/** All buckets by place and start. */
export type Store = ReadonlyMap<string, ReadonlyMap<number, Stored>>;

const bookkeeping = [
  'org_id',
  'bucket_width',
  'bucket_start',
  'bucket_end',
  'extra',
  'run_id',
  'loaded_at',
  'updated_at',
  'changed_xid',
];

const epoch = (column: string) => `extract(epoch from ${column})::float8`;

interface EntryRow {
  readonly organization: string;
  readonly dataset: string;
  readonly width: Width;
  readonly position: number;
  readonly observedAt: number;
  readonly changedAt: number;
  readonly settled: boolean;
  readonly status: string;
  readonly grain: readonly string[];
  readonly filters: string | null;
  readonly rowCount: number;
}

/** Reads facts and ledger: the rows as they are, nothing added up. */
export async function readStore(pool: pg.Pool): Promise<Store> {
  const store = new Map<string, Map<number, Stored>>();
  const bucketsOf = (place: string) => {
    const known = store.get(place) ?? new Map<number, Stored>();
    store.set(place, known);
    return known;
  };
  const ledger = await pool.query<EntryRow>(
    `select org_id as organization, dataset, bucket_width as width, ${epoch('bucket_start')} as position,
       ${epoch('observed_at')} as "observedAt", ${epoch('changed_at')} as "changedAt", settled, status, grain, filters, row_count as "rowCount"
     from openai_etl.buckets where content_hash is not null order by bucket_start`,
  );
  for (const { organization, dataset, width, position, ...entry } of ledger.rows) {
    const place = { organization, dataset, width };
    bucketsOf(placeName(place)).set(position, { ...place, position, entry, facts: [] });
  }
  for (const { name, table } of endpoints) {
    const { rows } = await pool.query<FactRow>(
      `select org_id as organization, bucket_width as width, ${epoch('bucket_start')} as position, series_id::text as series,
         (to_jsonb(f) - $1::text[])::text as line
       from openai."${table}" f order by bucket_start, series_id`,
      [[...bookkeeping, 'series_id']],
    );
    for (const { organization, width, position, series, line } of rows) {
      const place = { organization, dataset: name, width };
      const buckets = bucketsOf(placeName(place));
      const known = buckets.get(position) ?? { ...place, position, entry: null, facts: [] };
      buckets.set(position, { ...known, facts: [...known.facts, { series, fields: fieldsOf(line) }] });
    }
  }
  return store;
}

interface FactRow {
  readonly organization: string;
  readonly width: Width;
  readonly position: number;
  readonly series: string;
  readonly line: string;
}

/** The fields of JSON that are not null, numbers by their digits. */
export function fieldsOf(line: string): Row {
  const parsed: Readonly<Record<string, unknown>> = JSON.parse(line, byDigits);
  return Object.fromEntries(
    Object.entries(parsed).flatMap(([name, value]) => (value === null ? [] : [[name, textOf(value)]])),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function byDigits(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? value) : value;
}

/** All that is stored of a dataset at a width, of every organization. */
export function bucketsOf(store: Store, dataset: string, width: Width): readonly Stored[] {
  return [...store.values()]
    .flatMap((buckets) => [...buckets.values()])
    .filter((bucket) => bucket.dataset === dataset && bucket.width === width);
}
