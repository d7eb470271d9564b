import type { PoolClient } from 'pg';
import { raise } from '../db/database-error.ts';
import { isExactNumber } from './column.ts';
import { monthsSql, statisticsSql } from './select-sql.ts';
import type { Source } from './source.ts';

/** What tells of one partition whether it is still as it was exported. */
export interface PartitionState {
  /** `YYYY-MM`; null for a source without partitions. */
  readonly month: string | null;
  readonly rows: number;
  /** Transaction of its newest change; null where nothing keeps that, so that only its content can tell. */
  readonly changedXid: bigint | null;
}

/** The partitions that hold rows, in order; a source without months has one, or none when it is empty. */
export async function partitionStates(client: PoolClient, source: Source): Promise<readonly PartitionState[]> {
  const { rows } = await (source.dataset === null
    ? client.query<StateRow>(monthsSql(source))
    : client.query<StateRow>(ledgerMonths, [source.dataset])
  ).catch(raise);
  return rows.map(({ month, rows: count, changed_xid }) => ({
    month,
    rows: Number(count),
    changedXid: changed_xid === null ? null : BigInt(changed_xid),
  }));
}

interface StateRow {
  readonly month: string | null;
  readonly rows: string;
  readonly changed_xid: string | null;
}

/** Asks the ledger, which is smaller than the facts, knows the emptied buckets too, and is written with them. */
const ledgerMonths = `select to_char(bucket_start at time zone 'UTC', 'YYYY-MM') as month, sum(row_count)::text as rows,
    max(changed_xid)::text as changed_xid
  from openai_etl.buckets where dataset = $1 group by 1 having sum(row_count) > 0 order by 1`;

/** What a partition's rows come to. */
export interface Statistics {
  readonly month: string | null;
  readonly rows: number;
  /** The sum of each exact number by its column, as a decimal; null where no row has one. */
  readonly sums: Readonly<Record<string, string | null>>;
  /** How many digits the decimals need by their column: after the point, and before it. */
  readonly digits: Readonly<Record<string, { readonly decimals: number; readonly integers: number }>>;
}

/** Counts and adds up partitions: all of them, or those of some months. */
export async function partitionStatistics(
  client: PoolClient,
  source: Source,
  months: readonly string[] | null,
): Promise<readonly Statistics[]> {
  const { rows } = await client
    .query<StatisticsRow>(statisticsSql(source, months), months === null ? [] : [months])
    .catch(raise);
  const numbers = source.columns.filter(isExactNumber).map(({ name }) => name);
  const decimals = source.columns.filter(({ kind }) => kind === 'decimal').map(({ name }) => name);
  return rows.map(({ month, rows: count, sums, scales, integers }) => ({
    month,
    rows: Number(count),
    sums: Object.fromEntries(numbers.map((name, index) => [name, sums[index] ?? null])),
    digits: Object.fromEntries(
      decimals.map((name, index) => [
        name,
        { decimals: Number(scales[index] ?? 0), integers: (integers[index] ?? '0').replace(/^0$/, '').length },
      ]),
    ),
  }));
}

interface StatisticsRow {
  readonly month: string | null;
  readonly rows: string;
  readonly sums: readonly (string | null)[];
  readonly scales: readonly (number | null)[];
  readonly integers: readonly (string | null)[];
}
