import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Dataset } from './catalog/dataset.ts';
import { datasets as catalog } from './catalog/index.ts';
import type { Width } from './catalog/width.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Environment } from './config/admin-key.ts';
import { type ConfigDocument, readDocument } from './config/document.ts';
import { type FileValues, fileSchema } from './config/file-schema.ts';
import { problemsOf } from './config/issues.ts';
import { datasetSettings, readOrganizations } from './config/organizations.ts';
import { ConfigError, type Problem, problem } from './config/problem.ts';
import { type SettingName, settingSchemas, settings } from './config/settings.ts';

export type { Environment } from './config/admin-key.ts';
export { instantForm, parseInstant } from './config/instant.ts';
export { ConfigError, type Problem, problem, quoted } from './config/problem.ts';
export { type Setting, settings } from './config/settings.ts';

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
}

/** The configuration with what only the program itself asks of it. */
export interface LoadedConfig extends Config {
  /** When the service syncs: a cron expression, in `timezone`. */
  readonly schedule: string;
  /** IANA name. */
  readonly timezone: string;
  /** The configuration file that was read; null when there is none. */
  readonly configFile: string | null;
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
  refuse([...file.problems, ...environment.problems, ...keys.problems], missing);
  const value = <K extends SettingName>(name: K) => environment.values[name] ?? file.values[name] ?? null;
  const widths = value('widths') ?? ['1d'];
  const datasets = datasetSettings(widths, value('start'), file.values.datasets ?? {});
  return {
    organizations: keys.organizations.map((organization) => ({ ...organization, datasets })),
    baseUrl: value('base_url') ?? settings.base_url.default,
    databaseUrl: value('database_url'),
    dataDir: dataDirOf(environment.values.data_dir, file.values.data_dir, sources.cwd, fileFolder),
    concurrency: value('concurrency') ?? 4,
    rereadRows: value('reread_rows') ?? 200_000,
    retryTotalSeconds: value('retry_total_seconds') ?? 900,
    logLevel: sources.overrides?.logLevel ?? value('log_level') ?? 'info',
    schedule: value('schedule') ?? settings.schedule.default,
    timezone: value('timezone') ?? settings.timezone.default,
    configFile: document?.file ?? null,
  };
}

function findDocument({ env, cwd, configFile }: ConfigSources): ConfigDocument | null {
  if (configFile === null) return null;
  const named = configFile ?? env['USAGE_ETL_CONFIG']?.trim();
  if (named) return readDocument(resolve(cwd, named), named);
  const usual = resolve(cwd, defaultConfigFile);
  return existsSync(usual) ? readDocument(usual, defaultConfigFile) : null;
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
