import { describe, expect, test } from 'vitest';
import { type ContractLevel, contractLevels, count, dimension, flag } from '../../src/catalog/column.ts';
import { type Dataset, defineDataset, dimensionsOf } from '../../src/catalog/dataset.ts';
import { datasets } from '../../src/catalog/index.ts';
import { get, getError, getPage, seconds, simulatorWith } from './client.ts';

const completions = '/organization/usage/completions';
const costs = '/organization/costs';
const start_time = seconds('2026-11-02T00:00:00Z');
const week = { start_time, end_time: start_time + 7 * 86_400 };
const reached = (since: ContractLevel, level: ContractLevel) =>
  contractLevels.indexOf(since) <= contractLevels.indexOf(level);

describe.each(contractLevels)('at level %s', (level) => {
  test.each(datasets)('$name has what the level has and nothing newer', async (dataset) => {
    const simulator = await simulatorWith({ level });
    if (datasets.every(({ path, since }) => path !== dataset.path || !reached(since, level))) {
      expect(await getError(simulator, dataset.path, week)).toMatchObject({ status: 404 });
      return;
    }
    if (!reached(dataset.since, level)) return;
    for (const { name, since } of dimensionsOf(dataset)) {
      const { status } = await get(simulator, dataset.path, { ...week, group_by: [name] });
      expect([name, status]).toEqual([name, reached(since, level) ? 200 : 400]);
    }
    for (const filter of dataset.filters) {
      const value = filter.type === 'boolean' ? 'true' : [filter.values?.[0] ?? 'x'];
      const { status } = await get(simulator, dataset.path, { ...week, [filter.name]: value });
      expect([filter.name, status]).toEqual([filter.name, reached(filter.since, level) ? 200 : 400]);
    }
    const { data } = await getPage(simulator, dataset.path, {
      ...week,
      group_by: [dimensionsOf(dataset)[0]?.name ?? ''],
    });
    const fields = new Set(data.flatMap(({ results }) => results.flatMap((result) => Object.keys(result))));
    for (const column of dataset.columns) {
      if (column.role !== 'dimension') expect(fields.has(column.path[0])).toBe(reached(column.since, level));
    }
  });
});

test('what an older level does not report, the truth of it does not have', async () => {
  const query = { dataset: 'completions', width: '1d' as const, from: new Date(start_time * 1000), groupBy: ['model'] };
  const window = { ...query, to: new Date(week.end_time * 1000) };
  const old = (await simulatorWith({ level: 'baseline' })).truth(window);
  const newest = (await simulatorWith()).truth(window);
  const unreported = { input_uncached_tokens: null, output_text_tokens: null, input_cache_write_12h_tokens: null };
  for (const [index, { rows }] of old.entries()) {
    for (const [position, row] of rows.entries()) {
      expect(row).toMatchObject(unreported);
      const { input_tokens, output_tokens } = newest[index]?.rows[position] ?? {};
      expect(row).toMatchObject({ input_tokens, output_tokens });
    }
  }
});

test('cache writes kept for 30 minutes are not reported before the release that brought them', async () => {
  const simulator = await simulatorWith();
  const release = seconds('2026-10-21T00:00:00Z');
  const query = { start_time: release - 2 * 86_400, end_time: release + 2 * 86_400, limit: 4 };
  const { data } = await getPage(simulator, completions, query);
  const isNull = data.map(({ results }) => results.map((result) => result['input_cache_write_30m_tokens'] === null));
  expect(isNull).toEqual([[true], [true], [false], [false]]);
});

test('a level without users on costs still sends the field, undocumented and empty', async () => {
  const simulator = await simulatorWith({ level: '7.9.0' });
  const { data } = await getPage(simulator, costs, { ...week, group_by: ['line_item'] });
  expect(data[0]?.results[0]).toHaveProperty('user_id', null);
});

