import type { ErrorCode } from '../errors.ts';

/** What an error of PostgreSQL means to the program, and to the operator where the code alone does not say it. */
export interface Meaning {
  readonly code: ErrorCode;
  readonly remedy?: string;
}

const transient: Meaning = { code: 'database_transient' };

const login: Meaning = {
  code: 'database_unreachable',
  remedy: "Correct user and password in DATABASE_URL, or the server's pg_hba.conf.",
};

const noDatabase: Meaning = {
  code: 'database_unreachable',
  remedy: 'Create the database, or correct its name in DATABASE_URL.',
};

/** By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['25006', { code: 'database_read_only' }],
  // idle_in_transaction_session_timeout
  ['25P03', transient],
  ['28000', login],
  ['28P01', login],
  ['3D000', noDatabase],
  // serialization_failure, deadlock_detected
  ['40001', transient],
  ['40P01', transient],
  ['42501', { code: 'database_denied' }],
  ['53100', { code: 'database_full' }],
  [
    '53200',
    {
      code: 'database_transient',
      remedy: 'Run sync again; if it stays, give PostgreSQL more memory or lower its max_connections and work_mem.',
    },
  ],
  [
    '53300',
    {
      code: 'database_transient',
      remedy:
        'Run sync again when fewer sessions are open, or raise max_connections or the connection limit of the role ' +
        'or database.',
    },
  ],
  [
    '55P03',
    {
      code: 'database_transient',
      remedy: 'Find who holds the lock in pg_locks and pg_stat_activity and let it end; then run sync again.',
    },
  ],
  [
    '57014',
    {
      code: 'database_transient',
      remedy: 'Run sync again; if it stays, raise statement_timeout for the role of DATABASE_URL.',
    },
  ],
  // admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout
  ['57P01', transient],
  ['57P02', transient],
  ['57P03', transient],
  ['57P04', noDatabase],
  ['57P05', transient],
]);

/** SQLSTATE class of lost connections. */
export const connectionClass = '08';

/** SQLSTATE classes of data that PostgreSQL cannot hold: data_exception, a constraint violated, a limit exceeded. */
const dataClasses = /^(22|23|54)/;

/** What a SQLSTATE means. One that is not known is a refusal: the same statement will fail again. */
export function meaningOf(state: string): Meaning {
  const known = meanings.get(state);
  if (known !== undefined) return known;
  if (state.startsWith(connectionClass)) return transient;
  return { code: dataClasses.test(state) ? 'database_refused_data' : 'database_refused' };
}
