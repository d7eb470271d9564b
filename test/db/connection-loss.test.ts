import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { connect, createPool } from '../../src/db/connection.ts';
import { openLocks, runLock, writerLock } from '../../src/db/lock.ts';
import { openStore } from '../../src/db/store.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { silentLog } from '../../src/log.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../faults/support/database-proxy.ts';
import { reports, sends } from '../faults/support/wire.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const patience = { clock: systemClock, log: silentLog };
const writer = writerLock({ orgId: 'default', dataset: 'costs', width: '1d' });

let database: TestDatabase;
let proxy: DatabaseProxy;

beforeEach(async () => {
  database = await testDatabase();
  proxy = await startDatabaseProxy(database.url);
});

afterEach(async () => {
  await proxy.close();
  await database.close();
});

test.each([
  ['was cut before it got there', (message) => sends(message, /^commit/), [], { code: 'database_transient' }],
  ['happened, and whose answer was lost', (message) => reports(message, 'COMMIT'), [1], 'done'],
] satisfies [string, (message: Parameters<typeof sends>[0]) => boolean, number[], unknown][])(
  'a commit that %s is told for what it was',
  async (_title, isMoment, kept, told) => {
    await database.pool.query('create table public.kept (value int)');
    const pool = createPool(proxy.url, 'test', 2, silentLog);
    let cuts = 0;
    proxy.set((message) => {
      if (cuts > 0 || !isMoment(message)) return 'pass';
      cuts += 1;
      return 'cut';
    });
    const outcome = await inTransaction(pool, async (client) => {
      await client.query('insert into public.kept values (1)');
      return 'done';
    }).catch((failure: unknown) => failure);
    if (typeof told === 'string') expect(outcome).toBe(told);
    else expect(outcome).toMatchObject(told);
    const { rows } = await database.pool.query<{ value: number }>('select value from public.kept');
    expect([rows.map(({ value }) => value), cuts]).toEqual([kept, 1]);
    await pool.end();
  },
);

test('a commit of which nobody can say whether it happened is no success', async () => {
  await database.pool.query('create table public.kept (value int)');
  const pool = createPool(proxy.url, 'test', 2, silentLog);
  proxy.set(async (message) => {
    if (!reports(message, 'COMMIT')) return 'pass';
    await proxy.refuse(true);
    return 'cut';
  });
  const outcome = inTransaction(pool, (client) => client.query('insert into public.kept values (1)'));
  await expect(outcome).rejects.toMatchObject({ code: 'database_transient' });
  await pool.end();
});

test('a connection lost before it is ready is an error, not the end of the process', async () => {
  proxy.set((message) => (sends(message, /'timezone'/) ? 'cut' : 'pass'));
  await expect(connect(proxy.url, 'test')).rejects.toMatchObject({ code: 'database_unreachable' });
});

test('locks are taken again when their connection is lost, and given back as before', async () => {
  const locks = await openLocks({ url: proxy.url }, patience);
  const others = await openLocks(database);
  await locks.tryAcquire(writer);
  proxy.set(() => 'cut');
  const question = locks.isHeld(runLock(1));
  proxy.set(null);
  expect(await question).toBe(false);
  expect(locks.signal.aborted).toBe(false);
  expect(await others.tryAcquire(writer)).toBe(false);
  await locks.release(writer);
  expect(await others.tryAcquire(writer)).toBe(true);
  await locks.close();
  await others.close();
});

test('locks that another run took in the meantime are lost for good', async () => {
  const locks = await openLocks({ url: proxy.url }, patience);
  const others = await openLocks(database);
  await locks.tryAcquire(writer);
  await proxy.refuse(true);
  await database.pool.query(
    `select pg_terminate_backend(pid, 5000) from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
  );
  await vi.waitFor(async () => expect(await others.tryAcquire(writer)).toBe(true), { timeout: 10_000 });
  await proxy.refuse(false);
  await vi.waitFor(() => expect(locks.signal.aborted).toBe(true), { timeout: 10_000 });
  expect(locks.signal.reason).toMatchObject({
    code: 'database_transient',
    message: 'The locks of this run were lost: another run has taken one of them over',
  });
  await expect(locks.tryAcquire(runLock(1))).rejects.toBe(locks.signal.reason);
  await locks.close();
  await others.close();
});

test('a run that somebody interrupts does not go on waiting for a server that is away', async () => {
  const interrupted = new AbortController();
  const clock = { ...fakeClock('2026-01-01T00:00:00Z') };
  const { sleep } = clock;
  clock.sleep = async (milliseconds, signal) => {
    interrupted.abort(new Error('interrupted'));
    await sleep(milliseconds, signal);
  };
  const url = 'postgres://someone:hunter2@127.0.0.1:1/usage';
  const opening = openStore({ databaseUrl: url, dataDir: '', clock, log: silentLog, patience: interrupted.signal });
  await expect(opening).rejects.toThrow('interrupted');
});

test('what another session locks is waited for with an end, unless the URL says otherwise', async () => {
  const settings = `select current_setting('lock_timeout') as lock,
    current_setting('idle_in_transaction_session_timeout') as idle`;
  const given = new URL(database.url);
  given.searchParams.set('options', '-c lock_timeout=7s -c idle_in_transaction_session_timeout=8s');
  const answers: unknown[] = [];
  for (const url of [database.url, given.href]) {
    const client = await connect(url, 'test');
    answers.push((await client.query(settings)).rows[0]);
    await client.end();
  }
  expect(answers).toEqual([
    { lock: '1min', idle: '5min' },
    { lock: '7s', idle: '8s' },
  ]);
});
