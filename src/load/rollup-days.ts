import { levelOf } from '../catalog/rollup-table.ts';
import { widthSeconds } from '../catalog/width.ts';
import type { Row } from '../parse/row.ts';
import { copyTuples } from './copy.ts';
import { type DayChange, dayOf } from './days.ts';
import type { SliceContext } from './loader.ts';
import type { RollupStatements } from './rollup-statements.ts';
import type { EncodeSums } from './rollup-tuples.ts';
import type { Sorting } from './sort.ts';

/** A slice whose rows and ledger entries have just been written. */
export interface LoadedSlice {
  readonly sorting: Sorting;
  /** By Unix seconds of the bucket's start. */
  readonly rowsOf: ReadonlyMap<number, readonly Row[]>;
  /** Unix seconds of the buckets whose rows the ledger did not account for. */
  readonly orphaned: ReadonlySet<number>;
}

/** What sums up days of one dataset. */
export interface DayTools {
  readonly statements: RollupStatements;
  readonly encodeDay: EncodeSums;
}

/** Brings the sums of the days of a slice in line with what each is told from now. */
export async function sumDays(
  context: SliceContext,
  tools: DayTools,
  days: readonly DayChange[],
  slice: LoadedSlice,
): Promise<void> {
  const byFate = Object.groupBy(days, (day) => fateOf(day, context, slice));
  await forget(context, tools, [...(byFate.dropped ?? []), ...(byFate.first ?? []), ...(byFate.whole ?? [])]);
  await writeFirst(context, tools, byFate.first ?? [], slice);
  await addFresh(context, tools, byFate.more ?? [], slice);
  await sumDiffering(context, tools, byFate.more ?? [], slice);
  await sumWhole(context, tools, byFate.whole ?? []);
}

/**
 * `first`: nothing of the day was there · `more`: it is summed from the same width as before · `whole`: it must be summed
 * up from the facts · `dropped`: its facts are daily already · `untouched`: its sums, or that it has none, are right.
 */
function fateOf(
  day: DayChange,
  { options: { dataset, width } }: SliceContext,
  { sorting, orphaned }: LoadedSlice,
): 'first' | 'more' | 'whole' | 'dropped' | 'untouched' {
  if (!day.isRolledUp) return day.rolledUpBefore ? 'dropped' : 'untouched';
  const isOn = (start: number) => dayOf(start) === day.day;
  const fresh = sorting.fresh.filter(({ start }) => isOn(start)).length;
  const changed = sorting.changed.filter(({ start }) => isOn(start)).length;
  if (day.width === day.widthBefore && day.rolledUpBefore) {
    if (day.width !== width || fresh + changed === 0) return 'untouched';
    // A level is not added up, and the series of a day of minutes are not found one by one in reasonable time.
    if (levelOf(dataset) !== undefined || (width === '1m' && changed > 0)) return 'whole';
    // Where ledger and facts were put back from different days, what is there is not what the sums would be added to.
    return [...orphaned].some(isOn) || day.loaded !== day.loadedBefore + fresh ? 'whole' : 'more';
  }
  const isFirst = day.widthBefore === null && day.width === width && changed === 0 && levelOf(dataset) === undefined;
  return isFirst ? 'first' : 'whole';
}

async function forget({ client, options }: SliceContext, { statements }: DayTools, days: readonly DayChange[]) {
  if (days.length > 0) await client.query(statements.deleteDays, [options.organization, namesOf(days)]);
}

async function writeFirst({ client }: SliceContext, tools: DayTools, days: readonly DayChange[], slice: LoadedSlice) {
  const tuples = freshSums(tools, days, slice);
  if (tuples.length > 0) await copyTuples(client, tools.statements.copyDays, tuples);
}

async function addFresh({ client }: SliceContext, tools: DayTools, days: readonly DayChange[], slice: LoadedSlice) {
  const tuples = freshSums(tools, days, slice);
  if (tuples.length === 0) return;
  await client.query(tools.statements.createStaging);
  await copyTuples(client, tools.statements.copyStaging, tuples);
  await client.query(tools.statements.addStaged);
}

/** The sums of the fresh buckets of each day; days without rows have none. */
function freshSums({ encodeDay }: DayTools, days: readonly DayChange[], slice: LoadedSlice) {
  const wanted = new Set(namesOf(days));
  const byDay = Map.groupBy(
    slice.sorting.fresh,
    ({ start }) => Math.floor(start / widthSeconds['1d']) * widthSeconds['1d'],
  );
  return [...byDay]
    .filter(([start]) => wanted.has(dayOf(start)))
    .map(([start, buckets]) => encodeDay(start, buckets.map(rowsIn(slice))))
    .filter(({ length }) => length > 0);
}

/** Series that changed in one hour are summed up anew from all hours of the day: what was null may no longer be, and back. */
async function sumDiffering(
  { client, options }: SliceContext,
  { statements }: DayTools,
  days: readonly DayChange[],
  { sorting }: LoadedSlice,
): Promise<void> {
  const changed = new Set(sorting.changed.map(({ start }) => dayOf(start)));
  const names = namesOf(days).filter((name) => changed.has(name));
  if (names.length === 0) return;
  await client.query(statements.deleteDiffering, [options.organization, names]);
  await client.query(statements.sumDiffering, [options.organization, names]);
}

async function sumWhole({ client, options }: SliceContext, { statements }: DayTools, days: readonly DayChange[]) {
  if (days.length > 0) await client.query(statements.sumDays, [options.organization, namesOf(days)]);
}

/** The rows of a bucket of a slice. */
export function rowsIn({ rowsOf }: LoadedSlice): (bucket: { readonly start: number }) => readonly Row[] {
  return ({ start }) => rowsOf.get(start) ?? [];
}

function namesOf(days: readonly DayChange[]): readonly string[] {
  return days.map(({ day }) => day);
}
