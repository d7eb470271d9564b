import { type Dataset, dimensionsOf, measuresOf } from '../catalog/dataset.ts';
import {
  additiveOf,
  dailyRollupKey,
  dailyRollupTable,
  hourlyDimensions,
  hourlyRollupTable,
  levelOf,
  levelSeconds,
} from '../catalog/rollup-table.ts';
import { diffTable, quoted } from './statements.ts';

/** Every statement that keeps the rollups of one dataset, derived from its definition. */
export interface RollupStatements {
  /** COPY of sums of days of which nothing is there yet. */
  readonly copyDays: string;
  readonly createStaging: string;
  readonly copyStaging: string;
  /** Adds what is staged to what is there. */
  readonly addStaged: string;
  /** $1 organization, $2 days. */
  readonly deleteDays: string;
  /** $1 organization, $2 days: sums up the facts of whole days, of which nothing may be there. */
  readonly sumDays: string;
  /** $1 organization, $2 days: deletes the series that differ in the hours just replaced. */
  readonly deleteDiffering: string;
  /** $1 organization, $2 days: sums up the facts of these series anew, all hours of the day. */
  readonly sumDiffering: string;
  /** $1 organization, $2 starts of hours. */
  readonly deleteHours: string;
  readonly copyHours: string;
  /** $1 organization, $2 starts of hours, $3 the width of each: sums up their facts, of which nothing may be there. */
  readonly sumHours: string;
}

/** The columns of the daily rollup that tuples carry, in their order. */
export function dailyCopyColumns(dataset: Dataset): readonly string[] {
  const own = [...dimensionsOf(dataset), ...measuresOf(dataset)].map(({ name }) => name);
  return ['org_id', 'dataset', 'bucket_width', 'usage_date_utc', 'series_id', ...own];
}

/** The columns of the hourly rollup that tuples carry, in their order. */
export function hourlyCopyColumns(dataset: Dataset): readonly string[] {
  return [
    'org_id',
    'dataset',
    'usage_hour_utc',
    'group_no',
    ...hourlyDimensionsOf(dataset),
    ...additiveOf(dataset).keys(),
  ];
}

/** The dimensions of the hourly rollup that a dataset has. */
export function hourlyDimensionsOf(dataset: Dataset): readonly string[] {
  return hourlyDimensions.filter((wanted) => dimensionsOf(dataset).some(({ name }) => name === wanted));
}

/** The statements of a dataset. */
export function rollupStatementsOf(dataset: Dataset): RollupStatements {
  const name = quotedText(dataset.name);
  const daily = `openai.${quoted(dailyRollupTable)}`;
  const hourly = `openai.${quoted(hourlyRollupTable)}`;
  const staging = quoted(`staging_rollup_${dataset.table}`);
  const columns = dailyCopyColumns(dataset).map(quoted).join(', ');
  const hourlyColumns = hourlyCopyColumns(dataset).map(quoted).join(', ');
  const key = dailyRollupKey.join(', ');
  const sums = measuresOf(dataset)
    .map((measure) => quoted(measure.name))
    .map((column) => `${column} = coalesce(r.${column} + excluded.${column}, r.${column}, excluded.${column})`)
    .join(', ');
  const differing = `(select distinct (bucket_start at time zone 'UTC')::date as day, series_id from ${diffTable(dataset)}
    where (bucket_start at time zone 'UTC')::date = any($2::date[])) as differing`;
  const hourSums = sumsOfHour(dataset);
  return {
    copyDays: `copy ${daily} (${columns}) from stdin with (format binary)`,
    createStaging: `create temp table if not exists ${staging} on commit delete rows as select ${columns} from ${daily} with no data`,
    copyStaging: `copy pg_temp.${staging} (${columns}) from stdin with (format binary)`,
    addStaged: `insert into ${daily} as r (${columns}) select ${columns} from pg_temp.${staging}
      on conflict (${key}) do update set ${sums}`,
    deleteDays: `delete from ${daily} where org_id = $1 and dataset = ${name} and usage_date_utc = any($2::date[])`,
    sumDays: `${insertSums(dataset, daily)}
      from openai_etl.days d cross join lateral (${sumsOf(dataset, during('d.usage_date_utc'))}) as summed
      where d.org_id = $1 and d.dataset = ${name} and d.usage_date_utc = any($2::date[])`,
    deleteDiffering: `delete from ${daily} r using ${differing}
      where r.org_id = $1 and r.dataset = ${name} and r.usage_date_utc = differing.day and r.series_id = differing.series_id`,
    sumDiffering: `${insertSums(dataset, daily)}
      from ${differing} join openai_etl.days d
        on d.org_id = $1 and d.dataset = ${name} and d.usage_date_utc = differing.day
      cross join lateral (${sumsOf(dataset, `f.series_id = differing.series_id and f.bucket_start = any(${hoursOf('differing.day')})`)}) as summed`,
    deleteHours: `delete from ${hourly} where org_id = $1 and dataset = ${name} and usage_hour_utc = any($2::timestamptz[])`,
    copyHours: `copy ${hourly} (${hourlyColumns}) from stdin with (format binary)`,
    sumHours: `insert into ${hourly} (${hourlyColumns}) select $1, ${name}, told.hour, summed.*
      from unnest($2::timestamptz[], $3::text[]) as told(hour, width) cross join lateral (${hourSums}) as summed`,
  };
}

