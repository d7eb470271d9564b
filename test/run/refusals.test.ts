import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import type { Width } from '../../src/catalog/width.ts';
import { planSync } from '../../src/run/plan-sync.ts';
import { readStatus } from '../../src/run/status.ts';
import { liveThroughNights, type Nights, type NightsOptions } from '../support/nights.ts';
import {
  type Answer,
  type AskedOf,
  bucket,
  page,
  refusal,
  type ScriptedApi,
  scriptedApi,
} from '../support/scripted-api.ts';

const seconds: Readonly<Record<string, number>> = { '1m': 60, '1h': 3600, '1d': 86_400 };
const daySeconds = 86_400;
const dayMs = daySeconds * 1000;
/** The midnight the nights begin at. */
const today = Date.UTC(2026, 10, 23) / 1000;
const daysAgo = (days: number) => today - days * daySeconds;
const dateOf = (start: number) => new Date(start * 1000);
const everything = { command: 'sync', datasets: null, organizations: null, acceptRestatement: false } as const;

type Respond = (asked: AskedOf) => Answer;

/** Two keys spend in each bucket; what is not grouped by is added up. */
function results({ path, groupBy }: AskedOf, factor: number): readonly unknown[] {
  const split = groupBy.includes('api_key_id') ? ['key_a', 'key_b'] : [null];
  const user = groupBy.includes('user_id') ? 'user_1' : null;
  const project = groupBy.includes('project_id') ? 'proj_1' : null;
  return split.map((key) => {
    const share = factor * (key === null ? 3 : key === 'key_a' ? 1 : 2);
    const by = { project_id: project, user_id: user, api_key_id: key };
    if (path.endsWith('/costs'))
      return {
        object: 'organization.costs.result',
        amount: { value: (share * 1.25).toFixed(2), currency: 'usd' },
        line_item: null,
        ...by,
      };
    return {
      object: 'organization.usage.completions.result',
      input_tokens: share * 100,
      output_tokens: share,
      num_model_requests: share,
      model: groupBy.includes('model') ? 'gpt-test' : null,
      ...by,
    };
  });
}

/** Every bucket asked for. */
function whole(asked: AskedOf, factor = 1): Answer {
  const step = seconds[asked.width] ?? daySeconds;
  const buckets: unknown[] = [];
  for (let at = asked.start ?? 0; at < (asked.end ?? 0); at += step)
    buckets.push(bucket(at, step, results(asked, factor)));
  return page(buckets);
}

const lookback = (message: string) => refusal(400, message, 'reporting_lookback_exceeded', 'start_time');

/** Answers from an instant on. */
const from =
  (start: number, message = `Earliest supported start: ${dateOf(start).toISOString().slice(0, 10)}`): Respond =>
  (asked) =>
    (asked.start ?? 0) < start ? lookback(message) : whole(asked);

/** Refuses a dimension to what begins before an instant. */
const refusedBefore =
  (name: string, start: number): Respond =>
  (asked) =>
    (asked.start ?? 0) < start && asked.groupBy.includes(name)
      ? refusal(400, `Grouping by '${name}' is not available for this time range.`, null, 'group_by')
      : whole(asked);

