import { describe, expect, it } from 'vitest';
import { type Dataset, dimensionsOf, widthsOf } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { vectorStores } from '../../src/catalog/datasets/vector-stores.ts';
import type { Width } from '../../src/catalog/width.ts';
import type { DatasetSettings } from '../../src/config.ts';
import { adminKey, daysBack, liveThroughNights, type Nights, organization } from '../support/nights.ts';
import { expectRollupsToEqualFacts } from '../support/rollup-facts.ts';
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
}

function configured(nights: Nights, { widths = ['1d'], of = {}, off = [] }: Wishes) {
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
  return { config: { ...nights.config, organizations: [{ name: organization, adminKey, datasets: wanted }] } };
}

async function living<T>(work: (nights: Nights) => Promise<T>, now = '2026-11-23T09:40:00Z'): Promise<T> {
  const nights = await liveThroughNights({ datasets, days, now, simulator: { groupsPerDataset: 6 } });
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
    config: { baseUrl: nights.simulator.url },
  });
  try {
    expect(await fresh.sync({}, configured(fresh, wishes))).toMatchObject({ exit_code: 0 });
    const from = daysBack(fresh, days).toISOString().slice(0, 10);
    const [lived, loaded] = [await contentOf(nights.database.pool, from), await contentOf(fresh.database.pool, from)];
    expect([...loaded.values()].flat().length).toBeGreaterThan(100);
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
    ['days settled later', () => [{ of: { completions: { settleSeconds: 0 }, costs: { settleSeconds: 0 } } }, {}]],
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
});
