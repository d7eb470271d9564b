import { type Dataset, dimensionsOf, widthsOf } from '../catalog/dataset.ts';
import { datasets as catalog } from '../catalog/index.ts';
import { type Width, widthSeconds } from '../catalog/width.ts';
import type { DatasetSettings } from '../config.ts';
import { type Environment, type KeyReading, keyFromEnvironment, keyFromFile } from './admin-key.ts';
import type { DatasetBlock, FileValues, OrganizationBlock } from './file-schema.ts';
import { type Problem, problem } from './problem.ts';

/** First date to load when none is set, in days back from now: what fits into a handful of requests a dataset. */
const defaultDays: Readonly<Record<Width, number>> = { '1d': 365, '1h': 30, '1m': 2 };

/** The organization's name where the configuration names none. */
const defaultOrganizationName = 'default';

/** An organization's name and key. The key is empty where none was found. */
export interface NamedKey {
  readonly name: string;
  readonly adminKey: string;
}

/** Where keys are looked for. */
export interface KeySources {
  readonly env: Environment;
  readonly cwd: string;
  /** Folder that file names in the configuration file are relative to. */
  readonly fileFolder: string;
  readonly locate: (path: readonly PropertyKey[]) => string;
}

/** The organizations with their keys, and what is wrong with those. Without a list in the file there is one. */
export function readOrganizations(blocks: readonly OrganizationBlock[] | null, sources: KeySources) {
  const readings =
    blocks === null ? [fromEnvironment(sources)] : blocks.map((block, index) => fromBlock(block, index, sources));
  const problems = readings.flatMap((reading) => ('problem' in reading.key ? [reading.key.problem] : []));
  const missing = readings.flatMap((reading) => ('missing' in reading.key ? [reading.where] : []));
  const organizations = readings.map(({ name, key }): NamedKey => ({ name, adminKey: 'key' in key ? key.key : '' }));
  return {
    organizations,
    missing,
    problems: [...problems, ...repeatedNames(blocks ?? [], sources), ...repeatedKeys(organizations, sources)],
  };
}

interface Reading {
  readonly name: string;
  readonly where: string;
  readonly key: KeyReading;
}

function fromEnvironment({ env, cwd }: KeySources): Reading {
  const where = 'OPENAI_ADMIN_KEY';
  const named = (key: KeyReading): Reading => ({ name: defaultOrganizationName, where, key });
  const direct = keyFromEnvironment(env, where);
  const file = env['OPENAI_ADMIN_KEY_FILE']?.trim();
  if (!file) return named(direct);
  if (!('missing' in direct)) {
    return named({ problem: problem(`${where}, ${where}_FILE`, 'both are set', 'one of the two') });
  }
  return named(keyFromFile(`${where}_FILE`, file, cwd));
}

function fromBlock(block: OrganizationBlock, index: number, sources: KeySources): Reading {
  const { name, admin_key_env: variable, admin_key_file: file } = block;
  const where = sources.locate(['organizations', index]);
  const named = (key: KeyReading): Reading => ({ name, where, key });
  if (variable && file) return named({ problem: problem(where, 'admin_key_env and admin_key_file', 'one of the two') });
  if (variable) return { ...named(keyFromEnvironment(sources.env, variable)), where: `${where} (${variable})` };
  if (file) {
    return named(keyFromFile(sources.locate(['organizations', index, 'admin_key_file']), file, sources.fileFolder));
  }
  return named({ problem: problem(where, 'no key', 'admin_key_env (a variable) or admin_key_file (a file)') });
}

function repeatedNames(blocks: readonly OrganizationBlock[], { locate }: KeySources): Problem[] {
  return blocks.flatMap(({ name }, index) =>
    blocks.findIndex((block) => block.name === name) === index
      ? []
      : [problem(locate(['organizations', index, 'name']), `the name ${name} again`, 'names that differ')],
  );
}

/** One key is one organization: under two names every bill would count twice. */
function repeatedKeys(organizations: readonly NamedKey[], { locate }: KeySources): Problem[] {
  return organizations.flatMap(({ name, adminKey }, index) => {
    const first = organizations.findIndex((one) => one.adminKey === adminKey);
    const other = organizations[first]?.name ?? '';
    if (adminKey === '' || first === index || other === name) return [];
    return [problem(locate(['organizations', index]), `the admin key of ${other} again`, 'an organization of its own')];
  });
}

/** What to read of every dataset that is not switched off, at every width, in the order of the catalog. */
export function datasetSettings(
  widths: readonly Width[],
  start: Date | null,
  blocks: NonNullable<FileValues['datasets']>,
): readonly DatasetSettings[] {
  return catalog.flatMap((dataset) => {
    const block = blocks[dataset.name] ?? {};
    if (block.enabled === false) return [];
    return widthsToLoad(dataset, block.widths ?? widths).map((width) => settingsOf(dataset, width, start, block));
  });
}

/** A dataset that exists at none of the widths asked for, as costs may, loads at those it has. */
function widthsToLoad(dataset: Dataset, asked: readonly Width[]): readonly Width[] {
  const possible = widthsOf(dataset).filter((width) => asked.includes(width));
  return possible.length > 0 ? possible : widthsOf(dataset);
}

function settingsOf(dataset: Dataset, width: Width, start: Date | null, block: DatasetBlock): DatasetSettings {
  const dimensions = dimensionsOf(dataset).map(({ name }) => name);
  const wanted = block.group_by ?? dimensions;
  const given = Object.entries(block.filters ?? {});
  return {
    dataset,
    width,
    groupBy: dimensions.filter((name) => wanted.includes(name)),
    filters: Object.fromEntries(
      given.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value]])),
    ),
    start: block.start ?? start,
    defaultDays: defaultDays[width],
    settleSeconds: settleSecondsOf(dataset, width, block),
  };
}

function settleSecondsOf(dataset: Dataset, width: Width, { settle_days: days }: DatasetBlock): number {
  if (days !== null && days !== undefined) return Math.round(days * widthSeconds['1d']);
  const seconds = dataset.settleSeconds[width];
  if (seconds === undefined) throw new RangeError(`${dataset.name} does not say when width ${width} is settled`);
  return seconds;
}
