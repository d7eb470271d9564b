import { type Dataset, dimensionsOf, measuresOf } from '../catalog/dataset.ts';
import { additiveOf } from '../catalog/rollup-table.ts';
import type { Width } from '../catalog/width.ts';
import type { Row } from '../parse/row.ts';
import type { Series, SeriesValue } from '../parse/series.ts';
import { copyDate, copyInteger, copyNull, copyText, copyTimestamp } from './copy-format.ts';
import { createSeriesFields, TupleWriter } from './encode.ts';
import { dailyCopyColumns, hourlyCopyColumns, hourlyDimensionsOf } from './rollup-statements.ts';
import { sumBy } from './rollup-sums.ts';

/** Encodes the sums of the given buckets' rows as binary COPY tuples. */
export type EncodeSums = (start: number, buckets: readonly (readonly Row[])[]) => Buffer;

/** Sums by series of buckets of one UTC day; `start` is the day's, in Unix seconds. */
export function createDayEncoder(organization: string, dataset: Dataset, width: Width): EncodeSums {
  const seriesFields = createSeriesFields();
  const positions = measuresOf(dataset).map((_, index) => index);
  const fieldCount = countOf(dailyCopyColumns(dataset));
  const constant = Buffer.concat([fieldCount, copyText(organization), copyText(dataset.name), copyText(width)]);
  return (start, buckets) => {
    const series = new Map<string, Series>();
    // By its key, not by the object: a series that left the cache comes back as another object.
    const keyOf = ({ series: of }: Row) => {
      if (!series.has(of.sortKey)) series.set(of.sortKey, of);
      return of.sortKey;
    };
    const sums = [...sumBy(buckets, keyOf, positions)].sort(([a], [b]) => (a < b ? -1 : 1));
    const prefix = Buffer.concat([constant, copyDate(start)]);
    const writer = new TupleWriter(1 << 16);
    for (const [key, values] of sums) {
      const of = series.get(key);
      if (of === undefined) continue;
      writer.bytes(prefix);
      writer.bytes(seriesFields(of));
      for (const value of values) writer.measure(value);
    }
    return writer.finish();
  };
}

interface HourGroup {
  readonly fields: Buffer;
}

/** Sums by project and model of one hour; `start` is the hour's, in Unix seconds. */
export function createHourEncoder(organization: string, dataset: Dataset): EncodeSums {
  const groupOf = createHourGroups(dataset);
  const names = measuresOf(dataset).map(({ name }) => name);
  const positions = [...additiveOf(dataset).values()].map(({ name }) => names.indexOf(name));
  const fieldCount = countOf(hourlyCopyColumns(dataset));
  const constant = Buffer.concat([fieldCount, copyText(organization), copyText(dataset.name)]);
  return (start, buckets) => {
    const prefix = Buffer.concat([constant, copyTimestamp(start)]);
    const writer = new TupleWriter(1 << 14);
    let number = 0;
    for (const [group, values] of sumBy(buckets, groupOf, positions)) {
      number += 1;
      writer.bytes(prefix);
      writer.bytes(copyInteger(number));
      writer.bytes(group.fields);
      for (const value of values) writer.measure(value);
    }
    return writer.finish();
  };
}

/** The group of a row in the hourly rollup, found once as long as its series lives. */
function createHourGroups(dataset: Dataset): (row: Row) => HourGroup {
  const positions = hourlyDimensionsOf(dataset).map((wanted) =>
    dimensionsOf(dataset).findIndex(({ name }) => name === wanted),
  );
  const bySeries = new WeakMap<Series, HourGroup>();
  const byFields = new Map<string, HourGroup>();
  return ({ series }) => {
    const known = bySeries.get(series);
    if (known !== undefined) return known;
    const fields = Buffer.concat(positions.map((position) => fieldOf(series.values[position] ?? null)));
    const key = fields.toString('latin1');
    const group = byFields.get(key) ?? { fields };
    byFields.set(key, group);
    bySeries.set(series, group);
    return group;
  };
}

function fieldOf(value: SeriesValue): Buffer {
  return value === null ? copyNull : copyText(String(value));
}

function countOf(columns: readonly string[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(columns.length);
  return count;
}
