import type { PoolClient } from 'pg';
import { directoryTables } from '../catalog/directory/tables.ts';
import { datasets } from '../catalog/index.ts';
import { EtlError } from '../errors.ts';
import { type ExportColumn, kindOf } from './column.ts';

/** A table or view that is exported. */
export interface Source {
  /** As the export calls it: the dataset, else the table of schema openai, else the view with its schema. */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly ExportColumn[];
  /** The columns of the primary key; none for a view. */
  readonly key: readonly string[];
  /** The column whose UTC month a row's partition is; null where there are no partitions. */
  readonly monthColumn: string | null;
  /** The dataset whose ledger tells which buckets changed. */
  readonly dataset: string | null;
}

/** What is exported unless names are given: every fact and what gives ids their names. */
export const defaultNames: readonly string[] = [
  ...datasets.map(({ name }) => name),
  'cost_parts',
  'line_items',
  ...directoryTables.map(({ name }) => name),
  'name_history',
];

/** Columns that say when a row happened, and are never null. The first that a table has makes its partitions. */
const monthColumns = [
  'bucket_start',
  'usage_date_utc',
  'usage_hour_utc',
  'cost_date',
  'calendar_date',
  'ChargePeriodStart',
];

const schemas = ['openai', 'openai_bi', 'openai_focus'];

/** The FOCUS views, and their twins with names in snake case: their files are as FOCUS demands, to the second. */
const isFocus = /^openai_focus\.|^openai_bi\.focus_/;

interface Place {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly dataset: string | null;
}

/** Where a name given by the user leads: a dataset, a table of schema openai, or `schema.table`. */
function placeOf(given: string): Place {
  const [schema = '', table = ''] = given.includes('.') ? given.split(/\.(.*)/s) : ['openai', given];
  const dataset = datasets.find((known) => known.name === given || (schema === 'openai' && known.table === table));
  if (dataset !== undefined) {
    return { name: dataset.name, schema: 'openai', table: dataset.table, dataset: dataset.name };
  }
  return { name: schema === 'openai' ? table : `${schema}.${table}`, schema, table, dataset: null };
}

/** The sources of names, each once, in the order given. Rejects with `arguments_invalid` for every unknown name at once. */
export async function findSources(client: PoolClient, names: readonly string[]): Promise<readonly Source[]> {
  const places = new Map(names.map((given) => [placeOf(given).name, { given, ...placeOf(given) }]));
  const known = await readColumns(client, [...places.values()]);
  const unknown = [...places.values()].filter(({ schema, table }) => !known.has(`${schema}.${table}`));
  if (unknown.length > 0) {
    const told = unknown.map(({ given }) => JSON.stringify(given.slice(0, 100))).join(', ');
    throw new EtlError('arguments_invalid', `nothing to export is called ${told}`, {
      remedy: `Accepted: ${defaultNames.join(', ')}, or a table or view of ${schemas.join(', ')} as schema.table.`,
    });
  }
  return [...places.values()].map(({ name, schema, table, dataset }) => {
    const { columns = [], key = [] } = known.get(`${schema}.${table}`) ?? {};
    const monthColumn = monthColumns.find((column) => columns.some((own) => own.name === column)) ?? null;
    return { name, schema, table, columns, key, monthColumn, dataset };
  });
}

interface Known {
  readonly columns: readonly ExportColumn[];
  readonly key: readonly string[];
}

interface ColumnRow {
  readonly place: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly key_position: number | null;
}

async function readColumns(client: PoolClient, places: readonly Place[]): Promise<ReadonlyMap<string, Known>> {
  const { rows } = await client.query<ColumnRow>(
    `select n.nspname || '.' || c.relname as place, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
       not a.attnotnull as nullable, array_position(i.indkey::int2[], a.attnum) as key_position
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_index i on i.indrelid = c.oid and i.indisprimary
     where n.nspname = any($1) and n.nspname || '.' || c.relname = any($2) and c.relkind in ('r', 'p', 'v', 'm')
     order by place, a.attnum`,
    [schemas, places.map(({ schema, table }) => `${schema}.${table}`)],
  );
  return new Map(
    [...Map.groupBy(rows, ({ place }) => place)].map(([place, own]) => [
      place,
      {
        columns: own.map(({ name, type, nullable }) => ({
          name,
          storeType: type,
          kind: kindOf(type),
          nullable,
          instants: isFocus.test(place) ? 'seconds' : 'microseconds',
        })),
        key: own
          .filter(({ key_position }) => key_position !== null)
          .toSorted((a, b) => Number(a.key_position) - Number(b.key_position))
          .map(({ name }) => name),
      },
    ]),
  );
}
