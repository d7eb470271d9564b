import { isIP } from 'node:net';
import { z } from 'zod';
import { widths } from '../catalog/width.ts';
import { logLevels } from '../log.ts';
import { tlsMistakes } from './database-url.ts';
import { instantForm, parseInstant } from './instant.ts';
import { cronExpression, timeZone } from './schedules.ts';
import { isLoopback, isSafeUrl } from './url.ts';

/** What the documentation, the commented configuration file and the messages say of a setting. */
export interface Setting {
  /** The environment variable, where there is one; it wins over the file. */
  readonly env: string | null;
  readonly doc: string;
  /** The default, in words or as written in YAML. */
  readonly default: string;
  /** A value as written in YAML. */
  readonly example: string;
  /** True when a received value is not to be shown. */
  readonly secret: boolean;
}

/** Settings by their name in the configuration file. */
export const settings = {
  base_url: {
    env: 'OPENAI_BASE_URL',
    doc: 'Where the API is, with its version; plain http only to loopback.',
    default: 'https://api.openai.com/v1',
    example: 'https://api.openai.com/v1',
    secret: false,
  },
  database_url: {
    env: 'DATABASE_URL',
    doc: 'The PostgreSQL (15 or newer) to load, TLS included (sslmode, sslrootcert); without it a private server is started in data_dir.',
    default: 'none: the embedded server',
    example: 'postgres://etl@db.example.com:5432/usage?sslmode=verify-full',
    secret: true,
  },
  data_dir: {
    env: 'USAGE_ETL_DATA_DIR',
    doc: 'Folder of the embedded server; in the file, relative to the file.',
    default: './usage-etl-data',
    example: './usage-etl-data',
    secret: false,
  },
  start: {
    env: 'USAGE_ETL_START',
    doc: 'First date to load: YYYY-MM-DD (UTC) or an ISO instant.',
    default: '365 days back for 1d, 30 for 1h, 2 for 1m',
    example: '2026-01-01',
    secret: false,
  },
  widths: {
    env: 'USAGE_ETL_WIDTHS',
    doc: 'Bucket widths to load: 1m, 1h, 1d. Costs exist only at 1d and load whatever is asked here.',
    default: '[1d]',
    example: '[1d, 1h]',
    secret: false,
  },
  concurrency: {
    env: 'USAGE_ETL_CONCURRENCY',
    doc: 'Requests in flight for each organization, 1 to 32; it falls by itself when the API asks for less.',
    default: '4',
    example: '4',
    secret: false,
  },
  reread_rows: {
    env: null,
    doc: 'Settled buckets that fit into a request made anyway are read again while they hold fewer rows than this.',
    default: '200000',
    example: '200000',
    secret: false,
  },
  retry_total_seconds: {
    env: null,
    doc: 'Longest time one request may take, retries and the waits the API asks for included.',
    default: '900',
    example: '900',
    secret: false,
  },
  log_level: {
    env: 'LOG_LEVEL',
    doc: `How much is logged to standard error: ${logLevels.join(', ')}.`,
    default: 'info',
    example: 'info',
    secret: false,
  },
  schedule: {
    env: 'USAGE_ETL_SCHEDULE',
    doc: 'When the service syncs, as a cron expression; for more than one schedule see schedules.',
    default: '17 3 * * *',
    example: "'17 3 * * *'",
    secret: false,
  },
  timezone: {
    env: 'USAGE_ETL_TIMEZONE',
    doc: 'Time zone of the schedule. Buckets are UTC whatever it says.',
    default: 'UTC',
    example: 'Europe/Berlin',
    secret: false,
  },
  freshness_hours: {
    env: 'USAGE_ETL_FRESHNESS_HOURS',
    doc: 'A dataset whose newest data is older than so many hours is stale: /readyz says no and an alert is raised.',
    default: '30',
    example: '30',
    secret: false,
  },
  webhook_url: {
    env: 'USAGE_ETL_WEBHOOK_URL',
    doc: 'Where alerts are posted, as JSON that Slack and its kin read too. Without it alerts are only kept and shown.',
    default: 'none',
    example: 'https://hooks.example.com/usage',
    secret: true,
  },
  directory_hours: {
    env: 'USAGE_ETL_DIRECTORY_HOURS',
    doc: 'Names of projects, people, keys and groups are read again by the first sync after so many hours; 0: never.',
    default: '12',
    example: '12',
    secret: false,
  },
  personal_data: {
    env: 'USAGE_ETL_PERSONAL_DATA',
    doc: 'false keeps e-mail addresses and names of people out of the database, and the next sync erases those in it.',
    default: 'true',
    example: 'false',
    secret: false,
  },
  batch_weight_thousandths: {
    env: null,
    doc: 'What a token by batch counts for, of any model, in thousandths of a standard one, where costs of both are split together. By model: tier_weights.',
    default: '500',
    example: '500',
    secret: false,
  },
  flex_weight_thousandths: {
    env: null,
    doc: 'The same for the flex tier. Changing a weight splits the costs of all days anew.',
    default: '500',
    example: '500',
    secret: false,
  },
  priority_weight_thousandths: {
    env: null,
    doc: 'The same for the fast tier, which was called priority.',
    default: 'as published for the model: 2000, of some 1667 to 2500',
    example: '2000',
    secret: false,
  },
  restatement_alert: {
    env: 'USAGE_ETL_RESTATEMENT_ALERT',
    doc: 'Alert when a run changes settled money by more than this, in any currency.',
    default: '1',
    example: '1',
    secret: false,
  },
  tie_out: {
    env: 'USAGE_ETL_TIE_OUT',
    doc: 'closed: every sync ends by comparing the closed buckets it read with ungrouped totals of the API, in no more requests than it took to read them; off: only verify compares.',
    default: 'closed',
    example: 'closed',
    secret: false,
  },
  http_host: {
    env: 'USAGE_ETL_HTTP_HOST',
    doc: 'Address the service answers on; one beyond loopback needs http_token.',
    default: '127.0.0.1',
    example: '127.0.0.1',
    secret: false,
  },
  http_port: {
    env: 'USAGE_ETL_HTTP_PORT',
    doc: 'Port the service answers on; 0 for any free one.',
    default: '8787',
    example: '8787',
    secret: false,
  },
  http_token: {
    env: 'USAGE_ETL_HTTP_TOKEN',
    doc: 'Token that the status page, the metrics and the details of health are shown for: as a bearer token, or as the password in a browser.',
    default: 'none',
    example: 'choose-a-long-random-text',
    secret: true,
  },
} as const satisfies Record<string, Setting>;

