import { describe, expect, test } from 'vitest';
import { costs as costsDataset } from '../../src/catalog/datasets/costs.ts';
import type { Fault, FaultPlan, Simulator } from '../../src/simulator/index.ts';
import {
  get,
  getBuckets,
  getError,
  getPage,
  seconds,
  simulatorWith,
  urlOf,
  type WireBucket,
  type WirePage,
} from './client.ts';
import { parseExactly, rowOf, sumOf } from './rows.ts';

const completions = '/organization/usage/completions';
const costs = '/organization/costs';
const start_time = seconds('2026-11-02T00:00:00Z');
const day = 86_400;
const query = { start_time, end_time: start_time + 4 * day, limit: 2, group_by: ['model', 'user_id'] };
const fault = (then: Fault['then'], when: Fault['when'] = {}): Fault => ({ when, then });
const always = (then: Fault['then']): FaultPlan => [fault(then)];
const statuses = (simulator: Simulator) => simulator.requests.map(({ status }) => status);

/** Statuses of so many equal requests. */
async function ask(simulator: Simulator, times: number, path = completions): Promise<readonly (number | null)[]> {
  for (let index = 0; index < times; index++) await (await get(simulator, path, query)).arrayBuffer();
  return statuses(simulator).slice(-times);
}

describe('conditions', () => {
  const failing = (when: Fault['when']) => [fault({ kind: 'status', status: 500 }, when)];

  test('without any, every request meets the fault, until the plan changes', async () => {
    const simulator = await simulatorWith({ faults: failing({}) });
    expect(await ask(simulator, 2)).toEqual([500, 500]);
    simulator.setFaults([]);
    expect(await ask(simulator, 2)).toEqual([200, 200]);
  });

  test.each<[string, Fault['when'], readonly number[]]>([
    ['nth', { nth: 2 }, [200, 500, 200, 200]],
    ['from', { from: 3 }, [200, 200, 500, 500]],
    ['times', { times: 2 }, [500, 500, 200, 200]],
    ['from and times', { from: 2, times: 2 }, [200, 500, 500, 200]],
  ])('%s counts requests', async (_, when, expected) => {
    const simulator = await simulatorWith({ faults: failing(when) });
    expect(await ask(simulator, 4)).toEqual(expected);
  });

  test('counting begins anew with a new plan, and counts only requests that meet the other conditions', async () => {
    const simulator = await simulatorWith({ faults: failing({ path: costs, nth: 1 }) });
    expect(await ask(simulator, 2)).toEqual([200, 200]);
    const parameters = { start_time };
    expect((await get(simulator, costs, parameters)).status).toBe(500);
    expect((await get(simulator, costs, parameters)).status).toBe(200);
    simulator.setFaults(failing({ path: costs, nth: 1 }));
    expect((await get(simulator, costs, parameters)).status).toBe(500);
  });

  test('a dataset means the requests for its dimensions, where two share a path', async () => {
    const simulator = await simulatorWith({ faults: failing({ dataset: 'costs_by_user' }) });
    expect((await get(simulator, costs, { start_time, group_by: ['user_id'] })).status).toBe(500);
    expect((await get(simulator, costs, { start_time, group_by: ['project_id'] })).status).toBe(200);
  });

  test('a page and a grouping narrow a fault', async () => {
    const simulator = await simulatorWith({ faults: failing({ page: 2, groupBy: 'model' }) });
    const { next_page } = await getPage(simulator, completions, query);
    expect((await get(simulator, completions, { ...query, page: next_page ?? '' })).status).toBe(500);
    const others = { ...query, group_by: ['user_id'] };
    const other = await getPage(simulator, completions, others);
    expect((await get(simulator, completions, { ...others, page: other.next_page ?? '' })).status).toBe(200);
  });
});

describe('answers', () => {
  test('a status comes with its body and Retry-After', async () => {
    const then = { kind: 'status', status: 429, code: 'rate_limit_exceeded', retryAfter: '7' } as const;
    const simulator = await simulatorWith({ faults: always(then) });
    const response = await get(simulator, completions, query);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await response.json()).toEqual({
      error: { message: expect.any(String), type: 'requests', param: null, code: 'rate_limit_exceeded' },
    });
  });

  test('a refused grouping is named before the supported ones, and only who groups so is refused', async () => {
    const simulator = await simulatorWith({ faults: always({ kind: 'refuse-grouping', dimension: 'user_id' }) });
    const { status, message } = await getError(simulator, costs, { start_time, group_by: ['line_item', 'user_id'] });
    expect([status, message]).toEqual([
      400,
      "Invalid value: 'user_id'. Supported values are: 'project_id', 'line_item', 'api_key_id', and 'api_source'.",
    ]);
    expect((await get(simulator, costs, { start_time, group_by: ['line_item'] })).status).toBe(200);
  });
});

