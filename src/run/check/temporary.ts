import { EtlError } from '../../errors.ts';
import type { DatabaseCheck } from './database-check.ts';

/** Rows are staged in temporary tables before they are loaded. */
export const temporary: DatabaseCheck = {
  name: 'temporary tables',
  lines: async ({ pool }) => {
    const { rows } = await pool.query<{ allowed: boolean; role: string; database: string }>(
      `select has_database_privilege(current_database(), 'temporary') as allowed,
         quote_ident(current_user) as role, quote_ident(current_database()) as database`,
    );
    for (const { allowed, role, database } of rows) {
      if (allowed) continue;
      throw new EtlError('database_denied', `the role ${role} may not make temporary tables, which every load needs`, {
        remedy: `As the owner of the database: grant temporary on database ${database} to ${role};`,
      });
    }
    return [];
  },
};
