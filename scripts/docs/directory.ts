import { directoryLists } from '../../src/catalog/directory/index.ts';
import { directoryColumns } from '../../src/catalog/directory/table.ts';
import { directoryTables } from '../../src/catalog/directory/tables.ts';
import { code, sections, table } from './markdown.ts';

/** One line per list. */
export function directoryListsTable(): string {
  return table(
    ['list', 'reads', 'into', 'holds'],
    directoryLists.map(({ name, path, parameters, table: target, doc }) => {
      const query = new URLSearchParams(parameters).toString();
      return [code(name), code(`${path}${query === '' ? '' : `?${query}`}`), code(`openai.${target.name}`), doc];
    }),
  );
}

/** One section per table, with its columns. */
export function directorySections(): string {
  return sections(
    ...directoryTables.map((one) => {
      const columns = directoryColumns(one).map(({ name, type, nullable, comment }) => [
        code(name),
        type,
        nullable ? 'yes' : 'no',
        comment,
      ]);
      return sections(`### openai.${one.name}`, one.doc, table(['column', 'type', 'null', 'meaning'], columns));
    }),
  );
}
