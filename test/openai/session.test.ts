import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { type GroupingRefusal, type Horizon, nothingRefused, type Refusals } from '../../src/openai/refusal.ts';
import { createSession, type Session } from '../../src/openai/session.ts';
import { adminKey, testClient } from './support/client.ts';
import { day, decode, page } from './support/page.ts';
import { type Answer, apiError, json, type Received, serve } from './support/server.ts';

const signal = new AbortController().signal;
const wanted = ['project_id', 'line_item', 'api_key_id', 'api_source'];

function bounds(from: number, to: number) {
  return { start: new Date(day(from) * 1000), end: new Date(day(to) * 1000), limit: to - from };
}

interface Given {
  readonly dataset?: Dataset;
  readonly groupBy?: readonly string[];
  readonly known?: Refusals;
  readonly earliest?: Date;
}

/** A session against a server that answers as told. */
async function open(respond: (request: Received) => Answer | Promise<Answer>, given: Given = {}) {
  const { dataset = costs, groupBy = wanted, known = nothingRefused, earliest = null } = given;
  const server = await serve(respond);
  const { client, clock, log, lines } = testClient(server.baseUrl);
  const settings = { dataset, width: '1d' as const, groupBy, filters: {} };
  return { session: createSession({ client, settings, known, earliest, clock, log }), server, clock, lines };
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

/** As remembered from an earlier night. */
function refusalOf(dimension: string, since: Date | null = null, until: Date | null = null): GroupingRefusal {
  return { dimension, since, until, provedAt: new Date('2026-11-22T03:00:00Z'), detail: 'refused' };
}

function horizonAt(iso: string): Horizon {
  const at = new Date(iso);
  return { at, proof: 'named', askedFrom: new Date(0), provedAt: new Date('2026-11-22T03:00:00Z'), detail: 'too far' };
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
      end: bounds(1, 4).end,
      silence: 'empty',
    });
    expect(session).toMatchObject({ grain: wanted, refused: [], horizon: null });
  });

  test('starts at the grain that is known and never asks beyond what is wanted', async () => {
    const known = {
      horizon: null,
      groupings: [refusalOf('api_key_id'), refusalOf('api_source'), refusalOf('user_id')],
    };
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
    // The slice, its newest bucket, its oldest, and the slice without the dimension.
    expect(server.received.map(({ query }) => query.get('limit'))).toEqual(['2', '1', '1', '2']);
  });

  test('is observed when the chain that succeeded began', async () => {
    const { session, clock } = await open((request) => {
      clock.advance(1000);
      return refusing('api_source')(request);
    });
    const before = clock.now().getTime();
    expect(await session.readSlice(bounds(1, 3), decode, signal)).toMatchObject({
      observedAt: new Date(before + 3000),
    });
  });

  test('may take several dimensions, one at a time', async () => {
    const { session } = await open(refusing('api_key_id', 'api_source'));
    expect(await session.readSlice(bounds(1, 3), decode, signal)).toMatchObject({ grain: ['project_id', 'line_item'] });
    expect(session.refused).toEqual(['api_key_id', 'api_source']);
  });

  test('on a later page throws away the pages before it', async () => {
    const { session, server } = await open((request) => {
      const [from, to] = [Number(request.query.get('start_time')), Number(request.query.get('end_time'))];
      const last = request.query.get('page') === 'last';
      if (last && grainOf(request).includes('api_source')) return refusal('api_source');
      const starts = last ? [to - 86_400] : [from];
      return json(page(starts, last ? null : 'last', { mark: grainOf(request).join() }));
    });
    const read = await session.readSlice(bounds(1, 3), decode, signal);
    if (!('pages' in read)) throw new Error('it was read');
    expect(read.pages.map(({ mark }) => mark)).toEqual(Array(2).fill('project_id,line_item,api_key_id'));
    // Two pages each of the slice, of its newest bucket and of its oldest, then both without the dimension.
    expect(server.received).toHaveLength(3 * 2 + 2);
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
    expect(server.received).toHaveLength(3 + 3);
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
    expect(server.received.map(({ query }) => query.get('limit'))).toEqual(['5', '1', '1', '3']);
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
    // The slice, and the proof: refused before the date, answered at it.
    expect(server.received).toHaveLength(3);
    expect(await session.readSlice(bounds(8, 12), decode, signal)).toMatchObject({ start: bounds(10, 12).start });
  });

  test('that is known spares the question', async () => {
    const known = { horizon: horizonAt('2026-11-02T12:00:00Z'), groupings: [] };
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
      if (request.query.get('end_time') !== String(day(5))) return answeringFrom('2026-11-03')(request);
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
    await expect(session.readSlice(bounds(1, 4), decode, signal)).rejects.toMatchObject({ code: 'horizon_unknown' });
    expect(server.received).toHaveLength(2);
  });
});

