import { EtlError } from '../../errors.ts';
import type { DatabaseCheck } from './database-check.ts';

/** A standby takes no rows, nor does a session that is read-only by default. */
export const writable: DatabaseCheck = {
  name: 'writable',
  lines: async ({ pool }) => {
    const { rows } = await pool.query<{ recovery: boolean; readonly: boolean }>(
      `select pg_is_in_recovery() as recovery, current_setting('transaction_read_only') = 'on' as readonly`,
    );
    if (rows[0]?.recovery === true) {
      throw new EtlError('database_read_only', 'the server is a standby: it takes no rows', {
        remedy: 'Name the primary server in DATABASE_URL.',
      });
    }
    if (rows[0]?.readonly === true) {
      throw new EtlError('database_read_only', 'sessions are read-only: default_transaction_read_only is on', {
        remedy:
          'Turn default_transaction_read_only off for the role or the database, or connect as the role that writes.',
      });
    }
    return [];
  },
};
