import { describe, expect, it } from 'vitest';
import { type Dataset, dimensionsOf, widthsOf } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { vectorStores } from '../../src/catalog/datasets/vector-stores.ts';
import type { Width } from '../../src/catalog/width.ts';
import type { DatasetSettings } from '../../src/config.ts';
import {
  adminKey,
  daysBack,
  liveThroughNights,
  type Nights,
  type NightsOptions,
  organization,
} from '../support/nights.ts';
import { expectRollupsToEqualFacts } from '../support/rollup-facts.ts';
import { bucket, page, scriptedApi } from '../support/scripted-api.ts';
import { contentOf } from '../support/store-content.ts';

const datasets = [completions, vectorStores, costs, costsByUser];
const hourMs = 3_600_000;
const days = 5;

/** What a night's configuration says. */
interface Wishes {
  readonly widths?: readonly Width[];
  readonly of?: Readonly<Record<string, Partial<DatasetSettings>>>;
  /** Names of datasets that are switched off. */
  readonly off?: readonly string[];
  /** 0: settled buckets are not read along. */
  readonly rereadRows?: number;
}

function configured(nights: Nights, { widths = ['1d'], of = {}, off = [], rereadRows = 200_000 }: Wishes) {
  const settingsOf = (dataset: Dataset) =>
    widthsOf(dataset)
      .filter((width) => widths.includes(width) || dataset.money !== undefined)
      .map((width): DatasetSettings => {
        const groupBy = dimensionsOf(dataset).map(({ name }) => name);
        const settleSeconds = dataset.settleSeconds[width] ?? 0;
        return {
          ...{ dataset, width, groupBy, filters: {}, start: null, defaultDays: days, settleSeconds },
          ...of[dataset.name],
        };
      });
  const wanted = datasets.filter(({ name }) => !off.includes(name)).flatMap(settingsOf);
  return {
    config: { ...nights.config, rereadRows, organizations: [{ name: organization, adminKey, datasets: wanted }] },
  };
}

async function living<T>(work: (nights: Nights) => Promise<T>, options: NightsOptions = {}): Promise<T> {
  const now = '2026-11-23T09:40:00Z';
  const nights = await liveThroughNights({ datasets, days, now, simulator: { groupsPerDataset: 6 }, ...options });
  try {
    return await work(nights);
  } finally {
    await nights.close();
  }
}

/** Asserts that a store says what one says that was loaded now, at once, with these wishes. */
async function expectAsIfFresh(nights: Nights, wishes: Wishes): Promise<void> {
  const fresh = await liveThroughNights({
    datasets,
    days,
    now: nights.clock.now().toISOString(),
    config: { baseUrl: nights.config.baseUrl },
  });
  try {
    expect(await fresh.sync({}, configured(fresh, wishes))).toMatchObject({ exit_code: 0 });
    const from = daysBack(fresh, days).toISOString().slice(0, 10);
    const [lived, loaded] = [await contentOf(nights.database.pool, from), await contentOf(fresh.database.pool, from)];
    expect(loaded.get('openai.cost_parts')?.length).toBeGreaterThan(0);
    const differences = [...loaded].flatMap(([name, rows]) => {
      const [ours, theirs] = [new Set(lived.get(name)), new Set(rows)];
      const [missing] = rows.filter((row) => !ours.has(row));
      const [surplus] = (lived.get(name) ?? []).filter((row) => !theirs.has(row));
      // Hours that are not asked for any more stay to be seen, and nothing else is told from them.
      const isLeft = surplus !== undefined && name.includes('hourly') && !(wishes.widths ?? []).includes('1h');
      return missing === undefined && (surplus === undefined || isLeft) ? [] : [{ name, missing, surplus }];
    });
    expect(differences).toEqual([]);
    await expectRollupsToEqualFacts(nights.database.pool);
  } finally {
    await fresh.close();
  }
}

const narrow = { groupBy: ['line_item'] };
const project = (nights: Nights) => String(nights.simulator.directory.projects[0]?.id);

