import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { liveThroughNights, type Nights, type NightsOptions } from '../support/nights.ts';
import { refusal, type ScriptedApi } from '../support/scripted-api.ts';
import { answerOf, completion, cost, type Told, toldApi, verbatim } from '../support/word-for-word.ts';

const day = Date.parse('2026-11-21T00:00:00Z') / 1000;
const long = () => randomBytes(3750).toString('base64').slice(0, 5000);

describe('what comes from outside passes one door, and spoils one bucket at most', () => {
  let nights: Nights;
  let api: ScriptedApi;
  afterEach(async () => {
    await nights.close();
    await api.close();
  });

  const options: NightsOptions = { datasets: [completions, costs], days: 3 };
  const live = async (tell: Told, more: NightsOptions = {}) => {
    api = await toldApi(tell);
    nights = await liveThroughNights({ ...options, ...more, config: { baseUrl: api.url, ...more.config } });
    return await nights.sync();
  };
  const select = async (sql: string) => (await nights.database.pool.query<Record<string, unknown>>(sql)).rows;
  /** An honest bill and honest usage of every day, and on one day `changed`. */
  const except = (path: string, changed: (honest: Record<string, unknown>) => unknown): Told => {
    return (asked, start) => {
      const honest = asked.path.endsWith('/costs') ? cost('5') : completion();
      return [asked.path.endsWith(path) && start === day ? changed(honest) : honest];
    };
  };

  it('stores a model of 5,000 characters, whose usage has the name as its label', async () => {
    const model = long();
    expect(await live(except('/completions', (honest) => ({ ...honest, model })))).toMatchObject({ exit_code: 0 });
    expect(await select(`select count(*)::int as n from openai_bi.usage_daily where model = '${model}'`)).toEqual([
      { n: 1 },
    ]);
  });

  it('splits the costs of every day when one has a line item of 5,000 characters, which still costs money', async () => {
    const item = long();
    const report = await live(except('/costs', (honest) => ({ ...honest, line_item: item })));
    expect(report).toMatchObject({ exit_code: 0, cost_splits: [{ days: 4, errors: [] }] });
    const bill = await select(
      `select billed_cost::int as cost, parse_status from openai_bi.cost_daily where line_item = '${item}'`,
    );
    expect(bill).toEqual([{ cost: 5, parse_status: 'unparsed' }]);
    expect(await select('select sum(amount)::int as parts from openai.cost_parts')).toEqual([{ parts: 20 }]);
    expect(await select(`select count(*)::int as n from openai_focus.cost_and_usage`)).toEqual([{ n: 4 }]);
  });

  it.each(['project_id', 'user_id', 'api_key_id'])(
    'gives new ids a row when one of %s has 5,000 characters',
    async (field) => {
      const id = long();
      const report = await live((_asked, start) => {
        const honest = _asked.path.endsWith('/costs') ? cost('5') : completion();
        return start === day
          ? [
              { ...honest, [field]: id },
              { ...honest, project_id: 'proj_new' },
            ]
          : [honest];
      });
      expect(report).toMatchObject({ exit_code: 0, cost_splits: [{ errors: [] }] });
      expect(await select('select project_id from openai.projects order by 1')).toEqual([
        { project_id: 'proj_a' },
        { project_id: 'proj_new' },
      ]);
      expect(await select('select sum(billed_cost)::int as billed from openai_bi.cost_daily')).toEqual([
        { billed: 25 },
      ]);
    },
  );

  it('keeps an unknown field whose name has 5,000 characters, and shows its beginning', async () => {
    const name = long();
    const report = await live(except('/completions', (honest) => ({ ...honest, [name]: 1 })));
    expect(report.exit_code).toBe(0);
    expect(report.datasets[0]?.drift[0]?.length).toBeLessThan(300);
    expect(
      await select(`select extra ? '${name}' as kept from openai.usage_completions where extra is not null`),
    ).toEqual([{ kept: true }]);
    expect(await select('select length(name) < 300 as short from openai_etl.drift')).toEqual([{ short: true }]);
  });

  it.each(['a\u0000b', 'a\ud800b', long()])('keeps a result whose tag nobody can store as it is', async (tag) => {
    const report = await live((asked, start) => {
      if (asked.path.endsWith('/costs')) return [cost('5')];
      return start === day ? [completion(), { object: tag, n: 1 }] : [completion()];
    });
    expect(report).toMatchObject({ exit_code: 3, datasets: [{ quarantined: 1, buckets_loaded: 4 }, { status: 'ok' }] });
    expect(await select(`select reason from openai_etl.quarantine`)).toEqual([{ reason: 'unknown_object' }]);
  });

  it.each([9007199254740991, -1, 253402300800, 8.64e12])(
    'keeps a bucket without results that starts at %s',
    async (start_time) => {
      const report = await live((asked, start) => {
        const honest = asked.path.endsWith('/costs') ? cost('5') : completion();
        return start === day && asked.path.endsWith('/costs') ? { bucket: { object: 'bucket', start_time } } : [honest];
      });
      expect(report).toMatchObject({ exit_code: 3, datasets: [{ status: 'ok' }, { status: 'partial' }] });
      expect(await select(`select reason, bucket_start from openai_etl.quarantine`)).toEqual([
        { reason: 'not_a_bucket', bucket_start: null },
      ]);
    },
  );

  it.each(['9'.repeat(131_072), `-1${'0'.repeat(1000)}`, '1e1000', '1e130000'])(
    'refuses the amount %.9s… in its bucket alone',
    async (amount) => {
      const report = await live(
        except('/costs', (honest) => ({ ...honest, amount: { value: verbatim(amount), currency: 'usd' } })),
      );
      expect(report).toMatchObject({
        exit_code: 3,
        datasets: [{ status: 'ok' }, { buckets_loaded: 3, buckets_refused: 1 }],
      });
      expect(
        await select(
          `select reason, raw->'results'->0->'amount'->>'value' = (${amount}::numeric)::text as kept from openai_etl.quarantine`,
        ),
      ).toEqual([{ reason: 'out_of_range', kept: true }]);
      expect(await select('select sum(amount)::int as parts from openai.cost_parts')).toEqual([{ parts: 15 }]);
    },
  );

  it('splits what is as large and as small as can be stored, in no time', async () => {
    const told: Told = (asked, start) => {
      if (!asked.path.endsWith('/costs'))
        return ['a', 'b', 'c'].map((user) => completion({ user_id: `user_${user}`, input_tokens: 7 }));
      const extreme = { quantity: verbatim('1e-10000'), quantity_unit: 'tokens' };
      return start === day
        ? [cost(verbatim('9e999'), extreme), cost(verbatim('1e-16383'), { ...extreme, line_item: 'gpt-4.1, output' })]
        : [cost('5')];
    };
    const started = performance.now();
    expect(await live(told)).toMatchObject({ exit_code: 0, cost_splits: [{ errors: [] }] });
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(await select('select count(*)::int as n from openai_bi.cost_daily where unit_price > 1e10000')).toEqual([
      { n: 1 },
    ]);
  });

  it('refuses the restated hours whose day would be larger than bigint, and loads the others', async () => {
    const hour = 3600;
    const honest: Told = () => [completion()];
    const asked = { datasets: [completions], widths: ['1h'], days: 1 } as const;
    expect(await live(honest, asked)).toMatchObject({ exit_code: 0 });
    const most = '9223372036854775800';
    api.answerWith((request) =>
      answerOf(request, (_asked, start) => [
        completion({ input_tokens: verbatim(start < day + 86_400 + 3 * hour ? most : '11') }),
      ]),
    );
    const report = await nights.sync({ refetch: true });
    expect(report).toMatchObject({ exit_code: 3, datasets: [{ status: 'partial' }] });
    expect(report.datasets[0]?.errors.map(({ code }) => code)).toContain('database_refused_data');
    const refused = await select(
      `select reason, raw->'results'->0->>'input_tokens' as tokens from openai_etl.quarantine`,
    );
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map((row) => JSON.stringify(row)))).toEqual(
      new Set([JSON.stringify({ reason: 'database_refused', tokens: most })]),
    );
    const byDay = await select(`select usage_date_utc::text as day, sum(input_tokens)::text as rolled,
      (select sum(f.input_tokens)::text from openai.usage_completions f where (f.bucket_start at time zone 'UTC')::date = usage_date_utc) as facts
      from openai.usage_daily_rollup group by 1, usage_date_utc`);
    for (const { rolled, facts } of byDay) expect(rolled).toBe(facts);
    expect(await select(`select count(*)::int as n from openai.usage_completions where input_tokens = 11`)).not.toEqual(
      [{ n: 0 }],
    );
  });

  it.each([400, 403])('loads the next organization when a %s says NUL', async (status) => {
    api = await toldApi(() => []);
    api.answerWith((asked) =>
      asked.adminKey.endsWith('a')
        ? refusal(status, 'no\u0000t \ud800 here')
        : answerOf(
            asked,
            except('/none', (honest) => honest),
          ),
    );
    nights = await liveThroughNights(options);
    const [first] = nights.config.organizations;
    if (first === undefined) throw new Error('there is an organization');
    const organizations = ['a', 'b'].map((name) => ({ ...first, name, adminKey: `sk-admin-test-0123456789-${name}` }));
    const report = await nights.sync({}, { config: { ...nights.config, baseUrl: api.url, organizations } });
    expect(report.exit_code).toBe(3);
    expect(report.datasets.filter(({ org_id }) => org_id === 'b').map(({ status: of }) => of)).toEqual(['ok', 'ok']);
    expect(await select(`select count(*)::int as n from openai_etl.runs where status = 'running'`)).toEqual([{ n: 0 }]);
  });

  it('loads the buckets beside one that a constraint refuses, and keeps that one as received', async () => {
    await live(() => []);
    await select(`alter table openai.costs add constraint no_13 check (amount_value <> 13)`);
    api.answerWith((asked) =>
      answerOf(
        asked,
        except('/costs', () => cost(verbatim('13.000'), { quantity: verbatim('12345678901234567890.10') })),
      ),
    );
    const report = await nights.sync();
    expect(report).toMatchObject({
      exit_code: 3,
      datasets: [{ status: 'ok' }, { status: 'partial', buckets_refused: 1, quarantined: 1 }],
    });
    expect(report.datasets[1]?.errors).toMatchObject([
      { code: 'database_refused_data', message: expect.stringContaining('no_13') },
    ]);
    expect(await select('select sum(amount_value)::int as n from openai.costs')).toEqual([{ n: 15 }]);
    expect(
      await select(
        `select reason, raw->'results'->0->>'quantity' as quantity, raw->>'start_time' = '${day}' as same from openai_etl.quarantine`,
      ),
    ).toEqual([{ reason: 'database_refused', quantity: '12345678901234567890.10', same: true }]);
    await select(`alter table openai.costs drop constraint no_13`);
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
  });

  it('calls it a defect when every bucket is refused alike, and still loads the other datasets', async () => {
    await live(() => []);
    await select(`alter table openai.costs add constraint nothing_at_all check (amount_value < 0)`);
    api.answerWith((asked) =>
      answerOf(
        asked,
        except('/none', (honest) => honest),
      ),
    );
    const report = await nights.sync();
    expect(report).toMatchObject({ exit_code: 1, status: 'failed' });
    expect(report.datasets[1]?.errors).toMatchObject([{ code: 'database_refused_all' }]);
    expect(report.datasets[0]).toMatchObject({ status: 'ok', rows_inserted: 4 });
    expect(await select('select from openai_etl.quarantine')).toEqual([]);
  });

  it('splits the other days when the parts of one are refused', async () => {
    await live(() => []);
    await select(`alter table openai.cost_parts add constraint no_13 check (amount <> 13)`);
    api.answerWith((asked) =>
      answerOf(
        asked,
        except('/costs', () => cost('13')),
      ),
    );
    const report = await nights.sync();
    expect(report).toMatchObject({
      exit_code: 3,
      cost_splits: [{ days: 3, errors: [{ code: 'database_refused_data' }] }],
    });
    expect(await select('select sum(amount)::int as n from openai.cost_parts')).toEqual([{ n: 15 }]);
  });
});
