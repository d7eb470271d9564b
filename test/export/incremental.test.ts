import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { moderations } from '../../src/catalog/datasets/moderations.ts';
import type { Manifest } from '../../src/export/manifest.ts';
import type { Restatement } from '../../src/simulator/index.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import { type Ask, openDuckDb } from './duckdb.ts';
import { checked, exported, folderPlace, newFolder } from './places.ts';
import { compared, duckDbLines, manifestOf, nothingBut, storedLines } from './rows.ts';

let nights: Nights;

beforeAll(async () => {
  nights = await liveThroughNights({
    days: 60,
    datasets: [completions, embeddings, moderations, costs, costsByUser],
    config: { directory: { hours: 12, personalData: true } },
  });
  await nights.sync();
}, 120_000);
afterAll(() => nights.close());

const names = ['completions', 'embeddings', 'costs', 'cost_parts', 'projects', 'api_keys', 'openai_bi.cost_daily'];

async function expectStore(ask: Ask, folder: string): Promise<void> {
  for (const stream of (await manifestOf(folder)).streams) {
    const stored = await storedLines(nights.database.pool, stream);
    expect(compared(await duckDbLines(ask, folder, stream), stored), stream.name).toEqual(nothingBut(stored));
  }
}

/** The paths of a manifest's files by stream and month. */
function pathsOf({ streams }: Manifest): ReadonlyMap<string, string> {
  return new Map(
    streams.flatMap(({ name, files }) => files.map(({ month, path }) => [`${name} ${month ?? ''}`, path] as const)),
  );
}

function changedPaths(before: Manifest, after: Manifest): readonly string[] {
  const known = pathsOf(before);
  return [...pathsOf(after)]
    .filter(([partition, path]) => known.get(partition) !== path)
    .map(([partition]) => partition);
}

const restatements: readonly ((day: (back: number) => Date) => readonly Restatement[])[] = [
  (day) => [{ dataset: 'completions', day: day(2), kind: 'scale', factor: 1.5 }],
  (day) => [{ dataset: 'embeddings', day: day(2), kind: 'empty-day' }],
  (day) => [
    {
      dataset: 'costs',
      day: day(2),
      kind: 'add-group',
      dimensions: { line_item: 'late surprise' },
      measures: { amount_value: '0.125' },
    },
  ],
  (day) => [{ dataset: 'completions', day: day(3), kind: 'move-group', where: {}, to: { user_id: 'user-moved' } }],
];

