import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { createSession, type KnownCapability } from '../../src/openai/session.ts';
import { adminKey, testClient } from './support/client.ts';
import { day, decode, page } from './support/page.ts';
import { type Answer, apiError, json, type Received, serve } from './support/server.ts';

const signal = new AbortController().signal;
const wanted = ['project_id', 'line_item', 'api_key_id', 'api_source'];
const nothingKnown: KnownCapability = { grain: null, horizon: null };

function bounds(from: number, to: number) {
  return { start: new Date(day(from) * 1000), end: new Date(day(to) * 1000), limit: to - from };
}

interface Given {
  readonly dataset?: Dataset;
  readonly groupBy?: readonly string[];
  readonly known?: KnownCapability;
}

/** A session against a server that answers as told. */
async function open(respond: (request: Received) => Answer | Promise<Answer>, given: Given = {}) {
  const { dataset = costs, groupBy = wanted, known = nothingKnown } = given;
  const server = await serve(respond);
  const { client, clock, log, lines } = testClient(server.baseUrl);
  const settings = { dataset, width: '1d' as const, groupBy, filters: {} };
  return { session: createSession({ client, settings, known, clock, log }), server, clock, lines };
}

function grainOf(request: Received): string[] {
  return request.query.getAll('group_by[]');
}

/** Every bucket asked for, on one page, marked with the grain. */
function whole(request: Received): Answer {
  const starts: number[] = [];
  for (let at = Number(request.query.get('start_time')); at < Number(request.query.get('end_time')); at += 86_400)
    starts.push(at);
  return json(page(starts, null, { mark: grainOf(request).join() }));
}

/** Refuses the given dimensions the way the API does. */
function refusing(...refused: readonly string[]) {
  return (request: Received): Answer => {
    const bad = grainOf(request).find((name) => refused.includes(name));
    return bad === undefined ? whole(request) : refusal(bad);
  };
}

function refusal(name: string): Answer {
  return apiError(400, `Invalid value: '${name}'. Supported values are: 'project_id', 'line_item'.`, {
    param: 'group_by',
  });
}

function lookback(message: string): Answer {
  return apiError(400, message, { code: 'reporting_lookback_exceeded' });
}

describe('a session', () => {
  test('reads a slice at the full grain, observed before it was asked for', async () => {
    const { session, clock } = await open((request) => {
      clock.advance(5000);
      return whole(request);
    });
    const before = clock.now();
    expect(await session.readSlice(bounds(1, 4), decode, signal)).toEqual({
      pages: [expect.objectContaining({ bucketStarts: [day(1), day(2), day(3)], mark: wanted.join() })],
      grain: wanted,
      observedAt: before,
      start: bounds(1, 4).start,
    });
    expect(session).toMatchObject({ grain: wanted, refused: [], horizon: null });
  });

  test('starts at the grain that is known and never asks beyond what is wanted', async () => {
    const known = { grain: ['project_id', 'line_item', 'user_id'], horizon: null };
    const { session, server } = await open(whole, { known });
    await session.readSlice(bounds(1, 2), decode, signal);
    expect(server.received.map(grainOf)).toEqual([['project_id', 'line_item']]);
    expect(session.refused).toEqual(['api_key_id', 'api_source']);
  });

  test('lets every other error through', async () => {
    const { session } = await open(() => apiError(401, 'no'));
    await expect(session.readSlice(bounds(1, 2), decode, signal)).rejects.toMatchObject({ code: 'key_rejected' });
  });

  test('stops when it is aborted', async () => {
    const abort = new AbortController();
    const { session } = await open(() => {
      abort.abort(new Error('enough'));
      return refusal('api_source');
    });
    await expect(session.readSlice(bounds(1, 2), decode, abort.signal)).rejects.toThrow('enough');
  });
});

