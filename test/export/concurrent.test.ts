import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { addDecimals, formatDecimal, parseDecimal, zero } from '../../src/parse/decimal.ts';
import { liveThroughNights, type Nights } from '../support/nights.ts';
import { openDuckDb } from './duckdb.ts';
import { checked, exported, exportedAtOnce, folderPlace, newFolder } from './places.ts';
import { compared, duckDbLines, manifestOf, nothingBut, storedLines } from './rows.ts';

let nights: Nights;

beforeAll(async () => {
  nights = await liveThroughNights({ datasets: [costs, costsByUser], days: 60 });
  await nights.sync();
}, 120_000);
afterAll(() => nights.close());

/** A row of costs, by its key. */
interface Place {
  readonly bucket_start: Date;
  readonly series_id: string;
}

/** One row of each of some days, from the first of the month on. */
async function rowsOf(month: string, count: number): Promise<readonly Place[]> {
  const { rows } = await nights.database.pool.query<Place>(
    `select distinct on (bucket_start) bucket_start, series_id from openai.costs
     where to_char(bucket_start at time zone 'UTC', 'YYYY-MM') = $1 order by 1, 2 limit $2`,
    [month, count],
  );
  return rows;
}

/** Changes a row and its bucket in the ledger as a load does, in the transaction that the connection is in. */
async function change(client: pg.PoolClient, { bucket_start, series_id }: Place, by: string): Promise<void> {
  await client.query(
    `update openai.costs set amount_value = amount_value + $3, updated_at = now(), changed_xid = pg_current_xact_id()
     where bucket_start = $1 and series_id = $2`,
    [bucket_start, series_id, by],
  );
  await client.query(
    `update openai_etl.buckets set changed_xid = pg_current_xact_id(), changed_at = now(), revision = revision + 1
     where dataset = 'costs' and bucket_start = $1`,
    [bucket_start],
  );
}

/** All money of an export, as its manifest says. */
async function exportedMoney(folder: string): Promise<string> {
  const { streams } = await manifestOf(folder);
  const sums = streams.flatMap(({ files }) =>
    files.map((file) => parseDecimal(file.sums['amount_value'] ?? '') ?? zero),
  );
  return formatDecimal(sums.reduce(addDecimals, zero));
}

async function expectStore(folder: string): Promise<void> {
  const ask = await openDuckDb();
  for (const stream of (await manifestOf(folder)).streams) {
    const stored = await storedLines(nights.database.pool, stream);
    expect(compared(await duckDbLines(ask, folder, stream), stored), stream.name).toEqual(nothingBut(stored));
  }
}

describe('an export while others write', () => {
  it('does not pass over a transaction that began before it and ended after, as a cursor of times would', async () => {
    const folder = newFolder();
    const { pool } = nights.database;
    const [[early], [late]] = [await rowsOf('2026-10', 1), await rowsOf('2026-11', 1)];
    if (early === undefined || late === undefined) throw new Error('the world has no costs in these months');
    await exported(nights, folderPlace(folder), { names: ['costs'] });
    const slow = await pool.connect();
    await slow.query('begin');
    await change(slow, early, '1');
    const quick = await pool.connect();
    await quick.query('begin');
    await change(quick, late, '2');
    await quick.query('commit');
    quick.release();
    await exportedAtOnce(nights, folderPlace(folder));
    const { rows: newest } = await pool.query<{ changed_at: string }>(
      `select max(changed_at)::text as changed_at from openai_etl.buckets where dataset = 'costs'`,
    );
    await slow.query('commit');
    slow.release();
    const { rows: seenByTime } = await pool.query(
      `select from openai_etl.buckets where dataset = 'costs' and changed_at > $1::timestamptz`,
      [newest[0]?.changed_at],
    );
    expect(seenByTime).toEqual([]);
    const report = await exported(nights, folderPlace(folder));
    expect(report.files_written).toBe(1);
    await expectStore(folder);
    expect(await checked(nights, folderPlace(folder))).toMatchObject({ status: 'equal' });
  }, 60_000);

  it('shows one instant in each manifest, and in the end the store', async () => {
    const folder = newFolder();
    const { pool } = nights.database;
    await exported(nights, folderPlace(folder), { names: ['costs'] });
    const money = await exportedMoney(folder);
    const [october, november] = [await rowsOf('2026-10', 4), await rowsOf('2026-11', 4)];
    const ended = new AbortController();
    // Each moves money between two months, so that both change or none; and sleeps before it commits.
    const write = async (from: Place, to: Place, seconds: number) => {
      let moves = 0;
      while (!ended.signal.aborted) {
        const client = await pool.connect();
        await client.query('begin');
        await change(client, from, '-0.000000000000000000000001');
        await client.query('select pg_sleep($1)', [seconds]);
        await change(client, to, '0.000000000000000000000001');
        await client.query('commit');
        client.release();
        moves += 1;
      }
      return moves;
    };
    const writers = october.flatMap((from, index) => {
      const to = november[index];
      return to === undefined ? [] : [write(from, to, 0.02 + 0.25 * index)];
    });
    expect(writers).toHaveLength(4);
    for (let round = 0; round < 15; round += 1) {
      await exportedAtOnce(nights, folderPlace(folder));
      expect(await exportedMoney(folder)).toBe(money);
    }
    ended.abort();
    expect(Math.min(...(await Promise.all(writers)))).toBeGreaterThan(1);
    await exported(nights, folderPlace(folder));
    await expectStore(folder);
  }, 60_000);

  it('is refused while another one writes the same folder, which is not disturbed', async () => {
    const folder = newFolder();
    const results = await Promise.allSettled(
      Array.from({ length: 3 }, () => exported(nights, folderPlace(folder), { names: ['costs'] })),
    );
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(failures.length).toBeLessThan(3);
    for (const failure of failures) expect(failure).toMatchObject({ code: 'target_busy', exit: 75 });
    expect(await checked(nights, folderPlace(folder))).toMatchObject({ status: 'equal' });
  }, 60_000);
});
