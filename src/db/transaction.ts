import type pg from 'pg';
import { isDatabaseFailure, toDatabaseError } from './database-error.ts';

/**
 * Runs `work` in one transaction on a connection of the pool: committed when it resolves, rolled back when it rejects.
 * Rejects with what `work` rejected with, database errors as EtlError; a rollback that fails too does not hide it, but
 * takes the connection out of the pool.
 */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch(raise);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (failure) {
    const rolledBack = await client.query('rollback').then(
      () => true,
      () => false,
    );
    client.release(!rolledBack);
    return raise(failure);
  }
}

function raise(failure: unknown): never {
  throw isDatabaseFailure(failure) ? toDatabaseError(failure) : failure;
}
