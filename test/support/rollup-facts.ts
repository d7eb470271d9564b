import type pg from 'pg';
import { expect } from 'vitest';
import { type Dataset, dimensionsOf, measuresOf } from '../../src/catalog/dataset.ts';
import { datasets } from '../../src/catalog/index.ts';
import { additiveOf, hourlyDimensions, isRolledUp, levelOf, levelSeconds } from '../../src/catalog/rollup-table.ts';

/** Any connection. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** Rows that only one side has, all of one instant; none when a rollup equals its facts. */
export async function rollupDifferences(client: Queryable): Promise<readonly Record<string, unknown>[]> {
  const parts = datasets
    .filter(isRolledUp)
    .flatMap((dataset) => [
      difference(`${dataset.name} by day`, factsByDay(dataset), rollupByDay(dataset)),
      ...(levelOf(dataset) === undefined
        ? [difference(`${dataset.name} by hour`, factsByHour(dataset), rollupByHour(dataset))]
        : []),
    ]);
  const { rows } = await client.query<Record<string, unknown>>(
    `with ${covers} select * from (${parts.join(' union all ')}) as difference limit 5`,
  );
  return rows;
}

/** Asserts that every rollup equals its facts. */
export async function expectRollupsToEqualFacts(client: Queryable): Promise<void> {
  expect(await rollupDifferences(client)).toEqual([]);
}

/** The width each day is told from, and how far it goes. */
const covers = `cover as (
  select org_id, dataset, usage_date_utc as day, bucket_width as width, is_rolled_up as rolled_up, loaded_until
  from openai_etl.days where bucket_width is not null)`;

function difference(what: string, facts: string, rollup: string): string {
  const side = (name: string, some: string, others: string) =>
    `select '${what}' as what, '${name}' as side, to_jsonb(one)::text as row from (${some} except all ${others}) as one`;
  return `${side('only in the facts', facts, rollup)} union all ${side('only in the rollup', rollup, facts)}`;
}

function factsByDay(dataset: Dataset): string {
  const level = levelOf(dataset);
  const own = dimensionsOf(dataset).map(({ name }) => `f."${name}"`);
  const sums = measuresOf(dataset).flatMap(({ name }) =>
    name === level?.name
      ? [
          `coalesce(sum(f."${name}") filter (where f.bucket_end = c.loaded_until), 0)`,
          `trim_scale(sum(f."${name}" * case c.width when '1d' then 86400 when '1h' then 3600 else 60 end))`,
        ]
      : [`sum(f."${name}")`],
  );
  return `(select f.org_id, c.day, f.bucket_width, f.series_id, ${[...own, ...sums].join(', ')}
    from openai."${dataset.table}" f join cover c on c.org_id = f.org_id and c.dataset = '${dataset.name}'
      and c.day = (f.bucket_start at time zone 'UTC')::date and c.width = f.bucket_width
    where c.rolled_up group by ${[1, 2, 3, 4, ...own.map((_, index) => index + 5)].join(', ')})`;
}

function rollupByDay(dataset: Dataset): string {
  const level = levelOf(dataset);
  const own = dimensionsOf(dataset).map(({ name }) => `"${name}"`);
  const sums = measuresOf(dataset).flatMap((measure) =>
    measure === level
      ? [`"${measure.name}"::numeric`, `trim_scale("${levelSeconds(measure)}")`]
      : [`"${measure.name}"::numeric`],
  );
  return `(select org_id, usage_date_utc, bucket_width, series_id, ${[...own, ...sums].join(', ')}
    from openai.usage_daily_rollup where dataset = '${dataset.name}')`;
}

function factsByHour(dataset: Dataset): string {
  const own = hourlyDimensionsOf(dataset);
  const sums = [...additiveOf(dataset).values()].map(({ name }) => `sum("${name}")`);
  return `(select f.org_id, told.hour, ${[...own, ...sums].join(', ')}
    from openai."${dataset.table}" f
    cross join lateral (select date_bin('1 hour', f.bucket_start, '1970-01-01T00:00:00Z') as hour) as told
    left join openai_etl.hours_of_minutes h
      on h.org_id = f.org_id and h.dataset = '${dataset.name}' and h.usage_hour_utc = told.hour
    where f.bucket_width = case when h.org_id is null then '1h' else '1m' end
    group by ${['f.org_id', 'told.hour', ...own].join(', ')})`;
}

function rollupByHour(dataset: Dataset): string {
  const sums = [...additiveOf(dataset).keys()].map((name) => `"${name}"::numeric`);
  return `(select org_id, usage_hour_utc, ${[...hourlyDimensionsOf(dataset), ...sums].join(', ')}
    from openai.usage_hourly_rollup where dataset = '${dataset.name}')`;
}

function hourlyDimensionsOf(dataset: Dataset): readonly string[] {
  return hourlyDimensions.filter((wanted) => dimensionsOf(dataset).some(({ name }) => name === wanted));
}
