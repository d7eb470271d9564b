import { createHash } from 'node:crypto';
import { type Dataset, type MoneyPositions, moneyPositions } from '../catalog/dataset.ts';
import { type Width, widthSeconds } from '../catalog/width.ts';
import type { Decimal } from '../parse/decimal.ts';
import type { MeasureValue, Row } from '../parse/row.ts';
import type { Series, SeriesValue } from '../parse/series.ts';
import { copyBoolean, copyNull, copyNumeric, copyText, copyTimestamp, copyUuid } from './copy-format.ts';

/** The rows of one bucket as tuples of PostgreSQL's binary COPY format, sorted by series. */
export interface EncodedBucket {
  /** Unix seconds. */
  readonly start: number;
  readonly rowCount: number;
  /** Results that came without an amount, or without its currency. */
  readonly amountsMissing: number;
  readonly tuples: Buffer;
  /** SHA-256 of `tuples`. */
  readonly hash: Buffer;
}

/** Encodes the rows of one bucket. */
export type EncodeBucket = (start: number, rows: readonly Row[]) => EncodedBucket;

/** The columns that tuples carry, in their order: what differs a bucket, a series, a row. */
export function copyColumns(dataset: Dataset): readonly string[] {
  const grain = dataset.columns.filter((column) => column.role !== 'measure').map((column) => column.name);
  const measures = dataset.columns.filter((column) => column.role === 'measure').map((column) => column.name);
  return ['org_id', 'bucket_width', 'bucket_start', 'bucket_end', 'series_id', ...grain, ...measures, 'extra'];
}

/** The encoder of a dataset of one organization at one width. What repeats, a bucket's and a series' fields, is encoded once. */
export function createEncoder(organization: string, dataset: Dataset, width: Width): EncodeBucket {
  const fieldCount = Buffer.alloc(2);
  fieldCount.writeInt16BE(copyColumns(dataset).length);
  const seriesFields = createSeriesFields();
  const money = moneyPositions(dataset);
  let capacity = 1 << 16;
  return (start, rows) => {
    const prefix = Buffer.concat([
      fieldCount,
      copyText(organization),
      copyText(width),
      copyTimestamp(start),
      copyTimestamp(start + widthSeconds[width]),
    ]);
    const sorted = rows.toSorted((a, b) => (a.series.sortKey < b.series.sortKey ? -1 : 1));
    const writer = new TupleWriter(capacity);
    for (const row of sorted) {
      writer.bytes(prefix);
      writer.bytes(seriesFields(row.series));
      for (const value of row.measures) writer.measure(value);
      writer.extra(extraOf(row, money));
    }
    const tuples = writer.finish();
    capacity = Math.max(1 << 12, tuples.length + 64);
    const amountsMissing = rows.reduce((sum, row) => sum + (row.amountsMissing ?? 0), 0);
    const hash = createHash('sha256').update(tuples).digest();
    return { start, rowCount: rows.length, amountsMissing, tuples, hash };
  };
}

/** A sum that lacks some of its amounts says so: the number alone would pass for whole. */
function extraOf({ series, measures, extra, amountsMissing = 0 }: Row, money: MoneyPositions | null): string | null {
  const showsIt = money === null || measures[money.amountAt] === null || series.values[money.currencyAt] === null;
  if (amountsMissing === 0 || showsIt) return extra;
  return `${extra === null ? '{' : `${extra.slice(0, -1)},`}"amounts_missing":${amountsMissing}}`;
}

/** The fields of a series, encoded once as long as the series lives. */
export function createSeriesFields(): (series: Series) => Buffer {
  const encoded = new WeakMap<Series, Buffer>();
  return (series) => {
    const known = encoded.get(series);
    if (known !== undefined) return known;
    const fields = Buffer.concat([copyUuid(series.id), ...series.values.map(copySeriesValue)]);
    encoded.set(series, fields);
    return fields;
  };
}

function copySeriesValue(value: SeriesValue): Buffer {
  if (value === null) return copyNull;
  return typeof value === 'string' ? copyText(value) : copyBoolean(value);
}

/** A buffer that grows as tuples are written to it. */
export class TupleWriter {
  #buffer: Buffer;
  #view: DataView;
  #length = 0;

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  bytes(source: Uint8Array): void {
    this.#reserve(source.length);
    this.#buffer.set(source, this.#length);
    this.#length += source.length;
  }

  measure(value: MeasureValue): void {
    if (value === null) this.bytes(copyNull);
    else if (typeof value === 'object') this.#decimal(value);
    else this.#count(value);
  }

  extra(json: string | null): void {
    if (json === null) {
      this.bytes(copyNull);
      return;
    }
    // jsonb's binary form is the version byte 1 and the text.
    const length = Buffer.byteLength(json) + 1;
    this.#reserve(length + 4);
    this.#view.setInt32(this.#length, length);
    this.#view.setUint8(this.#length + 4, 1);
    this.#buffer.write(json, this.#length + 5);
    this.#length += length + 4;
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #count(value: number | bigint): void {
    this.#reserve(12);
    this.#view.setInt32(this.#length, 8);
    if (typeof value === 'number') {
      // Two 32-bit halves: a BigInt for every count would double the cost of a row.
      this.#view.setInt32(this.#length + 4, Math.floor(value / 0x1_0000_0000));
      this.#view.setUint32(this.#length + 8, value % 0x1_0000_0000);
    } else {
      this.#view.setBigInt64(this.#length + 4, value);
    }
    this.#length += 12;
  }

  #decimal(value: Decimal): void {
    this.bytes(copyNumeric(value));
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#length + bytes));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }
}
