import type { Store } from '../db/store.ts';
import { toDatabaseError } from '../db/store.ts';
import { cursorPrefix, type QueryAnswer, readOnlyQuery, statementKind } from '../derive/query.ts';
import { type ErrorCode, EtlError, messageOf } from '../errors.ts';

export type { QueryAnswer, QueryColumn } from '../derive/query.ts';

/**
 * Answers one SQL query without any chance to write. Rejects with `query_refused` for what PostgreSQL refuses, naming
 * line and column, and with `database_transient` when the connection is lost.
 */
export async function runQuery(store: Pick<Store, 'pool'>, sql: string, signal: AbortSignal): Promise<QueryAnswer> {
  const kind = statementKind(sql);
  if (kind === 'refused') {
    throw new EtlError('query_refused', 'only SELECT, WITH, VALUES, TABLE, EXPLAIN and SHOW are answered');
  }
  try {
    return await readOnlyQuery(store.pool, sql, kind, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toDatabaseError(thrown);
    if (!refusals.has(error.code)) throw error;
    const place = placeOf(thrown, sql, kind === 'cursor' ? cursorPrefix.length : 0);
    const hint = hintOf(thrown);
    throw new EtlError('query_refused', `PostgreSQL: ${messageOf(thrown)}${place}${hint}`, { cause: thrown });
  }
}

/** Errors that are the query's, not the database's: what it names or does is not to be had. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'database_refused',
  'database_refused_data',
  'database_read_only',
  'database_denied',
]);

/** Where in the user's own text the error is. */
function placeOf(thrown: unknown, sql: string, prefixCharacters: number): string {
  const position = Number(fieldOf(thrown, 'position')) - prefixCharacters;
  if (!(position >= 1)) return '';
  const before = [...sql]
    .slice(0, position - 1)
    .join('')
    .split('\n');
  return `\nline ${before.length}, column ${[...(before.at(-1) ?? '')].length + 1}`;
}

function hintOf(thrown: unknown): string {
  const hint = fieldOf(thrown, 'hint');
  return typeof hint === 'string' ? `\n${hint}` : '';
}

function fieldOf(thrown: unknown, name: 'position' | 'hint'): unknown {
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined;
}
