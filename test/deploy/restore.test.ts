import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import { emitChanges } from '../../src/run/changes.ts';
import type { RunReport } from '../../src/run/report.ts';
import { daysBack, expectTruth, liveThroughNights, type Nights } from '../support/nights.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { type BackupSite, backupWays, closeBackups } from './backups.ts';

const dayMs = 86_400_000;
const days = 50;
const datasets = [completions, costs];

/** Servers are set up, stopped and copied here. */
const timeoutMs = 180_000;
const ways = await backupWays();

afterAll(closeBackups, timeoutMs);

/** The same organization and API, on another database. */
interface Restored {
  readonly nights: Nights;
  close(): Promise<void>;
}

async function onto(nights: Nights, database: TestDatabase): Promise<Restored> {
  const store: Store = await openStore({ databaseUrl: database.url, dataDir: '', clock: nights.clock, log: silentLog });
  const context = { ...nights.context, store };
  return {
    nights: {
      ...nights,
      database,
      store,
      context,
      sync: (asked, changed) => nights.sync(asked, { store, ...changed }),
      verify: (changed) => nights.verify({ store, ...changed }),
    },
    close: async () => {
      await store.close();
      await database.close();
    },
  };
}

async function expectAllTruth(nights: Nights, from: Date): Promise<void> {
  for (const dataset of datasets) await expectTruth(nights, dataset, '1d', from);
}

function written({ datasets: reports }: RunReport): number {
  return reports.reduce((sum, report) => sum + report.rows_inserted + report.rows_updated + report.rows_deleted, 0);
}

describe.each(ways)('after a restore by $name', { timeout: timeoutMs }, ({ open }) => {
  let nights: Nights;
  let site: BackupSite;
  let restored: Restored | null;

  beforeEach(async () => {
    site = await open();
    restored = null;
    nights = await liveThroughNights({ datasets, days, database: async () => site.database });
  }, timeoutMs);
  afterEach(async () => {
    await restored?.close();
    await nights.close();
  }, timeoutMs);

  test('a sync has nothing to write, makes no more requests than any night, and the proof holds', async () => {
    const firstDay = daysBack(nights, days);
    await nights.sync();
    const backup = await site.backUp();
    restored = await onto(nights, await backup.restore());

    nights.newRequests();
    expect(written(await nights.sync())).toBe(0);
    const usual = nights.newRequests();
    const report = await restored.nights.sync();
    expect(report.exit_code).toBe(0);
    expect(written(report)).toBe(0);
    expect(nights.newRequests()).toBe(usual);
    await expectAllTruth(restored.nights, firstDay);
    expect((await restored.nights.verify()).exit_code).toBe(0);
  });

  test('from a week ago, one sync reads the week that is missing, and what was restated in it', async () => {
    const firstDay = daysBack(nights, days);
    await nights.sync();
    const backup = await site.backUp();
    nights.clock.advance(7 * dayMs);
    nights.simulator.restate(
      datasets.map(({ name }) => ({ kind: 'scale', dataset: name, day: daysBack(nights, 12), factor: 2 })),
    );
    restored = await onto(nights, await backup.restore());
    const report = await restored.nights.sync();

    expect(report.exit_code).toBe(0);
    for (const { dataset, buckets_loaded, requests } of report.datasets) {
      // Seven days that were never read, the open one, the one that was open at the backup, and the restated one, all in
      // the request that a night makes anyway.
      expect({ dataset, buckets_loaded, requests }).toMatchObject({ buckets_loaded: 9, requests: 1 });
    }
    await expectAllTruth(restored.nights, firstDay);
    expect((await restored.nights.verify()).exit_code).toBe(0);
  });

  test('a cursor of the feed from after the backup is refused, and the feed can be read anew', async () => {
    const { signal } = nights.context;
    const changes = (store: Store, since: string | null) =>
      emitChanges(store, { names: [], since, signal }, () => Promise.resolve(true));
    await nights.sync();
    const backup = await site.backUp();
    nights.clock.advance(dayMs);
    await nights.sync();
    const { cursor } = await changes(nights.store, null);
    expect(await changes(nights.store, cursor)).toMatchObject({ upserts: 0, removals: 0 });
    restored = await onto(nights, await backup.restore());
    await expect(changes(restored.nights.store, cursor)).rejects.toMatchObject({ code: 'cursor_expired' });
    const anew = await changes(restored.nights.store, null);
    expect(anew.upserts).toBeGreaterThan(100);
    expect(await changes(restored.nights.store, anew.cursor)).toMatchObject({ upserts: 0, removals: 0 });
  });
});

describe('when facts and ledger are not of the same moment', { timeout: timeoutMs }, () => {
  let nights: Nights;
  let firstDay: Date;
  beforeEach(async () => {
    nights = await liveThroughNights({ datasets: [...datasets, embeddings], days });
    firstDay = daysBack(nights, days);
    await nights.sync();
  });
  afterEach(() => nights.close());

  const execute = (sql: string, values: readonly unknown[] = []) => nights.database.pool.query(sql, [...values]);
  const restatements = async () => {
    const { rows } = await execute('select count(*)::int as count from openai_etl.restatements');
    return rows[0]?.count;
  };
  /** Facts as an older backup has them: days that were not loaded yet, values that were restated since. */
  const ageFacts = async ({ table }: Dataset, measure: string) => {
    const cut = daysBack(nights, days - 5);
    await execute(`delete from openai.${table} where bucket_start < $1`, [cut]);
    await execute(`update openai.${table} set "${measure}" = "${measure}" + 1 where bucket_start = $1`, [cut]);
  };

  test('a ledger that is older, or lost, is made good by a sync', async () => {
    await execute('delete from openai_etl.buckets where bucket_start >= $1', [daysBack(nights, 20)]);
    await execute('delete from openai_etl.buckets where dataset = $1', ['costs']);
    const report = await nights.sync();
    expect(report.exit_code).toBe(0);
    expect(written(report)).toBe(0);
    await expectAllTruth(nights, firstDay);
    expect(await restatements()).toBe(0);
  });

  test('facts that are older than the ledger are found out by verify and made good by a refetch', async () => {
    await ageFacts(completions, 'input_tokens');
    await ageFacts(costs, 'amount_value');
    expect((await nights.verify()).exit_code).toBe(4);
    const before = await execute('select xmin::text from openai.usage_embeddings order by xmin');

    const report = await nights.sync({ command: 'backfill', from: firstDay, refetch: true });
    expect(report.exit_code).toBe(0);
    await expectAllTruth(nights, firstDay);
    expect((await nights.verify()).exit_code).toBe(0);
    // OpenAI has revised nothing, and rows that were right are as they were.
    expect(await restatements()).toBe(0);
    expect((await execute('select xmin::text from openai.usage_embeddings order by xmin')).rows).toEqual(before.rows);
  });
});
