import { describe, expect, test } from 'vitest';
import type { Restatement, Simulator, TruthRow } from '../../src/simulator/index.ts';
import { getPage, seconds, simulatorWith } from './client.ts';
import { sumOf } from './rows.ts';

const day = new Date('2026-11-10T00:00:00Z');
const nextDay = new Date('2026-11-11T00:00:00Z');
const at = { dataset: 'completions', day };

function rowsOf(simulator: Simulator, dataset: string, groupBy: readonly string[], from = day): readonly TruthRow[] {
  const to = new Date(from.getTime() + 86_400_000);
  return simulator.truth({ dataset, width: '1d', from, to, groupBy }).flatMap(({ rows }) => rows);
}

/** A simulator, and the user with the most tokens of the day. */
async function withUser(): Promise<{ readonly simulator: Simulator; readonly user: string }> {
  const simulator = await simulatorWith();
  const rows = rowsOf(simulator, 'completions', ['user_id']).filter(({ user_id }) => user_id !== null);
  const [first] = rows.toSorted((a, b) => Number(b['input_tokens']) - Number(a['input_tokens']));
  return { simulator, user: String(first?.['user_id']) };
}

const inputOf = (rows: readonly TruthRow[], user: string | null) =>
  Number(rows.find(({ user_id }) => user_id === user)?.['input_tokens'] ?? 0);

test('scaling a group changes it, its day and the money, and keeps totals the sums of their parts', async () => {
  const { simulator, user } = await withUser();
  const before = rowsOf(simulator, 'completions', ['user_id']);
  const money = sumOf(rowsOf(simulator, 'costs', []), 'amount_value');
  const other = rowsOf(simulator, 'completions', ['user_id'], nextDay);
  simulator.restate([{ ...at, kind: 'scale', where: { user_id: user }, factor: 2 }]);
  const after = rowsOf(simulator, 'completions', ['user_id']);
  expect(inputOf(after, user)).toBe(2 * inputOf(before, user));
  expect(after.filter(({ user_id }) => user_id !== user)).toEqual(before.filter(({ user_id }) => user_id !== user));
  for (const row of after) {
    const parts = ['input_uncached_tokens', 'input_cached_tokens', 'input_cache_write_tokens'];
    expect(parts.reduce((sum, part) => sum + Number(row[part]), 0)).toBe(Number(row['input_tokens']));
  }
  expect(Number(sumOf(rowsOf(simulator, 'costs', []), 'amount_value'))).toBeGreaterThan(Number(money));
  expect(rowsOf(simulator, 'completions', ['user_id'], nextDay)).toEqual(other);
});

test('a moved group is under its new dimensions, and the sums stay', async () => {
  const { simulator, user } = await withUser();
  const before = rowsOf(simulator, 'completions', []);
  const moved = inputOf(rowsOf(simulator, 'completions', ['user_id']), user);
  simulator.restate([{ ...at, kind: 'move-group', where: { user_id: user }, to: { user_id: 'user-new' } }]);
  const after = rowsOf(simulator, 'completions', ['user_id']);
  expect(inputOf(after, 'user-new')).toBe(moved);
  expect(inputOf(after, user)).toBe(0);
  expect(rowsOf(simulator, 'completions', [])).toEqual(before);
  expect(rowsOf(simulator, 'costs_by_user', ['user_id']).map((row) => row['user_id'])).toContain('user-new');
});

test('a removed group is gone', async () => {
  const { simulator, user } = await withUser();
  simulator.restate([{ ...at, kind: 'remove-group', where: { user_id: user } }]);
  const users = rowsOf(simulator, 'completions', ['user_id']).map(({ user_id }) => user_id);
  expect(users).not.toContain(user);
  expect(users.length).toBeGreaterThan(0);
});

test('an added group has the given values, with a total given alone put into its first part', async () => {
  const simulator = await simulatorWith();
  const group = { dimensions: { model: 'gpt-new' }, measures: { input_tokens: 70, num_model_requests: 3 }, minute: 61 };
  simulator.restate([{ ...at, kind: 'add-group', ...group }]);
  const rows = rowsOf(simulator, 'completions', ['model', 'user_id']).filter(({ model }) => model === 'gpt-new');
  expect(rows).toMatchObject([
    { input_tokens: '70', input_uncached_tokens: '70', input_text_tokens: '70', output_tokens: '0', user_id: null },
  ]);
  const query = { start_time: seconds('2026-11-10T01:00:00Z'), bucket_width: '1m', limit: 2, models: ['gpt-new'] };
  const { data } = await getPage(simulator, '/organization/usage/completions', query);
  expect(data.map(({ results }) => results.length)).toEqual([0, 1]);
});

