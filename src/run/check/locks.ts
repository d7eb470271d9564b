import { EtlError } from '../../errors.ts';
import type { DatabaseCheck } from './database-check.ts';

/** One run at a time writes a dataset: what makes sure of it are PostgreSQL's advisory locks. */
export const advisoryLocks: DatabaseCheck = {
  name: 'locks',
  lines: async ({ pool }) => {
    const { rows } = await pool.query<{ role: string; missing: string[] | null }>(
      `select quote_ident(current_user) as role, array_agg(oid::regprocedure::text order by 1) as missing from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace and not has_function_privilege(oid, 'execute')
          and proname in ('pg_try_advisory_lock', 'pg_advisory_lock', 'pg_advisory_unlock', 'pg_advisory_xact_lock')
          and pronargs = 2`,
    );
    for (const { role, missing } of rows) {
      if (missing === null) continue;
      throw new EtlError('database_denied', `the role ${role} may not take locks: ${missing.join(', ')}`, {
        remedy:
          'Run docs/roles.sql again and connect as openai_writer, or grant execute on these functions to the role.',
      });
    }
    return [];
  },
};
