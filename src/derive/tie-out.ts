import type { Pool } from 'pg';
import { type Dataset, measuresOf } from '../catalog/dataset.ts';
import type { Width } from '../catalog/width.ts';
import {
  type Decimal,
  formatDecimal,
  parseDecimal,
  significantDigits,
  subtractDecimals,
  zero,
} from '../parse/decimal.ts';

/**
 * Sums of one bucket, by measure; a second currency in a bucket counts as a measure of its own. Null under the measure
 * alone: some of it is not known, and nothing of it can be compared.
 */
export type Sums = ReadonlyMap<string, Decimal | null>;

/** What is stored of one bucket. */
export interface StoredSums {
  readonly sums: Sums;
  readonly rows: number;
}

/** One stored sum held against the API's own total. */
export interface TieOut {
  /** Unix seconds. */
  readonly bucketStart: number;
  readonly measure: string;
  /** Null when the bucket was never loaded. */
  readonly stored: Decimal | null;
  readonly reported: Decimal;
  readonly difference: Decimal;
  /** False when the difference is more than the rounding of a double explains. */
  readonly agrees: boolean;
}

/** The measures that can be compared: quantities of different units cannot be added up. */
export function comparableMeasures(dataset: Dataset): readonly string[] {
  const attributes = new Set(dataset.columns.filter(({ role }) => role === 'attribute').map(({ name }) => name));
  const isMoney = (name: string) => name === dataset.money?.amount;
  return measuresOf(dataset)
    .filter(({ name, unit }) => isMoney(name) || !attributes.has(unit))
    .map(({ name }) => name);
}

/** The name a sum of money is compared under: the measure alone for the first currency of a bucket, as a rule the only one. */
export function measureKey(measure: string, currency: string | null): string {
  return currency === null || currency === 'usd' ? measure : `${measure} ${currency}`;
}

/** The stored sums of the buckets of `[from, to)` that hold rows, by Unix seconds of the bucket's start. */
export async function storedSums(
  pool: Pool,
  bounds: {
    readonly organization: string;
    readonly dataset: Dataset;
    readonly width: Width;
    readonly from: Date;
    readonly to: Date;
  },
): Promise<ReadonlyMap<number, StoredSums>> {
  const { organization, dataset, width, from, to } = bounds;
  const measures = comparableMeasures(dataset);
  const currency = dataset.money === undefined ? 'null' : quoted(dataset.money.currency);
  const sums = measures.map((name) => `sum(${quoted(name)})::text`).join(', ');
  const { money } = dataset;
  const lacksMoney =
    money === undefined
      ? 'false'
      : `bool_or(${quoted(money.amount)} is null or ${currency} is null or coalesce(extra ? 'amounts_missing', false))`;
  const { rows } = await pool.query<{
    bucket_start: Date;
    currency: string | null;
    rows: number;
    sums: (string | null)[];
    lacks_money: boolean;
  }>(
    `select bucket_start, ${currency} as currency, count(*)::int as rows, array[${sums}] as sums, ${lacksMoney} as lacks_money
     from openai.${quoted(dataset.table)}
     where org_id = $1 and bucket_width = $2 and bucket_start >= $3 and bucket_start < $4
     group by 1, 2 order by 1, 2`,
    [organization, width, from, to],
  );
  const stored = new Map<number, { sums: Map<string, Decimal | null>; rows: number }>();
  for (const row of rows) {
    const start = row.bucket_start.getTime() / 1000;
    const bucket = stored.get(start) ?? { sums: new Map<string, Decimal | null>(), rows: 0 };
    bucket.rows += row.rows;
    row.sums.forEach((sum, index) => {
      const decimal = sum === null ? null : parseDecimal(sum);
      const key = measureKey(measures[index] ?? '', row.currency);
      if (decimal !== null && bucket.sums.get(key) !== null) bucket.sums.set(key, decimal);
    });
    if (money !== undefined && row.lacks_money) bucket.sums.set(money.amount, null);
    stored.set(start, bucket);
  }
  return stored;
}

