import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { daysBack, expectTruth, liveThroughNights, type Nights } from '../support/nights.ts';
import { emptyDatabase } from '../support/postgres.ts';

const days = 30;

/** What was written to the write-ahead log while something ran, in bytes, copies of whole pages not counted. */
interface Written {
  /** Of the fact table and its index. */
  readonly facts: number;
  /** Of all other tables of the program and their indexes. */
  readonly others: number;
}

describe('what a reading writes to a table of thousands of rows', () => {
  let nights: Nights;
  let endElsewhere = () => Promise.resolve();
  let tableBytes: number;

  beforeAll(async () => {
    // A transaction of another database, as a busy server always has one: what comes after it has to be searched again.
    const elsewhere = await emptyDatabase();
    const running = await elsewhere.pool.connect();
    await running.query('begin; select pg_current_xact_id()');
    endElsewhere = async () => {
      await running.query('rollback');
      running.release();
      await elsewhere.close();
    };
    nights = await liveThroughNights({ datasets: [completions], days, simulator: { groupsPerDataset: 200 } });
    await select('create extension pg_walinspect');
    // Otherwise autovacuum may write as well while we look.
    for (const { name } of await select(
      `select oid::regclass as name from pg_class
       where relkind = 'r' and relnamespace in ('openai'::regnamespace, 'openai_etl'::regnamespace)`,
    ))
      await select(`alter table ${name} set (autovacuum_enabled = false)`);
    await nights.sync();
    const [size] = await select(`select pg_relation_size('openai.usage_completions')::int as bytes`);
    tableBytes = Number(size?.['bytes']);
  });
  afterAll(async () => {
    await endElsewhere();
    await nights.close();
  });

  const select = async (sql: string, values: readonly unknown[] = []) =>
    (await nights.database.pool.query<Record<string, unknown>>(sql, [...values])).rows;

  const writtenBy = async (action: () => Promise<void>): Promise<Written> => {
    const [before] = await select('select pg_current_wal_insert_lsn() as position');
    await action();
    const [after] = await select('select pg_current_wal_insert_lsn() as position');
    // Dropping a table makes its commit wait for the log: what is not flushed cannot be looked at.
    await select('create table public.flushed (); drop table public.flushed');
    // The server is shared with other tests, so the log is told apart by database and file.
    const [written] = await select(
      `with files as (
         select format('/%s/%s\\M', (select oid from pg_database where datname = current_database()), pg_relation_filenode(oid))
             as pattern,
           oid in ('openai.usage_completions'::regclass, 'openai.usage_completions_pkey'::regclass) as ours
         from pg_class
         where relkind in ('r', 'i') and relnamespace in ('openai'::regnamespace, 'openai_etl'::regnamespace)
       )
       select coalesce(sum(record_length - fpi_length) filter (where ours), 0)::int as facts,
         coalesce(sum(record_length - fpi_length) filter (where not ours), 0)::int as others
       from pg_get_wal_records_info($1, $2) join files on block_ref ~ pattern`,
      [before?.['position'], after?.['position']],
    );
    return { facts: Number(written?.['facts']), others: Number(written?.['others']) };
  };

  /** Where every row stands and which transactions wrote and locked it. */
  const rowVersions = async (): Promise<ReadonlySet<string>> => {
    const rows = await select(`select ctid, xmin, xmax, series_id, bucket_start::text from openai.usage_completions`);
    return new Set(rows.map((row) => JSON.stringify(row)));
  };

  it('is nothing at all when the buckets say the same, and a short note of each bucket in the ledger', async () => {
    const before = await rowVersions();
    expect(before.size).toBeGreaterThan(3000);
    let buckets = 0;
    const written = await writtenBy(async () => {
      const { datasets } = await nights.sync();
      expect(datasets).toMatchObject([{ rows_inserted: 0, rows_updated: 0, rows_deleted: 0, buckets_loaded: 0 }]);
      buckets = datasets[0]?.buckets_unchanged ?? 0;
    });
    expect(buckets).toBe(days + 1);
    expect(written.facts).toBe(0);
    expect(written.others).toBeGreaterThan(0);
    expect(written.others).toBeLessThan(buckets * 1024);
    expect(tableBytes).toBeGreaterThan(20 * written.others);
    expect(await rowVersions()).toEqual(before);
  });

  it('is the one row that changed', async () => {
    const before = await rowVersions();
    const [group] = await select(
      `select user_id, model, project_id, api_key_id, batch, service_tier, api_source from openai.usage_completions
       where bucket_start = $1 and user_id is not null order by series_id limit 1`,
      [daysBack(nights, 10)],
    );
    nights.simulator.restate([
      { kind: 'scale', dataset: 'completions', day: daysBack(nights, 10), where: { ...selector(group) }, factor: 3 },
    ]);
    const written = await writtenBy(async () => {
      const { datasets } = await nights.sync();
      expect(datasets).toMatchObject([
        { rows_inserted: 0, rows_updated: 1, rows_deleted: 0, buckets_loaded: 1, buckets_unchanged: days },
      ]);
    });
    const after = await rowVersions();
    const seriesOf = (versions: Iterable<string>) =>
      [...versions].map((version) => /"series_id":"[^"]*"/.exec(version)?.[0]);
    const gone = [...before].filter((version) => !after.has(version));
    const come = [...after].filter((version) => !before.has(version));
    expect(gone).toHaveLength(1);
    expect(come).toHaveLength(1);
    expect(seriesOf(come)).toEqual(seriesOf(gone));
    expect(written.facts).toBeGreaterThan(0);
    expect(written.facts).toBeLessThan(4096);
    expect(written.others).toBeLessThan(128 * 1024);
    await expectTruth(nights, completions, '1d', daysBack(nights, days));
  });
});

function selector(group: Readonly<Record<string, unknown>> | undefined): Record<string, string | boolean | null> {
  return Object.fromEntries(
    Object.entries(group ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' || typeof value === 'boolean' ? value : null,
    ]),
  );
}
