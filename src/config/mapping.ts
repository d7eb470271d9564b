import { CsvError, parse } from 'csv-parse/sync';
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type Problem, problem, quoted } from './problem.ts';

/** What the users of the store say of a project. */
export const ownedColumns = ['team', 'cost_center', 'environment'] as const;

/** What a mapping may hold. */
export const mapColumns = ['org_id', 'project_id', 'project_name', ...ownedColumns] as const;

/** One column of a mapping. */
export type MapColumn = (typeof mapColumns)[number];

/** One line of a mapping: what the file says, an empty text for an empty cell. Columns that are absent say nothing. */
export interface MapEntry {
  /** Where it stands, as `FILE:LINE`. */
  readonly where: string;
  readonly values: Readonly<Partial<Record<MapColumn, string>>>;
}

/** A mapping as read, with everything that is wrong with it. */
export interface Mapping {
  readonly entries: readonly MapEntry[];
  readonly problems: readonly Problem[];
}

const longestValue = 200;

/** Reads the text of a mapping: YAML where the name of the file ends so, else CSV with a header line. Never throws. */
export function readMapping(file: string, text: string): Mapping {
  const read = /\.ya?ml$/i.test(file) ? readYaml(file, text) : readCsv(file, text);
  const problems = [...read.problems, ...read.entries.flatMap(entryProblems)];
  if (read.entries.length === 0 && problems.length === 0)
    return { entries: [], problems: [problem(file, 'no projects', 'a line for each project')] };
  return { entries: read.entries, problems };
}

function readCsv(file: string, text: string): Mapping {
  let records: readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true };
    // The types of the package know nothing of what `info` adds.
    records = parse(text, { ...options, delimiter: delimiterOf(text) }) as unknown as typeof records;
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    return { entries: [], problems: [problem(file, `malformed CSV (${thrown.message})`, 'well-formed CSV')] };
  }
  const [header, ...lines] = records;
  const names = (header?.record ?? []).map((name) => name.toLowerCase());
  const headerProblems = nameProblems(`${file}:1`, names);
  if (headerProblems.length > 0) return { entries: [], problems: headerProblems };
  const problems: Problem[] = [];
  const entries = lines.flatMap(({ record, info }): readonly MapEntry[] => {
    const where = `${file}:${info.lines}`;
    if (record.length !== names.length) {
      problems.push(problem(where, `${record.length} cells`, `${names.length}, as in the header`));
      return [];
    }
    return [{ where, values: Object.fromEntries(names.map((name, at) => [name, unguarded(record[at] ?? '')])) }];
  });
  return { entries, problems };
}

/** Spreadsheets write semicolons in half of the world, and tabs when text is copied out of them. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split(/\r?\n/, 1);
  return [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ',';
}

/** The export puts an apostrophe before what a spreadsheet would take for a formula. */
function unguarded(text: string): string {
  return /^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}

/** A cell that no spreadsheet takes for a formula: names of projects come from whoever may name one. */
export function guarded(text: string): string {
  return /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function readYaml(file: string, text: string): Mapping {
  const lines = new LineCounter();
  // Every value as it is written: 0042 is a cost center, not a number.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'failsafe' });
  const [broken] = document.errors;
  const lineOf = (offset: number | undefined) => `${file}:${lines.linePos(offset ?? 0).line}`;
  if (broken !== undefined) {
    const where = lineOf(broken.pos[0]);
    return { entries: [], problems: [problem(where, `malformed YAML (${broken.message})`, 'well-formed YAML')] };
  }
  const list = isMap(document.contents) ? document.contents.get('projects') : document.contents;
  if (!isSeq(list)) {
    return { entries: [], problems: [problem(file, 'no list', 'a list of projects, or one under projects:')] };
  }
  const problems: Problem[] = [];
  const entries = list.items.flatMap((item): readonly MapEntry[] => {
    const where = lineOf(isMap(item) || isScalar(item) ? item.range?.[0] : undefined);
    if (!isMap(item)) {
      problems.push(problem(where, 'not a mapping', `a mapping of ${mapColumns.join(', ')}`));
      return [];
    }
    const pairs = item.items.map(({ key, value }) => [scalarText(key), scalarText(value)] as const);
    const wrong = nameProblems(where, [...pairs.map(([name]) => name ?? '')]);
    const nested = pairs.filter(([, value]) => value === null);
    problems.push(...wrong, ...nested.map(([name]) => problem(`${where} ${name ?? ''}`, 'not a text', 'a text')));
    return wrong.length + nested.length > 0 ? [] : [{ where, values: Object.fromEntries(pairs) }];
  });
  return { entries, problems };
}

function scalarText(node: unknown): string | null {
  if (node === null) return '';
  return isScalar(node) ? String(node.value ?? '').trim() : null;
}

/** What is wrong with the names of a header, or of one entry. */
function nameProblems(where: string, names: readonly string[]): readonly Problem[] {
  const accepted = mapColumns.join(', ');
  const known: readonly string[] = mapColumns;
  const unknown = names.filter((name) => !known.includes(name));
  const repeated = names.filter((name, at) => known.includes(name) && names.indexOf(name) !== at);
  return [
    ...unknown.map((name) => problem(where, `unknown name ${quoted(name)}`, accepted, { name, names: known })),
    ...repeated.map((name) => problem(where, `${name} twice`, `${name} once`)),
    ...(names.includes('project_id') || names.includes('project_name')
      ? []
      : [problem(where, 'neither project_id nor project_name', 'one of them')]),
    ...(ownedColumns.some((name) => names.includes(name))
      ? []
      : [problem(where, 'nothing to say of a project', `one of ${ownedColumns.join(', ')}`)]),
  ];
}

function entryProblems({ where, values }: MapEntry): readonly Problem[] {
  const nameless =
    values.project_id || values.project_name
      ? []
      : [problem(where, 'neither project_id nor project_name', 'one of them')];
  const bad = Object.entries(values).flatMap(([name, value]) =>
    value.length <= longestValue && !/\p{Cc}/u.test(value)
      ? []
      : [problem(`${where} ${name}`, quoted(value), `a text of one line, at most ${longestValue} characters`)],
  );
  return [...nameless, ...bad];
}
