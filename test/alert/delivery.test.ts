import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Condition, condition } from '../../src/alert/condition.ts';
import { deliverDue } from '../../src/alert/deliver.ts';
import { openAlerts, undelivered } from '../../src/alert/open-alerts.ts';
import { recordConditions } from '../../src/alert/record.ts';
import { openWebhook } from '../../src/alert/webhook.ts';
import type { Clock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { secretPath, startReceiver } from './receiver.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const organizations = ['acme'];

let database: TestDatabase;
let clock: FakeClock;
let logged = '';
const log = createLog('trace', {
  write: (line: string) => {
    logged += line;
  },
});

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  await database.pool.query('truncate openai_etl.alerts, openai_etl.notifications restart identity');
  clock = fakeClock('2026-11-23T03:17:00Z');
  logged = '';
});

const about = (kind: Condition['kind'], subject: string): Condition =>
  condition({ kind, org_id: 'acme', subject, summary: `something about ${subject}`, detail: 'seen' });

const keyRejected = about('key_rejected', '');

const record = (...found: readonly Condition[]) =>
  recordConditions(database.pool, { now: clock.now(), organizations, notify: true }, async () => found);

const deliver = async (url: string, changed: Partial<Clock> = {}) => {
  const used = { ...clock, ...changed };
  const webhook = openWebhook(url, used);
  try {
    await deliverDue({ pool: database.pool, clock: used, log }, webhook, organizations);
  } finally {
    await webhook.close();
  }
};

const notifications = async () =>
  (
    await database.pool.query<Record<string, unknown>>(
      `select event, attempts, last_error, delivered_at is not null as delivered
       from openai_etl.notifications order by notification_id`,
    )
  ).rows;

describe('a webhook that is down', () => {
  it.each([503, 429, 408, 'resets'] as const)('with %s is told later, once, under the same key', async (how) => {
    const receiver = await startReceiver();
    receiver.answer(how);
    await record(keyRejected);
    await deliver(receiver.url);
    expect(receiver.requests).toHaveLength(2);
    expect(await notifications()).toMatchObject([{ attempts: 1, delivered: false }]);
    await deliver(receiver.url);
    expect(receiver.requests).toHaveLength(2);

    receiver.answer(200);
    clock.advance(2 * minuteMs);
    await record(keyRejected);
    await deliver(receiver.url);
    await deliver(receiver.url);
    expect(receiver.told()).toEqual(['opened key_rejected']);
    expect(await notifications()).toEqual([{ event: 'opened', attempts: 2, last_error: null, delivered: true }]);
    const keys = receiver.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^usage-etl-[0-9a-f]{32}$/);
    expect(new Set(keys).size).toBe(1);
  });

  it('waits longer each time, at most an hour, and is told nothing that is three days old', async () => {
    const receiver = await startReceiver();
    receiver.answer(503);
    await record(keyRejected);
    const triedAt: number[] = [];
    const begun = clock.now().getTime();
    for (let minutes = 0; minutes < 4 * 24 * 60; minutes += 30) {
      const before = receiver.requests.length;
      await deliver(receiver.url);
      if (receiver.requests.length > before) triedAt.push((clock.now().getTime() - begun) / hourMs);
      clock.advance(30 * minuteMs);
    }
    expect(triedAt.length).toBeGreaterThan(60);
    expect(Math.max(...triedAt)).toBeLessThan(72);
    expect(await undelivered(database.pool, clock.now())).toMatchObject({ waiting: 0, given_up: 1 });
  });

  it('is not asked for the next message when it did not take one, and then gets them in their order', async () => {
    const receiver = await startReceiver();
    receiver.answer(503);
    await record(keyRejected);
    clock.advance(minuteMs);
    await record(about('run_failed', ''));
    await deliver(receiver.url);
    expect(receiver.requests.every(({ body }) => body.includes('key_rejected'))).toBe(true);
    receiver.answer(200);
    clock.advance(2 * minuteMs);
    await deliver(receiver.url);
    expect(receiver.told()).toEqual(['opened key_rejected', 'opened run_failed', 'recovered key_rejected']);
  });
});

