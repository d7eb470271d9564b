import type { Pool } from 'pg';
import { toDatabaseError } from '../db/database-error.ts';
import { historyOf } from '../db/history.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Log } from '../log.ts';

/** A feed that is read more seldom than this is to be read anew. */
const keptDays = 400;

const forgetSql = `
  with gone as (
    delete from openai_etl.removals where removed_at < now() - make_interval(days => $2) returning removed_xid
  )
  insert into openai_etl.removal_purges as p (history, purged_xid, purged_at)
  select $1, removed_xid, now() from gone order by removed_xid desc limit 1
  on conflict (history) do update set
    purged_xid = greatest(p.purged_xid, excluded.purged_xid), purged_at = excluded.purged_at`;

/**
 * Forgets removals of more than 400 days ago, and notes how far, so that a cursor from before is refused. What fails here
 * is logged: the next run forgets them.
 */
export async function forgetRemovals(pool: Pool, log: Log): Promise<void> {
  try {
    await inTransaction(pool, async (client) => {
      await client.query(forgetSql, [await historyOf(client), keptDays]);
    });
  } catch (thrown) {
    log.warn({ code: toDatabaseError(thrown).code }, 'old removals were not forgotten; the next run will');
  }
}
