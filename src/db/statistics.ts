import type pg from 'pg';
import type { Log } from '../log.ts';
import { toDatabaseError } from './database-error.ts';

/** Tables with rows of which the planner knows nothing, and which this role may look through. */
const unknownTables = `
  select format('%I.%I', nspname, relname) as name
  from pg_class as relation join pg_namespace as namespace on namespace.oid = relation.relnamespace
  where relkind = 'r' and reltuples < 0 and nspname in ('openai', 'openai_etl')
    and pg_relation_size(relation.oid) > 0 and pg_has_role(relowner, 'usage')
  order by 1`;

/**
 * Looks through the tables that nobody has looked through yet, as they are after a first load. The server would do so by
 * itself a minute or more later; until then it takes every table for nearly empty, and a question that needs a second
 * takes minutes. What fails here is logged: the rows are loaded either way.
 */
export async function analyzeUnknownTables(pool: pg.Pool, log: Log): Promise<void> {
  try {
    const { rows } = await pool.query<{ name: string }>(unknownTables);
    for (const { name } of rows) await pool.query(`analyze ${name}`);
    if (rows.length > 0) log.debug({ tables: rows.length }, 'tables analyzed');
  } catch (thrown) {
    log.warn({ code: toDatabaseError(thrown).code }, 'new tables were not analyzed; autovacuum will');
  }
}
