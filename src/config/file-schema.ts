import { z } from 'zod';
import { type Dataset, dimensionsOf, type Filter } from '../catalog/dataset.ts';
import { scheduleShape } from './schedules.ts';
import { pastInstant, settingSchemas, widthList } from './settings.ts';
import { tierWeightShape } from './tier-weights.ts';

const mostSettleDays = 3650;

/** The schema of the configuration file: the settings, the organizations, and what to read of each dataset. */
export function fileSchema(datasets: readonly Dataset[], now: Date) {
  const blocks = Object.fromEntries(datasets.map((dataset) => [dataset.name, datasetSchema(dataset, now).nullish()]));
  return mapping({
    ...settingSchemas(now),
    organizations: z
      .array(organizationSchema, {
        error: 'a list of organizations, each with name and admin_key_env or admin_key_file',
      })
      .min(1, { error: 'at least one organization' })
      .nullish(),
    datasets: mapping(blocks).nullish(),
    schedules: z
      .array(mapping(scheduleShape(datasets.map(({ name }) => name))), {
        error: 'a list of schedules, each with name and cron',
      })
      .min(1, { error: 'at least one schedule' })
      .nullish(),
    tier_weights: z
      .array(mapping(tierWeightShape), { error: 'a list of weights, each with tier and weight_thousandths' })
      .nullish(),
  });
}

/** What the file says of the whole. */
export type FileValues = z.output<ReturnType<typeof fileSchema>>;

/** What the file says of one dataset. */
export type DatasetBlock = z.output<ReturnType<typeof datasetSchema>>;

/** What the file says of one organization. */
export type OrganizationBlock = z.output<typeof organizationSchema>;

const organizationSchema = mapping({
  name: z
    .string({ error: 'a name' })
    .regex(/^[\w.-]{1,64}$/, { error: 'a name of 1 to 64 letters, digits, dots, dashes and underscores' }),
  admin_key_env: z
    .string({ error: 'the name of an environment variable' })
    .regex(/^[A-Za-z_]\w*$/, { error: 'the name of an environment variable that holds the key, not the key itself' })
    .nullish(),
  admin_key_file: z.string({ error: 'a file' }).trim().min(1, { error: 'a file' }).nullish(),
});

function datasetSchema(dataset: Dataset, now: Date) {
  const dimensions = dimensionsOf(dataset).map(({ name }) => name);
  const days = `a number of days from 0 to ${mostSettleDays}`;
  return mapping({
    enabled: z.boolean({ error: 'true or false' }).nullish(),
    widths: widthList.nullish(),
    group_by: z
      .array(z.enum(dimensions, { error: `any of ${dimensions.join(', ')}` }), {
        error: `a list of ${dimensions.join(', ')}`,
      })
      .nullish(),
    filters: mapping(
      Object.fromEntries(dataset.filters.map((filter) => [filter.name, filterSchema(filter)])),
    ).nullish(),
    start: pastInstant(now).nullish(),
    settle_days: z.number({ error: days }).min(0, { error: days }).max(mostSettleDays, { error: days }).nullish(),
  });
}

function filterSchema(filter: Filter): z.ZodType<readonly string[] | boolean | null | undefined> {
  if (filter.type === 'boolean') return z.boolean({ error: 'true or false' }).nullish();
  const { values } = filter;
  const value =
    values === undefined
      ? z.string({ error: `a text, as it stands in ${filter.matches}` }).min(1, { error: 'a text that is not empty' })
      : z.enum(values, { error: `any of ${values.join(', ')}` });
  return z.preprocess(
    (given) => (typeof given === 'string' ? [given] : given),
    z.array(value, { error: 'a list of texts' }).min(1, { error: 'at least one text' }).nullish(),
  );
}

/** An object without unknown keys. The message for one lists the known keys, which the problem's suggestion draws on. */
function mapping<S extends z.ZodRawShape>(shape: S) {
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? names : names === '' ? 'an empty mapping' : `a mapping of ${names}`,
  });
}
