import type { Dataset } from '../catalog/dataset.ts';
import { copyColumns } from './encode.ts';

/** Every statement that loads one dataset, derived from its definition. */
export interface Statements {
  /** COPY of new buckets straight into the fact table. */
  readonly copyNew: string;
  readonly createStaging: string;
  readonly copyStaging: string;
  readonly analyzeStaging: string;
  readonly createDiff: string;
  /** $1 organization, $2 width, $3 changed bucket starts, $4 those of them that were closed when last read. */
  readonly fillDiff: string;
  readonly countDiff: string;
  readonly differing: string;
  /** Before staging is filled a second time in one transaction. */
  readonly emptyStaging: string;
  /** $1 organization, $2 dataset, $3 width, $4 observed_at, $5 run_id. To be run before the ledger is written. */
  readonly recordRestatements: string;
  /** $1 organization, $2 run_id, $3 the table with its schema. */
  readonly recordRemovals: string;
  /** $1 organization. */
  readonly deleteVanished: string;
  /** $1 organization, $2 run_id. */
  readonly updateChanged: string;
  readonly insertAdded: string;
  /** $1 organization, $2 width, $3 bucket starts, $4 dataset: those that hold rows, and whether the ledger knows by now. */
  readonly bucketsWithRows: string;
  /** $1 organization, $2 width, $3 bucket starts. Null for datasets without money. */
  readonly moneyStored: string | null;
}

const notSaid = [
  'org_id',
  'series_id',
  'bucket_width',
  'bucket_start',
  'bucket_end',
  'run_id',
  'loaded_at',
  'updated_at',
  'changed_xid',
];

/** The statements of a dataset. Names come from the catalog and are quoted all the same. */
export function statementsOf(dataset: Dataset): Statements {
  const table = `openai.${quoted(dataset.table)}`;
  const staging = `pg_temp.${quoted(`staging_${dataset.table}`)}`;
  const diff = diffTable(dataset);
  const columns = copyColumns(dataset).map(quoted).join(', ');
  const values = [...dataset.columns.filter(({ role }) => role === 'measure').map(({ name }) => name), 'extra'].map(
    quoted,
  );
  const valuesOf = (alias: string) => `row(${values.map((name) => `${alias}.${name}`).join(', ')})`;
  const said = (alias: string) => `to_jsonb(${alias}) - array[${notSaid.map((name) => `'${name}'`).join(', ')}]`;
  return {
    copyNew: `copy ${table} (${columns}) from stdin with (format binary)`,
    createStaging: `create temp table if not exists ${quoted(`staging_${dataset.table}`)} on commit delete rows as select ${columns} from ${table} with no data`,
    copyStaging: `copy ${staging} (${columns}) from stdin with (format binary)`,
    // The columns of the join alone: statistics of the others cost more than the join.
    analyzeStaging: `analyze ${staging} (bucket_start, series_id)`,
    createDiff: `create temp table if not exists ${quoted(`diff_${dataset.table}`)} (bucket_start timestamptz, series_id uuid, change text, closed boolean, old_row jsonb, new_row jsonb) on commit delete rows`,
    fillDiff: `insert into ${diff}
      select coalesce(f.bucket_start, s.bucket_start), coalesce(f.series_id, s.series_id),
        case when f.series_id is null then 'added' when s.series_id is null then 'removed' else 'updated' end,
        closed.closed,
        case when closed.closed and f.series_id is not null then ${said('f')} end,
        case when closed.closed and s.series_id is not null then ${said('s')} end
      from (select * from ${table} where org_id = $1 and bucket_width = $2 and bucket_start = any($3::timestamptz[])) f
      full join ${staging} s on s.bucket_start = f.bucket_start and s.series_id = f.series_id
      cross join lateral (select coalesce(f.bucket_start, s.bucket_start) = any($4::timestamptz[])) closed(closed)
      where f.series_id is null or s.series_id is null or ${valuesOf('f')} is distinct from ${valuesOf('s')}`,
    countDiff: `select change, count(*)::int as rows, count(*) filter (where closed)::int as closed from ${diff} group by change`,
    differing: `select distinct bucket_start from ${diff}`,
    emptyStaging: `truncate ${staging}, ${diff}`,
    recordRestatements: `insert into openai_etl.restatements
      (org_id, dataset, bucket_width, bucket_start, series_id, change, old_row, new_row, observed_at, run_id, settled)
      select $1, $2, $3, d.bucket_start, d.series_id, d.change, d.old_row, d.new_row, $4, $5, b.settled
      from ${diff} d join openai_etl.buckets b
        on b.org_id = $1 and b.dataset = $2 and b.bucket_width = $3 and b.bucket_start = d.bucket_start
      where d.closed order by d.bucket_start, d.series_id`,
    recordRemovals: `insert into openai_etl.removals (removed_xid, table_name, key, removed_at, run_id)
      select pg_current_xact_id(), $3,
        jsonb_build_object('org_id', $1::text, 'bucket_start', d.bucket_start, 'series_id', d.series_id), now(), $2
      from ${diff} d where d.change = 'removed'`,
    deleteVanished: `delete from ${table} f using ${diff} d
      where d.change = 'removed' and f.org_id = $1 and f.bucket_start = d.bucket_start and f.series_id = d.series_id`,
    updateChanged: `update ${table} f set ${values.map((name) => `${name} = s.${name}`).join(', ')}, run_id = $2, updated_at = now(), changed_xid = pg_current_xact_id()
      from ${diff} d join ${staging} s using (bucket_start, series_id)
      where d.change = 'updated' and f.org_id = $1 and f.bucket_start = d.bucket_start and f.series_id = d.series_id`,
    insertAdded: `insert into ${table} (${columns}) select ${columns} from ${staging} s
      where (s.bucket_start, s.series_id) in (select bucket_start, series_id from ${diff} where change = 'added')`,
    bucketsWithRows: `select wanted.bucket_start, exists (select from openai_etl.buckets b
        where b.org_id = $1 and b.dataset = $4 and b.bucket_width = $2 and b.bucket_start = wanted.bucket_start
          and b.content_hash is not null) as entered
      from unnest($3::timestamptz[]) wanted(bucket_start)
      where exists (select from ${table} f
        where f.org_id = $1 and f.bucket_start = wanted.bucket_start and f.bucket_width = $2)`,
    moneyStored: moneyStored(dataset, table),
  };
}

function moneyStored(dataset: Dataset, table: string): string | null {
  if (dataset.money === undefined) return null;
  const { amount, currency } = dataset.money;
  return `select ${quoted(currency)} as currency, sum(${quoted(amount)})::text as amount from ${table}
    where org_id = $1 and bucket_width = $2 and bucket_start = any($3::timestamptz[])
      and ${quoted(amount)} is not null and ${quoted(currency)} is not null group by 1`;
}

/** The temporary table of what differs in the buckets that are being replaced. */
export function diffTable(dataset: Dataset): string {
  return `pg_temp.${quoted(`diff_${dataset.table}`)}`;
}

/** A name as an SQL identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
