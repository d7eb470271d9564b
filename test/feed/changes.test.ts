import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { streams } from '../../src/feed/streams.ts';
import { erasePersonalData } from '../../src/load/directory.ts';
import { emitChanges } from '../../src/run/changes.ts';
import { daysBack, liveThroughNights, type Nights, organization } from '../support/nights.ts';
import { transactionsToEnd } from '../support/quiet.ts';
import { type Consumer, consumer, expectEqual } from './consumer.ts';

const dayMs = 86_400_000;

describe('changes', { timeout: 120_000 }, () => {
  let nights: Nights;
  let reader: Consumer;
  beforeEach(async () => {
    nights = await liveThroughNights({
      datasets: [completions, embeddings, costs, costsByUser],
      days: 10,
      config: { directory: { hours: 12, personalData: true } },
    });
    await nights.sync();
    reader = consumer(nights.store);
  });
  afterEach(async () => {
    await nights.close();
  });

  const followed = async () => {
    await transactionsToEnd(nights.database.pool);
    const polled = await reader.poll();
    await expectEqual(reader, nights.store);
    return polled;
  };
  const count = async (sql: string) =>
    (await nights.database.pool.query<{ n: number }>(`select count(*)::int as n from ${sql}`)).rows[0]?.n ?? 0;

  it('without a cursor are everything there is, and nothing is removed', async () => {
    const { upserts, removals } = await followed();
    expect(removals).toEqual([]);
    expect(upserts.length).toBeGreaterThan(500);
    expect(new Set(upserts.map(({ stream }) => stream))).toEqual(
      new Set([
        ...['openai.projects', 'openai.users', 'openai.api_keys', 'openai.project_members', 'openai.groups'],
        ...['openai.group_members', 'openai.name_history', 'completions', 'embeddings', 'costs', 'costs_by_user'],
        ...['openai.line_items', 'openai.cost_parts'],
      ]),
    );
  });

  it('after a night that changed nothing are none', async () => {
    await followed();
    await nights.sync({ refetch: true });
    expect(await followed()).toEqual({ upserts: [], removals: [] });
  });

  it('of restated nights are the rows that changed and those that are gone, and nothing else', async () => {
    await followed();
    const [model, user] = await anyGroup();
    nights.simulator.restate([
      { kind: 'scale', dataset: 'completions', day: daysBack(nights, 8), factor: 2 },
      { kind: 'remove-group', dataset: 'completions', day: daysBack(nights, 7), where: { model } },
      {
        kind: 'move-group',
        dataset: 'costs_by_user',
        day: daysBack(nights, 6),
        where: { user_id: user },
        to: { user_id: 'user-x' },
      },
      { kind: 'empty-day', dataset: 'embeddings', day: daysBack(nights, 5) },
      {
        kind: 'add-group',
        dataset: 'costs',
        day: daysBack(nights, 9),
        dimensions: { line_item: 'a late correction' },
        measures: { amount_value: '-123.4567890123456789012345678901' },
      },
    ]);
    await nights.sync({ refetch: true });
    const { upserts, removals } = await followed();
    const written = await count(
      "(select changed_xid from openai.costs union all select changed_xid from openai.usage_completions union all select changed_xid from openai.costs_by_user) f where changed_xid <> '0'",
    );
    expect(upserts.length).toBeLessThan(written);
    const recorded = await count("openai_etl.restatements where change = 'removed'");
    const gone = removals.filter(({ stream }) => stream !== 'openai.cost_parts');
    expect(recorded).toBeGreaterThan(10);
    expect(gone.length).toBe(recorded);
    expect(removals.length).toBeGreaterThan(gone.length);
    expect(gone[0]).toMatchObject({
      key: { org_id: organization },
      removed_at: expect.stringMatching(/^20.*\+00:00$/),
    });
    const late = upserts.find(({ stream, row }) => stream === 'costs' && row?.['line_item'] === 'a late correction');
    expect(late?.row).toMatchObject({ amount_value: '-123.4567890123456789012345678901', amount_currency: 'usd' });
  });

  it('of a row that was removed and has come back are the row, whenever the consumer asks', async () => {
    await followed();
    const day = daysBack(nights, 5);
    for (const between of [true, false]) {
      nights.simulator.restate([{ kind: 'late-day', dataset: 'embeddings', day }]);
      await nights.sync({ datasets: ['embeddings'], refetch: true });
      if (between) expect((await followed()).removals.length).toBeGreaterThan(0);
      nights.simulator.restate([{ kind: 'reveal-day', dataset: 'embeddings', day }]);
      await nights.sync({ datasets: ['embeddings'], refetch: true });
      const { removals, upserts } = await followed();
      expect(removals).toEqual([]);
      expect(upserts.length).toBeGreaterThan(0);
    }
  });

  it('of many nights add up to the store', async () => {
    for (let night = 0; night < 3; night += 1) {
      nights.clock.advance(dayMs);
      nights.simulator.restate([
        { kind: 'scale', dataset: 'costs', day: daysBack(nights, 4 + night), factor: 1.5 },
        { kind: 'scale', dataset: 'completions', day: daysBack(nights, 3), factor: 3 },
      ]);
      const { projects, users, apiKeys } = nights.simulator.directory;
      nights.simulator.changeDirectory([
        { entity: 'projects', id: projects[night]?.id ?? '', name: `renamed in night ${night}` },
        { entity: 'users', id: users[night]?.id ?? '', removed: true },
        { entity: 'apiKeys', id: apiKeys[night]?.id ?? '', removed: true },
      ]);
      await nights.sync();
      const { upserts } = await followed();
      expect(upserts.map(({ row }) => row?.['name'])).toContain(`renamed in night ${night}`);
    }
  });

  it('of a store restored from a server that had come further are everything once, and then what changes here', async () => {
    const future = '9000000000000000000';
    for (const { table } of streams) {
      await nights.database.pool.query(`update openai."${table}" set changed_xid = '${future}'`);
    }
    await nights.database.pool.query(`update openai_etl.buckets set changed_xid = '${future}'`);
    await nights.database.pool.query(
      `insert into openai_etl.removals (removed_xid, table_name, key, removed_at)
       select '${future}', 'openai.costs', jsonb_build_object('org_id', org_id, 'bucket_start', bucket_start, 'series_id', series_id), now()
       from openai.costs`,
    );
    expect((await followed()).upserts.length).toBeGreaterThan(500);
    expect(await followed()).toEqual({ upserts: [], removals: [] });
    nights.simulator.restate([
      { kind: 'scale', dataset: 'costs', day: daysBack(nights, 4), factor: 3 },
      { kind: 'empty-day', dataset: 'embeddings', day: daysBack(nights, 5) },
    ]);
    await nights.sync({ refetch: true });
    const { upserts, removals } = await followed();
    expect(upserts.length).toBeGreaterThan(0);
    expect(removals.length).toBeGreaterThan(0);
  });

  it('tell that names were erased, without telling them', async () => {
    await followed();
    await erasePersonalData(nights.store.pool, organization);
    const { removals, upserts } = await followed();
    expect(new Set(removals.map(({ stream }) => stream))).toEqual(new Set(['openai.name_history']));
    expect(upserts.map(({ stream }) => stream)).toContain('openai.users');
  });

  it('cannot be had from a cursor older than the removals that are still known, and from a later one can', async () => {
    await followed();
    const old = reader.cursor();
    nights.simulator.restate([{ kind: 'empty-day', dataset: 'embeddings', day: daysBack(nights, 5) }]);
    await nights.sync({ refetch: true });
    const { removals } = await followed();
    await nights.database.pool.query("update openai_etl.removals set removed_at = now() - interval '399 days'");
    await nights.sync();
    expect(await count('openai_etl.removals')).toBe(removals.length);
    expect(await count('openai_etl.removal_purges')).toBe(0);
    await nights.database.pool.query("update openai_etl.removals set removed_at = now() - interval '401 days'");
    await nights.sync();
    expect(await count('openai_etl.removals')).toBe(0);
    await followed();
    const from = (since: string | null) =>
      emitChanges(nights.store, { names: [], since, signal: nights.context.signal }, () => Promise.resolve(true));
    await expect(from(old)).rejects.toMatchObject({ code: 'cursor_expired' });
    await expect(from(reader.cursor())).resolves.toMatchObject({ removals: 0 });
  });

  it('hold back what a transaction changed that ended while an older one still runs, and lose none of it', async () => {
    await followed();
    const slow = await nights.database.pool.connect();
    const rename = (name: string) => `update openai.projects set project_name = '${name}', updated_at = now(),
      changed_xid = pg_current_xact_id() where project_id = (select min(project_id) from openai.projects)`;
    try {
      await slow.query('begin');
      await slow.query("update openai.users set role = 'slow', changed_xid = pg_current_xact_id()");
      await inTransaction(nights.database.pool, (client) => client.query(rename('quick')));
      expect(await reader.poll()).toEqual({ upserts: [], removals: [] });
      await slow.query('commit');
    } finally {
      slow.release();
    }
    const { upserts } = await followed();
    expect(
      upserts.filter(({ stream }) => stream === 'openai.projects').map(({ row }) => row?.['project_name']),
    ).toEqual(['quick']);
    expect(upserts.filter(({ stream }) => stream === 'openai.users').length).toBe(await count('openai.users'));
  });

  async function anyGroup(): Promise<readonly [string, string]> {
    const { rows } = await nights.database.pool.query<{ model: string; user: string }>(
      `select (select model from openai.usage_completions where bucket_start = $1 and model is not null limit 1) as model,
         (select user_id from openai.costs_by_user where bucket_start = $2 and user_id is not null limit 1) as user`,
      [daysBack(nights, 7), daysBack(nights, 6)],
    );
    return [rows[0]?.model ?? '', rows[0]?.user ?? ''];
  }
});
