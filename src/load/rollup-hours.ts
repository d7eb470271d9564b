import { levelOf } from '../catalog/rollup-table.ts';
import type { Width } from '../catalog/width.ts';
import { copyTuples } from './copy.ts';
import type { Telling } from './days.ts';
import type { EncodedBucket } from './encode.ts';
import { type HourChange, hourOf, settleHours } from './hours.ts';
import { type LoadedSlice, rowsIn } from './rollup-days.ts';
import { type RollupStatements, rollupStatementsOf } from './rollup-statements.ts';
import type { EncodeSums } from './rollup-tuples.ts';

/** Brings what the hours of a slice are told from, and their sums, in line with what was loaded at a width. */
export async function sumHours(telling: Telling, width: Width, encodeHour: EncodeSums, slice: LoadedSlice) {
  const { fresh, changed, unchanged, refused } = slice.sorting;
  const read = [...[...fresh, ...changed, ...unchanged].map(({ start }) => start), ...refused];
  const hours = await settleHours(telling, read.map(hourOf));
  if (levelOf(telling.dataset) !== undefined) return;
  const statements = rollupStatementsOf(telling.dataset);
  const written = [...fresh, ...changed];
  const touched = new Set(written.map(({ start }) => hourOf(start)));
  const isTouched = ({ hour }: HourChange) => touched.has(hour.getTime() / 1000);
  const ofMinutes = new Set(hours.filter(isOfMinutes).map(({ hour }) => hour.getTime() / 1000));
  const whole = width === '1h' ? written.filter(({ start }) => !ofMinutes.has(start)) : [];
  await replaceHours(telling, statements, whole, encodeHour, slice);
  const summed = hours.filter((hour) =>
    isOfMinutes(hour)
      ? !hour.wasOfMinutes || (width === '1m' && isTouched(hour))
      : hour.wasOfMinutes && !(width === '1h' && isTouched(hour)),
  );
  await sumAnew(telling, statements, summed);
}

/** Tells hours anew, and sums up those that are told from another width than before. */
export async function retellHours(telling: Telling, starts: readonly number[]): Promise<void> {
  const hours = await settleHours(telling, starts);
  if (levelOf(telling.dataset) !== undefined) return;
  const moved = hours.filter((hour) => isOfMinutes(hour) !== hour.wasOfMinutes);
  await sumAnew(telling, rollupStatementsOf(telling.dataset), moved);
}

function isOfMinutes({ width }: HourChange): boolean {
  return width === '1m';
}

/** Writes the sums of hours read at 1h from the rows in hand. */
async function replaceHours(
  { client, organization }: Telling,
  statements: RollupStatements,
  buckets: readonly EncodedBucket[],
  encodeHour: EncodeSums,
  slice: LoadedSlice,
): Promise<void> {
  if (buckets.length === 0) return;
  await client.query(statements.deleteHours, [organization, buckets.map(({ start }) => new Date(start * 1000))]);
  const rows = rowsIn(slice);
  const tuples = buckets.map((bucket) => encodeHour(bucket.start, [rows(bucket)])).filter(({ length }) => length > 0);
  if (tuples.length > 0) await copyTuples(client, statements.copyHours, tuples);
}

/** Sums up hours from the facts of the width they are told from. */
async function sumAnew(
  { client, organization }: Telling,
  statements: RollupStatements,
  hours: readonly HourChange[],
): Promise<void> {
  if (hours.length === 0) return;
  const starts = hours.map(({ hour }) => hour);
  await client.query(statements.deleteHours, [organization, starts]);
  await client.query(statements.sumHours, [organization, starts, hours.map(({ width }) => width)]);
}