describe('a refused grouping', () => {
  test('gives up the refused dimension and reads the slice again without it', async () => {
    const { session, server } = await open(refusing('api_key_id'));
    const read = await session.readSlice(bounds(1, 3), decode, signal);
    expect(read).toMatchObject({
      grain: ['project_id', 'line_item', 'api_source'],
      pages: [{ bucketStarts: [day(1), day(2)] }],
    });
    expect(session.refused).toEqual(['api_key_id']);
    expect(server.received).toHaveLength(2);
  });

  test('is observed when the chain that succeeded began', async () => {
    const { session, clock } = await open((request) => {
      clock.advance(1000);
      return refusing('api_source')(request);
    });
    const before = clock.now().getTime();
    expect(await session.readSlice(bounds(1, 3), decode, signal)).toMatchObject({
      observedAt: new Date(before + 1000),
    });
  });

  test('may take several dimensions, one at a time', async () => {
    const { session } = await open(refusing('api_key_id', 'api_source'));
    expect(await session.readSlice(bounds(1, 3), decode, signal)).toMatchObject({ grain: ['project_id', 'line_item'] });
    expect(session.refused).toEqual(['api_key_id', 'api_source']);
  });

  test('on a later page throws away the pages before it', async () => {
    const { session, server } = await open((request) => {
      const at = Number(request.query.get('page') ?? day(1));
      if (at === day(3) && grainOf(request).includes('api_source')) return refusal('api_source');
      return json(page([at], at === day(4) ? null : String(at + 86_400), { mark: grainOf(request).join() }));
    });
    const read = await session.readSlice(bounds(1, 5), decode, signal);
    if ('beforeHorizon' in read) throw new Error('it was read');
    expect(read.pages.map(({ mark }) => mark)).toEqual(Array(4).fill('project_id,line_item,api_key_id'));
    expect(server.received).toHaveLength(3 + 4);
  });

  test('costs slices read at once one dimension, not one each', async () => {
    const all = 6;
    const arrived = Promise.withResolvers<void>();
    const { session } = await open(
      async (request) => {
        if (request.number === 4) arrived.resolve();
        await arrived.promise;
        return refusing('service_tier')(request);
      },
      { dataset: completions, groupBy: ['project_id', 'model', 'batch', 'service_tier', 'api_source'] },
    );
    const slices = Array.from({ length: all }, (_, index) =>
      session.readSlice(bounds(index + 1, index + 2), decode, signal),
    );
    const grain = ['project_id', 'model', 'batch', 'api_source'];
    for (const read of await Promise.all(slices))
      expect(read).toMatchObject({ grain, pages: [{ mark: grain.join() }] });
    expect(session.refused).toEqual(['service_tier']);
  });

  test('that comes late, after other slices gave up more, brings nothing back', async () => {
    const firstDone = Promise.withResolvers<void>();
    const { session, server } = await open(async (request) => {
      if (request.query.get('start_time') === String(day(2))) await firstDone.promise;
      return refusing('api_key_id', 'api_source')(request);
    });
    const late = session.readSlice(bounds(2, 3), decode, signal);
    await session.readSlice(bounds(1, 2), decode, signal);
    firstDone.resolve();
    expect(await late).toMatchObject({ grain: ['project_id', 'line_item'] });
    expect(session.refused).toEqual(['api_key_id', 'api_source']);
    expect(server.received).toHaveLength(3 + 2);
  });

  test('with nothing left to give up fails a required dataset, quoting the API', async () => {
    const { session } = await open(() => refusal('project_id'));
    await expect(session.readSlice(bounds(1, 2), decode, signal)).rejects.toMatchObject({
      code: 'grouping_refused',
      message: expect.stringContaining("refuses to group by project_id, line_item: Invalid value: 'project_id'"),
    });
  });

  test('with nothing left to give up makes an optional dataset unavailable', async () => {
    const groupBy = ['user_id', 'line_item', 'api_key_id', 'project_id'];
    const { session } = await open(refusing('user_id'), { dataset: costsByUser, groupBy });
    await expect(session.readSlice(bounds(1, 2), decode, signal)).rejects.toMatchObject({
      code: 'dataset_unavailable',
    });
  });
});

