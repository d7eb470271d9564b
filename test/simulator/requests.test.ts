import { describe, expect, test } from 'vitest';
import { dimensionsOf, pageLimitOf, widthsOf } from '../../src/catalog/dataset.ts';
import { datasets } from '../../src/catalog/index.ts';
import { get, getBuckets, getError, getPage, seconds, simulatorWith, urlOf } from './client.ts';

const completions = '/organization/usage/completions';
const costs = '/organization/costs';
const start_time = seconds('2026-11-02T00:00:00Z');

describe('keys', () => {
  const ask = async (options: Parameters<typeof simulatorWith>[0], authorization: string | null) => {
    const simulator = await simulatorWith(options);
    const headers = authorization === null ? {} : { authorization };
    const response = await fetch(urlOf(simulator, completions, { start_time }), { headers });
    return { status: response.status, body: await response.text() };
  };

  test('a request without a key is refused with 401', async () => {
    expect((await ask({}, null)).status).toBe(401);
    expect((await ask({}, 'Basic abc')).status).toBe(401);
  });

  test('a project key is refused with 401, and not repeated', async () => {
    const { status, body } = await ask({}, 'Bearer sk-proj-secret');
    expect(status).toBe(401);
    expect(body).not.toContain('secret');
  });

  test('any admin key will do unless the one key is given', async () => {
    expect((await ask({}, 'Bearer sk-admin-any')).status).toBe(200);
    expect((await ask({ adminKey: 'sk-admin-right' }, 'Bearer sk-admin-right')).status).toBe(200);
    const wrong = await ask({ adminKey: 'sk-admin-right' }, 'Bearer sk-admin-wrong');
    expect(wrong.status).toBe(401);
    expect(JSON.parse(wrong.body)).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: 'invalid_api_key' },
    });
  });

  test('requests are recorded without the key', async () => {
    const simulator = await simulatorWith();
    await getPage(simulator, completions, { start_time, group_by: ['model'] });
    await getError(simulator, '/organization/nothing', {});
    expect(simulator.requests.map(({ method, path, status }) => [method, path, status])).toEqual([
      ['GET', completions, 200],
      ['GET', '/organization/nothing', 404],
    ]);
    expect(simulator.requests[0]?.parameters.getAll('group_by[]')).toEqual(['model']);
    expect(JSON.stringify(simulator.requests)).not.toContain('sk-admin');
  });
});

