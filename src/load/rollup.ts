import { isRolledUp } from '../catalog/rollup-table.ts';
import { daysOf, settleDays, type Telling } from './days.ts';
import { latestHonest } from './ledger.ts';
import type { LoaderOptions, SliceContext } from './loader.ts';
import { enterModels } from './models.ts';
import { type DayTools, type LoadedSlice, rowsIn, sumDays } from './rollup-days.ts';
import { retellHours, sumHours } from './rollup-hours.ts';
import { rollupStatementsOf } from './rollup-statements.ts';
import { createDayEncoder, createHourEncoder } from './rollup-tuples.ts';

/**
 * Brings the rollups in line with the facts of a slice, in its transaction: a day is told from one width, and has sums of
 * its own where its facts are not daily alone. Buckets that say the same cost nothing.
 */
export type RollUp = (context: SliceContext, slice: LoadedSlice) => Promise<void>;

/** Creates what keeps the rollups of one dataset of one organization at one width. */
export function createRollup({ organization, dataset, width }: LoaderOptions): RollUp {
  const tools: DayTools = {
    statements: rollupStatementsOf(dataset),
    encodeDay: createDayEncoder(organization, dataset, width),
  };
  const encodeHour = createHourEncoder(organization, dataset);
  return async (context, slice) => {
    const { fresh, changed, unchanged, confirmed, refused } = slice.sorting;
    const written = [...fresh, ...changed];
    const read = [...[...written, ...unchanged].map(({ start }) => start), ...confirmed, ...refused];
    const honestUntil = latestHonest(context.reading.loadedAt);
    const telling: Telling = { client: context.client, organization, dataset, honestUntil };
    const touched = daysOf(written.map(({ start }) => start));
    const days = await settleDays(telling, daysOf(read), { width, days: touched });
    if (!isRolledUp(dataset)) return;
    await enterModels(context, written.map(rowsIn(slice)));
    await sumDays(context, tools, days, slice);
    if (width !== '1d') await sumHours(telling, width, encodeHour, slice);
  };
}

/**
 * Tells every day and hour of a dataset anew, in a transaction that has changed what is asked for of it: its sums follow
 * wherever that is another width than before.
 */
export async function retell(telling: Telling): Promise<void> {
  const { client, organization, dataset } = telling;
  const key = [organization, dataset.name];
  const known = await client.query<{ day: string }>(
    'select usage_date_utc::text as day from openai_etl.days where org_id = $1 and dataset = $2',
    key,
  );
  const days = known.rows.map(({ day }) => day);
  const moved = (await settleDays(telling, days, null)).filter(({ width, widthBefore }) => width !== widthBefore);
  if (!isRolledUp(dataset)) return;
  const summed = moved.filter(({ isRolledUp: hasSums }) => hasSums).map(({ day }) => day);
  const statements = rollupStatementsOf(dataset);
  if (summed.length > 0) {
    await client.query(statements.deleteDays, [organization, summed]);
    await client.query(statements.sumDays, [organization, summed]);
  }
  const minutes = await client.query<{ hour: number }>(
    `select distinct extract(epoch from date_bin('1 hour', bucket_start, '1970-01-01T00:00:00Z'))::float8 as hour
     from openai_etl.buckets where org_id = $1 and dataset = $2 and bucket_width = '1m'`,
    key,
  );
  const hours = minutes.rows.map(({ hour }) => hour);
  await retellHours(telling, hours);
}
