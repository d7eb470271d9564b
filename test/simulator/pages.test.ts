import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { getBuckets, getError, getPage, nowIso, seconds, simulatorWith, type WireBucket } from './client.ts';

const completions = '/organization/usage/completions';
const costs = '/organization/costs';
const midnight = seconds('2026-11-02T00:00:00Z');
const day = 86_400;
const spans = (buckets: readonly WireBucket[]) => buckets.map(({ start_time, end_time }) => [start_time, end_time]);

describe('windows', () => {
  test('a usage window that starts within a day has a first bucket from there to midnight', async () => {
    const simulator = await simulatorWith();
    const query = { start_time: midnight + 37_000, end_time: midnight + 2 * day, group_by: ['model'] };
    const [first, second] = await getBuckets(simulator, completions, query);
    expect(spans([first, second] as WireBucket[])).toEqual([
      [midnight + 37_000, midnight + day],
      [midnight + day, midnight + 2 * day],
    ]);
    const [whole] = await getBuckets(simulator, completions, {
      start_time: midnight,
      limit: 1,
      end_time: midnight + day,
    });
    const tokens = (bucket: WireBucket | undefined) =>
      (bucket?.results ?? []).reduce((sum, result) => sum + Number(result['input_tokens']), 0);
    expect(tokens(first)).toBeGreaterThan(0);
    expect(tokens(first)).toBeLessThan(tokens(whole));
  });

  test('a costs window that starts within a day has whole days, the first one included', async () => {
    const simulator = await simulatorWith();
    const query = { start_time: midnight + 37_000, end_time: midnight + 7 * day + 37_000, limit: 180 };
    const buckets = await getBuckets(simulator, costs, query);
    expect(buckets).toHaveLength(8);
    expect(buckets).toEqual(
      await getBuckets(simulator, costs, { ...query, start_time: midnight, end_time: midnight + 8 * day }),
    );
  });

  test('a usage window without an end ends now, in the open bucket', async () => {
    const simulator = await simulatorWith();
    const today = seconds('2026-11-23T00:00:00Z');
    const { data } = await getPage(simulator, completions, { start_time: today - day });
    expect(spans(data)).toEqual([
      [today - day, today],
      [today, seconds(nowIso)],
    ]);
  });

  test('a window with an end to come has the open bucket whole, and no bucket after it', async () => {
    const simulator = await simulatorWith();
    const today = seconds('2026-11-23T00:00:00Z');
    for (const path of [completions, costs]) {
      const page = await getPage(simulator, path, { start_time: today, end_time: today + 10 * day });
      expect(spans(page.data)).toEqual([[today, today + day]]);
      expect(page).toMatchObject({ has_more: false, next_page: null });
    }
  });

  test('the open bucket holds what has happened so far', async () => {
    const simulator = await simulatorWith();
    const now = new Date(nowIso);
    const query = {
      dataset: 'completions',
      from: new Date('2026-11-23T00:00:00Z'),
      to: new Date('2026-11-24T00:00:00Z'),
    };
    const requests = (width: '1d' | '1m') =>
      simulator
        .truth({ ...query, width, groupBy: [] })
        .flatMap(({ rows }) => rows)
        .reduce((sum, row) => sum + Number(row['num_model_requests']), 0);
    expect(simulator.truth({ ...query, width: '1m', groupBy: [] }).at(-1)?.start).toEqual(now);
    expect(requests('1d')).toBe(requests('1m'));
    expect(requests('1d')).toBeGreaterThan(0);
  });

  test('a window in the future has no buckets', async () => {
    const simulator = await simulatorWith();
    const page = await getPage(simulator, completions, { start_time: seconds(nowIso) + day });
    expect(page).toEqual({ object: 'page', data: [], has_more: false, next_page: null });
  });

  test('nothing happened before the first day', async () => {
    const simulator = await simulatorWith({ firstDay: new Date('2026-11-05T00:00:00Z') });
    for (const path of [completions, costs, '/organization/usage/vector_stores']) {
      const buckets = await getBuckets(simulator, path, { start_time: midnight, end_time: midnight + 7 * day });
      expect(buckets.map(({ results }) => results.length > 0)).toEqual([false, false, false, true, true, true, true]);
    }
  });
});