describe('an export to a folder that holds one', () => {
  it('equals the store after every night, whatever was restated, and puts new files for changed partitions only', async () => {
    const folder = newFolder();
    const ask = await openDuckDb();
    await exported(nights, folderPlace(folder), { names });
    for (const restate of restatements) {
      const before = await manifestOf(folder);
      nights.simulator.restate(restate((back) => daysBack(nights, back)));
      nights.clock.advance(24 * 3_600_000);
      await nights.sync({ acceptRestatement: true });
      const report = await exported(nights, folderPlace(folder), { names });
      const after = await manifestOf(folder);
      await expectStore(ask, folder);
      expect(await checked(nights, folderPlace(folder))).toMatchObject({ status: 'equal' });
      const changed = changedPaths(before, after);
      expect(report.files_written).toBe(changed.length);
      // September is long settled, and further back than a night reads again.
      expect(changed).not.toEqual(expect.arrayContaining([expect.stringContaining('2026-09')]));
      // Those who read by the manifest of before can finish.
      for (const path of pathsOf(before).values()) await access(join(folder, path));
    }
  }, 120_000);

  it('writes no file when nothing has changed, and takes away those of the export before the last', async () => {
    const folder = newFolder();
    await exported(nights, folderPlace(folder), { names: ['completions', 'costs', 'projects'] });
    const before = await manifestOf(folder);
    nights.simulator.restate([{ dataset: 'completions', day: daysBack(nights, 2), kind: 'scale', factor: 1.25 }]);
    nights.clock.advance(24 * 3_600_000);
    await nights.sync();
    await exported(nights, folderPlace(folder));
    const { retired } = await manifestOf(folder);
    expect(retired.length).toBeGreaterThan(0);
    expect(await exported(nights, folderPlace(folder))).toMatchObject({
      files_written: 0,
      files_removed: retired.length,
    });
    for (const path of retired) await expect(access(join(folder, path))).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await manifestOf(folder)).streams.map(({ name }) => name)).toEqual(before.streams.map(({ name }) => name));
  }, 60_000);

  it('lets a partition disappear that has become empty', async () => {
    const folder = newFolder();
    await exported(nights, folderPlace(folder), { names: ['moderations'] });
    const september = (manifest: Manifest) => manifest.streams[0]?.files.find(({ month }) => month === '2026-09');
    expect(september(await manifestOf(folder))?.rows).toBeGreaterThan(0);
    const days = Array.from({ length: 70 }, (_, back) => daysBack(nights, back)).filter(
      (day) => day.getUTCMonth() === 8,
    );
    nights.simulator.restate(days.map((day) => ({ dataset: 'moderations', day, kind: 'empty-day' })));
    const [last = new Date(0)] = days;
    await nights.sync({
      command: 'backfill',
      datasets: ['moderations'],
      from: days.at(-1) ?? last,
      to: new Date(last.getTime() + 86_400_000),
      refetch: true,
      acceptRestatement: true,
    });
    expect(await checked(nights, folderPlace(folder))).toMatchObject({ status: 'changed', exit_code: 3 });
    await exported(nights, folderPlace(folder));
    expect(september(await manifestOf(folder))).toBeUndefined();
    expect(await checked(nights, folderPlace(folder))).toMatchObject({ status: 'equal' });
    await exported(nights, folderPlace(folder));
    await expect(access(join(folder, 'dataset=moderations/month=2026-09'))).rejects.toMatchObject({ code: 'ENOENT' });
  }, 60_000);

  it('writes a whole stream anew when one value needs more decimals, and keeps that type', async () => {
    const folder = newFolder();
    const { pool } = nights.database;
    await exported(nights, folderPlace(folder), { names: ['costs'] });
    const before = await manifestOf(folder);
    const typeOf = ({ streams }: Manifest) => streams[0]?.columns.find(({ name }) => name === 'quantity')?.type;
    expect(typeOf(before)).toBe('decimal(38,18)');
    const revise = async (by: string) => {
      await pool.query(
        `with revised as (
           update openai.costs set quantity = quantity + $1::numeric, changed_xid = pg_current_xact_id()
           where (bucket_start, series_id) = (select bucket_start, series_id from openai.costs
             where quantity is not null order by 1 desc, 2 limit 1)
           returning bucket_start
         )
         update openai_etl.buckets b set changed_xid = pg_current_xact_id() from revised r
         where b.dataset = 'costs' and b.bucket_start = r.bucket_start`,
        [by],
      );
      await exported(nights, folderPlace(folder));
    };
    await revise('0.0000000000000000000001');
    const after = await manifestOf(folder);
    expect(typeOf(after)).toBe('decimal(38,24)');
    expect(changedPaths(before, after)).toHaveLength(before.streams[0]?.files.length ?? 0);
    await expectStore(await openDuckDb(), folder);
    await revise('-0.0000000000000000000001');
    expect(typeOf(await manifestOf(folder))).toBe('decimal(38,24)');
    expect(changedPaths(after, await manifestOf(folder))).toHaveLength(1);
    await expectStore(await openDuckDb(), folder);
    await exported(nights, folderPlace(folder), { full: true, names: ['costs'] });
    expect(typeOf(await manifestOf(folder))).toBe('decimal(38,18)');
  }, 60_000);

  it('says of each month up to where its data are there, and final', async () => {
    const folder = newFolder();
    await exported(nights, folderPlace(folder), { names: ['completions', 'projects'] });
    const { streams } = await manifestOf(folder);
    const files = streams.find(({ name }) => name === 'completions')?.files ?? [];
    expect(files.find(({ month }) => month === '2026-10')).toMatchObject({
      data_through: '2026-11-01T00:00:00Z',
      final_through: '2026-11-01T00:00:00Z',
    });
    const open = files.at(-1);
    // The open day counts as far as it had come when it was read.
    const { rows } = await nights.database.pool.query<{ read_at: Date }>(
      "select max(observed_at) as read_at from openai_etl.buckets where dataset = 'completions'",
    );
    const readAt = Math.floor((rows[0]?.read_at.getTime() ?? 0) / 1000) * 1000;
    expect(Date.parse(open?.data_through ?? '')).toBe(readAt);
    expect(Date.parse(open?.final_through ?? '')).toBeLessThan(daysBack(nights, 1).getTime());
    expect(streams.find(({ name }) => name === 'projects')?.files[0]).toMatchObject({ data_through: null });
  });

  it('refuses files of another database, and writes all of them anew when told to', async () => {
    const folder = newFolder();
    await exported(nights, folderPlace(folder), { names: ['projects'] });
    const other = await liveThroughNights({ days: 2 });
    try {
      await other.sync();
      await expect(exported(other, folderPlace(folder))).rejects.toMatchObject({ code: 'target_foreign' });
      await exported(other, folderPlace(folder), { full: true, names: ['completions'] });
      expect(await checked(other, folderPlace(folder))).toMatchObject({ status: 'equal' });
    } finally {
      await other.close();
    }
  }, 60_000);
});
