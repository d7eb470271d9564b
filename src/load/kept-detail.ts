import type { Dataset } from '../catalog/dataset.ts';
import { formatDecimal } from '../parse/decimal.ts';
import type { MeasureValue, Row } from '../parse/row.ts';
import type { EncodedBucket } from './encode.ts';
import type { LedgerEntry } from './ledger.ts';
import type { SliceContext } from './loader.ts';
import { isOlder, losesDetail } from './sort.ts';
import { quoted } from './statements.ts';

/**
 * Unix seconds of the buckets not settled yet that are stored at a finer grain, still wanted, and of which this coarser
 * reading says the same: their rows, added up to its grain, are its rows. They keep their detail, and count as read.
 * Where it says something else, what is stored is wrong and the coarser reading is right.
 */
export async function confirmedDetail(
  context: SliceContext,
  encoded: readonly EncodedBucket[],
  rowsOf: ReadonlyMap<number, readonly Row[]>,
  entries: ReadonlyMap<number, LedgerEntry>,
): Promise<ReadonlySet<number>> {
  const { client, options, reading } = context;
  const { dataset, organization, width, keptDimensions } = options;
  const coarser = encoded
    .map(({ start }) => start)
    .filter((start) => {
      const entry = entries.get(start);
      if (entry === undefined || entry.contentHash === null || isOlder(entry, reading)) return false;
      return !entry.settled && entry.sameFilters && losesDetail(entry.grain, reading.grain, keptDimensions);
    });
  if (coarser.length === 0) return new Set();
  const starts = coarser.map((start) => new Date(start * 1000));
  const sql = summedSql(dataset, reading.grain);
  const { rows } = await client.query<SummedRow>(sql, [organization, width, starts]);
  const stored = Map.groupBy(rows, ({ start }) => start);
  return new Set(
    coarser.filter((start) => {
      const said = (rowsOf.get(start) ?? []).map((row) => lineOf(dataset, reading.grain, row)).sort();
      const held = (stored.get(start) ?? []).map(({ line }) => JSON.stringify(line)).sort();
      return said.length === held.length && said.every((line, index) => line === held[index]);
    }),
  );
}

interface SummedRow {
  readonly start: number;
  readonly line: readonly (string | null)[];
}

/** $1 organization, $2 width, $3 bucket starts: what is stored of each bucket, added up to a coarser grain. */
function summedSql(dataset: Dataset, grain: readonly string[]): string {
  const keys = keyColumns(dataset, grain).map((name) => `${quoted(name)}::text`);
  const sums = dataset.columns
    .filter(({ role }) => role === 'measure')
    .map(({ name }) => `trim_scale(sum(${quoted(name)}))::text`);
  const line = [...keys, ...sums].join(', ');
  const group = ['bucket_start', ...keys].join(', ');
  return `select extract(epoch from bucket_start)::float8 as start, array[${line}] as line
    from openai.${quoted(dataset.table)}
    where org_id = $1 and bucket_width = $2 and bucket_start = any($3::timestamptz[])
    group by ${group}`;
}

function lineOf(dataset: Dataset, grain: readonly string[], { series, measures }: Row): string {
  const said = dataset.columns.filter(({ role }) => role !== 'measure');
  const kept = new Set(keyColumns(dataset, grain));
  const keys = series.values.filter((_value, index) => kept.has(said[index]?.name ?? ''));
  return JSON.stringify([...keys.map((value) => (value === null ? null : String(value))), ...measures.map(textOf)]);
}

/** The dimensions of a grain and what the API adds to it unasked, in column order. */
function keyColumns(dataset: Dataset, grain: readonly string[]): readonly string[] {
  return dataset.columns
    .filter(({ role, name }) => role === 'attribute' || (role === 'dimension' && grain.includes(name)))
    .map(({ name }) => name);
}

function textOf(value: MeasureValue): string | null {
  if (value === null) return null;
  return typeof value === 'object' ? formatDecimal(value) : String(value);
}
