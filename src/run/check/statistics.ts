import { tablesWithoutStatistics } from '../../db/statistics.ts';
import type { DatabaseCheck } from './database-check.ts';

/** A planner that knows nothing of a table takes minutes where seconds would do. */
export const statistics: DatabaseCheck = {
  name: 'statistics',
  lines: async ({ pool }) => {
    const { allowed, denied } = await tablesWithoutStatistics(pool);
    if (denied.length === 0) return [];
    const detail = `${denied.length + allowed.length} tables with rows have never been analyzed, and this role may not: questions are slow`;
    const remedy =
      'On PostgreSQL 17 or newer run docs/roles.sql again (it grants MAINTAIN); before, run ANALYZE as the owner after the first load, or turn autovacuum on.';
    return [{ org_id: null, name: 'statistics', status: 'notice', detail, remedy }];
  },
};