describe('what is refused', () => {
  test('an unknown path with 404', async () => {
    const simulator = await simulatorWith();
    expect(await getError(simulator, '/organization/usage/nothing', { start_time })).toMatchObject({ status: 404 });
  });

  test('a method other than GET with 405', async () => {
    const simulator = await simulatorWith();
    const response = await fetch(urlOf(simulator, completions, { start_time }), { method: 'POST' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET');
  });

  test.each([
    ['an unknown parameter', { start_time, colour: 'red' }, 'colour', 'unknown_parameter'],
    ['a missing start', {}, 'start_time', 'missing_required_parameter'],
    ['a start that is no number', { start_time: 'today' }, 'start_time', 'invalid_type'],
    ['a start before 1970', { start_time: -1 }, 'start_time', 'integer_below_min_value'],
    ['brackets where there is no list', { start_time, 'start_time[]': 1 }, 'start_time[]', 'unknown_parameter'],
    ['an end at the start', { start_time, end_time: start_time }, 'end_time', 'invalid_value'],
    ['an end before the start', { start_time, end_time: start_time - 1 }, 'end_time', 'invalid_value'],
    ['a width that does not exist', { start_time, bucket_width: '1w' }, 'bucket_width', 'invalid_value'],
    ['a limit of nothing', { start_time, limit: 0 }, 'limit', 'integer_below_min_value'],
    ['an unknown grouping', { start_time, group_by: ['model', 'colour'] }, 'group_by[1]', 'invalid_value'],
    ['a flag that is neither', { start_time, batch: 'maybe' }, 'batch', 'invalid_value'],
    ['a cursor of its own making', { start_time, page: 'page_AAAA' }, 'page', 'invalid_cursor'],
  ])('%s with 400', async (_, parameters, param, code) => {
    const simulator = await simulatorWith();
    expect(await getError(simulator, completions, parameters)).toMatchObject({ status: 400, param, code });
  });

  test('a filter value outside of a closed list with 400', async () => {
    const simulator = await simulatorWith();
    const error = await getError(simulator, '/organization/usage/images', { start_time, sizes: ['1024x1536'] });
    expect(error).toMatchObject({ status: 400, param: 'sizes[0]' });
  });

  test('costs at another width than a day with 400', async () => {
    const simulator = await simulatorWith();
    expect(await getError(simulator, costs, { start_time, bucket_width: '1h' })).toMatchObject({ status: 400 });
  });

  test.each(datasets)('a limit above the maximum of $name with 400', async (dataset) => {
    const simulator = await simulatorWith();
    for (const bucket_width of widthsOf(dataset)) {
      const { max } = pageLimitOf(dataset, bucket_width);
      const parameters = { start_time, end_time: start_time + 60, bucket_width };
      expect((await get(simulator, dataset.path, { ...parameters, limit: max })).status).toBe(200);
      const error = await getError(simulator, dataset.path, { ...parameters, limit: max + 1 });
      expect(error).toMatchObject({ status: 400, param: 'limit', code: 'integer_above_max_value' });
    }
  });

  test('a grouping with a message that names it first and then lists the supported ones', async () => {
    const simulator = await simulatorWith();
    const { message } = await getError(simulator, '/organization/usage/vector_stores', {
      start_time,
      group_by: ['model'],
    });
    expect(message).toBe("Invalid value: 'model'. Supported values are: 'project_id'.");
  });

  test('a start before the horizon with 400 and the earliest date', async () => {
    const simulator = await simulatorWith({ horizon: { days: 365 } });
    const earliest = seconds('2025-11-23T00:00:00Z');
    expect((await get(simulator, completions, { start_time: earliest })).status).toBe(200);
    const error = await getError(simulator, completions, { start_time: earliest - 1 });
    expect(error).toMatchObject({ status: 400, code: 'reporting_lookback_exceeded' });
    expect(error.message).toContain('2025-11-23');
  });
});

describe('lists', () => {
  const parameters = `start_time=${start_time}&`;
  const read = async (query: string) => {
    const simulator = await simulatorWith();
    const url = `${simulator.url}${completions}?${parameters}${query}`;
    const response = await fetch(url, { headers: { authorization: 'Bearer sk-admin-x' } });
    return ((await response.json()) as { data: unknown }).data;
  };

  test('are understood in brackets, repeated and with commas', async () => {
    const brackets = await read('group_by[]=model&group_by[]=batch');
    expect(await read('group_by=model&group_by=batch')).toEqual(brackets);
    expect(await read('group_by=model,batch')).toEqual(brackets);
    expect(await read('group_by=model')).not.toEqual(brackets);
  });

  test('of line items may hold commas', async () => {
    const simulator = await simulatorWith();
    const query = { start_time, group_by: ['line_item'], limit: 180 };
    const items = (await getBuckets(simulator, costs, query)).flatMap(({ results }) =>
      results.map((r) => r['line_item']),
    );
    const wanted = [...new Set(items.map(String))].filter((item) => item.includes(', ')).slice(0, 2);
    const filtered = await getBuckets(simulator, costs, { ...query, line_items: wanted });
    expect(new Set(filtered.flatMap(({ results }) => results.map((r) => r['line_item'])))).toEqual(new Set(wanted));
  });
});

test.each(datasets)('every filter of $name leaves what it names and nothing else', async (dataset) => {
  const simulator = await simulatorWith();
  const query = { start_time, end_time: start_time + 14 * 86_400, limit: 14 };
  for (const { name, matches, type, values } of dataset.filters) {
    if (!dimensionsOf(dataset).some((dimension) => dimension.name === matches)) continue;
    const grouped = { ...query, group_by: [matches] };
    const all = (await getBuckets(simulator, dataset.path, grouped)).map(({ results }) => results);
    const present = all.flat().map((result) => result[matches]);
    const value = present.find((found) => found !== null && (values === undefined || values.includes(String(found))));
    const wanted = type === 'boolean' ? String(value) : [String(value)];
    const filtered = await getBuckets(simulator, dataset.path, { ...grouped, [name]: wanted });
    expect(filtered.map(({ results }) => results)).toEqual(
      all.map((results) => results.filter((result) => result[matches] === value)),
    );
    expect(filtered.some(({ results }) => results.length > 0)).toBe(true);
  }
});

test('answers are compressed for who accepts it, when they are worth it', async () => {
  const simulator = await simulatorWith();
  const encoding = async (limit: number, accepted: string) => {
    const url = urlOf(simulator, completions, { start_time, limit, group_by: ['model'] });
    const headers = { authorization: 'Bearer sk-admin-x', 'accept-encoding': accepted };
    return (await fetch(url, { headers })).headers.get('content-encoding');
  };
  expect(await encoding(7, 'gzip')).toBe('gzip');
  expect(await encoding(7, 'identity')).toBeNull();
  const tiny = await fetch(`${simulator.url}/nothing`, { headers: { 'accept-encoding': 'gzip' } });
  expect(tiny.headers.get('content-encoding')).toBeNull();
});

test('a port that is taken is refused with its number', async () => {
  const simulator = await simulatorWith();
  const port = Number(new URL(simulator.url).port);
  await expect(simulatorWith({ port })).rejects.toThrow(String(port));
});