/** The name of a setting in the configuration file. */
export type SettingName = keyof typeof settings;

const baseUrl = z
  .string({ error: 'a URL' })
  .transform((text) => text.trim().replace(/\/+$/, ''))
  .refine(isSafeBaseUrl, {
    error: 'an https URL such as https://api.openai.com/v1, or http to loopback; no user, no query',
  });

const databaseUrl = z
  .string({ error: 'a postgres:// URL' })
  .trim()
  .refine(isPostgresUrl, { error: 'postgres://USER:PASSWORD@HOST:PORT/DATABASE (special characters percent-encoded)' })
  .superRefine((text, context) => {
    for (const message of tlsMistakes(text)) context.addIssue({ code: 'custom', message });
  });

const folder = z.string({ error: 'a folder' }).trim().min(1, { error: 'a folder' });

/** An instant not after `now`: there is nothing to load from the future. */
export function pastInstant(now: Date) {
  return z.string({ error: instantForm }).transform((text, context) => {
    const instant = parseInstant(text);
    if (instant === null || instant > now) {
      context.addIssue({
        code: 'custom',
        message: instant === null ? instantForm : `${instantForm}, not in the future`,
      });
      return z.NEVER;
    }
    return instant;
  });
}

/** Widths as a list, or as text with commas. */
export const widthList = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value),
  z
    .array(z.enum(widths, { error: `any of ${widths.join(', ')}` }), { error: `a list of ${widths.join(', ')}` })
    .min(1, {
      error: `at least one of ${widths.join(', ')}`,
    }),
);

