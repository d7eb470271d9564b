import type { Store } from '../../db/store.ts';
import type { DatabaseCheck } from './database-check.ts';
import { type CheckLine, ok } from './line.ts';

/** Which server answers. */
export const serverVersion: DatabaseCheck = { name: 'database', lines: async (store) => [await versionLine(store)] };

async function versionLine(store: Store): Promise<CheckLine> {
  const { rows } = await store.pool.query<{ version: string; name: string }>(
    `select current_setting('server_version') as version, current_database() as name`,
  );
  const where = store.embedded ? 'the embedded server' : `database ${rows[0]?.name ?? ''}`;
  return ok(null, 'database', `PostgreSQL ${rows[0]?.version ?? ''}, ${where}`);
}