test('a late day is empty until it is revealed, and its money with it', async () => {
  const simulator = await simulatorWith();
  const before = rowsOf(simulator, 'completions', ['model']);
  const money = rowsOf(simulator, 'costs', ['line_item']);
  simulator.restate([{ ...at, kind: 'late-day' }]);
  expect(rowsOf(simulator, 'completions', ['model'])).toEqual([]);
  expect(rowsOf(simulator, 'costs', ['line_item']).length).toBeLessThan(money.length);
  simulator.restate([{ ...at, kind: 'reveal-day' }]);
  expect(rowsOf(simulator, 'completions', ['model'])).toEqual(before);
  expect(rowsOf(simulator, 'costs', ['line_item'])).toEqual(money);
});

test('an emptied day stays empty but for what is added to it later', async () => {
  const simulator = await simulatorWith();
  simulator.restate([{ ...at, kind: 'empty-day' }]);
  expect(rowsOf(simulator, 'completions', [])).toEqual([]);
  simulator.restate([{ ...at, kind: 'add-group', dimensions: {}, measures: { num_model_requests: 1 } }]);
  expect(rowsOf(simulator, 'completions', [])).toMatchObject([{ num_model_requests: '1', input_tokens: '0' }]);
});

describe('costs', () => {
  test('restated themselves change alike in both cuts, and leave usage alone', async () => {
    const simulator = await simulatorWith();
    const usage = rowsOf(simulator, 'completions', ['model']);
    const before = sumOf(rowsOf(simulator, 'costs', []), 'amount_value');
    const group = {
      dimensions: { line_item: 'correction', user_id: 'user-x' },
      measures: { amount_value: '-0.123456789012345678901' },
    };
    simulator.restate([
      { dataset: 'costs', day, kind: 'scale', where: { line_item: 'web search tool calls' }, factor: 0 },
      { dataset: 'costs_by_user', day, kind: 'add-group', ...group },
    ]);
    expect(sumOf(rowsOf(simulator, 'costs', []), 'amount_value')).not.toBe(before);
    const byItem = rowsOf(simulator, 'costs', ['line_item']);
    expect(byItem.find(({ line_item }) => line_item === 'web search tool calls')).toMatchObject({ amount_value: '0' });
    const correction = { amount_value: '-0.123456789012345678901', amount_currency: 'usd', quantity: null };
    expect(byItem.find(({ line_item }) => line_item === 'correction')).toMatchObject(correction);
    const byUser = rowsOf(simulator, 'costs_by_user', ['user_id', 'line_item']);
    expect(sumOf(byUser, 'amount_value')).toBe(sumOf(byItem, 'amount_value'));
    expect(byUser.find(({ user_id }) => user_id === 'user-x')).toMatchObject(correction);
    expect(rowsOf(simulator, 'completions', ['model'])).toEqual(usage);
  });

  test('in another currency are rows of their own', async () => {
    const simulator = await simulatorWith();
    const group = { dimensions: {}, measures: { amount_value: '5' }, attributes: { amount_currency: 'eur' } };
    simulator.restate([{ dataset: 'costs', day, kind: 'add-group', ...group }]);
    const rows = rowsOf(simulator, 'costs', []);
    expect(rows.map((row) => row['amount_currency'])).toEqual(expect.arrayContaining(['eur', 'usd']));
    expect(rows).toHaveLength(2);
  });
});

test.each<[string, Restatement]>([
  ['dataset', { dataset: 'nothing', day, kind: 'empty-day' }],
  ['dimension', { ...at, kind: 'remove-group', where: { colour: 'red' } }],
  ['dimension to move to', { ...at, kind: 'move-group', where: {}, to: { colour: 'red' } }],
  ['measure', { ...at, kind: 'add-group', dimensions: {}, measures: { colours: 1 } }],
])('an unknown %s is refused, and nothing is restated', async (_, restatement) => {
  const simulator = await simulatorWith();
  const before = rowsOf(simulator, 'completions', ['model']);
  expect(() => simulator.restate([{ ...at, kind: 'empty-day' }, restatement])).toThrow(/has no/);
  expect(rowsOf(simulator, 'completions', ['model'])).toEqual(before);
});
