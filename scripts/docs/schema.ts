import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { factColumns } from '../../src/catalog/fact-table.ts';
import { datasets } from '../../src/catalog/index.ts';
import { code, sections, table } from './markdown.ts';

const folder = join(import.meta.dirname, '../../migrations');

/** The columns every fact table has, in order, with the dataset's own in one line. */
export function factColumnsTable(): string {
  const [dataset] = datasets;
  if (dataset === undefined) return '';
  const own = new Set<string>(dataset.columns.map(({ name }) => name));
  const rows = factColumns(dataset).map(({ name, type, nullable, comment }) =>
    own.has(name) ? null : [code(name), type, nullable ? 'yes' : 'no', comment],
  );
  const firstOwn = rows.indexOf(null);
  const common = rows.filter((row) => row !== null);
  const between = ['…', '', '', 'The dimensions, attributes and measures of the dataset.'];
  return table(['column', 'type', 'null', 'meaning'], common.toSpliced(firstOwn, 0, between));
}

/** The tables of schema openai_etl with the comments that the migrations give them. */
export async function operationsTables(): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const sql = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
  const comments = new Map(
    [...sql.matchAll(/^comment on (?:table|column) (\S+) is '((?:[^']|'')*)';$/gm)].map(([, name = '', text = '']) => [
      name,
      text.replaceAll("''", "'"),
    ]),
  );
  const tables = [...sql.matchAll(/^create table (?:if not exists )?(openai_etl\.\w+) \(\n([\s\S]*?)^\);$/gm)];
  return sections(
    ...tables.map(([, name = '', body = '']) =>
      sections(`### ${name}`, comments.get(name) ?? '', columnsTable(name, body, comments)),
    ),
  );
}

/** Columns are the lines that start with two spaces and a name; everything after the type is not for readers. */
function columnsTable(name: string, body: string, comments: ReadonlyMap<string, string>): string {
  const columns = [...body.matchAll(/^ {2}(\w+) ((?:double precision|\w+)(?:\[\])?)(.*)$/gm)].filter(
    ([, column]) => !['primary', 'unique', 'check', 'foreign', 'constraint'].includes(column ?? ''),
  );
  return table(
    ['column', 'type', 'null', 'meaning'],
    columns.map(([, column = '', type = '', rest = '']) => [
      code(column),
      type,
      /not null|primary key/.test(rest) || isInKey(body, column) ? 'no' : 'yes',
      comments.get(`${name}.${column}`) ?? '',
    ]),
  );
}

function isInKey(body: string, column: string): boolean {
  const key = /^ {2}primary key \(([^)]*)\)/m.exec(body)?.[1] ?? '';
  return key.split(', ').includes(column);
}
