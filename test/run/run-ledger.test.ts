import { describe, expect, it } from 'vitest';
import { count, dimension } from '../../src/catalog/column.ts';
import { type Dataset, defineDataset } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { factColumns } from '../../src/catalog/fact-table.ts';
import { datasets } from '../../src/catalog/index.ts';
import { usagePageLimits, usageSettleSeconds } from '../../src/catalog/shared.ts';
import { planSync } from '../../src/run/plan-sync.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { daysBack, expectTruth, liveThroughNights, type Nights, organization, storedRows } from '../support/nights.ts';

const dayMs = 86_400_000;
const options = {
  command: 'sync',
  datasets: null,
  organizations: null,
  acceptRestatement: false,
  preview: false,
  from: null,
  to: null,
  refetch: false,
} as const;

describe('requests', () => {
  it('a year of everything takes 12 a usage dataset and 3 for costs, as --dry-run says beforehand', async () => {
    const nights = await liveThroughNights({ days: 365, simulator: { groupsPerDataset: 4 } });
    try {
      const plan = await planSync(nights.context, options);
      expect(nights.newRequests()).toBe(0);
      const report = await nights.sync({ command: 'backfill' });
      const requests = Object.fromEntries(report.datasets.map(({ dataset, requests: made }) => [dataset, made]));
      expect(requests).toEqual(
        Object.fromEntries(datasets.map(({ name }) => [name, name.startsWith('costs') ? 3 : 12])),
      );
      expect(plan.requests).toBe(nights.newRequests());
      await expectTruth(nights, completions, '1d', daysBack(nights, 365));
      await expectTruth(nights, costs, '1d', daysBack(nights, 365));
    } finally {
      await nights.close();
    }
  }, 120_000);

  it('a night of a loaded organization takes one for each dataset and width', async () => {
    const nights = await liveThroughNights({ widths: ['1d', '1h'], days: 20, simulator: { groupsPerDataset: 4 } });
    try {
      await nights.sync();
      for (let night = 0; night < 3; night += 1) {
        nights.clock.advance(dayMs);
        nights.newRequests();
        expect(await nights.sync()).toMatchObject({ exit_code: 0 });
        expect(nights.newRequests()).toBe(2 * (datasets.length - 2) + 2);
      }
      expect(await nights.verify()).toMatchObject({ status: 'ok' });
    } finally {
      await nights.close();
    }
  }, 120_000);
});

