import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directoryColumns } from '../../src/catalog/directory/table.ts';
import { directoryTables } from '../../src/catalog/directory/tables.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});

const select = async (sql: string, values: readonly unknown[] = []) =>
  (await database.pool.query<Record<string, unknown>>(sql, [...values])).rows;

const columnsSql = `
  select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
    pg_get_expr(adbin, adrelid) as generated, col_description(attrelid, attnum) as comment
  from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`;

describe.each(directoryTables)('openai.$name', (table) => {
  const name = `openai.${table.name}`;

  it('has the columns and comments of the catalog, in its order', async () => {
    const expected = directoryColumns(table).map((column) => ({
      ...column,
      type: column.type === 'timestamptz' ? 'timestamp with time zone' : column.type,
      generated: column.generated ?? null,
    }));
    expect(await select(columnsSql, [name])).toEqual(expected);
    expect(await select('select obj_description($1::regclass) as doc', [name])).toEqual([{ doc: table.doc }]);
  });

  it('is keyed by organization and id', async () => {
    const keys = await select(
      `select pg_get_constraintdef(oid) as key from pg_constraint where conrelid = $1::regclass and contype = 'p'`,
      [name],
    );
    expect(keys).toEqual([{ key: `PRIMARY KEY (${['org_id', ...table.key].join(', ')})` }]);
  });

  it('is shown by a view of openai_bi with the same comments, without what only the program needs', async () => {
    const shown = await select(columnsSql, [`openai_bi.${table.name}`]);
    const expected = directoryColumns(table).filter(({ type }) => type !== 'xid8');
    expect(shown.map(({ name: column, comment }) => [column, comment])).toEqual(
      expected.map(({ name: column, comment }) => [column, comment]),
    );
  });
});

it('explains every view of openai_bi and each of its columns', async () => {
  const silent = await select(
    `select relation.oid::regclass::text as relation, attribute.attname as column
     from pg_class relation
     join pg_attribute attribute on attribute.attrelid = relation.oid and attnum > 0 and not attisdropped
     where relation.relnamespace = 'openai_bi'::regnamespace and relation.relkind = 'v'
       and (coalesce(obj_description(relation.oid, 'pg_class'), '') = ''
         or coalesce(col_description(relation.oid, attribute.attnum), '') = '')`,
  );
  expect(silent).toEqual([]);
});
