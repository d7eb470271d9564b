import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Locks, openLocks, runLock, writerLock } from '../../src/db/lock.ts';
import { lockClass, lockKey } from '../../src/db/lock-key.ts';
import { tryLock } from '../../src/db/lock-session.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const writer = writerLock({ orgId: 'default', dataset: 'costs', width: '1d' });

let database: TestDatabase;
let opened: Locks[] = [];

beforeAll(async () => {
  database = await testDatabase();
});

afterEach(async () => {
  await Promise.all(opened.map((locks) => locks.close()));
  opened = [];
});

afterAll(() => database.close());

async function open(): Promise<Locks> {
  const locks = await openLocks(database);
  opened.push(locks);
  return locks;
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}

async function endSession(applicationName: string): Promise<void> {
  await database.pool.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = $1',
    [applicationName],
  );
}

test('a second holder is refused without waiting, until the first gives the lock back', async () => {
  const [first, second] = await Promise.all([open(), open()]);
  expect(await first.tryAcquire(writer)).toBe(true);
  expect(await second.tryAcquire(writer)).toBe(false);
  await first.release(writer);
  expect(await second.tryAcquire(writer)).toBe(true);
});

test('one connection holds many locks, each given back on its own', async () => {
  const [run, other] = await Promise.all([open(), open()]);
  const names = Array.from({ length: 40 }, (_, index) =>
    writerLock({ orgId: 'default', dataset: `d${index}`, width: '1h' }),
  );
  expect(await Promise.all(names.map((name) => run.tryAcquire(name)))).toEqual(names.map(() => true));
  const [freed, ...kept] = names;
  if (freed !== undefined) await run.release(freed);
  expect(freed !== undefined && (await other.tryAcquire(freed))).toBe(true);
  expect(await Promise.all(kept.map((name) => other.tryAcquire(name)))).toEqual(kept.map(() => false));
});

test('a run does not take the same lock twice, not even at the same moment', async () => {
  const run = await open();
  const answers = await Promise.all([run.tryAcquire(writer), run.tryAcquire(writer)]);
  expect(answers.toSorted()).toEqual([false, true]);
  await run.release(writer);
  const other = await open();
  expect(await other.tryAcquire(writer)).toBe(true);
});

test('a lock that was refused is not given back by the one who asked', async () => {
  const [holder, refused, third] = await Promise.all([open(), open(), open()]);
  await holder.tryAcquire(writer);
  await refused.tryAcquire(writer);
  await refused.release(writer);
  expect(await third.tryAcquire(writer)).toBe(false);
});

test('writers of other organizations, datasets and widths do not meet', async () => {
  const [first, second] = await Promise.all([open(), open()]);
  await first.tryAcquire(writer);
  for (const name of [
    writerLock({ orgId: 'other', dataset: 'costs', width: '1d' }),
    writerLock({ orgId: 'default', dataset: 'completions', width: '1d' }),
    writerLock({ orgId: 'default', dataset: 'costs', width: '1h' }),
  ]) {
    expect(await second.tryAcquire(name)).toBe(true);
  }
});

test('another process can tell whether a run lives by the lock it holds', async () => {
  const [run, observer] = await Promise.all([open(), open()]);
  expect(await observer.isHeld(runLock(7))).toBe(false);
  await run.tryAcquire(runLock(7));
  expect(await observer.isHeld(runLock(7))).toBe(true);
  expect(await run.isHeld(runLock(7))).toBe(true);
  expect(await observer.isHeld(runLock(8))).toBe(false);
  await run.close();
  await expect.poll(() => observer.isHeld(runLock(7))).toBe(false);
});

test('a lock held in another database of the server is not ours', async () => {
  const elsewhere = await testDatabase();
  const [here, there] = await Promise.all([open(), openLocks(elsewhere)]);
  await there.tryAcquire(runLock(9));
  expect(await here.isHeld(runLock(9))).toBe(false);
  await there.close();
  await elsewhere.close();
});

test('when the connection is lost the signal fires, the locks are free, and asking for more fails', async () => {
  const [holder, other] = await Promise.all([open(), open()]);
  await holder.tryAcquire(writer);
  const loss = aborted(holder.signal);
  await endSession('usage-etl locks');
  expect(await loss).toMatchObject({ code: 'database_transient' });
  await expect(holder.tryAcquire(runLock(1))).rejects.toMatchObject({ code: 'database_transient' });
  await expect(holder.release(writer)).resolves.toBeUndefined();
  await aborted(other.signal);
  const next = await open();
  expect(await next.tryAcquire(writer)).toBe(true);
});

test('closing is not a loss, and can be done twice', async () => {
  const locks = await open();
  await locks.tryAcquire(writer);
  await locks.close();
  await locks.close();
  expect(locks.signal.aborted).toBe(false);
});

test('a server that cannot be reached is named without its password', async () => {
  await expect(openLocks({ url: 'postgres://someone:hunter2@127.0.0.1:1/x' })).rejects.toMatchObject({
    code: 'database_unreachable',
    message: expect.not.stringContaining('hunter2'),
  });
});

test('every key is two int4: the class of its use and a hash of its name', () => {
  expect(lockKey(writer)[0]).toBe(lockClass.writer);
  expect(lockKey(runLock(1))[0]).toBe(lockClass.run);
  expect(lockKey(runLock(1))[1]).not.toBe(lockKey(runLock(2))[1]);
  for (const half of [...lockKey(writer), ...lockKey(runLock(1))]) expect(half | 0).toBe(half);
});

test('a question that a pooler passes to another session locks nothing there, and is refused', async () => {
  const client = await database.pool.connect();
  try {
    const refused = tryLock({ client, pid: 0 }, writer);
    await expect(refused).rejects.toMatchObject({ code: 'database_unsuitable' });
    expect(await (await open()).isHeld(writer)).toBe(false);
  } finally {
    client.release();
  }
});
