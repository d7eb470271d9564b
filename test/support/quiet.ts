import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

const pollMs = 20;
const patienceMs = 100_000;

/**
 * Waits until every transaction that has begun by now has ended: feed and export hold back what is newer than the oldest
 * one on the server, which may be another test's. Rejects where one does not end.
 */
export async function transactionsToEnd(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ next: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as next');
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const found = await pool.query<{ ended: boolean }>(
      'select pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 as ended',
      [rows[0]?.next],
    );
    if (found.rows[0]?.ended === true) return;
    await pause(pollMs);
  }
  throw new Error('a transaction of another session does not end');
}
