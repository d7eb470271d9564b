import { describe, expect, it } from 'vitest';
import { dimensionsOf, widthsOf } from '../../src/catalog/dataset.ts';
import { datasets } from '../../src/catalog/index.ts';
import { daysBack, expectTruth, liveThroughNights, organization, storedRows } from '../support/nights.ts';

const days = { '1d': 40, '1h': 9, '1m': 2 } as const;

describe.each(datasets.map((dataset) => [dataset.name, dataset] as const))('%s', (_name, dataset) => {
  describe.each(widthsOf(dataset))('at %s', (width) => {
    it('equals the truth row for row and digit for digit, and a second sync writes nothing', async () => {
      const nights = await liveThroughNights({ datasets: [dataset], widths: [width], days: days[width] });
      try {
        const first = await nights.sync();
        expect(first).toMatchObject({ status: 'ok', exit_code: 0 });
        const stored = await storedRows(nights, dataset, width);
        expect(stored.length).toBeGreaterThan(0);
        await expectTruth(nights, dataset, width, daysBack(nights, days[width]));
        nights.newRequests();
        const before = await fingerprint(nights.database.pool, dataset.table);
        const second = await nights.sync();
        expect(second).toMatchObject({ status: 'ok', exit_code: 0 });
        expect(second.datasets).toMatchObject([
          { rows_inserted: 0, rows_updated: 0, rows_deleted: 0, buckets_loaded: 0 },
        ]);
        expect(nights.newRequests()).toBe(1);
        expect(await fingerprint(nights.database.pool, dataset.table)).toBe(before);
        expect(await nights.verify()).toMatchObject({ status: 'ok', differences: [] });
      } finally {
        await nights.close();
      }
    });
  });

  it('equals the truth at every coarser grain it may be given', async () => {
    const nights = await liveThroughNights({ datasets: [dataset], days: 10 });
    try {
      for (let kept = 0; kept < dimensionsOf(dataset).length; kept += 1) {
        const groupBy = dimensionsOf(dataset)
          .map(({ name }) => name)
          .slice(0, kept);
        const [settings] = nights.config.organizations[0]?.datasets ?? [];
        if (settings === undefined) throw new Error('no settings');
        const config = {
          ...nights.config,
          organizations: [
            {
              name: organization,
              adminKey: nights.config.organizations[0]?.adminKey ?? '',
              datasets: [{ ...settings, groupBy }],
            },
          ],
        };
        const report = await nights.sync({}, { config });
        expect(report).toMatchObject({ status: 'ok', datasets: [{ grain: groupBy }] });
        await expectTruth(nights, dataset, '1d', daysBack(nights, 10), groupBy);
      }
    } finally {
      await nights.close();
    }
  });
});

/** Every version of every row: moves when any row is written again, even with the same values. */
async function fingerprint(
  pool: { query: (sql: string) => Promise<{ rows: unknown[] }> },
  table: string,
): Promise<string> {
  const { rows } = await pool.query(
    `select count(*), md5(string_agg(ctid::text || xmin::text || xmax::text || updated_at::text, ',' order by ctid)) from openai."${table}"`,
  );
  return JSON.stringify(rows);
}
