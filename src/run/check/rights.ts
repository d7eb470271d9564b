import { migrationStatus } from '../../db/migrate.ts';
import { EtlError } from '../../errors.ts';
import type { DatabaseCheck } from './database-check.ts';

const schemas = `('openai', 'openai_etl', 'openai_bi', 'openai_focus')`;

/** Tables and views that this role may not use as a load uses them. */
const denied = `
  select format('%I.%I', nspname, relname) as name
    from pg_class as relation join pg_namespace as namespace on namespace.oid = relation.relnamespace
   where nspname in ${schemas} and not coalesce(has_schema_privilege(namespace.oid, 'usage') and case
     when relkind in ('r', 'p') and relname <> 'migrations' then has_table_privilege(relation.oid, 'select')
       and has_table_privilege(relation.oid, 'insert') and has_table_privilege(relation.oid, 'update')
       and has_table_privilege(relation.oid, 'delete')
     when relkind in ('r', 'p', 'v', 'm') then has_table_privilege(relation.oid, 'select')
     else true end, false)
   order by 1`;

/** Rows of every table are read and changed. */
export const rights: DatabaseCheck = {
  name: 'rights',
  lines: async ({ pool }) => {
    if ((await migrationStatus(pool)).database_version === 0) return [];
    const { rows } = await pool.query<{ name: string }>(denied);
    const [first] = rows;
    if (first === undefined) return [];
    const more = rows.length > 1 ? ` and ${rows.length - 1} more` : '';
    throw new EtlError('database_denied', `this role may not read and change ${first.name}${more}`, {
      remedy: 'Connect as the role that loads (openai_writer), or run docs/roles.sql again.',
    });
  },
};