/** Holds the sums of one bucket against each other. `stored` is null for a bucket that was never loaded. */
export function compareBucket(bucketStart: number, stored: StoredSums | null, reported: Sums): readonly TieOut[] {
  const both = [...(stored?.sums ?? []), ...reported];
  const unknown = new Set(both.flatMap(([measure, sum]) => (sum === null ? [measure] : [])));
  const measures = new Set(both.map(([measure]) => measure));
  const isKnown = (measure: string) => !unknown.has(measure.split(' ', 1)[0] ?? measure);
  return [...measures].filter(isKnown).map((measure) => {
    const ours = stored === null ? null : (stored.sums.get(measure) ?? zero);
    const theirs = reported.get(measure) ?? zero;
    const difference = subtractDecimals(ours ?? zero, theirs);
    const agrees = withinRounding(difference, ours ?? zero, theirs, stored?.rows ?? 0);
    return { bucketStart, measure, stored: ours, reported: theirs, difference, agrees };
  });
}

// A double holds every decimal of this many significant digits; what follows them may be noise of the API's own adding.
const exactDigits = 15;

/**
 * True for no difference, and for one that doubles explain: where an amount has as many digits as only a double or a
 * longer decimal has, each stored row may be off by one unit of the fifteenth digit.
 */
function withinRounding(difference: Decimal, stored: Decimal, reported: Decimal, rows: number): boolean {
  if (difference.coefficient === 0n) return true;
  if (stored.scale === 0 && reported.scale === 0) return false;
  if (significantDigits(stored) < exactDigits && significantDigits(reported) < exactDigits) return false;
  const larger = Math.max(integerDigits(stored), integerDigits(reported));
  const unitScale = exactDigits - larger;
  const scale = Math.max(difference.scale, unitScale);
  const off = scaled(difference, scale);
  const allowed = BigInt(rows + 1) * 10n ** BigInt(scale - unitScale);
  return (off < 0n ? -off : off) <= allowed;
}

function integerDigits(value: Decimal): number {
  return significantDigits(value) - value.scale;
}

function scaled({ coefficient, scale }: Decimal, wanted: number): bigint {
  return coefficient * 10n ** BigInt(wanted - scale);
}

/** Keeps the comparisons of one verify run; of earlier runs over the same buckets only the differences stay. */
export async function recordTieOuts(
  pool: Pool,
  run: {
    readonly runId: number;
    readonly checkedAt: Date;
    readonly organization: string;
    readonly dataset: string;
    readonly width: Width;
  },
  tieOuts: readonly TieOut[],
): Promise<void> {
  const key = [run.organization, run.dataset, run.width];
  const starts = tieOuts.map(({ bucketStart }) => new Date(bucketStart * 1000));
  await pool.query(
    `with superseded as (
       delete from openai_etl.tie_outs
       where org_id = $1 and dataset = $2 and bucket_width = $3 and bucket_start = any($6) and difference = 0 and run_id < $5
     )
     insert into openai_etl.tie_outs
       (org_id, dataset, bucket_width, bucket_start, measure, stored, reported, difference, agrees, checked_at, run_id)
     select $1, $2, $3, bucket_start, measure, stored, reported, difference, agrees, $4, $5
     from unnest($6::timestamptz[], $7::text[], $8::numeric[], $9::numeric[], $10::numeric[], $11::boolean[])
       as tie_out(bucket_start, measure, stored, reported, difference, agrees)`,
    [
      ...key,
      run.checkedAt,
      run.runId,
      starts,
      tieOuts.map(({ measure }) => measure),
      tieOuts.map(({ stored }) => (stored === null ? null : formatDecimal(stored))),
      tieOuts.map(({ reported }) => formatDecimal(reported)),
      tieOuts.map(({ difference }) => formatDecimal(difference)),
      tieOuts.map(({ agrees }) => agrees),
    ],
  );
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
