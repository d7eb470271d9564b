import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ContractLevel, contractLevels } from '../catalog/column.ts';
import { datasets } from '../catalog/index.ts';
import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import { type Simulator, startSimulator } from '../simulator/index.ts';

/** The key the simulator gives out. It opens nothing but a simulator. */
export const simulatorKey = 'sk-admin-simulator';

/** The contract levels a simulator can answer at, oldest first. */
export const simulatorLevels: readonly string[] = contractLevels;

/** How a simulator answers. */
export interface SimulateOptions {
  readonly clock: Clock;
  /** Null: any free port. */
  readonly port: number | null;
  readonly seed: number;
  /** True: the company of the demo in place of an organization drawn from the seed. */
  readonly story: boolean;
  /** Null: the newest. */
  readonly level: string | null;
  /** Days back from now that are answered; null: all. */
  readonly horizonDays: number | null;
  /** A folder of recorded pages, each file named after its dataset; null: none. */
  readonly replayFolder: string | null;
}

/** Serves the API's double on loopback. Rejects with `arguments_invalid` for a folder or port it cannot use. */
export async function simulate(options: SimulateOptions): Promise<Simulator> {
  const { clock, port, seed, story, level, horizonDays, replayFolder } = options;
  const replay = replayFolder === null ? null : recordedPages(replayFolder);
  try {
    return await startSimulator({
      clock,
      seed,
      story,
      adminKey: simulatorKey,
      ...(port === null ? {} : { port }),
      ...(level === null ? {} : { level: levelNamed(level) }),
      ...(horizonDays === null ? {} : { horizon: { days: horizonDays } }),
      ...(replay === null ? {} : { replay }),
    });
  } catch (thrown) {
    if (!isAddressInUse(thrown)) throw thrown;
    throw new EtlError('arguments_invalid', `port ${port} is in use`, { remedy: 'Choose another --port, or none.' });
  }
}

function levelNamed(name: string): ContractLevel {
  const level = contractLevels.find((known) => known === name);
  if (level === undefined) throw new RangeError(`no contract level ${name}`);
  return level;
}

/** Recorded pages by path. A file belongs to the dataset whose name its own begins with, dashes read as underscores. */
function recordedPages(folder: string): ReadonlyMap<string, string> {
  const files = jsonFiles(folder);
  if (files.length === 0)
    throw new EtlError('arguments_invalid', `${folder}: no .json files`, { remedy: replayRemedy });
  return new Map(files.map((file) => [pathOf(file), readFileSync(join(folder, file), 'utf8')]));
}

const replayRemedy = 'Name a folder with one recorded page a file, such as completions-2025-01.json.';

function jsonFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .sort();
  } catch (thrown) {
    throw new EtlError('arguments_invalid', `${folder}: cannot be read`, { cause: thrown, remedy: replayRemedy });
  }
}

function pathOf(file: string): string {
  const stem = basename(file, '.json').replaceAll('-', '_');
  const named = datasets
    .filter(({ name }) => stem === name || stem.startsWith(`${name}_`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
  if (named !== undefined) return named.path;
  throw new EtlError('arguments_invalid', `${file}: begins with no dataset's name`, { remedy: replayRemedy });
}

function isAddressInUse(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'EADDRINUSE' || thrown.code === 'EACCES');
}
