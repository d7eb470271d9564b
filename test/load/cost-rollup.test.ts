import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { splitChangedDays } from '../../src/allocate/split-days.ts';
import { publishedTierWeights } from '../../src/catalog/tier.ts';
import { packagedMigrations } from '../../src/db/migration-files.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import { type Billed, costLoader, costSlice } from '../support/cost-loads.ts';
import { costRollupDifferences, expectCostRollupsToEqualFacts } from '../support/cost-rollup-facts.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { daysBack, liveThroughNights } from '../support/nights.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

vi.setConfig({ testTimeout: 120_000 });

const daySeconds = 86_400;
const firstDay = Date.UTC(2026, 0, 1) / 1000;
const february = (day: number) => new Date(Date.UTC(2026, 1, day));

const everything = `select 'daily' as what, to_jsonb(r)::text as row from openai.cost_daily_rollup r
  union all select 'scope', to_jsonb(r)::text from openai.cost_scope_daily_rollup r
  union all select 'user', to_jsonb(r)::text from openai.cost_user_daily_rollup r order by 1, 2`;

describe('sums of costs over an organization’s nights', () => {
  it('equal costs and parts through first loads, restatements, vanished groups and other currencies', async () => {
    const nights = await liveThroughNights({ days: 12 });
    const { pool } = nights.database;
    try {
      await nights.sync();
      await expectCostRollupsToEqualFacts(pool);
      const restated = daysBack(nights, 3);
      nights.simulator.restate([
        { dataset: 'costs', day: restated, kind: 'scale', factor: 1.25 },
        { dataset: 'costs', day: daysBack(nights, 4), kind: 'empty-day' },
        { dataset: 'completions', day: daysBack(nights, 2), kind: 'empty-day' },
        {
          dataset: 'costs',
          day: restated,
          kind: 'add-group',
          dimensions: { line_item: 'Promotional credit' },
          measures: { amount_value: '-3.250000000000000001' },
          attributes: { amount_currency: 'eur' },
        },
      ]);
      nights.clock.advance(24 * 3_600_000);
      await nights.sync({ acceptRestatement: true });
      await expectCostRollupsToEqualFacts(pool);
      const { rows } = await pool.query(
        `select count(*) filter (where scope = 'user')::int > 5 as users, bool_or(currency = 'eur') as euros,
           count(distinct usage_date_utc) filter (where scope = 'all')::int as days from openai.cost_scope_daily_rollup`,
      );
      expect(rows).toEqual([{ users: true, euros: true, days: 12 }]);
    } finally {
      await nights.close();
    }
  });

  it('are not written again for days that say the same, and are when everything is read anew', async () => {
    const nights = await liveThroughNights({ days: 6 });
    const { pool } = nights.database;
    const versions = async () =>
      (
        await pool.query(
          `select ctid, xmin from openai.cost_daily_rollup union all select ctid, xmin from openai.cost_scope_daily_rollup
           union all select ctid, xmin from openai.cost_user_daily_rollup`,
        )
      ).rows;
    try {
      await nights.sync();
      const before = await versions();
      expect(before.length).toBeGreaterThan(100);
      await nights.sync();
      expect(await versions()).toEqual(before);
      await pool.query('update openai.cost_daily_rollup set amount = amount + 1');
      await pool.query(`update openai.cost_scope_daily_rollup set amount = amount + 1 where scope = 'all'`);
      expect(await costRollupDifferences(pool)).not.toEqual([]);
      await nights.sync({ refetch: true, command: 'backfill', from: daysBack(nights, 6) });
      await expectCostRollupsToEqualFacts(pool);
    } finally {
      await nights.close();
    }
  });

  it.each([
    ['a sum of costs', `update openai.cost_daily_rollup set amount = amount + 1e-18 where group_no = 1`, 'backfill'],
    ['a scope', `delete from openai.cost_scope_daily_rollup where scope = 'api_key'`, 'backfill'],
    ['a sum of parts', `update openai.cost_user_daily_rollup set amount = amount - 1e-18 where group_no = 1`, 'sync'],
    ['a user', `delete from openai.cost_scope_daily_rollup where scope = 'user' and group_no = 1`, 'sync'],
  ] as const)('are verified: %s that was changed by hand is found, and mended', async (_, spoil, remedy) => {
    const nights = await liveThroughNights({ days: 4 });
    const { pool } = nights.database;
    try {
      await nights.sync();
      expect(await nights.verify()).toMatchObject({ exit_code: 0, differences: [] });
      await pool.query(spoil);
      const { exit_code, differences } = await nights.verify();
      expect(exit_code).toBe(4);
      expect(new Set(differences.map(({ dataset }) => dataset))).toEqual(new Set(['cost_rollup']));
      const anew = { refetch: true, command: 'backfill', from: daysBack(nights, 4) } as const;
      await nights.sync(remedy === 'sync' ? {} : anew);
      expect(await nights.verify()).toMatchObject({ exit_code: 0, differences: [] });
      await expectCostRollupsToEqualFacts(pool);
    } finally {
      await nights.close();
    }
  });

  it('are filled by the migration as the load and the split write them', async () => {
    const nights = await liveThroughNights({ days: 6 });
    const { pool } = nights.database;
    try {
      await nights.sync();
      const written = (await pool.query(everything)).rows;
      expect(written.length).toBeGreaterThan(100);
      await pool.query(
        'truncate openai.cost_daily_rollup, openai.cost_scope_daily_rollup, openai.cost_user_daily_rollup',
      );
      const sql = await readFile(join(packagedMigrations, '0013_cost_rollup.sql'), 'utf8');
      const [, filling = ''] = sql.split('-- What a store of an earlier version holds.');
      await pool.query(filling.split(/^create /m)[0] ?? '');
      expect((await pool.query(everything)).rows).toEqual(written);
    } finally {
      await nights.close();
    }
  });
});

