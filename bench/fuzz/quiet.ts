import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

const pollMs = 20;

/**
 * Waits until every transaction that has begun by now has ended. Feed and export hold back what is newer than the oldest
 * one on the server, which may be somebody else's.
 */
export async function transactionsEnded(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ next: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as next');
  for (;;) {
    const ended = await pool.query<{ ended: boolean }>(
      'select pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 as ended',
      [rows[0]?.next],
    );
    if (ended.rows[0]?.ended === true) return;
    await pause(pollMs);
  }
}