const level = z.preprocess(
  (value) => (typeof value === 'string' ? value.trim().toLowerCase() : value),
  z.enum(logLevels, { error: `one of ${logLevels.join(', ')}` }),
);

const webhookUrl = z
  .string({ error: 'a URL' })
  .trim()
  .refine(isSafeUrl, { error: 'an https URL, or http to loopback' });

/** Digits, so that no double rounds it. */
const amount = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z
    .string({ error: 'an amount such as 5 or 0.50' })
    .trim()
    .regex(/^\d{1,15}(\.\d{1,6})?$/, { error: 'an amount such as 5 or 0.50' }),
);

/** A boolean, or its name as the environment has it. */
const yesOrNo = z.preprocess(
  (value) => (typeof value === 'string' ? (spelled[value.trim().toLowerCase()] ?? value) : value),
  z.boolean({ error: 'true or false' }),
);

const spelled: Readonly<Record<string, boolean>> = { true: true, false: false };

/** What a sync compares with the API's own totals. YAML 1.1 writers take `off` for a boolean. */
const tieOutChoices = ['closed', 'off'] as const;

const tieOut = z.preprocess(
  (value) => (typeof value === 'string' ? value.trim().toLowerCase() : value === false ? 'off' : value),
  z.enum(tieOutChoices, { error: `one of ${tieOutChoices.join(', ')}` }),
);

const host = z
  .string({ error: 'an address' })
  .trim()
  .refine((text) => isIP(text) !== 0 || isLoopback(text), {
    error: 'an address of this machine such as 127.0.0.1, ::1 or 0.0.0.0',
  });

// Long enough that nobody guesses it, in characters that fit into a header.
const token = z
  .string({ error: 'a token' })
  .trim()
  .regex(/^[\w.~+/=-]{16,512}$/, { error: 'a token of 16 or more letters, digits and . _ ~ + / = -' });

/** The schemas of the settings. Each also takes null, as an empty value in the file is read. */
export function settingSchemas(now: Date) {
  return {
    base_url: baseUrl.nullish(),
    database_url: databaseUrl.nullish(),
    data_dir: folder.nullish(),
    start: pastInstant(now).nullish(),
    widths: widthList.nullish(),
    concurrency: wholeNumber(1, 32).nullish(),
    reread_rows: wholeNumber(0, 1_000_000_000).nullish(),
    retry_total_seconds: wholeNumber(1, 86_400).nullish(),
    log_level: level.nullish(),
    schedule: cronExpression.nullish(),
    timezone: timeZone.nullish(),
    freshness_hours: wholeNumber(1, 8760).nullish(),
    webhook_url: webhookUrl.nullish(),
    directory_hours: wholeNumber(0, 8760).nullish(),
    personal_data: yesOrNo.nullish(),
    batch_weight_thousandths: wholeNumber(1, 100_000).nullish(),
    flex_weight_thousandths: wholeNumber(1, 100_000).nullish(),
    priority_weight_thousandths: wholeNumber(1, 100_000).nullish(),
    restatement_alert: amount.nullish(),
    tie_out: tieOut.nullish(),
    http_host: host.nullish(),
    http_port: wholeNumber(0, 65_535).nullish(),
    http_token: token.nullish(),
  };
}

function wholeNumber(least: number, most: number) {
  const accepted = `a whole number from ${least} to ${most}`;
  const digits = (value: unknown) => (typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value);
  return z.preprocess(
    digits,
    z.int({ error: accepted }).min(least, { error: accepted }).max(most, { error: accepted }),
  );
}

function isSafeBaseUrl(text: string): boolean {
  return isSafeUrl(text) && URL.parse(text)?.search === '';
}

function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text);
}