/** The start of a statement that takes what `sumsOf` has summed up for days `d`. */
function insertSums(dataset: Dataset, daily: string): string {
  const level = levelOf(dataset);
  const names = [...dailyCopyColumns(dataset), ...(level === undefined ? [] : [levelSeconds(level)])];
  const columns = names.map(quoted).join(', ');
  return `insert into ${daily} (${columns})
    select d.org_id, d.dataset, d.bucket_width, d.usage_date_utc, summed.*`;
}

/** The sums by series of the facts `f` of one day `d`: a day at a time, so that no sum waits for a sort of them all. */
function sumsOf(dataset: Dataset, which: string): string {
  const level = levelOf(dataset);
  const group = ['f.series_id', ...dimensionsOf(dataset).map(({ name }) => `f.${quoted(name)}`)].join(', ');
  const sums = measuresOf(dataset).map(({ name }) =>
    name === level?.name
      ? `coalesce(sum(f.${quoted(name)}) filter (where f.bucket_end = d.loaded_until), 0)`
      : `sum(f.${quoted(name)})`,
  );
  const seconds = 'extract(epoch from f.bucket_end - f.bucket_start)';
  const held = level === undefined ? [] : [`trim_scale(sum(f.${quoted(level.name)} * ${seconds}))`];
  const columns = [group, ...sums, ...held].join(', ');
  return `select ${columns}
    from openai.${quoted(dataset.table)} f
    where f.org_id = d.org_id and f.bucket_width = d.bucket_width and ${which}
    group by ${group}`;
}

/** The sums by project and model of the facts `f` of one hour `told`. */
function sumsOfHour(dataset: Dataset): string {
  const group = hourlyDimensionsOf(dataset).map((dimension) => `f.${quoted(dimension)}`);
  const sums = [...additiveOf(dataset).values()].map((measure) => `sum(f.${quoted(measure.name)})`);
  const selected = [...group, ...sums].join(', ');
  const grouped = group.join(', ');
  return `select row_number() over (), ${selected}
    from openai.${quoted(dataset.table)} f
    where f.org_id = $1 and f.bucket_width = told.width
      and f.bucket_start >= told.hour and f.bucket_start < told.hour + interval '1 hour'
    group by ${grouped}`;
}

function during(day: string): string {
  return `f.bucket_start >= (${day}::timestamp at time zone 'UTC') and f.bucket_start < ((${day} + 1)::timestamp at time zone 'UTC')`;
}

/** The starts of the hours of a day: with them the primary key finds a series without reading the others. */
function hoursOf(day: string): string {
  return `array(select (${day}::timestamp at time zone 'UTC') + make_interval(hours => hour) from generate_series(0, 23) as hour)`;
}

function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
