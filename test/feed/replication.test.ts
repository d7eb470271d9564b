import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { createPool } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { streams } from '../../src/feed/streams.ts';
import { silentLog } from '../../src/log.ts';
import { publish, readPublication, unpublish } from '../../src/run/publication.ts';
import { type OwnServer, ownServer } from '../faults/support/own-server.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';

const dayMs = 86_400_000;
const patience = { timeout: 60_000, interval: 20 };
const publication = 'openai_usage';
const slot = 'elsewhere';

describe('a store that another database follows by logical replication', { timeout: 120_000 }, () => {
  let server: OwnServer;
  let nights: Nights;
  let elsewhere: pg.Pool;
  beforeAll(async () => {
    server = await ownServer();
    // The last word on a setting counts.
    await appendFile(join(server.data, 'postgresql.auto.conf'), "wal_level = logical\nwal_writer_delay = '10ms'\n");
    await server.start();
    nights = await liveThroughNights({
      datasets: [completions, embeddings, costs, costsByUser],
      days: 10,
      database: () => migrated('store'),
      config: { directory: { hours: 12, personalData: true } },
    });
    elsewhere = (await migrated('elsewhere')).pool;
  }, 120_000);
  afterAll(async () => {
    await elsewhere.query(`drop subscription if exists ${slot}`);
    await elsewhere.end();
    await nights.close();
    await server.close();
  });

  const migrated = async (name: string) => {
    await server.execute('postgres', `create database ${name}`);
    const pool = createPool(server.url(name), 'usage-etl tests', 8, silentLog);
    await migrate(pool, { log: silentLog, version: 'test' });
    return { url: server.url(name), pool, close: () => pool.end() };
  };

  const rowsOf = async (pool: pg.Pool, { table, key }: (typeof streams)[number]) => {
    const order = key.map((name) => `"${name}"`).join(', ');
    const { rows } = await pool.query<{ row: string }>(
      `select row_to_json(t)::text as row from openai."${table}" t order by ${order}`,
    );
    return rows.map(({ row }) => row);
  };

  const expectEqual = async () => {
    const { rows } = await nights.database.pool.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
    await vi.waitFor(async () => {
      const caughtUp = await nights.database.pool.query(
        'select from pg_replication_slots where slot_name = $1 and confirmed_flush_lsn >= $2::pg_lsn',
        [slot, rows[0]?.lsn],
      );
      expect(caughtUp.rowCount).toBe(1);
    }, patience);
    let total = 0;
    for (const stream of streams) {
      const stored = await rowsOf(nights.database.pool, stream);
      total += stored.length;
      expect({ table: stream.table, rows: await rowsOf(elsewhere, stream) }).toEqual({
        table: stream.table,
        rows: stored,
      });
    }
    return total;
  };

  it('publishes nothing unless asked, then every table with a key, and the same when asked again', async () => {
    expect(await readPublication(nights.store, publication)).toMatchObject({ exists: false, wal_level: 'logical' });
    expect(await unpublish(nights.store, publication)).toBe(false);
    await nights.database.pool.query(`create publication ${publication} for table openai.costs`);
    const tables = streams.map(({ table }) => table).sort();
    expect(await readPublication(nights.store, publication)).toMatchObject({
      exists: true,
      tables: ['costs'],
      missing: tables.filter((table) => table !== 'costs'),
    });
    for (let time = 0; time < 2; time += 1) {
      expect(await publish(nights.store, publication)).toMatchObject({ tables, missing: [], unidentified: [] });
    }
    const { rows } = await nights.database.pool.query(
      'select pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot from pg_publication',
    );
    expect(rows).toEqual([{ pubinsert: true, pubupdate: true, pubdelete: true, pubtruncate: false, pubviaroot: true }]);
  });

  it('is rebuilt there from a first copy and from every night after it, restated and removed rows too', async () => {
    await nights.sync();
    await nights.database.pool.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
    await elsewhere.query(
      `create subscription ${slot} connection ${pg.escapeLiteral(server.url('store'))} publication ${publication}
       with (create_slot = false, slot_name = ${slot})`,
    );
    await vi.waitFor(async () => {
      const { rows } = await elsewhere.query("select from pg_subscription_rel where srsubstate <> 'r'");
      expect(rows).toEqual([]);
    }, patience);
    expect(await expectEqual()).toBeGreaterThan(500);
    for (let night = 0; night < 3; night += 1) {
      nights.clock.advance(dayMs);
      nights.simulator.restate([
        { kind: 'scale', dataset: 'costs', day: daysBack(nights, 5), factor: 1.25 },
        { kind: 'scale', dataset: 'completions', day: daysBack(nights, 4), factor: 2 },
        {
          kind: night % 2 === 0 ? 'late-day' : 'reveal-day',
          dataset: 'embeddings',
          day: daysBack(nights, 6 + night - (night % 2)),
        },
      ]);
      const report = await nights.sync();
      expect(report.datasets.reduce((sum, { rows_updated: updated }) => sum + updated, 0)).toBeGreaterThan(0);
      await expectEqual();
    }
    const { rows } = await nights.database.pool.query('select count(*)::int as n from openai_etl.removals');
    expect(rows[0]?.['n']).toBeGreaterThan(0);
    const { slots } = await readPublication(nights.store, publication);
    expect(slots).toMatchObject([{ name: slot, plugin: 'pgoutput', active: true, wal_status: 'reserved' }]);
  });

  it('has no table that is unlogged or that rows of cannot be told apart', async () => {
    const { rows } = await nights.database.pool.query(
      `select relname from pg_class c where relnamespace = 'openai'::regnamespace and relkind in ('r', 'p')
         and (relpersistence <> 'p' or relreplident <> 'd'
           or not exists (select from pg_index where indrelid = c.oid and indisprimary))`,
    );
    expect(rows).toEqual([]);
  });
});
