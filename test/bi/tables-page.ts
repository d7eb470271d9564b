import type pg from 'pg';
import { code, sections, table } from '../../scripts/docs/markdown.ts';

interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly comment: string }[];
}

interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly result: string;
  readonly comment: string;
}

const relationsSql = `
  select n.nspname as schema, c.relname as name, coalesce(obj_description(c.oid, 'pg_class'), '') as comment,
    json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
      'comment', coalesce(col_description(c.oid, attnum), '')) order by attnum) as columns
  from pg_class c join pg_namespace n on n.oid = relnamespace join pg_attribute a on a.attrelid = c.oid and attnum > 0
  where relkind = 'v' and nspname = any($1) group by n.nspname, c.oid, c.relname order by 1, 2`;

const routinesSql = `
  select n.nspname as schema, format('%s(%s)', proname, pg_get_function_arguments(p.oid)) as name,
    pg_get_function_result(p.oid) as result, coalesce(obj_description(p.oid, 'pg_proc'), '') as comment
  from pg_proc p join pg_namespace n on n.oid = pronamespace where nspname = any($1) order by 1, 2`;

const schemas = ['openai_bi', 'openai_focus'];

/** The page of every view and function that BI tools may read, with the comments the database has of them. */
export async function tablesPage(pool: pg.Pool): Promise<string> {
  const relations = (await pool.query<Relation>(relationsSql, [schemas])).rows;
  const routines = (await pool.query<Routine>(routinesSql, [schemas])).rows;
  const parts = schemas.flatMap((schema) => [
    `## Schema ${schema}`,
    ...relations.filter((relation) => relation.schema === schema).map(relationSection),
    ...routines.filter((routine) => routine.schema === schema).map(routineSection),
  ]);
  return `${sections(
    '# Views',
    'What BI tools read: every view and function of `openai_bi` and `openai_focus`, with the comments that the database itself has of them (`\\d+ openai_bi.usage_daily`). The role `openai_reader` of `roles.sql` may read all of it and nothing else.',
    'A *flow* adds up over everything. A *level* adds up over projects, never over time. What is *overlapping* is already counted in another column: never add the two. Money never adds up across currencies. Columns are only ever added; those that are here stay.',
    'Generated from a migrated database: `npx vitest run test/bi/tables.test.ts -u`.',
    ...parts,
  )}\n`;
}

function relationSection({ schema, name, comment, columns }: Relation): string {
  return sections(
    `### ${schema}.${name}`,
    comment,
    table(
      ['column', 'type', 'meaning'],
      columns.map((column) => [code(column.name), column.type, column.comment]),
    ),
  );
}

function routineSection({ schema, name, result, comment }: Routine): string {
  const title = name.slice(0, name.indexOf('('));
  return sections(`### ${schema}.${title}()`, `${code(`${schema}.${name}`)} returns ${code(result)}`, comment);
}
