import { CsvError, parse } from 'csv-parse/sync';
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { owned } from './owned.ts';
import { type Problem, problem, quoted } from './problem.ts';

/** What a file of entries may hold. */
export interface TableForm<Column extends string> {
  readonly columns: readonly Column[];
  /** Of each of these, an entry must have one at least; how it is called when it has none. */
  readonly needs: readonly { readonly oneOf: readonly Column[]; readonly without: string }[];
  /** Columns of which the value may be a list in YAML. */
  readonly lists: readonly Column[];
  /** What the entries are, in the plural: the list may stand under this name in YAML. */
  readonly noun: string;
}

/** One entry: what the file says, an empty text for an empty cell. Columns that are absent say nothing. */
export interface TableEntry<Column extends string> {
  /** Where it stands, as `FILE:LINE`. */
  readonly where: string;
  readonly values: Readonly<Partial<Record<Column, string>>>;
}

/** A file of entries as read, with everything that is wrong with its form. */
export interface TableFile<Column extends string> {
  readonly entries: readonly TableEntry<Column>[];
  readonly problems: readonly Problem[];
}

/**
 * Reads a file of entries: YAML where its name ends so, else CSV with a header line. Every value is text as it is written;
 * a list in YAML is `{first,second}`, as PostgreSQL writes it. Never throws.
 */
export function readTableFile<Column extends string>(
  file: string,
  text: string,
  form: TableForm<Column>,
): TableFile<Column> {
  const read = /\.ya?ml$/i.test(file) ? readYaml(file, text, form) : readCsv(file, text, form);
  const empty = read.entries.length === 0 && read.problems.length === 0;
  return empty ? { entries: [], problems: [problem(file, `no ${form.noun}`, `one of the ${form.noun} a line`)] } : read;
}

/** What the parser gives with `info`, of which its types know nothing. */
const numberedRecords = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));

function readCsv<Column extends string>(file: string, text: string, form: TableForm<Column>): TableFile<Column> {
  let records: z.infer<typeof numberedRecords>;
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true };
    records = numberedRecords.parse(parse(text, { ...options, delimiter: delimiterOf(text) }));
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    return { entries: [], problems: [problem(file, `malformed CSV (${thrown.message})`, 'well-formed CSV')] };
  }
  const [header, ...lines] = records;
  const names = (header?.record ?? []).map((name) => name.toLowerCase());
  const headerProblems = nameProblems(`${file}:1`, names, form);
  if (headerProblems.length > 0) return { entries: [], problems: headerProblems };
  const problems: Problem[] = [];
  const entries = lines.flatMap(({ record, info }): readonly TableEntry<Column>[] => {
    const where = `${file}:${info.lines}`;
    if (record.length === names.length) return [entryOf(where, names, record.map(unguarded))];
    problems.push(problem(where, `${record.length} cells`, `${names.length}, as in the header`));
    return [];
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

/** A cell that no spreadsheet takes for a formula: names come from whoever may name something. */
export function guarded(text: string): string {
  return /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function readYaml<Column extends string>(file: string, text: string, form: TableForm<Column>): TableFile<Column> {
  const lines = new LineCounter();
  // Every value as it is written: 0042 is a cost center, not a number, and no digit of an amount is lost.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'failsafe' });
  const lineOf = (offset: number | undefined) => `${file}:${lines.linePos(offset ?? 0).line}`;
  const [broken] = document.errors;
  if (broken !== undefined) {
    const malformed = problem(lineOf(broken.pos[0]), `malformed YAML (${broken.message})`, 'well-formed YAML');
    return { entries: [], problems: [malformed] };
  }
  const list = isMap(document.contents) ? document.contents.get(form.noun) : document.contents;
  if (!isSeq(list)) {
    return { entries: [], problems: [problem(file, 'no list', `a list of ${form.noun}, or one under ${form.noun}:`)] };
  }
  const problems: Problem[] = [];
  const entries = list.items.flatMap((item): readonly TableEntry<Column>[] => {
    const where = lineOf(isMap(item) || isScalar(item) ? item.range?.[0] : undefined);
    if (!isMap(item)) {
      problems.push(problem(where, 'not a mapping', `a mapping of ${form.columns.join(', ')}`));
      return [];
    }
    const names = item.items.map(({ key }) => textOf(key) ?? '');
    const values = item.items.map(({ value }, at) => textOf(value, includes(form.lists, names[at])));
    const nested = names.filter((_, at) => values[at] === null);
    const wrong = [
      ...nameProblems(where, names, form),
      ...nested.map((name) => problem(`${where} ${name}`, 'not a text', 'a text')),
    ];
    problems.push(...wrong);
    return wrong.length > 0 ? [] : [entryOf(where, names, values)];
  });
  return { entries, problems };
}

/** The text of a scalar, or of a list of scalars where one may stand; else null. */
function textOf(node: unknown, listed = false): string | null {
  if (node === null) return '';
  if (isScalar(node)) return String(node.value ?? '').trim();
  if (!listed || !isSeq(node)) return null;
  const items = node.items.map((item) => textOf(item));
  return items.includes(null) ? null : `{${items.join(',')}}`;
}

/** The names have been checked against the columns. */
function entryOf<Column extends string>(
  where: string,
  names: readonly string[],
  values: readonly (string | null)[],
): TableEntry<Column> {
  const pairs = names.map((name, at) => [name, owned(values[at] ?? '')] as const);
  return { where, values: Object.fromEntries(pairs) as Partial<Record<Column, string>> };
}

/** What is wrong with the names of a header, or of one entry. */
function nameProblems<Column extends string>(
  where: string,
  names: readonly string[],
  { columns, needs }: TableForm<Column>,
): readonly Problem[] {
  const unknown = names.filter((name) => !includes(columns, name));
  const repeated = names.filter((name, at) => includes(columns, name) && names.indexOf(name) !== at);
  const missing = needs.filter(({ oneOf }) => !oneOf.some((name) => names.includes(name)));
  return [
    ...unknown.map((name) =>
      problem(where, `unknown name ${quoted(name)}`, columns.join(', '), { name, names: columns }),
    ),
    ...repeated.map((name) => problem(where, `${name} twice`, `${name} once`)),
    ...missing.map(({ oneOf, without }) =>
      problem(where, without, oneOf.length === 1 ? oneOf.join() : `one of ${oneOf.join(', ')}`),
    ),
  ];
}

function includes(names: readonly string[], name: string | undefined): boolean {
  return name !== undefined && names.includes(name);
}
