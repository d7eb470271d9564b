import {
  type Config,
  ConfigError,
  datasetNames,
  instantForm,
  type Problem,
  parseInstant,
  problem,
  quoted,
} from '../config.ts';

/** The options that choose what to work on, as commander hands them over. */
export interface SelectionFlags {
  readonly dataset?: readonly string[];
  readonly org?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

/** What to work on: null means all, or no bound. */
export interface Selection {
  readonly datasets: readonly string[] | null;
  readonly organizations: readonly string[] | null;
  /** Inclusive. */
  readonly from: Date | null;
  /** Exclusive. */
  readonly to: Date | null;
}

/** Checks the selection against what is configured. Throws ConfigError (`arguments_invalid`) with every problem. */
export function readSelection(flags: SelectionFlags, config: Config, now: Date): Selection {
  const datasets = namesIn(flags.dataset);
  const organizations = namesIn(flags.org);
  const problems: Problem[] = [
    ...(datasets ?? []).flatMap((name) => datasetProblem(name, config)),
    ...unknownNames(
      '--org',
      organizations,
      config.organizations.map(({ name }) => name),
    ),
  ];
  const from = readInstant('--from', flags.from, problems);
  const to = readInstant('--to', flags.to, problems);
  if (from !== null && from > now)
    problems.push(problem('--from', `received ${quoted(flags.from)}`, 'an instant that has passed'));
  if (from !== null && to !== null && from >= to)
    problems.push(problem('--to', 'not after --from', 'an instant after --from; it is exclusive'));
  if (problems.length > 0) throw new ConfigError('arguments_invalid', problems);
  return { datasets, organizations, from, to };
}

/** Names may also be given with commas, as in USAGE_ETL_WIDTHS. */
function namesIn(given: readonly string[] | undefined): readonly string[] | null {
  if (given === undefined) return null;
  return [...new Set(given.flatMap((text) => text.split(',')).map((name) => name.trim()))].filter(
    (name) => name !== '',
  );
}

function datasetProblem(name: string, config: Config): readonly Problem[] {
  const unknown = unknownNames('--dataset', [name], datasetNames);
  if (unknown.length > 0) return unknown;
  const loaded = config.organizations.some(({ datasets }) => datasets.some(({ dataset }) => dataset.name === name));
  return loaded
    ? []
    : [problem('--dataset', `${name} is switched off in the configuration`, 'a dataset that is enabled')];
}

function unknownNames(option: string, given: readonly string[] | null, names: readonly string[]): readonly Problem[] {
  return (given ?? [])
    .filter((name) => !names.includes(name))
    .map((name) => problem(option, `received ${quoted(name)}`, names.join(', '), { name, names }));
}

function readInstant(option: string, text: string | undefined, problems: Problem[]): Date | null {
  if (text === undefined) return null;
  const instant = parseInstant(text);
  if (instant === null) problems.push(problem(option, `received ${quoted(text)}`, instantForm));
  return instant;
}
