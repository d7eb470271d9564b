import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dimensionsOf, measuresOf, widthsOf } from '../../src/catalog/dataset.ts';
import { datasets } from '../../src/catalog/index.ts';
import type { widthSeconds } from '../../src/catalog/width.ts';
import type { TruthRow } from '../../src/simulator/index.ts';
import { simulatorWith } from './client.ts';
import { canonical, sumOf } from './rows.ts';

const day = (iso: string) => new Date(`${iso}T00:00:00Z`);
const daysAfter = (start: Date, days: number) => new Date(start.getTime() + days * 86_400_000);

describe.each(datasets)('$name', (dataset) => {
  const flows = measuresOf(dataset).filter(({ additivity }) => additivity.kind !== 'level');

  test('sums to the same over every grouping', async () => {
    const simulator = await simulatorWith();
    const names = dimensionsOf(dataset).map(({ name }) => name);
    fc.assert(
      fc.property(fc.subarray(names), fc.integer({ min: 0, max: 300 }), (groupBy, days) => {
        const from = daysAfter(day('2026-01-01'), days);
        const query = { dataset: dataset.name, width: '1d' as const, from, to: daysAfter(from, 3) };
        const grouped = simulator.truth({ ...query, groupBy });
        const ungrouped = simulator.truth({ ...query, groupBy: [] });
        for (const [index, { rows }] of grouped.entries()) {
          expect(rows.length === 0).toBe(ungrouped[index]?.rows.length === 0);
          for (const { name } of measuresOf(dataset)) {
            // Quantities of different things do not add up: they are reported per line item only.
            if (name !== 'quantity') expect(sumOf(rows, name)).toBe(sumOf(ungrouped[index]?.rows ?? [], name));
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  test('sums hours and minutes to the days they are in', async () => {
    const simulator = await simulatorWith();
    const [from, to] = [day('2026-11-02'), day('2026-11-09')];
    const groupBy = dimensionsOf(dataset).map(({ name }) => name);
    const total = (width: 'day' | keyof typeof widthSeconds) => {
      const buckets = simulator.truth({
        dataset: dataset.name,
        width: width === 'day' ? '1d' : width,
        from,
        to,
        groupBy,
      });
      return flows.map(({ name }) =>
        sumOf(
          buckets.flatMap(({ rows }) => rows),
          name,
        ),
      );
    };
    for (const width of widthsOf(dataset)) expect(total(width)).toEqual(total('day'));
    if (flows.length > 0) expect(total('day')[0]).not.toBe('0');
  });

  test('has days without activity and groups that are not in use every day', async () => {
    const simulator = await simulatorWith();
    const year = simulator.truth({
      dataset: dataset.name,
      width: '1d',
      from: day('2025-11-01'),
      to: day('2026-11-01'),
      groupBy: dimensionsOf(dataset).map(({ name }) => name),
    });
    const key = (row: TruthRow) =>
      dimensionsOf(dataset)
        .map(({ name }) => row[name])
        .join('|');
    const used = year.filter(({ rows }) => rows.length > 0).map(({ rows }) => new Set(rows.map(key)));
    const ever = new Set(used.flatMap((groups) => [...groups]));
    expect([...ever].some((group) => used.some((groups) => !groups.has(group)))).toBe(true);
    // Storage stays when nobody works, and so does what it costs.
    const isIdleSometimes = dataset.name !== 'vector_stores' && dataset.money === undefined;
    expect(year.some(({ rows }) => rows.length === 0)).toBe(isIdleSometimes);
  });

  test('satisfies the identities between its measures', async () => {
    const simulator = await simulatorWith();
    const groupBy = dimensionsOf(dataset).map(({ name }) => name);
    const query = {
      dataset: dataset.name,
      width: '1d' as const,
      from: day('2026-10-25'),
      to: day('2026-11-20'),
      groupBy,
    };
    for (const row of simulator.truth(query).flatMap(({ rows }) => rows)) {
      for (const { total, parts } of dataset.identities) {
        expect(parts.reduce((sum, part) => sum + Number(row[part]), 0)).toBe(Number(row[total]));
      }
    }
  });
});

test('the same seed tells the same story and another seed another', async () => {
  const tell = async (seed: number) => {
    const simulator = await simulatorWith({ seed });
    const query = { width: '1d' as const, from: day('2026-11-02'), to: day('2026-11-09'), groupBy: ['project_id'] };
    return datasets.map(({ name }) => simulator.truth({ ...query, dataset: name }));
  };
  expect(await tell(7)).toEqual(await tell(7));
  expect(await tell(7)).not.toEqual(await tell(8));
});

test('both cuts of the money come to the same sum', async () => {
  const simulator = await simulatorWith();
  const query = { width: '1d' as const, from: day('2026-10-01'), to: day('2026-11-01') };
  const costs = simulator.truth({ ...query, dataset: 'costs', groupBy: ['project_id', 'line_item', 'api_key_id'] });
  const byUser = simulator.truth({ ...query, dataset: 'costs_by_user', groupBy: ['user_id', 'line_item'] });
  for (const [index, { rows }] of costs.entries()) {
    for (const column of ['amount_value', 'quantity']) {
      expect(sumOf(byUser[index]?.rows ?? [], column)).toBe(sumOf(rows, column));
    }
  }
});

test('every token of completions is billed once', async () => {
  const simulator = await simulatorWith();
  const query = { width: '1d' as const, from: day('2026-10-01'), to: day('2026-11-01') };
  const tokensOf = (dataset: string) =>
    simulator
      .truth({ ...query, dataset, groupBy: [] })
      .flatMap(({ rows }) => rows)
      .reduce((sum, row) => sum + Number(row['input_tokens']) + Number(row['output_tokens'] ?? 0), 0);
  const billed = simulator
    .truth({ ...query, dataset: 'costs', groupBy: ['line_item'] })
    .flatMap(({ rows }) => rows.filter((row) => row['quantity_unit'] === 'tokens'));
  const used = ['completions', 'decisions', 'embeddings', 'moderations'].reduce((sum, name) => sum + tokensOf(name), 0);
  expect(sumOf(billed, 'quantity')).toBe(String(used));
});

test('the money has credits, free usage, line items in the forms of real bills, and more digits than a double', async () => {
  const simulator = await simulatorWith();
  const rows = simulator
    .truth({
      dataset: 'costs',
      width: '1d',
      from: day('2026-01-01'),
      to: day('2026-11-01'),
      groupBy: ['line_item', 'project_id'],
    })
    .flatMap(({ rows }) => rows);
  const has = (matches: (row: TruthRow) => boolean) => expect(rows.some(matches)).toBe(true);
  has((row) => String(row['amount_value']).startsWith('-') && row['quantity'] === null);
  has((row) => row['amount_value'] === '0' && Number(row['quantity']) > 0);
  has((row) => String(row['amount_value']).length > 25);
  const items = new Set(rows.map((row) => row['line_item']));
  for (const form of [
    'gpt-5.6-luna, input',
    'gpt-5.4-mini-2026-03-17, cached input',
    'gpt-5.6-luna, cache writes',
    'gpt-audio-mini-2025-12-15 audio, input',
    'gpt-image-2-2026-04-21 image, output',
    'gpt-image-2.5-flare image, cached input',
    'web search tool calls',
    'assistants api | file search',
  ]) {
    expect(items).toContain(form);
  }
  const unitsOf = Map.groupBy(rows, (row) => row['line_item']);
  for (const [, billed] of unitsOf) expect(new Set(billed.map((row) => row['quantity_unit'])).size).toBe(1);
  has((row) => /^priority \| /.test(String(row['line_item'])));
  has((row) => /, long context$/.test(String(row['line_item'])));
});

test('a line item costs its price for every unit, however many groups were billed together', async () => {
  const simulator = await simulatorWith();
  const query = { dataset: 'costs', width: '1d' as const, from: day('2026-09-01'), to: day('2026-11-01') };
  const billed = simulator.truth({ ...query, groupBy: ['line_item'] }).flatMap(({ rows }) => rows);
  // Of a model whose tiers have lines of their own: others have a line in which their prices are mixed.
  const cents: Readonly<Record<string, bigint>> = { 'gpt-5.6-luna, input': 60n, 'gpt-5.6-luna, output': 450n };
  for (const [lineItem, centsPerMillion] of Object.entries(cents)) {
    const rows = billed.filter((row) => row['line_item'] === lineItem);
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) {
      const hundredMillionths = BigInt(String(row['quantity'])) * centsPerMillion;
      const digits = hundredMillionths.toString().padStart(9, '0');
      expect(row['amount_value']).toBe(canonical(`${digits.slice(0, -8)}.${digits.slice(-8)}`));
    }
  }
});

test('what is stored stands in every bucket of its day', async () => {
  const simulator = await simulatorWith();
  const query = { dataset: 'vector_stores', from: day('2026-11-10'), to: day('2026-11-11'), groupBy: ['project_id'] };
  const [whole] = simulator.truth({ ...query, width: '1d' });
  const hours = simulator.truth({ ...query, width: '1h' });
  expect(whole?.rows.length).toBeGreaterThan(1);
  expect(hours.map(({ rows }) => rows)).toEqual(Array.from({ length: 24 }, () => whole?.rows));
});
