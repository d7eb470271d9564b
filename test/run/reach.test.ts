import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { readStatus } from '../../src/run/status.ts';
import { exported, folderPlace } from '../export/places.ts';
import { manifestOf } from '../export/rows.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';

let nights: Nights;
let folder: string;
beforeEach(async () => {
  nights = await liveThroughNights({ datasets: [completions], days: 20 });
  folder = mkdtempSync(join(tmpdir(), 'usage-etl-reach-'));
});
afterEach(async () => {
  await nights.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Up to when the data are there, as each place that says so has it; of an export the months up to the gap. */
async function told() {
  const report = await nights.sync();
  const status = await readStatus(nights.context, { datasets: null, organizations: null });
  const { rows } = await nights.database.pool.query<{ data_through: Date | null; final_through: Date | null }>(
    'select data_through, final_through from openai_bi.data_freshness',
  );
  await exported(nights, folderPlace(folder), { names: ['completions'], full: true });
  const { streams } = await manifestOf(folder);
  return {
    sync: report.datasets[0]?.data_through,
    status: status.datasets[0]?.through,
    view: rows[0]?.data_through?.toISOString() ?? null,
    export: streams[0]?.files.map(({ data_through }) => data_through),
    final: rows[0]?.final_through?.toISOString() ?? null,
  };
}

it('up to when the data are there is said alike by the sync, the status, the view and an export: to the open day', async () => {
  const now = nights.clock.now().toISOString();
  expect(await told()).toMatchObject({ sync: now, status: now, view: now, export: [now.replace('.000', '')] });
});

it.each([
  ['a bucket that is refused', 5, { kind: 'set-field', field: 'input_tokens', json: '-1', buckets: [15] } as const],
  ['the first bucket wanted', 20, { kind: 'set-field', field: 'input_tokens', json: '-1', buckets: [0] } as const],
])('they all end at %s', async (_, back, then) => {
  nights.simulator.setFaults([{ when: { dataset: 'completions' }, then }]);
  const gap = daysBack(nights, back).toISOString();
  const end = back === 20 ? null : gap;
  const { export: months, ...others } = await told();
  expect(others).toEqual({ sync: end, status: end, view: end, final: end });
  expect(months).toEqual([gap.replace('.000', '')]);
});

it('a gap that is not even in the ledger is one all the same', async () => {
  await nights.sync();
  await nights.database.pool.query(`delete from openai_etl.buckets where bucket_start in ($1, $2)`, [
    daysBack(nights, 20),
    daysBack(nights, 6),
  ]);
  // Without a sync, which would read it.
  const status = await readStatus(nights.context, { datasets: null, organizations: null });
  const { rows } = await nights.database.pool.query('select data_through, age, status from openai_bi.data_freshness');
  expect(status.datasets[0]?.through).toBeNull();
  expect(rows).toEqual([{ data_through: null, age: null, status: 'stale' }]);
});
