import { describe, expect, it } from 'vitest';
import { faultAreas } from './fault-case.ts';
import { faultTable } from './table.ts';
import { createWorld } from './world.ts';

describe('the table of faults', () => {
  it('strikes nights that have rows to insert, to update and to delete in every dataset', async () => {
    const world = await createWorld();
    try {
      const { report } = await world.night();
      for (const one of report?.datasets ?? []) {
        expect(one, one.dataset).toMatchObject({ status: 'ok' });
        expect(Math.min(one.rows_inserted, one.rows_updated, one.rows_deleted), one.dataset).toBeGreaterThan(0);
      }
      expect(report?.datasets).toHaveLength(world.datasets.length);
    } finally {
      await world.close();
    }
  });

  it('calls no two faults the same and has some of every area', () => {
    const names = faultTable.map(({ fault }) => fault);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(faultTable.map(({ area }) => area))).toEqual(new Set(faultAreas));
  });
});
