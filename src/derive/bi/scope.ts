import type { Store } from '../../db/store.ts';

/** A connection that sees one instant. Every value arrives as the pool reads it: numeric as text, bigint as number. */
export type Reader = Pick<Store['pool'], 'query'>;

/** What a question is about. UTC dates `YYYY-MM-DD`. */
export interface BiScope {
  /** Names; null for all. */
  readonly organizations: readonly string[] | null;
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
}

/** Asks one question; `$1` is the organizations, `$2` and `$3` the first day and the one after the last. */
export async function ask<Row extends object>(
  reader: Reader,
  sql: string,
  { organizations, from, to }: BiScope,
  ...more: readonly (string | number | null)[]
): Promise<readonly Row[]> {
  const { rows } = await reader.query<Row>(sql, [organizations, from, to, ...more]);
  return rows;
}
