import type pg from 'pg';
import { type Dataset, dimensionsOf, widthsOf } from '../src/catalog/dataset.ts';
import type { Width } from '../src/catalog/width.ts';
import type { Simulator } from '../src/simulator/index.ts';

/** What the tables of an organization are compared over. */
export interface Comparison {
  readonly pool: pg.Pool;
  readonly simulator: Pick<Simulator, 'truth'>;
  readonly organization: string;
  readonly datasets: readonly Dataset[];
  readonly widths: readonly Width[];
  /** Whole days, the end excluded. */
  readonly from: Date;
  readonly to: Date;
}

/** What a comparison came to. */
export interface Compared {
  /** Rows of the truth. */
  readonly rows: number;
  /** One line for each row that is missing, and for each that is too much or differs in a digit. */
  readonly differences: readonly string[];
}

/** Compares every table, row for row and digit for digit, with what the API's double says it should hold. */
export async function compareWithTruth(comparison: Comparison): Promise<Compared> {
  const differences: string[] = [];
  let rows = 0;
  for (const dataset of comparison.datasets) {
    for (const width of widthsOf(dataset).filter((one) => comparison.widths.includes(one))) {
      const [stored, truth] = [await storedRows(comparison, dataset, width), trueRows(comparison, dataset, width)];
      const place = `${dataset.name} ${width}`;
      differences.push(...without(truth, stored).map((row) => `${place} lacks ${row}`));
      differences.push(...without(stored, truth).map((row) => `${place} has ${row}`));
      rows += truth.length;
    }
  }
  return { rows, differences };
}

/** The elements of a list that another lacks; what is there twice must be there twice in the other. */
function without(list: readonly string[], other: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const one of other) left.set(one, (left.get(one) ?? 0) + 1);
  return list.filter((one) => {
    const count = left.get(one) ?? 0;
    left.set(one, count - 1);
    return count <= 0;
  });
}

async function storedRows({ pool, organization }: Comparison, dataset: Dataset, width: Width) {
  const columns = dataset.columns.map(({ name }) => `"${name}"::text`);
  const { rows } = await pool.query<(string | null)[]>({
    text: `select extract(epoch from bucket_start)::bigint::text, extract(epoch from bucket_end)::bigint::text,
        ${columns.join(', ')}
      from openai."${dataset.table}" where org_id = $1 and bucket_width = $2`,
    values: [organization, width],
    rowMode: 'array',
  });
  return rows.map((row) => JSON.stringify(row));
}

function trueRows({ simulator, from, to }: Comparison, dataset: Dataset, width: Width): readonly string[] {
  const groupBy = dimensionsOf(dataset).map(({ name }) => name);
  return simulator.truth({ dataset: dataset.name, width, from, to, groupBy }).flatMap(({ start, end, rows }) => {
    const bucket = [start, end].map((instant) => String(instant.getTime() / 1000));
    return rows.map((row) => {
      const values = dataset.columns.map(({ name }) => row[name] ?? null);
      return JSON.stringify([...bucket, ...values.map((value) => (value === null ? null : String(value)))]);
    });
  });
}

/** Buckets whose rows are not as many as the ledger says, or of which it says nothing: what half a commit would leave. */
export async function halfWritten(pool: pg.Pool, datasets: readonly Dataset[]): Promise<readonly string[]> {
  const { rows: tables } = await pool.query<{ there: boolean }>(
    `select to_regclass('openai_etl.buckets') is not null and to_regclass('openai.${datasets.at(-1)?.table ?? ''}') is not null
       as there`,
  );
  if (tables[0]?.there !== true) return [];
  // One statement: a commit in between must not look like half of one.
  const { rows } = await pool.query<{ place: string }>(
    datasets.map(({ name, table }) => unbalancedSql(name, table)).join(' union all '),
  );
  return rows.map(({ place }) => place);
}

function unbalancedSql(dataset: string, table: string): string {
  return `select concat_ws(' ', '${dataset}', bucket_width, bucket_start, coalesce(stored, 0), 'rows, of which the ledger says',
      coalesce(row_count, 0)) as place
    from (select bucket_width, bucket_start, count(*) as stored from openai."${table}" group by 1, 2) facts
    full join (select bucket_width, bucket_start, row_count from openai_etl.buckets
                where dataset = '${dataset}' and row_count > 0) ledger using (bucket_width, bucket_start)
    where stored is distinct from row_count`;
}
