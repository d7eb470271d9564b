import { guarded, mapColumns, quoted } from '../../config.ts';
import type { MapChange, MappedProject, MapReport } from '../../run/map.ts';
import { counted } from '../numbers.ts';
import { printableValue } from '../printable.ts';
import type { Style } from '../style.ts';
import { answerCsv } from './query-answer.ts';

/** What a mapping changed, for people. */
export function mapText({ changed, unchanged, unmatched, dry_run: dryRun }: MapReport, style: Style): string {
  const lines = unmatched.map(
    ({ where, project_id, project_name }) => `  ${style.warn(where)}: ${quoted(project_id ?? project_name ?? '')}`,
  );
  return [
    ...changed.map((change) => changeText(change, style)),
    ...(lines.length === 0 ? [] : [[style.bold('No such project'), ...lines, `    → ${unmatchedRemedy}`].join('\n')]),
    `${counted(changed.length, 'project')} ${dryRun ? 'would be changed' : 'changed'}, ${unchanged} as the mapping says already`,
  ].join('\n\n');
}

const unmatchedRemedy =
  'Compare with usage-etl map --export; a new project is known after the next sync. The rest is not held up.';

function changeText({ project_id, project_name, changes }: MapChange, style: Style): string {
  const name = project_name === null ? '' : ` ${quoted(project_name)}`;
  const shown = (value: string | null) => (value === null ? '–' : quoted(value));
  const lines = Object.entries(changes).map(
    ([column, [before, after]]) => `  ${column}: ${style.dim(shown(before))} → ${shown(after)}`,
  );
  return [`${style.bold(project_id)}${name}`, ...lines].join('\n');
}

/** A name is the API's and for people, since the id decides; the rest goes back into the mapping as it is. */
function cell(column: (typeof mapColumns)[number], value: string): string {
  return guarded(column === 'project_name' ? printableValue(value) : value);
}

/** The mapping as it is, as CSV. The organization is named only where there are several. */
export function mapCsv(projects: readonly MappedProject[]): string {
  const several = new Set(projects.map(({ org_id }) => org_id)).size > 1;
  const columns = mapColumns.filter((name) => several || name !== 'org_id');
  return answerCsv({
    columns: columns.map((name) => ({ name, type: 'text' })),
    rows: projects.map((project) => columns.map((name) => (project[name] === null ? null : cell(name, project[name])))),
  });
}
