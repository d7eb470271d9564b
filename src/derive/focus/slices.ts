import type { PoolClient } from 'pg';
import type { FocusViews } from './rule.ts';

/** Some days of the views. */
export interface Slice {
  /** SQL condition on their rows. */
  readonly within: string;
  /** Values of its parameters: instants from, inclusive, and to, exclusive. */
  readonly bounds: readonly string[];
}

/** Charges of one slice, unless one day has more: with their parts, what a busy machine reads in some ten seconds. */
const mostCharges = 8_000;

/** Slices of whole days that hold every row of both views once, rows without a day in the last. */
export async function slicesOf(
  client: Pick<PoolClient, 'query'>,
  { charges }: FocusViews,
  most: number = mostCharges,
): Promise<readonly Slice[]> {
  const { rows } = await client.query<{ day: Date; charges: number }>(
    `select "ChargePeriodStart" as day, count(*) as charges from ${charges}
     where "ChargePeriodStart" is not null group by 1 order by 1`,
  );
  const starts: string[] = [];
  let inSlice = 0;
  for (const [index, day] of rows.entries()) {
    if (index > 0 && inSlice + day.charges > most) {
      starts.push(day.day.toISOString());
      inSlice = 0;
    }
    inSlice += day.charges;
  }
  const edges = ['-infinity', ...starts, 'infinity'];
  return [
    ...edges.slice(1).map((to, index) => ({
      within: '"ChargePeriodStart" >= $1 and "ChargePeriodStart" < $2',
      bounds: [edges[index] ?? '-infinity', to],
    })),
    { within: '"ChargePeriodStart" is null', bounds: [] },
  ];
}