describe('a webhook that says no', () => {
  it.each([400, 404, 410, 302])('with %i is asked four times in all and then left alone', async (how) => {
    const receiver = await startReceiver();
    receiver.answer(how);
    await record(keyRejected);
    for (let hours = 0; hours < 24; hours += 1) {
      await deliver(receiver.url);
      clock.advance(hourMs);
    }
    expect(receiver.requests).toHaveLength(4);
    expect(new Set(receiver.requests.map(({ path }) => path))).toEqual(new Set([secretPath]));
    expect(await notifications()).toMatchObject([{ attempts: 4, last_error: `given up: answered ${how}` }]);
    expect(await undelivered(database.pool, clock.now())).toEqual({
      waiting: 0,
      given_up: 1,
      last_error: `given up: answered ${how}`,
    });
    await record();
    receiver.answer(200);
    await deliver(receiver.url);
    expect(receiver.taken).toEqual([]);
    expect(logged).toContain('the webhook refused an alert');
    expect(logged).not.toContain('SECRET');
  });

  it('to one message is still told the others', async () => {
    const receiver = await startReceiver();
    await record(keyRejected, about('run_failed', ''));
    receiver.answer(400);
    await deliver(receiver.url);
    expect(receiver.requests).toHaveLength(2);
  });
});

it('a webhook that never answers holds nothing up for more than ten seconds', async () => {
  const receiver = await startReceiver();
  receiver.answer('hangs');
  await record(keyRejected);
  const delivered = deliver(receiver.url);
  await vi.waitFor(() => expect(receiver.requests).toHaveLength(1), 30_000);
  clock.advance(10_000);
  await delivered;
  expect(await notifications()).toMatchObject([
    { attempts: 1, last_error: 'no answer within 10 seconds', delivered: false },
  ]);
});

it('of several processes at once, one opens each alert and one tells it', async () => {
  const receiver = await startReceiver();
  const stale = Array.from({ length: 30 }, (_, index) => about('freshness_missed', `dataset_${index} 1d`));
  const results = await Promise.all(Array.from({ length: 5 }, () => record(keyRejected, ...stale)));
  expect(results.map(({ opened }) => opened).sort()).toEqual([0, 0, 0, 0, 31]);
  const told = () =>
    receiver.taken.flatMap(({ notification_id, also }) => [notification_id, ...also.map((one) => one.notification_id)]);
  await Promise.all(Array.from({ length: 5 }, () => deliver(receiver.url)));
  expect(told().toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 31 }, (_, index) => index + 1));
  await Promise.all(Array.from({ length: 5 }, () => record()));
  await Promise.all(Array.from({ length: 5 }, () => deliver(receiver.url)));
  expect(told()).toHaveLength(62);
  expect(new Set(told()).size).toBe(62);
});

it('a look waits for the one before, so that it decides nothing by what used to be true', async () => {
  const order: string[] = [];
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  const evaluation = { now: clock.now(), organizations, notify: true };
  const first = recordConditions(database.pool, evaluation, async () => {
    order.push('first looks');
    await finished;
    return [keyRejected];
  });
  await vi.waitFor(() => expect(order).toEqual(['first looks']), 30_000);
  const second = recordConditions(database.pool, evaluation, async (client) => {
    const { rows } = await client.query('select from openai_etl.alerts where closed_at is null');
    order.push(`second sees ${rows.length}`);
    return [keyRejected];
  });
  const waiting = async () => {
    const { rows } = await database.pool.query(
      `select from pg_locks where locktype = 'advisory' and not granted
         and database = (select oid from pg_database where datname = current_database())`,
    );
    return rows.length;
  };
  await vi.waitFor(async () => expect(await waiting()).toBe(1), 30_000);
  finish();
  expect([await first, await second]).toEqual([
    { opened: 1, closed: 0 },
    { opened: 0, closed: 0 },
  ]);
  expect(order).toEqual(['first looks', 'second sees 1']);
});