describe('what a horizon is taken to be', () => {
  /** Answers from a day on, and refuses earlier starts in the given words. */
  const refusingBefore = (first: number, message: string) => (request: Received) =>
    Number(request.query.get('start_time')) < day(first) ? lookback(message) : whole(request);

  test.each([
    ['a range of dates', 'Data is available from 2026-11-03 through 2026-11-23.'],
    ['the date it was counted from', 'start_time must be on or after 2026-11-03 (20 days before 2026-11-23)'],
    ['no date', 'Reporting covers the last 20 days.'],
    ['a date to come', 'Retry after 2030-01-01.'],
    ['the start asked for', 'start_time 2026-10-01 is too far back'],
    ['a date before it', 'Reporting began on 2019-05-01.'],
    ['a date that is wrong', 'Earliest supported start: 2026-11-17'],
    ['a date as Americans write it', 'The earliest date is 11/03/2026.'],
    ['a month and a day', 'Nothing before November 3, 2026 is kept.'],
  ])('is proved by asking, where the refusal names %s', async (_what, message) => {
    const { session, server } = await open(refusingBefore(3, message));
    const read = await session.readSlice({ ...bounds(-30, 24), limit: 54 }, decode, signal);
    expect(read).toMatchObject({ start: new Date(day(3) * 1000) });
    expect(session.refusals.horizon).toMatchObject({ at: new Date(day(3) * 1000) });
    expect(server.received.length).toBeLessThan(14);
    expect(server.received.slice(1, -1).every(({ query }) => query.get('limit') === '1')).toBe(true);
  });

  test('is one question and one proof where it comes a day closer each night', async () => {
    const known = { horizon: horizonAt('2026-11-02T00:00:00Z'), groupings: [] };
    const { session, server } = await open(refusingBefore(3, 'Earliest supported start: 2026-11-03'), { known });
    await session.readSlice(bounds(1, 6), decode, signal);
    expect(session.horizon).toEqual(new Date(day(3) * 1000));
    expect(server.received.map(({ query }) => Number(query.get('start_time')))).toEqual([day(2), day(3), day(3)]);
  });

  test('is found in two questions where it comes a day closer and no date is named', async () => {
    const known = { horizon: horizonAt('2026-11-02T00:00:00Z'), groupings: [] };
    const { session, server } = await open(refusingBefore(3, 'too far back'), { known });
    await session.readSlice(bounds(1, 6), decode, signal);
    expect(session.horizon).toEqual(new Date(day(3) * 1000));
    expect(server.received).toHaveLength(4);
  });

  test('asked again, stands where the bucket before it is refused still, and says when that was seen', async () => {
    const known = { horizon: horizonAt('2026-11-03T00:00:00Z'), groupings: [] };
    const { session, server, clock } = await open(refusingBefore(4, 'too far back'), { known });
    await session.askAgain({ horizon: true, groupings: false }, decode, signal);
    expect(session.refusals.horizon).toMatchObject({ at: new Date(day(3) * 1000), provedAt: clock.now() });
    expect(server.received).toHaveLength(1);
  });

  test('asked again, is forgotten where the bucket before it is answered', async () => {
    const known = { horizon: horizonAt('2026-11-03T00:00:00Z'), groupings: [] };
    const { session } = await open(whole, { known });
    await session.askAgain({ horizon: true, groupings: false }, decode, signal);
    expect(session.refusals.horizon).toBeNull();
  });
});

