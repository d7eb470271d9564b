import { validate as isCronExpression } from 'node-cron';
import { z } from 'zod';
import { type Problem, problem } from './problem.ts';

/** When the service does what by itself. */
export interface ScheduleSettings {
  readonly name: string;
  /** A cron expression of five fields, or six with seconds. */
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
  readonly command: 'sync' | 'verify';
  /** Names; null for all. */
  readonly organizations: readonly string[] | null;
  readonly datasets: readonly string[] | null;
  /** So many days back, today included; null for all that is due. */
  readonly days: number | null;
  /** Each run starts up to so many seconds late, so that not everyone asks at the same second. */
  readonly jitterSeconds: number;
}

/** The name of the schedule where the configuration lists none. */
const defaultScheduleName = 'nightly';

const defaultJitterSeconds = 60;
const mostDays = 3650;
const mostJitterSeconds = 3600;

/** A cron expression that node-cron reads. */
export const cronExpression = z
  .string({ error: 'a cron expression' })
  .trim()
  .refine((text) => isCronExpression(text), { error: 'a cron expression such as 17 3 * * *', abort: true })
  .refine((text) => !namesTwoKindsOfDays(text), {
    error: 'a day of the month or a day of the week, not both (cron runs on either, so write two schedules)',
  });

/** cron takes such an expression for "on either", node-cron for "on both": half the months would go without a run. */
function namesTwoKindsOfDays(text: string): boolean {
  const [dayOfMonth, , dayOfWeek] = text.split(/\s+/).slice(-3);
  return [dayOfMonth, dayOfWeek].every((field) => field !== undefined && !/^[*?]/.test(field));
}

/** An IANA time zone this machine knows. */
export const timeZone = z
  .string({ error: 'a time zone' })
  .trim()
  .refine(isTimeZone, { error: 'an IANA time zone such as UTC or Europe/Berlin' });

/** The fields of an entry under `schedules`. */
export function scheduleShape(datasets: readonly string[]) {
  const days = `a whole number of days from 1 to ${mostDays}`;
  const seconds = `a whole number of seconds from 0 to ${mostJitterSeconds}`;
  return {
    name: z
      .string({ error: 'a name' })
      .regex(/^[\w.-]{1,64}$/, { error: 'a name of 1 to 64 letters, digits, dots, dashes and underscores' }),
    cron: cronExpression,
    timezone: timeZone.nullish(),
    command: z.enum(['sync', 'verify'], { error: 'sync or verify' }).nullish(),
    organizations: z.array(z.string({ error: 'a name' }), { error: 'a list of names of organizations' }).nullish(),
    datasets: z
      .array(z.enum(datasets, { error: `any of ${datasets.join(', ')}` }), {
        error: `a list of ${datasets.join(', ')}`,
      })
      .nullish(),
    days: z.int({ error: days }).min(1, { error: days }).max(mostDays, { error: days }).nullish(),
    jitter_seconds: z
      .int({ error: seconds })
      .min(0, { error: seconds })
      .max(mostJitterSeconds, { error: seconds })
      .nullish(),
  };
}

/** An entry under `schedules` as the file has it. */
export type ScheduleBlock = z.output<z.ZodObject<ReturnType<typeof scheduleShape>>>;

/** The schedules: those listed, else one of everything. */
export function readSchedules(
  blocks: readonly ScheduleBlock[] | null,
  usual: { readonly cron: string; readonly timezone: string },
): readonly ScheduleSettings[] {
  const listed: readonly ScheduleBlock[] = blocks ?? [{ name: defaultScheduleName, cron: usual.cron }];
  return listed.map((block) => ({
    name: block.name,
    cron: block.cron,
    timezone: block.timezone ?? usual.timezone,
    command: block.command ?? 'sync',
    organizations: block.organizations ?? null,
    datasets: block.datasets ?? null,
    days: block.days ?? null,
    jitterSeconds: block.jitter_seconds ?? defaultJitterSeconds,
  }));
}

/** What is wrong with the list as a whole. */
export function scheduleProblems(
  blocks: readonly ScheduleBlock[],
  organizations: readonly string[],
  locate: (path: readonly PropertyKey[]) => string,
): readonly Problem[] {
  return blocks.flatMap(({ name, organizations: wanted }, index) => [
    ...(blocks.findIndex((block) => block.name === name) === index
      ? []
      : [problem(locate(['schedules', index, 'name']), `the name ${name} again`, 'names that differ')]),
    ...(wanted ?? [])
      .filter((organization) => !organizations.includes(organization))
      .map((organization) =>
        problem(
          locate(['schedules', index, 'organizations']),
          `no organization is called ${organization}`,
          `any of ${organizations.join(', ')}`,
          { name: organization, names: organizations },
        ),
      ),
  ]);
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
