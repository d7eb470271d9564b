import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Dataset } from './catalog/dataset.ts';
import { datasets as catalog } from './catalog/index.ts';
import type { TierWeights } from './catalog/tier.ts';
import type { Width } from './catalog/width.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Environment } from './config/admin-key.ts';
import { withTlsEnvironment } from './config/database-url.ts';
import { type ConfigDocument, readDocument } from './config/document.ts';
import { type FileValues, fileSchema } from './config/file-schema.ts';
import { problemsOf } from './config/issues.ts';
import { datasetSettings, readOrganizations } from './config/organizations.ts';
import { ConfigError, type Problem, problem } from './config/problem.ts';
import { readSchedules, type ScheduleSettings, scheduleProblems } from './config/schedules.ts';
import { type SettingName, settingSchemas, settings } from './config/settings.ts';
import { readTierWeights } from './config/tier-weights.ts';
import { isLoopback } from './config/url.ts';
import { brokenProxies, proxyForm } from './dispatcher.ts';

export type { Environment } from './config/admin-key.ts';
export { readBudgetFile } from './config/budget-file.ts';
export { instantForm, parseInstant } from './config/instant.ts';
export { type MapEntry, mapColumns, ownedColumns, readMapping } from './config/mapping.ts';
export { type ObjectStorageSettings, readObjectStorage } from './config/object-storage.ts';
export { owned } from './config/owned.ts';
export { ConfigError, type Problem, problem, quoted } from './config/problem.ts';
export type { ScheduleSettings } from './config/schedules.ts';
export { type Setting, settings } from './config/settings.ts';
export { guarded } from './config/table-file.ts';
export { acceptedEncoding, decodeText } from './config/text.ts';
export { isLoopback } from './config/url.ts';

/** The names of all datasets, in the order of the catalog. */
export const datasetNames: readonly string[] = catalog.map(({ name }) => name);

/** What a dataset is asked for, at one width. */
export interface DatasetSettings {
  readonly dataset: Dataset;
  readonly width: Width;
  /** The dimensions wanted, in column order. */
  readonly groupBy: readonly string[];
  /** Filter parameters by wire name. */
  readonly filters: Readonly<Record<string, readonly string[] | boolean>>;
  /** First instant to load. Null: the default number of days before now. */
  readonly start: Date | null;
  /** Days back from now when `start` is null. */
  readonly defaultDays: number;
  readonly settleSeconds: number;
}

/** One admin key's scope. */
export interface OrganizationSettings {
  readonly name: string;
  /** Empty where the command needs no key and none is configured. */
  readonly adminKey: string;
  readonly datasets: readonly DatasetSettings[];
}

/** Everything the program is told, checked. */
export interface Config {
  readonly organizations: readonly OrganizationSettings[];
  /** Ends in `/v1`, without a trailing slash. */
  readonly baseUrl: string;
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Requests in flight for each organization. */
  readonly concurrency: number;
  /** Settled buckets are read again for free while they hold fewer rows than this. */
  readonly rereadRows: number;
  /** Longest time one request may take, retries and their waits included, in seconds. */
  readonly retryTotalSeconds: number;
  readonly logLevel: string;
  /** Absent: the names of ids are not read. */
  readonly directory?: DirectorySettings;
  /** What a sync compares with the API's own totals at its end: the closed buckets it read, or nothing. Absent: nothing. */
  readonly tieOut?: 'closed' | 'off';
  /** Absent: as published. */
  readonly tierWeights?: TierWeights;
}

/** What is read and kept of who and what the ids in usage and costs belong to. */
export interface DirectorySettings {
  /** Names are not read again before so many hours have passed. */
  readonly hours: number;
  /** False: names and e-mail addresses of people stay out of the database. */
  readonly personalData: boolean;
}

/** The configuration with what only the program itself asks of it. */
export interface LoadedConfig extends Config {
  /** What the service does by itself, and when. */
  readonly schedules: readonly ScheduleSettings[];
  /** Where the service answers. */
  readonly http: HttpSettings;
  readonly alerts: AlertSettings;
  /** The configuration file that was read; null when there is none. */
  readonly configFile: string | null;
}

