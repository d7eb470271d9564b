import type { Pool, PoolClient } from 'pg';
import { historyOf } from '../db/history.ts';
import { readAtOneInstant } from '../db/transaction.ts';
import { EtlError } from '../errors.ts';

/** Up to where a feed has been read: every change of an earlier transaction is in it, and no other. */
export interface Cursor {
  /** The line of transaction ids that `xid` belongs to, as `historyOf` names it. */
  readonly history: string;
  /** The first transaction whose changes are still to come. */
  readonly xid: bigint;
}

/** Where a reader that has seen all there is in a snapshot goes on from. */
export interface Bound extends Cursor {
  /** No transaction from this one on is visible. A row that says otherwise was restored from another server. */
  readonly next: bigint;
}

const form = /^v1\.(?<history>[0-9a-f]{16})\.(?<xid>\d{1,20})$/;

/** The text of a cursor, `v1.HISTORY.XID`. */
export function formatCursor({ history, xid }: Cursor): string {
  return `v1.${history}.${xid}`;
}

/** Reads the text of a cursor. Throws EtlError `cursor_invalid`. */
export function parseCursor(text: string): Cursor {
  const { history, xid } = form.exec(text)?.groups ?? {};
  if (history === undefined || xid === undefined) {
    throw new EtlError('cursor_invalid', `${JSON.stringify(text.slice(0, 80))} is not a cursor`);
  }
  return { history, xid: BigInt(xid) };
}

/** A reader that waits for its consumer holds its snapshot for at most this long without a word. */
const idlePatience = '1h';

/**
 * Runs `work` in one read-only transaction that sees the store as of one instant. Transactions that were still running
 * then may commit changes with lower ids than some that are visible: only what lies before `bound` is complete, so that a
 * reader takes the changes of transactions from its cursor on and before `bound`, which is its next cursor. Rejects with
 * what `work` rejects with, database errors as EtlErrors.
 */
export async function inSnapshot<T>(pool: Pool, work: (client: PoolClient, bound: Bound) => Promise<T>): Promise<T> {
  return await readAtOneInstant(pool, async (client) => {
    // A plan for the first rows of a cursor would be a bad one for all of them.
    await client.query(
      "select set_config('idle_in_transaction_session_timeout', $1, true), set_config('cursor_tuple_fraction', '1', true)",
      [idlePatience],
    );
    return await work(client, await boundOf(client));
  });
}

async function boundOf(client: PoolClient): Promise<Bound> {
  const { rows } = await client.query<{ xmin: string; xmax: string }>(
    `select pg_snapshot_xmin(pg_current_snapshot())::text as xmin, pg_snapshot_xmax(pg_current_snapshot())::text as xmax`,
  );
  const history = await historyOf(client);
  return { history, xid: BigInt(rows[0]?.xmin ?? 0), next: BigInt(rows[0]?.xmax ?? 0) };
}

/**
 * Makes sure that a reader can go on from a cursor in the snapshot of `inSnapshot`. Rejects with `cursor_expired` where it
 * cannot: the cursor is of another server or of its future, or removals since have been forgotten.
 */
export async function checkCursor(client: PoolClient, cursor: Cursor): Promise<void> {
  const bound = await boundOf(client);
  if (cursor.history !== bound.history)
    throw expired('it is of another database, or from before a restore or failover');
  if (cursor.xid > bound.xid) throw expired('it is ahead of this database');
  const { rows } = await client.query<{ purged: string }>(
    `select purged_xid::text as purged from openai_etl.removal_purges where history = $1`,
    [cursor.history],
  );
  if (rows.some(({ purged }) => BigInt(purged) >= cursor.xid)) throw expired('removals since have been forgotten');
}

function expired(reason: string): EtlError {
  return new EtlError('cursor_expired', `The cursor cannot be gone on from: ${reason}`);
}