describe('a store that has lived through settings says what a fresh one says', { timeout: 240_000 }, () => {
  it.each<[string, (nights: Nights) => readonly Wishes[]]>([
    ['1d → 1h', () => [{}, { widths: ['1h'] }]],
    ['1h → 1d', () => [{ widths: ['1h'] }, {}]],
    ['1d → 1h → 1d', () => [{}, { widths: ['1h'] }, {}]],
    ['1h → 1d → 1h', () => [{ widths: ['1h'] }, {}, { widths: ['1h'] }]],
    ['1d and 1h → 1h', () => [{ widths: ['1d', '1h'] }, { widths: ['1h'] }]],
    ['filters added', (nights) => [{}, { of: { completions: { filters: { project_ids: [project(nights)] } } } }]],
    ['filters and back', (nights) => [{}, { of: { costs: { filters: { project_ids: [project(nights)] } } } }, {}]],
    [
      'filters and widths at once',
      (nights) => [{ of: { completions: { filters: { project_ids: [project(nights)] } } } }, { widths: ['1h'] }],
    ],
    ['a narrower cut by user', () => [{}, { of: { costs_by_user: { groupBy: ['user_id', 'line_item'] } } }]],
    ['a narrower bill and back', () => [{}, { of: { costs: narrow } }, {}]],
    ['wider usage', () => [{ of: { completions: { groupBy: ['model'] } } }, {}]],
    ['the cut by user off and on', () => [{}, { off: ['costs_by_user'] }, {}]],
    ['usage off and on at another width', () => [{}, { off: ['completions'] }, { widths: ['1h'] }]],
    ['an earlier start', () => [{ of: { completions: { defaultDays: 2 }, costs: { defaultDays: 3 } } }, {}]],
    [
      'days settled later',
      () => [{ of: { completions: { settleSeconds: 0 }, costs: { settleSeconds: 0 } } }, { rereadRows: 0 }],
    ],
    ['days settled sooner', () => [{}, { of: { completions: { settleSeconds: 0 }, costs: { settleSeconds: 0 } } }]],
  ])('%s', (_, nightsOf) =>
    living(async (nights) => {
      const wishes = nightsOf(nights);
      for (const [index, wish] of wishes.entries()) {
        if (index > 0) nights.clock.advance(26 * hourMs);
        expect(await nights.sync({ acceptRestatement: true }, configured(nights, wish))).toMatchObject({
          exit_code: 0,
        });
      }
      await expectAsIfFresh(nights, wishes.at(-1) ?? {});
    }),
  );

  it('filters changed while a grouping is refused, over days that were final', () =>
    living(async (nights) => {
      const [first, second] = nights.simulator.directory.projects;
      const of = (id = '') => {
        const asked = { filters: { project_ids: [id] }, settleSeconds: 0 };
        return { of: { completions: asked, costs: asked, costs_by_user: { settleSeconds: 0 } } };
      };
      await nights.sync({}, configured(nights, of(first?.id)));
      nights.simulator.setFaults([
        { when: { dataset: 'completions' }, then: { kind: 'refuse-grouping', dimension: 'user_id' } },
        { when: { dataset: 'costs' }, then: { kind: 'refuse-grouping', dimension: 'api_key_id' } },
      ]);
      nights.clock.advance(26 * hourMs);
      await nights.sync({ acceptRestatement: true }, configured(nights, of(second?.id)));
      const { rows } = await nights.database.pool.query(
        `select distinct project_id from openai.usage_completions where bucket_start >= $1`,
        [daysBack(nights, days)],
      );
      expect(rows).toEqual([{ project_id: second?.id }]);
      await expectAsIfFresh(nights, of(second?.id));
      const [again] = (await nights.sync({}, configured(nights, of(second?.id)))).datasets;
      expect(again).toMatchObject({ buckets_kept: 0 });
    }));

  it('a dimension that was null everywhere is asked for no more', async () => {
    const start = Date.UTC(2026, 10, 20) / 1000;
    const answers: Readonly<Record<string, object>> = {
      '/organization/costs': {
        object: 'organization.costs.result',
        ...{ amount: { value: 10, currency: 'usd' }, line_item: 'gpt-4.1-2025-04-14, output', project_id: 'proj_1' },
      },
      '/organization/usage/completions': {
        object: 'organization.usage.completions.result',
        ...{ input_tokens: 5, output_tokens: 10, num_model_requests: 1, project_id: 'proj_1' },
        ...{ model: 'gpt-4.1-2025-04-14', user_id: null, api_key_id: null },
      },
    };
    const api = await scriptedApi(({ path, start: from, end, groupBy }) => {
      const answer = answers[path];
      const isCut = path === '/organization/costs' && groupBy.includes('user_id');
      const asked = Array.from({ length: ((end ?? 0) - (from ?? 0)) / 86_400 }, (_, at) => (from ?? 0) + at * 86_400);
      return page(
        asked.map((day) => bucket(day, 86_400, day !== start || answer === undefined || isCut ? [] : [answer])),
      );
    });
    try {
      await living(
        async (nights) => {
          const wished = dimensionsOf(completions).map(({ name }) => name);
          const without = { of: { completions: { groupBy: wished.filter((name) => name !== 'user_id') } } };
          const rowsAndParts = async () =>
            (
              await nights.database.pool.query<{ facts: string; reason: string | null; user_id: string | null }>(
                `select (select string_agg(f.series_id::text || f.ctid, ' ') from openai.usage_completions f) as facts,
                   reason, user_id from openai.cost_parts`,
              )
            ).rows[0];
          await nights.sync({}, configured(nights, {}));
          const before = await rowsAndParts();
          nights.clock.advance(hourMs);
          await nights.sync({}, configured(nights, without));
          const after = await rowsAndParts();
          expect(after?.facts).toBe(before?.facts);
          expect(after).not.toEqual(before);
          await expectAsIfFresh(nights, without);
        },
        { config: { baseUrl: api.url } },
      );
    } finally {
      await api.close();
    }
  });
});