/** Where the service answers, and whom. */
export interface HttpSettings {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Null: nobody is asked for one; then the host is loopback. */
  readonly token: string | null;
}

/** When to raise an alert, and whom to tell. */
export interface AlertSettings {
  /** Null: nobody is told. Holds a secret. */
  readonly webhookUrl: string | null;
  /** Data older than so many hours is stale. */
  readonly freshnessHours: number;
  /** Decimal text: more settled money than this moved by one run, in any currency, is worth an alert. */
  readonly restatementAlert: string;
}

/** Where the configuration comes from. */
export interface ConfigSources {
  readonly env: Environment;
  readonly cwd: string;
  /** A file that must exist. Without it, USAGE_ETL_CONFIG, or usage-etl.yaml where there is one. Null: no file at all. */
  readonly configFile?: string | null | undefined;
  /** What the command line decides over both. */
  readonly overrides?: { readonly logLevel?: string | undefined };
  /** False for commands that never call the API: a missing key is then no problem. Default true. */
  readonly needsKey?: boolean;
  readonly clock?: Clock;
}

/** The configuration file that is used without being named, where it exists. */
export const defaultConfigFile = 'usage-etl.yaml';

/**
 * Reads environment and configuration file; the environment wins. Throws ConfigError (`config_invalid`) with every
 * problem at once, or `key_missing` where the key is all that is missing.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const now = (sources.clock ?? systemClock).now();
  const document = findDocument(sources);
  const file = readFileValues(document, now);
  const environment = readEnvironment(sources.env, now);
  const fileFolder = document === null ? sources.cwd : dirname(resolve(sources.cwd, document.file));
  const keys = readOrganizations(file.values.organizations ?? null, {
    env: sources.env,
    cwd: sources.cwd,
    fileFolder,
    locate: (path) => document?.locate(path) ?? '',
  });
  const missing = sources.needsKey === false || file.problems.length > 0 ? [] : keys.missing;
  const value = <K extends SettingName>(name: K) => environment.values[name] ?? file.values[name] ?? null;
  const database = withTlsEnvironment(value('database_url'), sources.env);
  const http = {
    host: value('http_host') ?? '127.0.0.1',
    port: value('http_port') ?? 8787,
    token: value('http_token'),
  };
  const combined = [
    ...scheduleProblems(
      file.values.schedules ?? [],
      keys.organizations.map(({ name }) => name),
      (path) => document?.locate(path) ?? '',
    ),
    ...serviceProblems(http, file.values, environment.values),
    ...proxyProblems(sources),
  ];
  refuse([...file.problems, ...environment.problems, ...keys.problems, ...database.problems, ...combined], missing);
  const widths = value('widths') ?? ['1d'];
  const datasets = datasetSettings(widths, value('start'), file.values.datasets ?? {});
  return {
    organizations: keys.organizations.map((organization) => ({ ...organization, datasets })),
    baseUrl: value('base_url') ?? settings.base_url.default,
    databaseUrl: database.url,
    dataDir: dataDirOf(environment.values.data_dir, file.values.data_dir, sources.cwd, fileFolder),
    concurrency: value('concurrency') ?? 4,
    rereadRows: value('reread_rows') ?? 200_000,
    retryTotalSeconds: value('retry_total_seconds') ?? 900,
    logLevel: sources.overrides?.logLevel ?? value('log_level') ?? 'info',
    directory: { hours: value('directory_hours') ?? 12, personalData: value('personal_data') ?? true },
    tieOut: value('tie_out') ?? 'closed',
    tierWeights: readTierWeights(file.values.tier_weights ?? [], {
      batch: value('batch_weight_thousandths'),
      flex: value('flex_weight_thousandths'),
      fast: value('priority_weight_thousandths'),
    }),
    schedules: readSchedules(file.values.schedules ?? null, {
      cron: value('schedule') ?? settings.schedule.default,
      timezone: value('timezone') ?? settings.timezone.default,
    }),
    http,
    alerts: {
      webhookUrl: value('webhook_url'),
      freshnessHours: value('freshness_hours') ?? 30,
      restatementAlert: value('restatement_alert') ?? settings.restatement_alert.default,
    },
    configFile: document?.file ?? null,
  };
}

function findDocument({ env, cwd, configFile }: ConfigSources): ConfigDocument | null {
  if (configFile === null) return null;
  const named = configFile ?? env['USAGE_ETL_CONFIG']?.trim();
  if (named) return readDocument(resolve(cwd, named), named);
  const usual = resolve(cwd, defaultConfigFile);
  return existsSync(usual) ? readDocument(usual, defaultConfigFile, 'found') : null;
}

function readFileValues(
  document: ConfigDocument | null,
  now: Date,
): { values: FileValues; problems: readonly Problem[] } {
  if (document === null) return { values: {}, problems: [] };
  if (document.problems.length > 0) return { values: {}, problems: document.problems };
  const parsed = fileSchema(catalog, now).safeParse(document.value);
  if (parsed.success) return { values: parsed.data, problems: [] };
  const place = {
    locate: document.locate,
    input: document.value,
    isSecret: ([name]: readonly PropertyKey[]) => isSecretSetting(name),
  };
  return { values: {}, problems: problemsOf(parsed.error, place) };
}

function readEnvironment(env: Environment, now: Date) {
  const schema = z.object(settingSchemas(now));
  const given = Object.entries(settings).flatMap(([name, { env: variable }]) => {
    const text = variable === null ? undefined : env[variable];
    return text === undefined || text.trim() === '' ? [] : [[name, text] as const];
  });
  const input = Object.fromEntries(given);
  const parsed = schema.safeParse(input);
  if (parsed.success) return { values: parsed.data, problems: [] };
  const values: z.output<typeof schema> = {};
  const place = {
    locate: ([name]: readonly PropertyKey[]) => (isSettingName(name) ? (settings[name].env ?? name) : String(name)),
    input,
    isSecret: ([name]: readonly PropertyKey[]) => isSecretSetting(name),
  };
  return { values, problems: problemsOf(parsed.error, place) };
}

function refuse(problems: readonly Problem[], missing: readonly string[]): void {
  const absent = missing.map((where) => problem(where, 'no key', 'an admin key (sk-admin-…)'));
  if (problems.length > 0) throw new ConfigError('config_invalid', [...problems, ...absent]);
  if (absent.length > 0) throw new ConfigError('key_missing', absent);
}

/** What is wrong between settings that are each right. */
function serviceProblems(
  { host, token }: HttpSettings,
  file: Pick<FileValues, 'schedule' | 'schedules'>,
  environment: { readonly schedule?: string | null | undefined },
): readonly Problem[] {
  const open = isLoopback(host) || token !== null;
  const twice = file.schedules && (file.schedule || environment.schedule);
  return [
    ...(open
      ? []
      : [problem('http_host', `${host} is open to others, without http_token`, 'a token as well, or 127.0.0.1')]),
    ...(twice ? [problem('schedule, schedules', 'both are set', 'one of the two')] : []),
  ];
}

function proxyProblems({ env, needsKey }: ConfigSources): readonly Problem[] {
  if (needsKey === false) return [];
  return brokenProxies(env).map((variable) => problem(variable, 'received something else', proxyForm));
}

function isSettingName(name: PropertyKey | undefined): name is SettingName {
  return typeof name === 'string' && Object.hasOwn(settings, name);
}

function isSecretSetting(name: PropertyKey | undefined): boolean {
  return isSettingName(name) && settings[name].secret;
}

/** A folder named in the file is meant from the file, so that it is the same from every working directory. */
function dataDirOf(
  fromEnvironment: string | null | undefined,
  fromFile: string | null | undefined,
  cwd: string,
  fileFolder: string,
): string {
  if (fromEnvironment) return resolve(cwd, fromEnvironment);
  return fromFile ? resolve(fileFolder, fromFile) : resolve(cwd, settings.data_dir.default);
}