describe('what the API refuses', () => {
  let api: ScriptedApi;
  let nights: Nights;
  let seen: number;
  beforeEach(async () => {
    api = await scriptedApi(whole);
    seen = 0;
  });
  afterEach(async () => {
    await nights.close();
    await api.close();
  });

  const begin = async (datasets: readonly Dataset[], days: number, more: Partial<NightsOptions> = {}) => {
    nights = await liveThroughNights({
      datasets,
      settings: { start: dateOf(daysAgo(days)) },
      ...more,
      config: { baseUrl: api.url },
    });
  };
  const newRequests = () => {
    const since = api.requests.length - seen;
    seen = api.requests.length;
    return since;
  };
  const nightLater = async () => {
    nights.clock.advance(dayMs);
    return await nights.sync();
  };
  const rows = async (sql: string) => (await nights.database.pool.query<Record<string, unknown>>(sql)).rows;
  const bucketsOf = async (width: Width = '1d') => {
    const [row] = await rows(
      `select count(*)::int as n from openai_etl.buckets where bucket_width = '${width}' and status = 'loaded'`,
    );
    return row?.['n'];
  };
  const coarseDays = () =>
    rows(`select distinct to_char(bucket_start at time zone 'UTC', 'YYYY-MM-DD') as day from openai.costs
      where api_key_id is null order by 1`);

  describe('of history', () => {
    it.each([
      'Data is available from 2026-11-03 through 2026-11-23.',
      'start_time must be on or after 2026-11-03 (20 days before 2026-11-23).',
      'start_time is too far back.',
      'Available until 2031-01-01 only.',
    ])('is proved, whatever the words: %s', async (message) => {
      await begin([completions], 60);
      api.answerWith(from(daysAgo(20), message));
      expect(await nights.sync()).toMatchObject({ exit_code: 0 });
      expect(await bucketsOf()).toBe(21);
      expect(await rows('select kind, range_end, bucket_width from openai_etl.refusals')).toEqual([
        { kind: 'horizon', range_end: dateOf(daysAgo(20)), bucket_width: '1d' },
      ]);
      newRequests();
      expect(await nightLater()).toMatchObject({ exit_code: 0 });
      expect(newRequests()).toBe(1);
    });

    it('holds for the width it was refused of', async () => {
      await begin([completions], 30, { widths: ['1h', '1d'] });
      api.answerWith((asked) => (asked.width === '1h' ? from(daysAgo(3))(asked) : whole(asked)));
      expect(await nights.sync()).toMatchObject({ exit_code: 0 });
      expect(await bucketsOf('1d')).toBe(31);
      expect(await bucketsOf('1h')).toBe(3 * 24 + 4);
      expect(await rows('select bucket_width, range_end from openai_etl.refusals')).toEqual([
        { bucket_width: '1h', range_end: dateOf(daysAgo(3)) },
      ]);
      const { datasets } = await readStatus(nights.context, { datasets: null, organizations: null });
      expect(datasets.map((one) => [one.bucket_width, one.horizon, one.buckets_missing])).toEqual(
        expect.arrayContaining([
          ['1h', dateOf(daysAgo(3)).toISOString(), 0],
          ['1d', null, 0],
        ]),
      );
    });

    it('is asked again after a week, and what was missed is loaded', async () => {
      await begin([completions], 30);
      api.answerWith(from(daysAgo(5)));
      await nights.sync();
      api.answerWith(whole);
      for (let night = 1; night <= 6; night += 1) await nightLater();
      expect(await bucketsOf()).toBe(6 + 6);
      newRequests();
      const dry = await planSync(nights.context, {
        ...everything,
        preview: false,
        from: null,
        to: null,
        refetch: false,
      });
      expect(dry.requests).toBe(1);
      expect(await nightLater()).toMatchObject({ exit_code: 0, datasets: [{ horizon: null, refusals: [] }] });
      expect(await bucketsOf()).toBe(31 + 7);
      expect(await rows('select * from openai_etl.refusals')).toEqual([]);
    });

    it.each([
      ['backfill --from', { command: 'backfill', from: dateOf(daysAgo(30)) }],
      ['--refetch', { refetch: true }],
    ] as const)('is asked again when an earlier date is named: %s', async (_what, options) => {
      await begin([completions], 30);
      api.answerWith(from(daysAgo(5)));
      await nights.sync();
      expect(await bucketsOf()).toBe(6);
      api.answerWith(whole);
      expect(await nights.sync(options)).toMatchObject({ exit_code: 0 });
      expect(await bucketsOf()).toBe(31);
    });

    it('is asked again when the configured start is moved to before the one it was proved for', async () => {
      await begin([completions], 30);
      api.answerWith(from(daysAgo(5)));
      await nights.sync();
      api.answerWith(whole);
      const [organization] = nights.config.organizations;
      if (organization === undefined) throw new Error('there is one');
      const datasets = organization.datasets.map((one) => ({ ...one, start: dateOf(daysAgo(40)) }));
      const config = { ...nights.config, organizations: [{ ...organization, datasets }] };
      await nights.sync({}, { config });
      expect(await bucketsOf()).toBe(41);
    });

    it('is not asked again because a clock that was wrong wrote a date to come', async () => {
      await begin([completions], 30);
      api.answerWith(from(daysAgo(5)));
      await nights.sync();
      await rows(`update openai_etl.refusals set proved_at = '2031-01-01', ask_again_at = '2031-01-08'`);
      api.answerWith(whole);
      await nights.sync();
      expect(await bucketsOf()).toBe(31);
    });

    it('comes a day closer each night at no request, and what is stored stays', async () => {
      await begin([completions], 60);
      for (let night = 0; night < 5; night += 1) {
        api.answerWith(from(daysAgo(20 - night)));
        if (night > 0) nights.clock.advance(dayMs);
        newRequests();
        expect(await nights.sync()).toMatchObject({ exit_code: 0 });
        if (night > 0) expect(newRequests()).toBe(1);
        expect(await bucketsOf()).toBe(21 + night);
      }
    });

    it('unsaid, by answers that begin later than asked, is proved and does not fail every night', async () => {
      await begin([costs], 60);
      api.answerWith((asked) => {
        const start = Math.max(asked.start ?? 0, daysAgo(20));
        return whole({ ...asked, start, end: Math.max(asked.end ?? 0, start + daySeconds) });
      });
      expect(await nights.sync()).toMatchObject({ exit_code: 0 });
      expect(await bucketsOf()).toBe(21);
      expect(await rows('select proof, range_end from openai_etl.refusals')).toEqual([
        { proof: 'clamped', range_end: dateOf(daysAgo(20)) },
      ]);
      newRequests();
      expect(await nightLater()).toMatchObject({ exit_code: 0 });
      expect(newRequests()).toBe(1);
    });
  });

  describe('of groupings', () => {
    it('costs the days it was refused for alone their dimension, that night and the ones after', async () => {
      await begin([costs], 30);
      api.answerWith(refusedBefore('api_key_id', daysAgo(10)));
      expect(await nights.sync()).toMatchObject({
        exit_code: 0,
        datasets: [{ refused_dimensions: ['api_key_id'], refusals: [{ to: dateOf(daysAgo(10)).toISOString() }] }],
      });
      expect((await coarseDays()).map(({ day }) => day)).toEqual(
        Array.from({ length: 20 }, (_, index) =>
          dateOf(daysAgo(30 - index))
            .toISOString()
            .slice(0, 10),
        ),
      );
      expect(await bucketsOf()).toBe(31);
      newRequests();
      expect(await nightLater()).toMatchObject({ exit_code: 0 });
      expect(newRequests()).toBe(1);
      expect(await coarseDays()).toHaveLength(20);
    });

    it('is asked again after a week, and the old days get their dimension', async () => {
      await begin([costs], 30);
      api.answerWith(refusedBefore('api_key_id', daysAgo(10)));
      await nights.sync();
      api.answerWith(whole);
      nights.clock.advance(7 * dayMs);
      expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ refused_dimensions: [], refusals: [] }] });
      expect(await coarseDays()).toEqual([]);
    });

    it('for old days alone takes nothing from days that are not settled, the night it begins', async () => {
      await begin([costs], 30);
      await nights.sync();
      api.answerWith(refusedBefore('api_key_id', daysAgo(10)));
      expect(await nightLater()).toMatchObject({ exit_code: 0 });
      expect(await coarseDays()).toEqual([]);
    });

    it('that must not be given up, leaves out the old days and keeps the dataset', async () => {
      await begin([costsByUser], 30);
      api.answerWith(refusedBefore('user_id', daysAgo(10)));
      expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ status: 'ok' }] });
      expect(await bucketsOf()).toBe(11);
      newRequests();
      expect(await nightLater()).toMatchObject({ exit_code: 0 });
      expect(newRequests()).toBe(1);
      const { datasets } = await readStatus(nights.context, { datasets: null, organizations: null });
      expect(datasets).toMatchObject([{ buckets_missing: 0, refusals: [{ dimension: 'user_id' }] }]);
    });

    it('of every day keeps the finer rows of days still moving that say the same, and lets them settle', async () => {
      await begin([costs], 30);
      await nights.sync();
      const everywhere = refusedBefore('api_key_id', Number.POSITIVE_INFINITY);
      api.answerWith(everywhere);
      expect(await nights.sync()).toMatchObject({ exit_code: 0 });
      expect(await coarseDays()).toEqual([]);
      for (let night = 1; night <= 10; night += 1) await nightLater();
      expect((await coarseDays()).map(({ day }) => day).every((day) => String(day) > '2026-11-23')).toBe(true);
      const [due] = await rows(`select count(*)::int as n from openai_etl.buckets
        where not settled and bucket_start < '2026-11-23'`);
      expect(due).toEqual({ n: 0 });
    });

    it('of every day gives up the detail of a day still moving that says something else, and records it', async () => {
      await begin([costs], 30);
      await nights.sync();
      api.answerWith((asked) =>
        asked.groupBy.includes('api_key_id')
          ? refusedBefore('api_key_id', Number.POSITIVE_INFINITY)(asked)
          : whole(asked, 2),
      );
      expect(await nights.sync()).toMatchObject({ exit_code: 0 });
      // Costs settle after seven days; older ones keep their detail.
      expect(await coarseDays()).toHaveLength(8);
      const [removed] = await rows(`select count(*)::int as n from openai_etl.restatements where change = 'removed'`);
      expect(removed).toEqual({ n: 2 * 7 });
    });
  });

  it('of ends to come is asked for up to now, with the open bucket', async () => {
    await begin([completions, costs], 10);
    const now = today + 3 * 3600 + 17 * 60;
    api.answerWith((asked) =>
      (asked.end ?? 0) > now ? refusal(400, 'end_time cannot be in the future', null, 'end_time') : whole(asked),
    );
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
    expect(await bucketsOf()).toBe(2 * 11);
    const open = dateOf(today).toISOString();
    expect(await rows(`select count(*)::int as n from openai.costs where bucket_start = '${open}'`)).toEqual([
      { n: 2 },
    ]);
  });

  it('of nothing costs no question', async () => {
    await begin([completions, costs], 30);
    await nights.sync();
    newRequests();
    nights.clock.advance(7 * dayMs);
    await nights.sync();
    expect(newRequests()).toBe(2);
  });
});