describe('an answer that begins later than asked', () => {
  /** Answers every start as if it were at least that of the given day. */
  const clampedTo = (first: number) => (request: Received) => {
    const [from, to] = [Number(request.query.get('start_time')), Number(request.query.get('end_time'))];
    const starts: number[] = [];
    for (let at = Math.max(from, day(first)); at < Math.max(to, day(first + 1)); at += 86_400) starts.push(at);
    return json(page(starts, null));
  };

  test('is a horizon, once earlier buckets asked for alone bring nothing either', async () => {
    const { session, server } = await open(clampedTo(4));
    expect(await session.readSlice(bounds(1, 8), decode, signal)).toMatchObject({ start: new Date(day(4) * 1000) });
    expect(session.refusals.horizon).toMatchObject({ at: new Date(day(4) * 1000), proof: 'clamped' });
    // The slice, then the bucket before it, the one itself, and the earliest one wanted.
    expect(server.received).toHaveLength(4);
    expect(await session.readSlice(bounds(1, 4), decode, signal)).toEqual({ beforeHorizon: true });
  });

  test('is one also where earlier buckets are answered with an empty page', async () => {
    const { session } = await open(
      (request) => (Number(request.query.get('end_time')) <= day(4) ? json(page([], null)) : clampedTo(4)(request)),
      { earliest: new Date(day(1) * 1000) },
    );
    expect(await session.readSlice(bounds(2, 8), decode, signal)).toMatchObject({ start: new Date(day(4) * 1000) });
    expect(session.horizon).toEqual(new Date(day(4) * 1000));
  });

  test('is none where an earlier bucket is answered alone: the slice is read in parts', async () => {
    const { session } = await open((request) =>
      request.query.get('limit') === '7' ? clampedTo(4)(request) : whole(request),
    );
    expect(await session.readSlice(bounds(1, 8), decode, signal)).toEqual({
      parts: [
        { start: new Date(day(4) * 1000), end: new Date(day(8) * 1000) },
        { start: new Date(day(1) * 1000), end: new Date(day(4) * 1000) },
      ],
    });
    expect(session.horizon).toBeNull();
  });

  test('is none where only one bucket is left out and the earliest one wanted is answered', async () => {
    const { session } = await open(
      (request) => (Number(request.query.get('start_time')) === day(3) ? clampedTo(4)(request) : whole(request)),
      { earliest: new Date(day(1) * 1000) },
    );
    expect(await session.readSlice(bounds(3, 8), decode, signal)).toHaveProperty('parts');
    expect(session.horizon).toBeNull();
  });

  test('says nothing of what it leaves out where a bucket that came is not answered alone', async () => {
    const { session, server } = await open((request) =>
      json(page(request.query.get('limit') === '7' ? [day(4), day(5), day(6), day(7)] : [], null)),
    );
    expect(await session.readSlice(bounds(1, 8), decode, signal)).toMatchObject({
      start: new Date(day(1) * 1000),
      silence: 'unanswered',
    });
    expect(session.horizon).toBeNull();
    // The slice, the bucket before what came, and that one itself.
    expect(server.received).toHaveLength(3);
  });

  test('leaves a part unanswered that is silent as a whole and whose last bucket is answered alone', async () => {
    const { session } = await open((request) => {
      const isAlone = request.query.get('limit') === '1';
      return isAlone
        ? whole(request)
        : json(page(Number(request.query.get('start_time')) < day(4) ? [] : [day(4)], null));
    });
    expect(await session.readSlice(bounds(4, 5), decode, signal)).toMatchObject({ silence: 'empty' });
    expect(await session.readSlice(bounds(1, 4), decode, signal)).toMatchObject({ silence: 'unanswered' });
  });

  test('leaves out what is empty where older buckets are answered, and that is asked for once', async () => {
    const { session, server } = await open(
      (request) => {
        const [from, to] = [Number(request.query.get('start_time')), Number(request.query.get('end_time'))];
        return json(
          page(
            [day(1), day(6), day(7)].filter((at) => at >= from && at < to),
            null,
          ),
        );
      },
      { earliest: new Date(day(1) * 1000) },
    );
    expect(await session.readSlice(bounds(4, 8), decode, signal)).toHaveProperty('parts');
    expect(server.received).toHaveLength(4);
    expect(await session.readSlice(bounds(4, 6), decode, signal)).toMatchObject({ silence: 'empty' });
    expect(server.received).toHaveLength(5);
  });

  test('is none where nothing has come so far: a clock that is ahead asks for days to come', async () => {
    const { session, server } = await open(() => json(page([], null)));
    expect(await session.readSlice(bounds(4, 8), decode, signal)).toMatchObject({ silence: 'empty' });
    expect(await session.readSlice(bounds(1, 4), decode, signal)).toMatchObject({ silence: 'empty' });
    expect(server.received).toHaveLength(2);
  });

  test('is none where other buckets are missing too: this API leaves out what is empty', async () => {
    const { session, server } = await open(() => json(page([day(3), day(5)], null)));
    expect(await session.readSlice(bounds(1, 8), decode, signal)).toMatchObject({ start: new Date(day(1) * 1000) });
    expect(server.received).toHaveLength(1);
  });
});

