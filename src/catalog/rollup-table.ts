import type { Column, Dimension, Measure } from './column.ts';
import { type Dataset, dimensionsOf, measuresOf, widthsOf } from './dataset.ts';

/** One column of a rollup table as PostgreSQL knows it. */
export interface RollupColumn {
  readonly name: string;
  readonly type: 'text' | 'uuid' | 'date' | 'timestamptz' | 'boolean' | 'integer' | 'bigint' | 'numeric';
  readonly nullable: boolean;
  readonly comment: string;
}

/** Sums by day and series: what BI reads where the facts are finer than a day. */
export const dailyRollupTable = 'usage_daily_rollup';

/** Sums by hour, project and model: what BI reads of hours when it does not ask who. */
export const hourlyRollupTable = 'usage_hourly_rollup';

/** The columns of the daily rollup that identify a row, in the order of its primary key. */
export const dailyRollupKey = ['org_id', 'usage_date_utc', 'dataset', 'series_id'] as const;

/** The columns of the hourly rollup that identify a row, in the order of its primary key. */
export const hourlyRollupKey = ['org_id', 'usage_hour_utc', 'dataset', 'group_no'] as const;

/** The comments on the two tables. */
export const dailyRollupComment =
  'Usage facts by UTC day and series, of the one width each day is told from, for the days of which something finer than 1d is loaded (openai_etl.days). Written in the transaction that loads the facts; where 1d alone is loaded, the facts are daily already.';
export const hourlyRollupComment =
  'Sums of usage facts by hour, project and model, of the one width each hour is told from, written in the transaction that loads the facts. Storage, which is a level, is not here.';

/** The dimensions of the hourly rollup, where a dataset has them. */
export const hourlyDimensions = ['project_id', 'model'] as const;

/** Measures that add up across datasets: what each is called, and the measure of a dataset that it is. */
const additiveMeasures = {
  requests: 'num_model_requests',
  input_tokens: 'input_tokens',
  input_uncached_tokens: 'input_uncached_tokens',
  input_cached_tokens: 'input_cached_tokens',
  input_cache_write_tokens: 'input_cache_write_tokens',
  output_tokens: 'output_tokens',
} as const;

/** True when a dataset exists at a width finer than a day, so that there is something to roll up. */
export function isRolledUp(dataset: Dataset): boolean {
  return widthsOf(dataset).some((width) => width !== '1d');
}

/** The measure that is a level, where a dataset has one: it is not summed over time. */
export function levelOf(dataset: Dataset): Measure | undefined {
  return measuresOf(dataset).find(({ additivity }) => additivity.kind === 'level');
}

/** The column that holds a level times the seconds it was held: what can be summed over time instead. */
export function levelSeconds({ name }: Measure): string {
  return `${name}_seconds`;
}

/** The flow that a dataset counts besides tokens and model requests, such as images or calls. */
function otherQuantityOf(dataset: Dataset): Measure | undefined {
  const counted = new Set<string>(Object.values(additiveMeasures));
  return measuresOf(dataset).find(({ name, additivity }) => additivity.kind === 'flow' && !counted.has(name));
}

/**
 * The measures of a dataset that add up with those of others, by the name they have in common. A measure that another
 * dataset already counts is none of them.
 */
export function additiveOf(dataset: Dataset): ReadonlyMap<string, Measure> {
  const own = new Map(measuresOf(dataset).map((measure) => [measure.name, measure]));
  const named = Object.entries(additiveMeasures).flatMap(([common, name]) => {
    const measure = own.get(name);
    return measure === undefined || isCountedElsewhere(measure) ? [] : [[common, measure] as const];
  });
  const other = otherQuantityOf(dataset);
  return new Map([...named, ...(other === undefined ? [] : [['other_quantity', other] as const])]);
}

function isCountedElsewhere({ additivity }: Measure): boolean {
  return additivity.kind === 'overlapping' && additivity.of.includes('.');
}

