import { ConfigError, type MapEntry, owned, ownedColumns, type Problem, problem, readMapping } from '../config.ts';
import type { Store } from '../db/store.ts';
import { inTransaction } from '../db/store.ts';
import { exitCode } from '../errors.ts';
import { type MappedProject, type ProjectMapping, readProjects, writeMapping } from '../load/mapping.ts';

export type { MappedProject } from '../load/mapping.ts';

/** What a mapping changes of one project. */
export interface MapChange extends MappedProject {
  /** By column: before and after; null for nothing said. */
  readonly changes: Readonly<Record<string, readonly [before: string | null, after: string | null]>>;
}

/** An entry for which there is no project. */
export interface MapUnmatched {
  readonly where: string;
  readonly org_id: string | null;
  readonly project_id: string | null;
  readonly project_name: string | null;
}

/** What `map` came to. */
export interface MapReport {
  readonly status: 'ok' | 'partial';
  /** True when nothing was written. */
  readonly dry_run: boolean;
  readonly changed: readonly MapChange[];
  readonly unchanged: number;
  readonly unmatched: readonly MapUnmatched[];
  readonly exit_code: number;
}

/** What `map` is asked for. */
export interface MapOptions {
  /** As it was named; its ending decides how the text is read. */
  readonly file: string;
  readonly text: string;
  readonly dryRun: boolean;
  /** Names; null for all. */
  readonly organizations: readonly string[] | null;
}

/**
 * Writes team, cost center and environment of projects from a mapping; projects and columns that it does not name stay
 * as they are, an empty cell clears. Rejects with ConfigError (`mapping_invalid`) with everything that is wrong with the
 * file, and then nothing is written. Entries without a project are reported, exit code 3, and the rest is written.
 */
export async function runMap({ pool }: Pick<Store, 'pool'>, options: MapOptions): Promise<MapReport> {
  const { entries, problems } = readMapping(options.file, options.text);
  return await inTransaction(pool, async (client) => {
    const projects = await readProjects(client, options.organizations, !options.dryRun);
    const plan = planMapping(entries, projects);
    const wrong = [...problems, ...plan.problems];
    if (wrong.length > 0) throw new ConfigError('mapping_invalid', wrong);
    if (!options.dryRun && plan.changed.length > 0) await writeMapping(client, plan.changed.map(mappingOf));
    const { changed, unchanged, unmatched } = plan;
    const whole = unmatched.length === 0;
    const status = whole ? 'ok' : 'partial';
    return { status, dry_run: options.dryRun, changed, unchanged, unmatched, exit_code: exitCode[status] };
  });
}

/** The mapping as it is, to start one from. */
export async function exportMap(
  { pool }: Pick<Store, 'pool'>,
  organizations: readonly string[] | null,
): Promise<readonly MappedProject[]> {
  return await readProjects(pool, organizations, false);
}

interface MapPlan {
  readonly changed: readonly MapChange[];
  readonly unchanged: number;
  readonly unmatched: readonly MapUnmatched[];
  readonly problems: readonly Problem[];
}

/** What a mapping means for the projects there are. */
function planMapping(entries: readonly MapEntry[], projects: readonly MappedProject[]): MapPlan {
  const problems: Problem[] = [];
  const unmatched: MapUnmatched[] = [];
  const chosen = new Map<MappedProject, MapEntry>();
  for (const entry of entries) {
    const meant = projects.filter((project) => isMeant(entry, project));
    const [project] = meant;
    const taken = project === undefined ? undefined : chosen.get(project);
    if (project === undefined) unmatched.push(unmatchedOf(entry));
    else if (meant.length > 1) problems.push(ambiguous(entry, meant));
    else if (taken !== undefined)
      problems.push(problem(entry.where, `the project of ${taken.where} again`, 'one entry'));
    else chosen.set(project, entry);
  }
  const changes = [...chosen].map(([project, entry]) => changeOf(project, entry));
  const changed = changes.filter((change) => Object.keys(change.changes).length > 0);
  return { changed, unchanged: changes.length - changed.length, unmatched, problems };
}

/** The id decides where there is one: a name beside it is for people. */
function isMeant({ values }: MapEntry, project: MappedProject): boolean {
  if (values.org_id && values.org_id !== project.org_id) return false;
  if (values.project_id) return values.project_id === owned(project.project_id);
  return project.project_name !== null && values.project_name === owned(project.project_name);
}

function ambiguous({ where }: MapEntry, meant: readonly MappedProject[]): Problem {
  const ids = meant.map(({ org_id, project_id }) => `${project_id} of ${org_id}`).join(', ');
  return problem(where, `${meant.length} projects are meant (${ids})`, 'project_id, or org_id as well');
}

function unmatchedOf({ where, values }: MapEntry): MapUnmatched {
  const { org_id, project_id, project_name } = values;
  return { where, org_id: org_id || null, project_id: project_id || null, project_name: project_name || null };
}

function changeOf(project: MappedProject, { values }: MapEntry): MapChange {
  const after = Object.fromEntries(
    ownedColumns.map((column) => [column, values[column] === undefined ? project[column] : values[column] || null]),
  );
  const differing = ownedColumns.filter((column) => after[column] !== project[column]);
  const changes = differing.map((column) => [column, [project[column], after[column] ?? null] as const] as const);
  return { ...project, ...after, changes: Object.fromEntries(changes) };
}

function mappingOf({ org_id, project_id, team, cost_center, environment }: MapChange): ProjectMapping {
  return { org_id, project_id, team, cost_center, environment };
}
