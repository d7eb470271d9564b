import pg from 'pg';
import { EtlError, messageOf, toEtlError } from '../errors.ts';

/**
 * SQLSTATEs after which the same statement may succeed: serialization failure, deadlock, lock not available, canceled,
 * out of memory, too many connections, too many locks, and a server that shuts down, crashed or is starting.
 */
const transientStates = new Set([
  '40001',
  '40P01',
  '55P03',
  '57014',
  '53200',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
]);

/** SQLSTATE class of lost connections. */
const connectionClass = '08';

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/** What pg says, without a code of its own, when a connection is gone or could not be had in time. */
const lostConnection =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Client was closed|Query read timeout|Cannot use a pool after calling end)/;

/** True for an error that PostgreSQL or the connection to it raised. */
export function isDatabaseFailure(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError || isConnectionLoss(thrown);
}

/** True when the connection is gone, as opposed to a statement that failed on a good one. */
export function isConnectionLoss(thrown: unknown): boolean {
  if (thrown instanceof pg.DatabaseError) {
    const code = thrown.code ?? '';
    return code.startsWith(connectionClass) || code.startsWith('57P');
  }
  if (thrown instanceof AggregateError) return thrown.errors.some(isConnectionLoss);
  if (!(thrown instanceof Error)) return false;
  return lostConnection.test(thrown.message) || networkCodes.has(nodeCode(thrown));
}

/**
 * Anything thrown while talking to PostgreSQL, as an EtlError: `database_transient` when the same may succeed later,
 * `database_refused` with what PostgreSQL said when it will not, `internal` when it is no database error. The detail
 * PostgreSQL adds is left out: it can hold values of rows.
 */
export function toDatabaseError(thrown: unknown): EtlError {
  if (thrown instanceof EtlError) return thrown;
  if (thrown instanceof pg.DatabaseError) {
    const code = thrown.code ?? '';
    const transient = transientStates.has(code) || code.startsWith(connectionClass);
    return transient
      ? new EtlError('database_transient', `PostgreSQL: ${describe(thrown)}`, { cause: thrown })
      : new EtlError('database_refused', `PostgreSQL refused: ${describe(thrown)}`, { cause: thrown });
  }
  return isConnectionLoss(thrown)
    ? new EtlError('database_transient', `The connection to PostgreSQL was lost: ${reasonOf(thrown)}`, {
        cause: thrown,
      })
    : toEtlError(thrown);
}

/** Why a connection could not be had, in one line. Node reports several tried addresses as one error without a message. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return [...new Set(thrown.errors.map(messageOf))].join('; ');
  }
  if (thrown instanceof pg.DatabaseError) return describe(thrown);
  return messageOf(thrown);
}

function describe(error: pg.DatabaseError): string {
  return `${error.message} (SQLSTATE ${error.code ?? 'unknown'})`;
}

function nodeCode(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