describe('pages', () => {
  test.each([
    ['1d', 7],
    ['1h', 24],
    ['1m', 60],
  ])('of %s hold %i buckets when no limit is given', async (bucket_width, buckets) => {
    const simulator = await simulatorWith();
    const page = await getPage(simulator, completions, { start_time: midnight, bucket_width });
    expect(page.data).toHaveLength(buckets);
    expect(page.next_page).toMatch(/^page_.{27}=$/);
  });

  test('of any limit come to the same buckets', async () => {
    const simulator = await simulatorWith();
    const query = { start_time: midnight + 5000, end_time: midnight + 9 * day + 100, group_by: ['project_id'] };
    const whole = await getBuckets(simulator, completions, { ...query, limit: 31 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 31 }), async (limit) => {
        expect(await getBuckets(simulator, completions, { ...query, limit })).toEqual(whole);
      }),
      { numRuns: 10 },
    );
  });

  test('are refused with a cursor that came from other parameters', async () => {
    const simulator = await simulatorWith();
    const query = { start_time: midnight, limit: 2 };
    const { next_page } = await getPage(simulator, completions, query);
    const page = next_page ?? '';
    expect(await getError(simulator, completions, { ...query, limit: 3, page })).toMatchObject({
      status: 400,
      param: 'page',
    });
    expect(await getError(simulator, costs, { ...query, page })).toMatchObject({ status: 400, param: 'page' });
    expect((await getPage(simulator, completions, { ...query, page })).data).toHaveLength(2);
  });
});

describe('costs', () => {
  const query = { start_time: midnight, limit: 180, group_by: ['line_item', 'project_id', 'user_id'] };

  test.each(['number', 'string', 'mixed'] as const)('write amounts in the style %s', async (amountStyle) => {
    const simulator = await simulatorWith({ amountStyle });
    const { data } = await getPage(simulator, costs, query);
    const values = data.flatMap(({ results }) =>
      results.map((result) => (result['amount'] as { value: unknown }).value),
    );
    const kinds = new Set(values.map((value) => typeof value));
    expect(kinds).toEqual(new Set(amountStyle === 'mixed' ? ['number', 'string'] : [amountStyle]));
    if (amountStyle !== 'number') expect(values).toContain('0E-6176');
  });

  test('write small numbers with an exponent', async () => {
    const simulator = await simulatorWith({ amountStyle: 'number' });
    const group = { dimensions: { line_item: 'small change' }, measures: { amount_value: '0.0000129', quantity: '3' } };
    simulator.restate([{ kind: 'add-group', dataset: 'costs', day: new Date(midnight * 1000), ...group }]);
    const response = await fetch(`${simulator.url}${costs}?start_time=${midnight}&limit=1&group_by=line_item`, {
      headers: { authorization: 'Bearer sk-admin-x' },
    });
    expect(await response.text()).toContain('"amount":{"value":1.29e-05,"currency":"usd"},"quantity":3.0,');
  });

  test('tell quantities only when grouped by line item', async () => {
    const simulator = await simulatorWith();
    for (const group_by of [[], ['project_id', 'user_id']]) {
      const { data } = await getPage(simulator, costs, { ...query, group_by });
      for (const { results } of data) {
        for (const result of results) expect(result).toMatchObject({ quantity: null, quantity_unit: null });
      }
    }
  });

  test('carry undocumented fields, and times that say UTC only where nothing was spent', async () => {
    const simulator = await simulatorWith();
    simulator.restate([{ kind: 'empty-day', dataset: 'costs', day: new Date('2026-11-03T00:00:00Z') }]);
    const { data } = await getPage(simulator, costs, query);
    expect(data[0]).toMatchObject({ start_time_iso: '2026-11-02T00:00:00', end_time_iso: '2026-11-03T00:00:00' });
    expect(data[1]).toMatchObject({ start_time_iso: '2026-11-03T00:00:00+00:00', results: [] });
    expect(data[0]?.results[0]).toMatchObject({
      organization_id: expect.stringMatching(/^org-/),
      project_name: expect.anything(),
    });
  });
});