describe('verify', { timeout: 120_000 }, () => {
  it('does not hold days that were asked for with other filters against those of today', () =>
    living(async (nights) => {
      const of = (nth: number) => {
        const id = String(nights.simulator.directory.projects[nth]?.id);
        return { filters: { project_ids: [id] }, ...(nth === 0 ? {} : { defaultDays: 2 }) };
      };
      await nights.sync({}, configured(nights, { of: { completions: of(0) } }));
      nights.clock.advance(26 * hourMs);
      const now = configured(nights, { of: { completions: of(1) } });
      await nights.sync({ acceptRestatement: true }, now);
      expect(await nights.verify(now)).toMatchObject({ exit_code: 0, differences: [] });
      const { rows } = await nights.database.pool.query(
        `select count(distinct filters)::int as filters from openai_bi.coverage where dataset = 'completions'`,
      );
      expect(rows).toEqual([{ filters: 2 }]);
    }));
});

describe('a day restated while it is read at another width', { timeout: 120_000 }, () => {
  it.each<[string, readonly Width[], readonly Width[]]>([
    ['1d → 1h', ['1d'], ['1h']],
    ['1h → 1d', ['1h'], ['1d']],
    ['1d → 1d and 1h', ['1d'], ['1d', '1h']],
    ['1h → 1d, at the same instant', ['1h'], ['1d']],
  ])('is told as it is now: %s', (name, before, after) =>
    living(async (nights) => {
      await nights.sync({}, configured(nights, { widths: before }));
      nights.simulator.restate([{ kind: 'scale', dataset: 'completions', day: daysBack(nights, 2), factor: 3 }]);
      if (!name.endsWith('instant')) nights.clock.advance(26 * hourMs);
      await nights.sync({}, configured(nights, { widths: after }));
      await expectAsIfFresh(nights, { widths: after });
      nights.clock.advance(26 * hourMs);
      await nights.sync({}, configured(nights, { widths: before }));
      await expectAsIfFresh(nights, { widths: before });
    }),
  );
});