describe('sums of costs', () => {
  let database: TestDatabase;
  let store: Store;
  beforeEach(async () => {
    database = await testDatabase();
    const clock = fakeClock('2026-03-01T00:00:00Z');
    store = await openStore({ databaseUrl: database.url, dataDir: '', clock, log: silentLog });
  });
  afterEach(async () => {
    await store.close();
    await database.close();
  });

  const split = () =>
    splitChangedDays({
      pool: store.pool,
      organization: 'acme',
      runId: 1,
      weights: publishedTierWeights,
      log: silentLog,
      signal: new AbortController().signal,
    });

  /** A day's bill that differs from round to round: groups come, go, and change. */
  const billOf = (day: number, round: number): readonly Billed[] =>
    ['gpt-6-astra, input', 'gpt-6-astra, output', 'web search tool calls', 'Promotional credit', null].flatMap(
      (item, index): readonly Billed[] =>
        (day * 7 + index * 3 + round) % 4 === 0
          ? []
          : ['default', 'agents_api'].map((source) => ({
              project: index === 3 ? null : `proj_${(day + index) % 3}`,
              item,
              key: index % 2 === 0 ? `key_${day % 2}` : null,
              source,
              amount: `${(day * 31 + index * 17 + round * 13) % 100}.${round}00000000000000001`,
              currency: (day + index) % 5 === 0 ? 'eur' : 'usd',
              ...(index < 2 && { quantity: 1000 + round }),
            })),
    );

  it('are right at every moment while days are loaded, restated and split at once', async () => {
    const load = costLoader(store);
    const starts = [0, 4, 9, 13];
    const days = 18;
    let isLoading = true;
    let looks = 0;
    const observations: unknown[] = [];
    const observer = (async () => {
      while (isLoading) {
        observations.push(...(await costRollupDifferences(database.pool)));
        looks += 1;
      }
    })();
    try {
      for (const round of [0, 1, 2]) {
        const loads = starts.map((first, index) => {
          const bills = Array.from({ length: (starts[index + 1] ?? days) - first }, (_, nth) =>
            billOf(first + nth, round),
          );
          return load(costSlice(firstDay + first * daySeconds, bills), february(1 + round));
        });
        await Promise.all([...loads, split(), split()]);
        await expectCostRollupsToEqualFacts(database.pool);
      }
      await split();
    } finally {
      isLoading = false;
      await observer;
    }
    expect(observations).toEqual([]);
    expect(looks).toBeGreaterThan(3);
    await expectCostRollupsToEqualFacts(database.pool);
    const { rows } = await database.pool.query(
      'select count(*)::int as days, sum(costs_off)::int as off from openai_bi.reconciliation_daily',
    );
    expect(rows).toEqual([{ days: expect.any(Number), off: 0 }]);
  });

  it.each([
    ['the load commits last', 'load'],
    ['the split commits last', 'split'],
  ])('show a day that was loaded while it was split as outdated until it is split again, when %s', async (_, last) => {
    const load = costLoader(store);
    const slice = (round: number) => costSlice(firstDay, [billOf(1, round)]);
    await load(slice(0), february(1));
    await split();
    await load(slice(1), february(2));
    // Whoever commits last is held at its sums while the other goes through.
    const holder = await database.pool.connect();
    try {
      await holder.query('begin');
      const [table, held, free] =
        last === 'load'
          ? (['cost_daily_rollup', () => load(slice(2), february(3)), split] as const)
          : (['cost_user_daily_rollup', split, () => load(slice(2), february(3))] as const);
      await holder.query(`lock table openai.${table} in exclusive mode`);
      const waiting = held();
      await vi.waitFor(async () => {
        const { rows } = await database.pool.query(
          `select from pg_locks where not granted and relation = 'openai.${table}'::regclass`,
        );
        expect(rows).toHaveLength(1);
      });
      await free();
      await holder.query('commit');
      await waiting;
    } finally {
      holder.release();
    }
    await expectCostRollupsToEqualFacts(database.pool);
    const state = async () =>
      (
        await database.pool.query(
          `select bool_or(reason = 'split_outdated') as outdated from openai_bi.reconciliation_daily`,
        )
      ).rows;
    expect(await state()).toEqual([{ outdated: true }]);
    await split();
    await expectCostRollupsToEqualFacts(database.pool);
    expect(await state()).toEqual([{ outdated: false }]);
  });

  it.each([
    ['a load', 'cost_scope_daily_rollup'],
    ['a split', 'cost_user_daily_rollup'],
  ])('and their rows are those of before when the session of %s is killed amid its sums', async (what, table) => {
    const load = costLoader(store);
    await load(costSlice(firstDay, [billOf(1, 0), billOf(2, 0)]), february(1));
    await split();
    if (what === 'a split') await load(costSlice(firstDay, [billOf(1, 1), billOf(2, 1)]), february(2));
    const before = (await database.pool.query(everything)).rows;
    const holder = await database.pool.connect();
    try {
      await holder.query('begin');
      await holder.query(`lock table openai.${table} in exclusive mode`);
      const killed = what === 'a load' ? load(costSlice(firstDay, [billOf(1, 2)]), february(3)) : split();
      const outcome = killed.then(
        () => 'done',
        () => 'failed',
      );
      await vi.waitFor(async () => {
        const { rows } = await database.pool.query(
          `select pg_terminate_backend(pid) from pg_locks where not granted and relation = 'openai.${table}'::regclass`,
        );
        expect(rows).toHaveLength(1);
      });
      await holder.query('rollback');
      // A load whose connection was lost is tried again.
      expect(await outcome).toBe(what === 'a load' ? 'done' : 'failed');
    } finally {
      holder.release();
    }
    await expectCostRollupsToEqualFacts(database.pool);
    if (what === 'a split') expect((await database.pool.query(everything)).rows).toEqual(before);
  });
});
