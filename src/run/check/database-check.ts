import type { Store } from '../../db/store.ts';
import { type CheckLine, failed } from './line.ts';

/** One thing that a sync needs of the database. */
export interface DatabaseCheck {
  readonly name: string;
  /** Rejects where the thing is not there; gives no line where there is nothing to say. Changes nothing. */
  readonly lines: (store: Store) => Promise<readonly CheckLine[]>;
}

/** What came of a check, its rejection as a line. */
export function linesOf(check: DatabaseCheck, store: Store): Promise<readonly CheckLine[]> {
  return check.lines(store).catch((thrown: unknown) => [failed(null, check.name, thrown)]);
}