describe('a grouping refused of a range', () => {
  const earliest = new Date(day(1) * 1000);

  /** Refuses a dimension to whatever reaches into the given days. */
  const refusingWithin = (name: string, from: number, to: number) => (request: Received) => {
    const [start, end] = [Number(request.query.get('start_time')), Number(request.query.get('end_time'))];
    const touches = start < day(to) && end > day(from);
    return touches && grainOf(request).includes(name) ? refusal(name) : whole(request);
  };

  /** Reads a slice with all its parts, and says at which grain each day came. */
  async function grains(session: Session, from: number, to: number): Promise<ReadonlyMap<number, string>> {
    const found = new Map<number, string>();
    const queue = [{ start: new Date(day(from) * 1000), end: new Date(day(to) * 1000) }];
    for (let slice = queue.shift(); slice !== undefined; slice = queue.shift()) {
      const limit = (slice.end.getTime() - slice.start.getTime()) / 86_400_000;
      const read = await session.readSlice({ ...slice, limit }, decode, signal);
      if ('parts' in read) queue.push(...read.parts);
      else if ('pages' in read)
        for (const { bucketStarts } of read.pages)
          for (const start of bucketStarts) found.set((start - day(0)) / 86_400, read.grain.join());
    }
    return found;
  }

  const full = wanted.join();
  const without = wanted.filter((name) => name !== 'api_source').join();

  test.each([
    ['old', -100, 8],
    ['recent', 20, 100],
    ['middle', 9, 12],
  ])('costs %s days alone the dimension', async (_which, from, to) => {
    const { session, server } = await open(refusingWithin('api_source', from, to), { earliest });
    const found = await grains(session, 1, 24);
    for (let number = 1; number < 24; number += 1)
      expect([number, found.get(number)]).toEqual([number, number >= from && number < to ? without : full]);
    expect(server.received.length).toBeLessThan(30);
  });

  test('reaches back to the beginning and on without end only where that was asked', async () => {
    const { session } = await open(refusingWithin('api_source', -100, 8), { earliest });
    await grains(session, 5, 24);
    expect(session.refusals.groupings).toMatchObject([
      { dimension: 'api_source', since: null, until: new Date(day(8) * 1000) },
    ]);
    expect(session).toMatchObject({ grain: wanted, refused: ['api_source'] });
  });

  test('is not mistaken for that of another dimension, which is refused everywhere', async () => {
    const { session } = await open(
      (request) => {
        const old = Number(request.query.get('start_time')) < day(8);
        const refused = grainOf(request).find((name) => name === 'api_source' || (old && name === 'api_key_id'));
        return refused === undefined ? whole(request) : refusal(refused);
      },
      { earliest },
    );
    const found = await grains(session, 1, 24);
    expect(found.get(7)).toBe('project_id,line_item');
    expect(found.get(8)).toBe('project_id,line_item,api_key_id');
    expect(session.grain).toEqual(['project_id', 'line_item', 'api_key_id']);
  });

  test('that must not be given up leaves nothing of that range, and the rest as it is', async () => {
    const groupBy = ['user_id', 'line_item', 'api_key_id', 'project_id'];
    const { session } = await open(
      (request) => (Number(request.query.get('start_time')) < day(8) ? refusal('user_id') : whole(request)),
      { dataset: costsByUser, groupBy, earliest },
    );
    const found = await grains(session, 1, 24);
    expect(Math.min(...found.keys())).toBe(8);
    expect(session.grain).toEqual(groupBy);
  });

  test('longer than the API allows is read in parts, without loss', async () => {
    const { session } = await open((request) =>
      Number(request.query.get('limit')) > 7 ? refusal('api_source') : whole(request),
    );
    const found = await grains(session, 1, 24);
    expect(new Set(found.values())).toEqual(new Set([full]));
    expect(found.size).toBe(23);
  });

  test('asked again, is forgotten where it is granted, and else stands', async () => {
    const groupings = [refusalOf('api_source', null, new Date(day(8) * 1000)), refusalOf('api_key_id')];
    const { session, clock } = await open(refusing('api_key_id'), { known: { horizon: null, groupings }, earliest });
    await session.askAgain({ horizon: false, groupings: true }, decode, signal);
    expect(session.refusals.groupings).toMatchObject([{ dimension: 'api_key_id', until: null, provedAt: clock.now() }]);
  });
});

describe('an end to come', () => {
  const now = Date.UTC(2026, 10, 23, 12) / 1000;
  const future = (request: Received, latest: number) =>
    Number(request.query.get('end_time')) > latest
      ? apiError(400, "Invalid 'end_time': must not be in the future.", { param: 'end_time' })
      : whole(request);

  test('that is refused is asked for up to now, the open bucket with it, and not again in that run', async () => {
    const { session, server } = await open((request) => future(request, now));
    expect(await session.readSlice(bounds(20, 24), decode, signal)).toMatchObject({
      end: new Date(day(24) * 1000),
      pages: [{ bucketStarts: [day(20), day(21), day(22), day(23)] }],
    });
    expect(await session.readSlice(bounds(22, 24), decode, signal)).toMatchObject({ end: new Date(day(24) * 1000) });
    expect(server.received.map(({ query }) => Number(query.get('end_time')))).toEqual([day(24), now, now]);
  });

  test('by a clock behind ours is asked for a little earlier', async () => {
    const { session } = await open((request) => future(request, now - 60));
    expect(await session.readSlice(bounds(20, 24), decode, signal)).toMatchObject({ end: new Date(day(24) * 1000) });
  });

  test('is not what a refusal of a past one is about', async () => {
    const { session, server } = await open((request) => future(request, 0));
    await expect(session.readSlice(bounds(20, 22), decode, signal)).rejects.toMatchObject({ code: 'request_refused' });
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
