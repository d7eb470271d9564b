import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { silentLog } from '../../src/log.ts';
import { type ChangesReport, emitChanges } from '../../src/run/changes.ts';
import { type OwnServer, ownServer, standbyOf } from '../faults/support/own-server.ts';

const rows = 50;

describe('a feed whose server fails over', { timeout: 120_000 }, () => {
  let primary: OwnServer;
  let standby: OwnServer;
  beforeAll(async () => {
    primary = await ownServer();
    await primary.start();
    await primary.execute('postgres', 'create database store');
  }, 120_000);
  afterAll(async () => {
    await primary.close();
    await standby?.close();
  });

  /** One call of the feed on a server, as of now. */
  const changes = async (server: OwnServer, since: string | null): Promise<ChangesReport> => {
    const pool = createPool(server.url('store'), 'usage-etl tests', 2, silentLog);
    try {
      const { signal } = new AbortController();
      return await emitChanges({ pool }, { names: [], since, signal }, () => Promise.resolve(true));
    } finally {
      await pool.end();
    }
  };

  it('can be read from a standby from the same cursor on, and is read anew once the standby has taken over', async () => {
    const pool = createPool(primary.url('store'), 'usage-etl tests', 2, silentLog);
    await migrate(pool, { log: silentLog, version: 'test' });
    await pool.query(
      `insert into openai.costs (org_id, series_id, bucket_width, bucket_start, bucket_end, amount_value, amount_currency, run_id)
       select 'acme', gen_random_uuid(), '1d', '2026-01-01', '2026-01-02', n, 'usd', 1 from generate_series(1, ${rows}) n`,
    );
    const first = await changes(primary, null);
    expect(first).toMatchObject({ upserts: rows });
    await pool.query(
      `insert into openai.line_items (line_item, parse_status, parser_version, charge_category, first_seen_at, updated_at, changed_xid)
       values ('late', 'unparsed', 1, 'Usage', now(), now(), pg_current_xact_id())`,
    );
    await pool.end();
    await primary.stop('fast');

    standby = await standbyOf(primary);
    await standby.start();
    const followed = await changes(standby, first.cursor);
    expect(followed).toMatchObject({ upserts: 1, removals: 0 });
    expect(await changes(standby, followed.cursor)).toMatchObject({ upserts: 0 });

    await standby.execute('store', 'select pg_promote()');
    await expect(changes(standby, followed.cursor)).rejects.toMatchObject({ code: 'cursor_expired' });
    const anew = await changes(standby, null);
    expect(anew).toMatchObject({ upserts: rows + 1 });
    expect(await changes(standby, anew.cursor)).toMatchObject({ upserts: 0 });
  });
});