describe('a moved horizon', () => {
  /** Refuses every start before the given ISO instant. */
  const answeringFrom =
    (iso: string, message = `Earliest supported start: ${iso}`) =>
    (request: Received) =>
      Number(request.query.get('start_time')) * 1000 < Date.parse(iso) ? lookback(message) : whole(request);

  test('inside the slice moves its start', async () => {
    const { session, server } = await open(answeringFrom('2026-11-03'));
    expect(await session.readSlice(bounds(1, 6), decode, signal)).toMatchObject({
      start: new Date('2026-11-03T00:00:00Z'),
      pages: [{ bucketStarts: [day(3), day(4), day(5)] }],
    });
    expect(session.horizon).toEqual(new Date('2026-11-03T00:00:00Z'));
    expect(server.received.map(({ query }) => query.get('limit'))).toEqual(['5', '3']);
  });

  test('inside a bucket moves to the next whole one', async () => {
    const { session } = await open(answeringFrom('2026-11-03T10:30:00Z'));
    expect(await session.readSlice(bounds(1, 6), decode, signal)).toMatchObject({
      start: new Date('2026-11-04T00:00:00Z'),
    });
  });

  test('past the slice leaves nothing of it, and asks no more for slices before it', async () => {
    const { session, server } = await open(answeringFrom('2026-11-10'));
    expect(await session.readSlice(bounds(1, 6), decode, signal)).toEqual({ beforeHorizon: true });
    expect(await session.readSlice(bounds(6, 10), decode, signal)).toEqual({ beforeHorizon: true });
    expect(server.received).toHaveLength(1);
    expect(await session.readSlice(bounds(8, 12), decode, signal)).toMatchObject({ start: bounds(10, 12).start });
  });

  test('that is known spares the question', async () => {
    const known = { grain: null, horizon: new Date('2026-11-02T12:00:00Z') };
    const { session, server } = await open(whole, { known });
    expect(await session.readSlice(bounds(1, 3), decode, signal)).toEqual({ beforeHorizon: true });
    expect(await session.readSlice(bounds(1, 5), decode, signal)).toMatchObject({ start: bounds(3, 5).start });
    expect(server.received).toHaveLength(1);
  });

  test('while the grouping is refused too is negotiated together with it', async () => {
    const { session } = await open((request) =>
      Number(request.query.get('start_time')) < day(2)
        ? lookback('earliest 2026-11-02')
        : refusing('api_source')(request),
    );
    expect(await session.readSlice(bounds(1, 4), decode, signal)).toMatchObject({
      grain: ['project_id', 'line_item', 'api_key_id'],
      start: bounds(2, 4).start,
    });
  });

  test('found by one slice holds for those read at the same time', async () => {
    const { session } = await open(answeringFrom('2026-11-03'));
    const [first, second, third] = await Promise.all([
      session.readSlice(bounds(1, 2), decode, signal),
      session.readSlice(bounds(2, 4), decode, signal),
      session.readSlice(bounds(4, 6), decode, signal),
    ]);
    expect(first).toEqual({ beforeHorizon: true });
    expect(second).toMatchObject({ start: bounds(3, 4).start });
    expect(third).toMatchObject({ start: bounds(4, 6).start });
  });

  test('that comes late does not move it back', async () => {
    const firstDone = Promise.withResolvers<void>();
    const { session } = await open(async (request) => {
      if (request.query.get('end_time') === String(day(6))) return answeringFrom('2026-11-03')(request);
      await firstDone.promise;
      return answeringFrom('2026-11-02')(request);
    });
    const late = session.readSlice(bounds(1, 5), decode, signal);
    await session.readSlice(bounds(1, 6), decode, signal);
    firstDone.resolve();
    expect(await late).toMatchObject({ start: bounds(3, 5).start });
    expect(session.horizon).toEqual(bounds(3, 5).start);
  });

  test('without a date fails, saying so', async () => {
    const { session } = await open(() => lookback('too far back'));
    await expect(session.readSlice(bounds(1, 4), decode, signal)).rejects.toMatchObject({ code: 'horizon_unknown' });
  });

  test('to a date that is still to come fails instead of hiding everything', async () => {
    const { session } = await open(() => lookback('Earliest supported start: 2030-01-01'));
    await expect(session.readSlice(bounds(1, 4), decode, signal)).rejects.toMatchObject({ code: 'horizon_unknown' });
    expect(session.horizon).toBeNull();
  });

  test('to where the slice starts anyway fails instead of asking for ever', async () => {
    const { session, server } = await open(() => lookback('Earliest supported start: 2026-11-01'));
    await expect(session.readSlice(bounds(1, 4), decode, signal)).rejects.toMatchObject({ code: 'contract_broken' });
    expect(server.received).toHaveLength(1);
  });
});

test('negotiating tells what was given up, and no key', async () => {
  const { session, lines } = await open(refusing('api_source'));
  await session.readSlice(bounds(1, 2), decode, signal);
  const told = lines.map((line) => JSON.parse(line)).find(({ level }) => level === 40);
  expect(told).toMatchObject({ dataset: 'costs', dropped: 'api_source', refused: ['api_source'] });
  expect(lines.join()).not.toContain(adminKey);
});
