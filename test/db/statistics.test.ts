import { afterEach, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { liveThroughNights, type Nights } from '../support/nights.ts';

let nights: Nights;
afterEach(() => nights.close());

async function statistics(): Promise<readonly { readonly name: string; readonly rows: number }[]> {
  const { rows } = await nights.database.pool.query<{ name: string; rows: number }>(
    `select oid::regclass::text as name, reltuples::float8 as rows from pg_class
     where oid in ('openai.costs'::regclass, 'openai.usage_completions'::regclass, 'openai.usage_images'::regclass)
     order by 1`,
  );
  return rows;
}

it('leaves the planner knowing of every table with rows after a first sync, and asks nothing of the next', async () => {
  nights = await liveThroughNights({ datasets: [completions, costs], days: 10, simulator: { groupsPerDataset: 5 } });
  // The server's own turn would come in between, at some moment of a test.
  await nights.database.pool.query(
    'alter table openai.costs set (autovacuum_enabled = off); alter table openai.usage_completions set (autovacuum_enabled = off)',
  );
  expect(await statistics()).toEqual([
    { name: 'openai.costs', rows: -1 },
    { name: 'openai.usage_completions', rows: -1 },
    { name: 'openai.usage_images', rows: -1 },
  ]);
  await nights.sync();
  const { rows: counted } = await nights.database.pool.query<{ costs: number; completions: number }>(
    'select (select count(*) from openai.costs) as costs, (select count(*) from openai.usage_completions) as completions',
  );
  const known = [
    { name: 'openai.costs', rows: counted[0]?.costs },
    { name: 'openai.usage_completions', rows: counted[0]?.completions },
    { name: 'openai.usage_images', rows: -1 },
  ];
  expect(await statistics()).toEqual(known);
  await nights.database.pool.query(
    'delete from openai.costs where bucket_start < (select max(bucket_start) from openai.costs)',
  );
  await nights.sync();
  expect(await statistics()).toEqual(known);
});
