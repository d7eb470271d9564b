import type pg from 'pg';
import type { Log } from '../log.ts';
import { toDatabaseError } from './database-error.ts';

/** Tables with rows of which the planner knows nothing, and whether this role may look through them. */
const unknownTables = `
  select format('%I.%I', nspname, relname) as name,
    pg_has_role(relowner, 'usage') or case when current_setting('server_version_num')::int >= 170000
      then has_table_privilege(relation.oid, 'maintain') else false end as allowed
  from pg_class as relation join pg_namespace as namespace on namespace.oid = relation.relnamespace
  where relkind = 'r' and reltuples < 0 and nspname in ('openai', 'openai_etl')
    and pg_relation_size(relation.oid) > 0
  order by 1`;

/** Names of the tables with rows that nobody has looked through yet, by whether this role may. */
export async function tablesWithoutStatistics(
  pool: pg.Pool,
): Promise<{ readonly allowed: readonly string[]; readonly denied: readonly string[] }> {
  const { rows } = await pool.query<{ name: string; allowed: boolean }>(unknownTables);
  const names = (wanted: boolean) => rows.filter(({ allowed }) => allowed === wanted).map(({ name }) => name);
  return { allowed: names(true), denied: names(false) };
}

/**
 * Looks through the tables that nobody has looked through yet, as they are after a first load. The server would do so by
 * itself a minute or more later; until then it takes every table for nearly empty, and a question that needs a second
 * takes minutes. What fails here is logged: the rows are loaded either way.
 */
export async function analyzeUnknownTables(pool: pg.Pool, log: Log): Promise<void> {
  try {
    const { allowed, denied } = await tablesWithoutStatistics(pool);
    for (const name of allowed) await pool.query(`analyze ${name}`);
    if (allowed.length > 0) log.debug({ tables: allowed.length }, 'tables analyzed');
    if (denied.length > 0)
      log.info({ tables: denied.length }, 'tables this role may not analyze; autovacuum or their owner has to');
  } catch (thrown) {
    log.warn({ code: toDatabaseError(thrown).code }, 'new tables were not analyzed; autovacuum will');
  }
}
