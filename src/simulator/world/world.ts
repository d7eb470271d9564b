import type { Dataset } from '../../catalog/dataset.ts';
import { EtlError } from '../../errors.ts';
import { costsPath, type Endpoint, endpointsOf, newestLevel } from '../endpoint.ts';
import type { Story } from '../story/index.ts';
import { activityOf, type DayNumber } from './activity.ts';
import type { Atom } from './atom.ts';
import { billOf } from './billing.ts';
import { chargedDatasets } from './charges.ts';
import { type Organization, organizationOf } from './organization.ts';
import { checkRestatement, type Restatement, restated } from './restatement.ts';
import { seriesOf } from './series.ts';

/** Seconds in a UTC day. */
export const daySeconds = 86_400;

/** About 50 MB of atoms are kept; the rest is drawn again when asked for. */
const atomsKept = 200_000;

/** The truth behind the answers: what every endpoint's groups did on every day. */
export interface World {
  readonly organization: Organization;
  /** The endpoint at a path with every column there is. Throws `arguments_invalid` for a path it does not know. */
  endpointAt(path: string): Endpoint;
  /** What happened on a UTC day, in order of the minute. */
  atomsOf(path: string, day: DayNumber): readonly Atom[];
  /** Throws `arguments_invalid`, and changes nothing, for an unknown dataset or column. */
  restate(restatements: readonly Restatement[]): void;
}

/** What a world follows from. */
export interface WorldOptions {
  readonly seed: number;
  readonly datasets: readonly Dataset[];
  readonly groupsPerDataset: number | undefined;
  /** Nothing happened before this UTC day. */
  readonly firstDay: Date | undefined;
  /** What happened, where it is not drawn by the seed alone. */
  readonly story?: Story | null;
}

/** A world that draws days when they are asked for. */
export function createWorld({ seed, datasets, groupsPerDataset, firstDay, story = null }: WorldOptions): World {
  const endpoints = endpointsOf(datasets, newestLevel);
  const organization = story?.organization ?? organizationOf(seed, groupsPerDataset ?? 0);
  const kept = createAtomCache();
  const restatements = new Map<string, Restatement[]>();
  const first = firstDay === undefined ? Number.NEGATIVE_INFINITY : dayOf(firstDay);

  const endpointAt = (path: string) => {
    const endpoint = endpoints.get(path);
    if (endpoint === undefined) throw new EtlError('arguments_invalid', `the simulator has no endpoint at ${path}`);
    return endpoint;
  };

  const atomsOf = (path: string, day: DayNumber): readonly Atom[] => {
    const key = dayKey(path, day);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const drawn = day < first ? [] : (sources.get(path)?.(day) ?? []);
    const changes = restatements.get(key);
    const atoms = changes === undefined ? drawn : restated(endpointAt(path), drawn, changes);
    kept.set(key, atoms);
    return atoms;
  };

  const sources = sourcesOf(endpoints, organization, { seed, groups: groupsPerDataset, atomsOf, story });

  return {
    organization,
    endpointAt,
    atomsOf,
    restate: (changes) => {
      const placed = changes.map((change) => ({ change, path: pathOf(endpoints, change.dataset) }));
      for (const { change, path } of placed) checkRestatement(endpointAt(path), change);
      for (const { change, path } of placed) {
        const key = dayKey(path, dayOf(change.day));
        restatements.set(key, [...(restatements.get(key) ?? []), change]);
        kept.delete(key);
        kept.delete(dayKey(costsPath, dayOf(change.day)));
      }
    },
  };
}

interface SourceOptions {
  readonly seed: number;
  readonly groups: number | undefined;
  readonly atomsOf: World['atomsOf'];
  readonly story: Story | null;
}

/** How each path's days are drawn, before restatements. */
function sourcesOf(
  endpoints: ReadonlyMap<string, Endpoint>,
  organization: Organization,
  { seed, groups, atomsOf, story }: SourceOptions,
): ReadonlyMap<string, (day: DayNumber) => readonly Atom[]> {
  const charged = [...endpoints.values()].filter(
    ({ path, datasets: [first] }) => path !== costsPath && chargedDatasets.includes(first?.name ?? ''),
  );
  const usage = charged.map((endpoint) => ({ endpoint, atomsOf: (day: DayNumber) => atomsOf(endpoint.path, day) }));
  return new Map(
    [...endpoints.values()].map((endpoint) => [
      endpoint.path,
      endpoint.path === costsPath
        ? billOf(seed, endpoint, organization, usage)
        : (story?.activityOf(endpoint) ?? activityOf(seed, endpoint, seriesOf(seed, organization, endpoint, groups))),
    ]),
  );
}

function pathOf(endpoints: ReadonlyMap<string, Endpoint>, name: string): string {
  for (const { path, datasets } of endpoints.values()) {
    if (datasets.some((dataset) => dataset.name === name)) return path;
  }
  throw new EtlError('arguments_invalid', `the simulator has no dataset ${name}`);
}

/** The UTC day an instant lies in. */
function dayOf(instant: Date): DayNumber {
  return Math.floor(instant.getTime() / 1000 / daySeconds);
}

function dayKey(path: string, day: DayNumber): string {
  return `${day} ${path}`;
}

type AtomCache = Pick<Map<string, readonly Atom[]>, 'get' | 'set' | 'delete'>;

/** Keeps what was drawn last, up to a number of atoms. */
function createAtomCache(): AtomCache {
  const days = new Map<string, readonly Atom[]>();
  let size = 0;
  const drop = (key: string) => {
    const atoms = days.get(key);
    if (atoms !== undefined) size -= atoms.length + 1;
    return days.delete(key);
  };
  return {
    get: (key) => days.get(key),
    delete: drop,
    set: (key, atoms) => {
      drop(key);
      days.set(key, atoms);
      // An empty day takes room as well.
      size += atoms.length + 1;
      for (const oldest of days.keys()) {
        if (size <= atomsKept || oldest === key) break;
        drop(oldest);
      }
      return days;
    },
  };
}