describe('refused starts', () => {
  test('a start before the day is refused with the day named, a later one is answered', async () => {
    const earliest = new Date('2026-11-03T00:00:00Z');
    const simulator = await simulatorWith({ faults: always({ kind: 'refuse-start', earliest }) });
    expect(await getError(simulator, completions, query)).toMatchObject({
      status: 400,
      code: 'reporting_lookback_exceeded',
      message: expect.stringContaining('2026-11-03'),
    });
    const later = { ...query, start_time: start_time + day };
    expect((await get(simulator, completions, later)).status).toBe(200);
  });
});

describe('deliveries', () => {
  const broken = async (then: Fault['then'], read: (response: Response) => Promise<unknown>) => {
    const simulator = await simulatorWith({ faults: [fault(then, { times: 1 })] });
    const attempt = get(simulator, completions, query).then(read);
    await expect(attempt).rejects.toThrow();
    expect((await get(simulator, completions, query)).status).toBe(200);
    return simulator;
  };

  test('a reset before the headers fails the request', async () => {
    const simulator = await broken({ kind: 'reset-before-headers' }, async (response) => response.status);
    expect(statuses(simulator)).toEqual([null, 200]);
  });

  test.each<[string, Fault['then']]>([
    ['a reset', { kind: 'reset-mid-body' }],
    ['an end before the announced length', { kind: 'cut-short', contentLength: true }],
    ['garbage in place of gzip', { kind: 'gzip-garbage' }],
  ])('%s fails the reading of the body', async (_, then) => {
    await broken(then, (response) => {
      expect(response.status).toBe(200);
      return response.text();
    });
  });

  test.each<[string, Fault['then']]>([
    ['an end without an announced length', { kind: 'cut-short', contentLength: false }],
    ['a body that is almost JSON', { kind: 'invalid-json' }],
    ['a login page', { kind: 'html-200' }],
  ])('%s leaves a body that is no JSON', async (_, then) => {
    const simulator = await simulatorWith({ faults: always(then) });
    const response = await get(simulator, completions, query);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.length).toBeGreaterThan(10);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  test('a stall before the headers lasts until the client gives up', async () => {
    const simulator = await simulatorWith({ faults: always({ kind: 'stall-headers' }) });
    const signal = AbortSignal.timeout(200);
    const url = urlOf(simulator, completions, query);
    const attempt = fetch(url, { headers: { authorization: 'Bearer sk-admin-x' }, signal });
    await expect(attempt).rejects.toThrow(/timeout/);
  });

  test('a stall within the body lasts until the client gives up', async () => {
    const simulator = await simulatorWith({ faults: always({ kind: 'stall-body' }) });
    const signal = AbortSignal.timeout(500);
    const url = urlOf(simulator, completions, query);
    const response = await fetch(url, { headers: { authorization: 'Bearer sk-admin-x' }, signal });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow(/timeout/);
  });

  test('closing ends what is stalled', async () => {
    const simulator = await simulatorWith({ faults: [fault({ kind: 'stall-headers' }, { path: completions })] });
    const attempt = get(simulator, completions, query);
    const failed = expect(attempt).rejects.toThrow();
    while (simulator.requests.every(({ path }) => path !== completions)) await fetch(`${simulator.url}/ping`);
    await simulator.close();
    await failed;
  }, 5000);

  test('a padded body is as long as asked and says the same', async () => {
    const simulator = await simulatorWith();
    const honest = await getPage(simulator, completions, query);
    simulator.setFaults(always({ kind: 'padded', bytes: 3_000_000 }));
    const text = await (await get(simulator, completions, query)).text();
    expect(text).toHaveLength(3_000_000);
    expect(JSON.parse(text)).toEqual(honest);
  });

  test('a delayed answer waits on the clock', async () => {
    const simulator = await simulatorWith({ faults: always({ kind: 'delay', milliseconds: 60_000 }) });
    const [, second] = [await getPage(simulator, completions, query), await getPage(simulator, completions, query)];
    expect(second.data).toHaveLength(2);
  });
});

describe('pages', () => {
  const read = async (then: Fault['then'], parameters = query) => {
    const simulator = await simulatorWith();
    const honest = await getBuckets(simulator, completions, parameters);
    simulator.setFaults(always(then));
    return { simulator, honest, all: () => getBuckets(simulator, completions, parameters) };
  };
  const merged = (buckets: readonly WireBucket[], start: number) =>
    buckets.filter((bucket) => bucket.start_time === start).flatMap(({ results }) => results);

  test('endless pages follow the last one, empty and with ever-new cursors', async () => {
    const { simulator, honest } = await read({ kind: 'endless-pages' });
    const seen = new Set<string>();
    const buckets: WireBucket[] = [];
    let page: string | null = null;
    for (let number = 1; number <= 6; number++) {
      const answer = await getPage(simulator, completions, page === null ? query : { ...query, page });
      expect(answer.has_more).toBe(true);
      page = answer.next_page ?? '';
      seen.add(page);
      buckets.push(...answer.data);
    }
    expect(seen.size).toBe(6);
    expect(buckets).toEqual(honest);
  });

  test('a cursor loop comes back to the same page with the same cursor', async () => {
    const { simulator } = await read({ kind: 'cursor-loop' });
    const first = await getPage(simulator, completions, query);
    const second = await getPage(simulator, completions, { ...query, page: first.next_page ?? '' });
    expect(second).toEqual(first);
  });

  test('endless repeats are the same page under ever-new cursors', async () => {
    const { simulator } = await read({ kind: 'endless-repeats' });
    const first = await getPage(simulator, completions, query);
    const second = await getPage(simulator, completions, { ...query, page: first.next_page ?? '' });
    expect(second.data).toEqual(first.data);
    expect(second.has_more).toBe(true);
    expect(second.next_page).not.toBe(first.next_page);
  });

  test.each(['same', 'other'] as const)('a duplicated bucket is twice on its page, the %s', async (values) => {
    const { simulator, honest } = await read({ kind: 'duplicate-bucket', bucket: 0, values });
    const { data } = await getPage(simulator, completions, query);
    expect(data.map((bucket) => bucket.start_time)).toEqual([0, 0, day].map((offset) => start_time + offset));
    expect([data[0], data[2]]).toEqual(honest.slice(0, 2));
    if (values === 'same') expect(data[1]).toEqual(data[0]);
    else expect(data[1]).not.toEqual(data[0]);
  });

  test('more without a cursor says so on every page', async () => {
    const { simulator } = await read({ kind: 'more-without-cursor' });
    expect(await getPage(simulator, completions, query)).toMatchObject({ has_more: true, next_page: null });
  });

  test.each([1, 2, 4])('a bucket split over two pages of %i has all its results in the two together', async (limit) => {
    const { honest, all } = await read({ kind: 'split-bucket' }, { ...query, limit });
    const buckets = await all();
    expect(buckets.length).toBe(honest.length + 4 / limit);
    for (const bucket of honest) expect(merged(buckets, bucket.start_time)).toEqual(bucket.results);
  });

  test('a repeated bucket comes again on the next page, the same', async () => {
    const { honest, all } = await read({ kind: 'repeat-bucket', values: 'same' });
    expect(await all()).toEqual([honest[0], honest[1], honest[1], honest[2], honest[3], honest[3]]);
  });

  test('a repeated bucket with other values has the same groups', async () => {
    const { honest, all } = await read({ kind: 'repeat-bucket', values: 'other' });
    const [, last, again] = await all();
    expect(last).toEqual(honest[1]);
    expect(again).not.toEqual(honest[1]);
    const groups = (bucket: WireBucket | undefined) =>
      bucket?.results.map((result) => [result['model'], result['user_id']]);
    expect(groups(again)).toEqual(groups(honest[1]));
  });

  test('an unaligned bucket starts off the grid', async () => {
    const { all } = await read({ kind: 'unaligned-bucket', bucket: 1, seconds: 60 });
    const starts = (await all()).map((bucket) => bucket.start_time);
    expect(starts).toEqual([0, day + 60, 2 * day, 3 * day + 60].map((offset) => start_time + offset));
  });

  test('a bucket outside of the window stands before the first or after the last', async () => {
    const { simulator } = await read({ kind: 'outside-bucket', widths: -1 });
    const starts = async () => (await getPage(simulator, completions, query)).data.map((bucket) => bucket.start_time);
    expect(await starts()).toEqual([-day, 0, day].map((offset) => start_time + offset));
    simulator.setFaults(always({ kind: 'outside-bucket', widths: 9 }));
    expect(await starts()).toEqual([0, day, 10 * day].map((offset) => start_time + offset));
  });

  test('times are written as null or in milliseconds', async () => {
    const { simulator, honest, all } = await read({ kind: 'write-times', as: 'milliseconds', buckets: [0] });
    const inMilliseconds = {
      start_time: (honest[0]?.start_time ?? 0) * 1000,
      end_time: (honest[0]?.end_time ?? 0) * 1000,
    };
    expect((await all())[0]).toEqual({ ...honest[0], ...inMilliseconds });
    simulator.setFaults(always({ kind: 'write-times', as: 'null' }));
    expect((await all()).map((bucket) => bucket.start_time)).toEqual(honest.map(() => null));
  });

  test('a wide bucket ends later', async () => {
    const { honest, all } = await read({ kind: 'wide-bucket', bucket: 0, widths: 2 });
    expect((await all())[0]).toEqual({ ...honest[0], end_time: start_time + 2 * day });
  });

  test('missing buckets are not there', async () => {
    const { honest, all } = await read({ kind: 'missing-buckets', buckets: [-1] });
    expect(await all()).toEqual([honest[0], honest[2]]);
  });

  test('split results are two of each grain that sum to the one', async () => {
    const { honest, all } = await read({ kind: 'split-results', buckets: [0] });
    const buckets = await all();
    expect(buckets[1]).toEqual(honest[1]);
    const whole = honest[0]?.results ?? [];
    const split = buckets[0]?.results ?? [];
    expect(split).toHaveLength(2 * whole.length);
    for (const result of whole) {
      const parts = split.filter((part) => part['model'] === result['model'] && part['user_id'] === result['user_id']);
      expect(parts.reduce((sum, part) => sum + Number(part['input_tokens']), 0)).toBe(result['input_tokens']);
    }
  });

  test('split results sum to the last digit of money', async () => {
    const simulator = await simulatorWith();
    const dust = { dimensions: { line_item: 'dust' }, measures: { amount_value: `0.${'1'.padStart(39, '0')}` } };
    simulator.restate([{ kind: 'add-group', dataset: 'costs', day: new Date(start_time * 1000), ...dust }]);
    const parameters = { start_time, limit: 1, group_by: ['line_item'] };
    const read = async () => {
      const { data } = parseExactly(await (await get(simulator, costs, parameters)).text()) as WirePage;
      return (data[0]?.results ?? []).map((result) => rowOf(costsDataset, result));
    };
    const whole = await read();
    simulator.setFaults(always({ kind: 'split-results' }));
    const split = await read();
    expect(split).toHaveLength(2 * whole.length);
    for (const row of whole) {
      const parts = split.filter(({ line_item }) => line_item === row['line_item']);
      expect(sumOf(parts, 'amount_value')).toBe(row['amount_value']);
    }
  });

  test('reordered results are the same in another order', async () => {
    const { honest, all } = await read({ kind: 'reorder-results' });
    expect((await all()).map(({ results }) => results.toReversed())).toEqual(honest.map(({ results }) => results));
  });

  test('fields are removed and set on the buckets chosen', async () => {
    const { simulator, honest } = await read({ kind: 'reorder-results' });
    simulator.setFaults([
      fault({ kind: 'remove-field', field: 'input_tokens', buckets: [1] }),
      fault({ kind: 'set-field', field: 'object', json: '"organization.usage.other.result"', buckets: [1] }),
      fault({ kind: 'set-field', field: 'new_field', json: '{"deep":[1e400]}', buckets: [1] }),
    ]);
    const response = await get(simulator, completions, query);
    const text = await response.text();
    expect(text).toContain('"new_field":{"deep":[1e400]}');
    const [first, second] = (JSON.parse(text) as { data: WireBucket[] }).data;
    expect(first).toEqual(honest[0]);
    for (const result of second?.results ?? []) {
      expect(result).toMatchObject({ object: 'organization.usage.other.result' });
      expect(result).not.toHaveProperty('input_tokens');
      expect(Object.keys(result)).toContain('output_tokens');
    }
  });
});