describe('what is told', () => {
  it('an alert that flaps is told once an hour, and then how often it opened', async () => {
    const receiver = await startReceiver();
    for (let round = 0; round < 6; round += 1) {
      await record(keyRejected);
      await deliver(receiver.url);
      clock.advance(5 * minuteMs);
      await record();
      await deliver(receiver.url);
      clock.advance(5 * minuteMs);
    }
    expect(receiver.told()).toEqual(['opened key_rejected', 'recovered key_rejected']);
    await record(keyRejected);
    await deliver(receiver.url);
    clock.advance(minuteMs);
    await record(keyRejected);
    await deliver(receiver.url);
    expect(receiver.told()).toHaveLength(3);
    expect(receiver.taken[2]?.text).toContain('again: 7 times in 24 hours');
  });

  it('what opened within the hour and holds after it is told then', async () => {
    const receiver = await startReceiver();
    await record(keyRejected);
    await record();
    await deliver(receiver.url);
    await record(keyRejected);
    await deliver(receiver.url);
    expect(receiver.taken).toHaveLength(2);
    clock.advance(hourMs + 1);
    await record(keyRejected);
    await deliver(receiver.url);
    expect(receiver.told().slice(2)).toEqual(['opened key_rejected']);
  });

  it('many alerts of one kind come in one message that stays short', async () => {
    const receiver = await startReceiver();
    await record(...Array.from({ length: 40 }, (_, index) => about('freshness_missed', `dataset_${index} 1d`)));
    await deliver(receiver.url);
    expect(receiver.told()).toEqual(['opened freshness_missed +39']);
    expect(receiver.taken[0]?.text).toContain('40 at once');
    expect(receiver.taken[0]?.text).toContain('and 30 more');
    expect(receiver.taken[0]?.also.map(({ notification_id }) => notification_id)).toHaveLength(39);
  });

  it('what happened is told once ever, and never recovers', async () => {
    const receiver = await startReceiver();
    const event = about('drift_appeared', 'costs field new');
    for (let day = 0; day < 3; day += 1) {
      await record(event);
      await deliver(receiver.url);
      clock.advance(dayMs);
    }
    expect(receiver.told()).toEqual(['opened drift_appeared']);
    expect(await openAlerts(database.pool)).toEqual([]);
  });

  it('what was found without a webhook is told by the next look with one, if it holds', async () => {
    const receiver = await startReceiver();
    const quietly = (...found: readonly Condition[]) =>
      recordConditions(database.pool, { now: clock.now(), organizations, notify: false }, async () => found);
    await quietly(keyRejected, about('run_failed', ''));
    await quietly(keyRejected);
    expect(await notifications()).toEqual([]);
    clock.advance(40 * dayMs);
    await record(keyRejected);
    await deliver(receiver.url);
    expect(receiver.told()).toEqual(['opened key_rejected']);
  });

  it('shows the newest detail while it holds, and since when', async () => {
    await record(keyRejected);
    const [before] = await openAlerts(database.pool);
    clock.advance(dayMs);
    await record({ ...keyRejected, detail: 'seen again' });
    expect(await openAlerts(database.pool)).toEqual([
      { ...before, detail: 'seen again', last_seen_at: clock.now().toISOString() },
    ]);
  });
});

describe('alerts of others', () => {
  const lookOf = (orgs: readonly string[], ...found: readonly Condition[]) =>
    recordConditions(database.pool, { now: clock.now(), organizations: orgs, notify: true }, async () => found);

  it('are left alone by a process that does not have their organization, and not told by it', async () => {
    const receiver = await startReceiver();
    await lookOf(['other'], { ...keyRejected, org_id: 'other' });
    await record();
    await deliver(receiver.url);
    expect(receiver.requests).toEqual([]);
    expect(await openAlerts(database.pool)).toMatchObject([{ org_id: 'other' }]);
  });

  it('end by themselves once nobody has looked at the organization for a month', async () => {
    await lookOf(['gone'], { ...keyRejected, org_id: 'gone' });
    clock.advance(31 * dayMs);
    await record();
    expect(await openAlerts(database.pool)).toEqual([]);
  });
});
