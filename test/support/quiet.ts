import type pg from 'pg';
import { expect, vi } from 'vitest';

/** Waits until every transaction that has begun by now has ended: those of other tests hold a feed back too. */
export async function transactionsToEnd(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ next: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as next');
  await vi.waitFor(
    async () => {
      const ended = await pool.query(
        'select from (select pg_snapshot_xmin(pg_current_snapshot()) as bound) s where bound >= $1::text::xid8',
        [rows[0]?.next],
      );
      expect(ended.rowCount).toBe(1);
    },
    { timeout: 100_000, interval: 20 },
  );
}
