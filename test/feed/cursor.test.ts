import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { historyOf } from '../../src/db/history.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { type Bound, checkCursor, formatCursor, inSnapshot, parseCursor } from '../../src/feed/cursor.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

describe('the text of a cursor', () => {
  it('says which line of transaction ids it belongs to and how far it has come', () => {
    const cursor = { history: '0123456789abcdef', xid: 18_446_744_073_709_551_615n };
    expect(formatCursor(cursor)).toBe('v1.0123456789abcdef.18446744073709551615');
    expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
  });

  it.each(['', '12', 'v2.0123456789abcdef.1', 'v1.0123.1', 'v1.0123456789abcdef.-1', ' v1.0123456789abcdef.1'])(
    'is refused as %j',
    (text) => {
      expect(() => parseCursor(text)).toThrow(expect.objectContaining({ code: 'cursor_invalid', exit: 2 }));
    },
  );
});

describe('a cursor', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(async () => {
    await database.close();
  });

  const snapshot = () => inSnapshot(database.pool, async (_client, found) => found);
  const check = (change: (found: Bound) => Partial<Bound>) =>
    inSnapshot(database.pool, (client, bound) => checkCursor(client, { ...bound, ...change(bound) }));
  const refused = (message: string) => ({ code: 'cursor_expired', message: expect.stringContaining(message) });

  it('never comes to a transaction that is still running, whatever has been committed since', async () => {
    const slow = await database.pool.connect();
    try {
      await slow.query('begin');
      const { rows } = await slow.query<{ xid: string }>('select pg_current_xact_id()::text as xid');
      const running = BigInt(rows[0]?.xid ?? 0);
      await inTransaction(database.pool, (client) => client.query('select pg_current_xact_id()'));
      const { xid: bound, next } = await snapshot();
      // Other tests share the server, and their transactions its ids.
      expect(bound).toBeLessThanOrEqual(running);
      expect(next).toBeGreaterThan(running + 1n);
      await slow.query('commit');
      await vi.waitFor(async () => expect((await snapshot()).xid).toBeGreaterThan(running + 1n));
    } finally {
      slow.release();
    }
  });

  it('is taken again where it came from', async () => {
    await expect(check(() => ({}))).resolves.toBeUndefined();
  });

  it('of another database of the same server is refused', async () => {
    const other = await testDatabase();
    try {
      const foreign = await inSnapshot(other.pool, async (_client, found) => found);
      await expect(check(() => foreign)).rejects.toMatchObject(refused('another database'));
    } finally {
      await other.close();
    }
  });

  it('from the future is refused', async () => {
    await expect(check(({ next }) => ({ xid: next + 1n }))).rejects.toMatchObject(refused('ahead'));
  });

  it('is refused once removals after it have been forgotten, and not before', async () => {
    const bound = await snapshot();
    await database.pool.query('insert into openai_etl.removal_purges values ($1, $2, now())', [
      bound.history,
      bound.xid - 2n,
    ]);
    await expect(check(() => ({ xid: bound.xid - 2n }))).rejects.toMatchObject(refused('forgotten'));
    await expect(check(() => ({ xid: bound.xid - 1n }))).resolves.toBeUndefined();
  });

  it('has a history of its own also where the server does not say which one it is', async () => {
    const client = await database.pool.connect();
    try {
      // Rolled back: roles belong to the whole server.
      await client.query('begin');
      const told = await historyOf(client);
      await client.query(`revoke execute on function pg_control_system() from public;
        create role without_rights; grant usage on schema openai_etl to without_rights;
        grant select on all tables in schema openai_etl to without_rights; set local role without_rights`);
      const guessed = await historyOf(client);
      expect(guessed).toMatch(/^[0-9a-f]{16}$/);
      expect(guessed).not.toBe(told);
      expect(await historyOf(client)).toBe(guessed);
      await client.query(
        'reset role; update openai_etl.migrations set version = version; set local role without_rights',
      );
      expect(await historyOf(client)).not.toBe(guessed);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