describe('the ledger decides', () => {
  const withNights = async (work: (nights: Nights) => Promise<void>, days = 200) => {
    const nights = await liveThroughNights({ datasets: [completions], days, simulator: { groupsPerDataset: 4 } });
    try {
      await work(nights);
    } finally {
      await nights.close();
    }
  };

  it('a backfill that was cut off goes on where it stopped and reads no settled bucket twice', () =>
    withNights(async (nights) => {
      const cut = new AbortController();
      let loaded = 0;
      const progress = {
        planned: () => undefined,
        advanced: () => {
          loaded += 1;
          if (loaded === 3) cut.abort(new Error('killed'));
        },
        finished: () => undefined,
      };
      await expect(nights.sync({}, { signal: cut.signal, progress })).rejects.toThrow('killed');
      const { rows } = await nights.database.pool.query<{ n: number; oldest: Date }>(
        'select count(*)::int as n, min(bucket_start) as oldest from openai_etl.buckets',
      );
      expect(rows[0]?.n).toBeGreaterThan(0);
      nights.newRequests();
      const seen = nights.simulator.requests.length;
      expect(await nights.sync()).toMatchObject({ exit_code: 0 });
      await expectTruth(nights, completions, '1d', daysBack(nights, 200));
      const again = nights.simulator.requests
        .slice(seen)
        .filter(({ parameters }) => Number(parameters.get('end_time')) * 1000 > (rows[0]?.oldest.getTime() ?? 0));
      expect(again.length).toBeLessThanOrEqual(2);
    }));

  it('a tail that was missed for weeks is read however long ago it was', () =>
    withNights(async (nights) => {
      await nights.sync();
      nights.clock.advance(50 * dayMs);
      expect(await nights.sync()).toMatchObject({ exit_code: 0 });
      const from = daysBack(nights, 200);
      const stored = await storedRows(nights, completions, '1d');
      expect(stored.length).toBeGreaterThan(0);
      await expectTruth(nights, completions, '1d', new Date(from.getTime() - 50 * dayMs));
    }));

  it('an older reading never replaces a newer one', () =>
    withNights(async (nights) => {
      await nights.sync();
      const held = await storedRows(nights, completions, '1d');
      nights.simulator.restate([{ kind: 'scale', dataset: 'completions', day: daysBack(nights, 2), factor: 5 }]);
      const report = await nights.sync({ from: daysBack(nights, 20) }, { clock: fakeClock('2026-11-23T02:47:00Z') });
      expect(report.datasets[0]).toMatchObject({ rows_inserted: 0, rows_updated: 0, rows_deleted: 0 });
      expect(report.datasets[0]?.buckets_kept).toBeGreaterThan(0);
      expect(await storedRows(nights, completions, '1d')).toEqual(held);
    }, 20));

  it('a bucket that was read and is empty differs from one that was never read', () =>
    withNights(async (nights) => {
      nights.simulator.restate([{ kind: 'empty-day', dataset: 'completions', day: daysBack(nights, 5) }]);
      await nights.sync();
      const { rows } = await nights.database.pool.query(
        'select row_count from openai_etl.buckets where bucket_start in ($1, $2)',
        [daysBack(nights, 5), daysBack(nights, 50)],
      );
      expect(rows).toEqual([{ row_count: 0 }]);
    }, 20));

  it('changed filters and a changed grain make buckets unread again', () =>
    withNights(async (nights) => {
      await nights.sync();
      const [settings] = nights.config.organizations[0]?.datasets ?? [];
      if (settings === undefined) throw new Error('no settings');
      const changed = (part: Partial<typeof settings>) => ({
        config: {
          ...nights.config,
          organizations: [
            { name: organization, adminKey: 'sk-admin-test-0123456789abcdef', datasets: [{ ...settings, ...part }] },
          ],
        },
      });
      const coarser = await nights.sync({}, changed({ groupBy: ['model'] }));
      expect(coarser.datasets[0]?.buckets_loaded).toBeGreaterThan(15);
      await expectTruth(nights, completions, '1d', daysBack(nights, 20), ['model']);
      const filtered = await nights.sync({}, changed({ filters: { batch: true } }));
      expect(filtered.datasets[0]?.buckets_loaded).toBeGreaterThan(0);
      expect(await nights.sync({}, changed({ filters: { batch: true } }))).toMatchObject({
        datasets: [{ buckets_loaded: 0, requests: 1 }],
      });
    }, 20));

  it('rows that no ledger entry accounts for are replaced, not doubled', () =>
    withNights(async (nights) => {
      await nights.sync();
      await nights.database.pool.query('delete from openai_etl.buckets');
      nights.simulator.restate([{ kind: 'scale', dataset: 'completions', day: daysBack(nights, 5), factor: 2 }]);
      expect(await nights.sync()).toMatchObject({ exit_code: 0 });
      await expectTruth(nights, completions, '1d', daysBack(nights, 20));
    }, 20));

  it('a run that was killed is marked so by the next one', () =>
    withNights(async (nights) => {
      await nights.database.pool.query(
        `insert into openai_etl.runs (command, org_id, started_at, status, version) values ('sync', $1, now(), 'running', '0')`,
        [organization],
      );
      await nights.sync();
      const { rows } = await nights.database.pool.query('select status from openai_etl.runs order by run_id');
      expect(rows).toEqual([{ status: 'failed' }, { status: 'ok' }]);
    }, 5));
});

describe('a dataset the program has never heard of', () => {
  it('syncs end to end from one value and its table', async () => {
    const holograms: Dataset = defineDataset({
      name: 'holograms',
      path: '/organization/usage/holograms',
      object: 'organization.usage.hologram.result',
      table: 'usage_holograms',
      since: 'baseline',
      optional: false,
      pageLimits: usagePageLimits,
      settleSeconds: usageSettleSeconds,
      bytesPerResult: 200,
      columns: [
        dimension('project_id', 'Project.'),
        dimension('planet', 'Where it is projected to.'),
        count('photons', { unit: 'photons', doc: 'Photons emitted.' }),
      ],
      dropOrder: ['planet'],
      ignored: [],
      filters: [],
      identities: [],
      doc: 'Holograms.',
    });
    const nights = await liveThroughNights({ datasets: [holograms], days: 40 });
    try {
      const columns = factColumns(holograms).map(
        ({ name, type, nullable }) => `"${name}" ${type} ${nullable ? '' : 'not null'}`,
      );
      await nights.database.pool.query(`create table openai.usage_holograms (${columns.join(', ')},
        primary key (org_id, bucket_start, series_id))`);
      await nights.database.pool.query(`alter table openai.usage_holograms
        alter run_id set default current_setting('usage_etl.run_id')::bigint,
        alter loaded_at set default now(), alter updated_at set default now(),
        alter changed_xid set default pg_current_xact_id()`);
      expect(await nights.sync()).toMatchObject({ status: 'ok' });
      await expectTruth(nights, holograms, '1d', daysBack(nights, 40));
      nights.simulator.restate([{ kind: 'scale', dataset: 'holograms', day: daysBack(nights, 9), factor: 3 }]);
      expect(await nights.verify()).toMatchObject({ exit_code: 4 });
      expect(await nights.sync()).toMatchObject({ status: 'ok' });
      await expectTruth(nights, holograms, '1d', daysBack(nights, 40));
      expect(await nights.verify()).toMatchObject({ exit_code: 0 });
    } finally {
      await nights.close();
    }
  });
});