const fourteenth: Dataset = defineDataset({
  name: 'translations',
  path: '/organization/usage/translations',
  object: 'organization.usage.translations.result',
  table: 'usage_translations',
  since: 'baseline',
  optional: true,
  pageLimits: { '1h': { default: 24, max: 24 }, '1d': { default: 3, max: 5 } },
  settleSeconds: {},
  bytesPerResult: 100,
  columns: [
    dimension('project_id', 'Project.'),
    dimension('language', 'Language.'),
    flag('formal', 'Whether it is formal.'),
    count('words', { unit: 'words', doc: 'Words translated.' }),
    count('glossary_terms', { unit: 'terms', doc: 'Terms known.', additivity: { kind: 'level' } }),
    {
      role: 'measure',
      name: 'effort',
      path: ['effort', 'hours'],
      type: 'numeric',
      required: false,
      since: 'baseline',
      unit: 'hours',
      additivity: { kind: 'flow' },
      doc: 'Hours.',
    },
  ],
  dropOrder: ['language'],
  ignored: [],
  filters: [],
  identities: [],
  doc: 'Made up.',
});

test('a made-up dataset is answered like any other', async () => {
  const simulator = await simulatorWith({ datasets: [...datasets, fourteenth] });
  const query = { ...week, limit: 5, group_by: ['language', 'formal'] };
  const { data } = await getPage(simulator, fourteenth.path, query);
  expect(data).toHaveLength(5);
  const results = data.flatMap((bucket) => bucket.results);
  expect(new Set(results.map((result) => typeof result['language']))).toContain('string');
  expect(results[0]).toEqual({
    object: fourteenth.object,
    words: expect.any(Number),
    glossary_terms: expect.any(Number),
    effort: { hours: expect.any(Number) },
    project_id: null,
    language: results[0]?.['language'],
    formal: results[0]?.['formal'],
  });
  expect(await getError(simulator, fourteenth.path, { ...week, bucket_width: '1m' })).toMatchObject({ status: 400 });
});

test('beside a level, what flows is counted in one bucket of the day only', async () => {
  const simulator = await simulatorWith({ datasets: [fourteenth] });
  const window = { start_time, end_time: start_time + 86_400 };
  const [whole] = (await getPage(simulator, fourteenth.path, window)).data;
  const hours = (await getPage(simulator, fourteenth.path, { ...window, bucket_width: '1h' })).data;
  const { words, glossary_terms } = whole?.results[0] ?? {};
  expect(hours.map(({ results }) => results[0]?.['glossary_terms'])).toEqual(Array(24).fill(glossary_terms));
  expect(hours.reduce((sum, { results }) => sum + Number(results[0]?.['words']), 0)).toBe(words);
});

test('costs are the same whether or not the usage they come from is answered', async () => {
  const money = datasets.filter(({ path }) => path === costs);
  const alone = await simulatorWith({ datasets: money });
  const whole = await simulatorWith();
  const query = { ...week, limit: 180, group_by: ['line_item'] };
  expect(await getPage(alone, costs, query)).toEqual(await getPage(whole, costs, query));
  expect(await getError(alone, completions, week)).toMatchObject({ status: 404 });
});

test.each(['completions', 'embeddings', 'audio_transcriptions'])(
  'about as many groups of %s are found on a weekday as asked for',
  async (name) => {
    const simulator = await simulatorWith({ groupsPerDataset: 400 });
    const dataset = datasets.find((candidate) => candidate.name === name) ?? fourteenth;
    const groupBy = dimensionsOf(dataset).map((column) => column.name);
    const [from, to] = [new Date('2026-11-03T00:00:00Z'), new Date('2026-11-04T00:00:00Z')];
    const [bucket] = simulator.truth({ dataset: name, width: '1d', from, to, groupBy });
    expect(bucket?.rows.length).toBeGreaterThan(320);
    expect(bucket?.rows.length).toBeLessThan(480);
  },
);
