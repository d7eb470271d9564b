import pg from 'pg';
import { type ErrorCode, EtlError, messageOf, toEtlError } from '../errors.ts';
import { connectionClass, meaningOf } from './sqlstate.ts';
import { isTlsFailure, tlsRemedy } from './tls-failure.ts';

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
function isDatabaseFailure(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError || isConnectionLoss(thrown) || isTlsFailure(thrown);
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
 * Anything thrown while talking to PostgreSQL, as an EtlError: `database_transient` when the same may succeed later;
 * `database_full`, `database_read_only`, `database_denied` or `database_refused` with what PostgreSQL said when it will
 * not, `database_refused_data` where that is because of the data; `database_unreachable` when it lets nobody in; `internal` when it is no database error. The detail that
 * PostgreSQL adds is left out: it can hold values of rows.
 */
export function toDatabaseError(thrown: unknown): EtlError {
  if (thrown instanceof EtlError) return thrown;
  if (thrown instanceof pg.DatabaseError) {
    const { code, ...remedy } = meaningOf(thrown.code ?? '');
    return new EtlError(code, `${subjectOf(thrown, code)}: ${describe(thrown)}`, { cause: thrown, ...remedy });
  }
  const remedy = tlsRemedy(thrown);
  if (remedy !== undefined) {
    return new EtlError('database_unreachable', `PostgreSQL cannot be used: ${reasonOf(thrown)}`, {
      cause: thrown,
      remedy,
    });
  }
  return isConnectionLoss(thrown)
    ? new EtlError('database_transient', `The connection to PostgreSQL was lost: ${reasonOf(thrown)}`, {
        cause: thrown,
      })
    : toEtlError(thrown);
}

/** A server that cannot write its log any more gives up altogether, and says so at severity PANIC. */
function subjectOf({ severity }: pg.DatabaseError, code: ErrorCode): string {
  if (severity === 'PANIC') return 'PostgreSQL crashed';
  return code === 'database_transient' ? 'PostgreSQL' : 'PostgreSQL refused';
}

/** Why a connection could not be had, in one line. Node reports several tried addresses as one error without a message. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return [...new Set(thrown.errors.map(messageOf))].join('; ');
  }
  if (thrown instanceof pg.DatabaseError) return describe(thrown);
  return messageOf(thrown);
}

/** True when two errors say that the same is wrong. */
export function isAlike(a: EtlError, b: EtlError): boolean {
  const kindOf = ({ message, cause }: EtlError) => (cause instanceof pg.DatabaseError ? cause.code : message);
  return kindOf(a) === kindOf(b);
}

function describe(error: pg.DatabaseError): string {
  return `${error.message} (SQLSTATE ${error.code ?? 'unknown'})`;
}

function nodeCode(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Throws what was thrown, errors of the database as EtlErrors; for the end of a promise. */
export function raise(thrown: unknown): never {
  throw isDatabaseFailure(thrown) ? toDatabaseError(thrown) : thrown;
}
