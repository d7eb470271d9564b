import { type Problem, problem, quoted } from './problem.ts';
import { readTableFile, type TableEntry, type TableFile, type TableForm } from './table-file.ts';

/** What the users of the store say of a project. */
export const ownedColumns = ['team', 'cost_center', 'environment'] as const;

/** What a mapping may hold. */
export const mapColumns = ['org_id', 'project_id', 'project_name', ...ownedColumns] as const;

/** One column of a mapping. */
export type MapColumn = (typeof mapColumns)[number];

/** One line of a mapping. */
export type MapEntry = TableEntry<MapColumn>;

const longestValue = 200;

const form: TableForm<MapColumn> = {
  columns: mapColumns,
  needs: [
    { oneOf: ['project_id', 'project_name'], without: 'neither project_id nor project_name' },
    { oneOf: ownedColumns, without: 'nothing to say of a project' },
  ],
  lists: [],
  noun: 'projects',
};

/** Reads the text of a mapping: YAML where the name of the file ends so, else CSV with a header line. Never throws. */
export function readMapping(file: string, text: string): TableFile<MapColumn> {
  const { entries, problems } = readTableFile(file, text, form);
  return { entries, problems: [...problems, ...entries.flatMap(entryProblems)] };
}

function entryProblems({ where, values }: MapEntry): readonly Problem[] {
  const nameless =
    values.project_id || values.project_name
      ? []
      : [problem(where, 'neither project_id nor project_name', 'one of them')];
  // Ids and names of projects are the API's: they are only compared, and every project must come back from an export.
  const bad = ownedColumns.flatMap((name) => {
    const value = values[name] ?? '';
    return value.length <= longestValue && !/\p{Cc}/u.test(value)
      ? []
      : [problem(`${where} ${name}`, quoted(value), `a text of one line, at most ${longestValue} characters`)];
  });
  return [...nameless, ...bad];
}