/** The whole column list of the daily rollup, in order. The migration must equal it, and a test says so. */
export function dailyRollupColumns(datasets: readonly Dataset[]): readonly RollupColumn[] {
  const rolledUp = datasets.filter(isRolledUp);
  return [
    organizationColumn,
    datasetColumn,
    { name: 'bucket_width', type: 'text', nullable: false, comment: 'Width of the buckets summed.' },
    { name: 'usage_date_utc', type: 'date', nullable: false, comment: 'The UTC day.' },
    {
      name: 'series_id',
      type: 'uuid',
      nullable: false,
      comment: 'Identity of the group, as in the facts of that width.',
    },
    ...unique(rolledUp.flatMap(dimensionsOf)).map(dimensionColumn),
    ...unique(rolledUp.flatMap(measuresOf)).flatMap(measureColumns),
  ];
}

/** The whole column list of the hourly rollup, in order. */
export function hourlyRollupColumns(datasets: readonly Dataset[]): readonly RollupColumn[] {
  const dimensions = unique(datasets.flatMap(dimensionsOf)).filter(({ name }) => isHourly(name));
  return [
    organizationColumn,
    datasetColumn,
    { name: 'usage_hour_utc', type: 'timestamptz', nullable: false, comment: 'Start of the hour (UTC).' },
    { name: 'group_no', type: 'integer', nullable: false, comment: 'Number of the group within its hour.' },
    ...dimensions.map(dimensionColumn),
    ...[...Object.keys(additiveMeasures), 'other_quantity'].map((name) => ({
      name,
      type: 'bigint' as const,
      nullable: true,
      comment: `${hourlyComments[name] ?? ''} Null when the dataset lacks it or the API did not report it.`,
    })),
  ];
}

function isHourly(name: string): boolean {
  return hourlyDimensions.some((dimension) => dimension === name);
}

const organizationColumn: RollupColumn = {
  name: 'org_id',
  type: 'text',
  nullable: false,
  comment: 'Name of the organization in the configuration.',
};
const datasetColumn: RollupColumn = { name: 'dataset', type: 'text', nullable: false, comment: 'Name of the dataset.' };

const hourlyComments: Readonly<Record<string, string>> = {
  requests: 'Measure, requests, flow. Requests made to models.',
  input_tokens: 'Measure, tokens, flow. All input tokens.',
  input_uncached_tokens: 'Measure, tokens, overlapping: already counted in input_tokens.',
  input_cached_tokens: 'Measure, tokens, overlapping: already counted in input_tokens.',
  input_cache_write_tokens: 'Measure, tokens, overlapping: already counted in input_tokens.',
  output_tokens: 'Measure, tokens, flow. All output tokens.',
  other_quantity: 'Measure, flow, in the unit of the dataset: images, seconds, characters, sessions or calls.',
};

/** Of columns that several datasets share, the first. */
function unique<T extends Column>(columns: readonly T[]): readonly T[] {
  return [...new Map(columns.toReversed().map((column) => [column.name, column])).values()]
    .toReversed()
    .toSorted((a, b) => firstAt(columns, a) - firstAt(columns, b));
}

function firstAt(columns: readonly Column[], { name }: Column): number {
  return columns.findIndex((column) => column.name === name);
}

function dimensionColumn({ name, type, doc }: Dimension): RollupColumn {
  return { name, type, nullable: true, comment: `Dimension. ${doc} Null also when the dataset lacks it.` };
}

function measureColumns(measure: Measure): readonly RollupColumn[] {
  const { name, unit, additivity } = measure;
  if (additivity.kind !== 'level') {
    const comment = `Sum of the day's ${name}, ${unit}. Null when the dataset lacks it or the API did not report it.`;
    return [{ name, type: 'bigint', nullable: true, comment }];
  }
  return [
    {
      name,
      type: 'bigint',
      nullable: true,
      comment: `Level at the end of the day, or of what is loaded of it, ${unit}: ${name} of the last bucket. Null when the dataset lacks it.`,
    },
    {
      name: levelSeconds(measure),
      type: 'numeric',
      nullable: true,
      comment: `Flow, ${unit} × seconds: ${name} of each bucket times its width, summed. Null when the dataset lacks it.`,
    },
  ];
}
