import { type Identity, readIdentities } from '../../load/organizations.ts';
import { withStore } from '../database.ts';
import type { CheckContext } from './context.ts';
import { type DatabaseCheck, linesOf } from './database-check.ts';
import { encryption } from './encryption.ts';
import { type CheckLine, failed } from './line.ts';
import { advisoryLocks } from './locks.ts';
import { migrations } from './migrations.ts';
import { rights } from './rights.ts';
import { statistics } from './statistics.ts';
import { temporary } from './temporary.ts';
import { serverVersion } from './version.ts';
import { writable } from './writable.ts';

/** What a sync needs of the database. Server version, encoding and pooler are refused where it is opened. */
const checks: readonly DatabaseCheck[] = [
  serverVersion,
  encryption,
  writable,
  temporary,
  advisoryLocks,
  migrations,
  rights,
  statistics,
];

/** What was found of the database. */
export interface DatabaseChecked {
  readonly lines: readonly CheckLine[];
  /** What is known of the organizations; nothing where the database cannot be asked. */
  readonly identities: ReadonlyMap<string, Identity>;
}

/** Tries everything that a sync needs of the database. Changes nothing. */
export async function checkDatabase(context: CheckContext): Promise<DatabaseChecked> {
  try {
    return await withStore(context, 'any', async (store) => {
      const lines: CheckLine[] = [];
      for (const check of checks) lines.push(...(await linesOf(check, store)));
      const usable = lines.every(
        ({ name, status }) => status !== 'failed' && (name !== 'migrations' || status === 'ok'),
      );
      const names = context.config.organizations.map(({ name }) => name);
      return { lines, identities: usable ? await readIdentities(store.pool, names) : new Map() };
    });
  } catch (thrown) {
    context.signal.throwIfAborted();
    return { lines: [failed(null, 'database', thrown)], identities: new Map() };
  }
}
