import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Width } from '../../src/catalog/width.ts';
import type { Interval } from '../../src/plan/bucket.ts';
import { type CoverageKey, gapsIn, readCoverage } from '../../src/run/coverage.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.pool.query('truncate openai_etl.buckets'));

const key = (bucket_width: Width): CoverageKey => ({ org_id: 'acme', dataset: 'completions', bucket_width });

/** A ledger with holes: `keep` decides by the number of the bucket whether it is loaded, refused or absent. */
async function fill(width: Width, step: string, keep: string): Promise<void> {
  await database.pool.query(
    `insert into openai_etl.buckets (org_id, dataset, bucket_width, bucket_start, bucket_end, grain, row_count, revision,
       observed_at, changed_at, settled, status, run_id, changed_xid)
     select 'acme', 'completions', $1, start, start + $2::interval, '{}', 1, 1, start, start, true, status, 1, '1'
     from (select start, ${keep} as status
       from generate_series('2026-01-03T00:00:00Z'::timestamptz, '2026-01-20T00:00:00Z', $2::interval)
         with ordinality as bucket(start, n)) numbered
     where status is not null`,
    [width, step],
  );
}

/** What PostgreSQL's multiranges say of the same question. */
async function gapsOfDatabase(width: Width, from: Date, end: Date) {
  const { rows } = await database.pool.query<Interval>(
    `select lower(gap) as start, upper(gap) as end
     from unnest(tstzmultirange(tstzrange($2, $3)) - coalesce(
       (select range_agg(tstzrange(bucket_start, bucket_end)) from openai_etl.buckets
         where bucket_width = $1), '{}'::tstzmultirange)) as gap order by 1`,
    [width, from, end],
  );
  return rows;
}

describe('the coverage of a dataset', () => {
  it.each([
    ['1d', '1 day', `case when n % 5 = 0 then 'refused' when n % 7 <> 0 then 'loaded' end`],
    ['1h', '1 hour', `case when n % 31 = 0 then 'refused' when n % 50 < 40 then 'loaded' end`],
    ['1h', '1 hour', `case when n not between 30 and 120 then 'loaded' end`],
    ['1m', '1 minute', `case when n % 977 = 0 then 'refused' when n % 3001 > 7 then 'loaded' end`],
    ['1d', '1 day', 'null::text'],
  ] as const)('of %s knows every gap to the bucket (%s, %s)', async (width, step, keep) => {
    await fill(width, step, keep);
    const coverage = await readCoverage(database.pool, key(width));
    for (const [fromText, endText] of [
      ['2026-01-01T00:00:00Z', '2026-01-25T00:00:00Z'],
      ['2026-01-05T07:00:00Z', '2026-01-12T19:00:00Z'],
      ['2026-01-10T00:00:00Z', '2026-01-10T00:00:00Z'],
      ['2026-02-10T00:00:00Z', '2026-02-12T00:00:00Z'],
    ] as const) {
      const [from, end] = [new Date(fromText), new Date(endText)];
      expect(gapsIn(coverage, from, end)).toEqual(await gapsOfDatabase(width, from, end));
    }
  });

  it('counts each day by itself', async () => {
    await fill('1h', '1 hour', `case when n <= 24 then 'loaded' when n <= 30 then 'refused' end`);
    const { days } = await readCoverage(database.pool, key('1h'));
    expect(
      days.map(({ day, rows, loaded, refused }) => [day.toISOString().slice(0, 10), rows, loaded, refused]),
    ).toEqual([
      ['2026-01-03', 24, 24, 0],
      ['2026-01-04', 6, 0, 6],
    ]);
  });
});
