import type pg from 'pg';
import { isConnectionLoss, raise } from './database-error.ts';

/**
 * Runs `work` in one transaction on a connection of the pool: committed when it resolves, rolled back when it rejects.
 * A commit whose answer was lost is looked up, so that what is stored is never called failed. Rejects with what `work`
 * rejected with, database errors as EtlError; a rollback that fails too does not hide it, but takes the connection out
 * of the pool.
 */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch(raise);
  let result: T;
  let id: string | null;
  try {
    await client.query('begin');
    result = await work(client);
    id = await transactionId(client);
  } catch (failure) {
    await rollBack(client, failure);
    return raise(failure);
  }
  try {
    await client.query('commit');
    client.release();
  } catch (failure) {
    await rollBack(client, failure);
    if (id === null || !isConnectionLoss(failure) || !(await hasCommitted(pool, id))) return raise(failure);
  }
  return result;
}

/**
 * Runs `read` in one read-only transaction that sees the store as of one instant. A connection whose transaction did not
 * end well is closed, which ends it. Rejects with what `read` rejects with, database errors as EtlErrors.
 */
export async function readAtOneInstant<T>(pool: pg.Pool, read: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch(raise);
  let failed = true;
  try {
    await client.query('begin transaction isolation level repeatable read read only');
    const result = await read(client);
    await client.query('commit');
    failed = false;
    return result;
  } catch (failure) {
    return raise(failure);
  } finally {
    client.release(failed);
  }
}

/** On a lost connection there is nobody to tell, and asking a silent one would wait for nothing. */
async function rollBack(client: pg.PoolClient, failure: unknown): Promise<void> {
  const rolledBack = !isConnectionLoss(failure) && (await client.query('rollback').then(yes, no));
  client.release(!rolledBack);
}

const yes = () => true;
const no = () => false;

/** Null for a transaction that has written nothing. */
async function transactionId(client: pg.PoolClient): Promise<string | null> {
  const { rows } = await client.query<{ id: string | null }>('select pg_current_xact_id_if_assigned()::text as id');
  return rows[0]?.id ?? null;
}

/** A session that has lost its client may still be committing: it is waited for so many times. */
const looks = 50;
const pauseSeconds = 0.1;

/** Whether a transaction is known to have committed. False where nobody can say: whoever tries again will see. */
async function hasCommitted(pool: pg.Pool, id: string): Promise<boolean> {
  try {
    for (let look = 0; look < looks; look += 1) {
      const { rows } = await pool.query<{ status: string }>('select pg_xact_status($1::text::xid8) as status', [id]);
      if (rows[0]?.status !== 'in progress') return rows[0]?.status === 'committed';
      await pool.query('select pg_sleep($1)', [pauseSeconds]);
    }
    return false;
  } catch {
    return false;
  }
}
