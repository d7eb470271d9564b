import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import { bucket, page, type ScriptedApi, scriptedApi } from '../support/scripted-api.ts';

const daySeconds = 86_400;

const used = (userId: string, serviceTier: string) => ({
  object: 'organization.usage.completions.result',
  input_tokens: 1_000_000,
  output_tokens: 0,
  num_model_requests: 1,
  project_id: 'proj_a',
  user_id: userId,
  model: 'gpt-6-astra',
  batch: false,
  service_tier: serviceTier,
});
const cost = (lineItem: string) => ({
  object: 'organization.costs.result',
  amount: { value: 30, currency: 'usd' },
  project_id: 'proj_a',
  line_item: lineItem,
  quantity: 2_000_000,
  quantity_unit: 'tokens',
});

describe('service tiers, from the API to the views', () => {
  let api: ScriptedApi;
  let nights: Nights;
  let lines: readonly string[];
  let tiers: readonly string[];
  const ask = async (sql: string) => (await nights.database.pool.query<Record<string, unknown>>(sql)).rows;

  beforeEach(async () => {
    api = await scriptedApi(({ path, start }) => {
      if (start === null) return page([]);
      const there = path === '/organization/costs' ? lines.map(cost) : tiers.map((tier) => used(`user_${tier}`, tier));
      return page([bucket(start, daySeconds, there)]);
    });
    nights = await liveThroughNights({ datasets: [completions, costs], days: 1, config: { baseUrl: api.url } });
  });
  afterEach(async () => {
    await nights.close();
    await api.close();
  });
  const sync = () => nights.sync({ from: daysBack(nights, 1), to: daysBack(nights, 0) });

  it('gives a fast user twice the money of a standard one on a line without a prefix, and calls it an estimate', async () => {
    [lines, tiers] = [['gpt-6-astra, input'], ['default', 'fast']];
    await sync();
    expect(
      await ask(
        `select user_id, trim_scale(allocated_cost)::text as cost, is_estimated, estimate
         from openai_bi.cost_by_user_model_daily order by user_id`,
      ),
    ).toEqual([
      { user_id: 'user_default', cost: '10', is_estimated: true, estimate: 'tier_weights' },
      { user_id: 'user_fast', cost: '20', is_estimated: true, estimate: 'tier_weights' },
    ]);
  });

  it('names every tier of a prefix in FOCUS, and none where there is none', async () => {
    const prefixes = ['priority', 'fast', 'ultrafast', 'flex', 'batch', 'scale'];
    [lines, tiers] = [
      [...prefixes.map((prefix) => `${prefix} | gpt-6-astra, input`), 'gpt-6-astra, input', 'evals | o3, input'],
      ['default'],
    ];
    await sync();
    const rows = await ask(
      `select "x_LineItem" as line, "SkuPriceDetails" ->> 'x_ServiceTier' as tier from openai_focus.cost_and_usage`,
    );
    expect(new Map(rows.map(({ line, tier }) => [line, tier]))).toEqual(
      new Map<unknown, unknown>([
        ...prefixes.map((prefix) => [`${prefix} | gpt-6-astra, input`, prefix] as const),
        ['gpt-6-astra, input', null],
        ['evals | o3, input', null],
      ]),
    );
  });
});
