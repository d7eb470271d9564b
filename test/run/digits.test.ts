import { afterEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { mayRound } from '../../src/parse/json.ts';
import { liveThroughNights, type Nights } from '../support/nights.ts';
import type { ScriptedApi } from '../support/scripted-api.ts';
import { completion, cost, type Told, toldApi, verbatim } from '../support/word-for-word.ts';

describe('every digit, also of what is set aside', () => {
  let nights: Nights;
  let api: ScriptedApi;
  afterEach(async () => {
    await nights.close();
    await api.close();
  });

  async function told(tell: Told) {
    api = await toldApi(tell);
    nights = await liveThroughNights({ datasets: [completions, costs], days: 3, config: { baseUrl: api.url } });
    return await nights.sync();
  }

  const select = async (sql: string) => (await nights.database.pool.query<Record<string, unknown>>(sql)).rows;
  const noon = Date.parse('2026-11-21T00:00:00Z') / 1000;
  const only = (path: string, result: unknown): Told => {
    return (asked, start) => (asked.path.endsWith(path) && start === noon ? [result] : []);
  };

  it.each([
    '9007199254740990.6',
    '1.00000000000000001',
    '0.99999999999999999999',
    '1e-400',
    '10000000000000000001e-19',
    '-0.00000000000000000000001e-300',
    '4.9E-324',
  ])('refuses the count %s, though a double makes an integer of it', async (json) => {
    const report = await told(only('/completions', completion({ input_tokens: verbatim(json) })));
    expect(report).toMatchObject({ exit_code: 3, datasets: [{ buckets_refused: 1 }, { buckets_refused: 0 }] });
    expect(await select('select from openai.usage_completions')).toEqual([]);
    expect(
      await select(
        `select reason, raw->'results'->0->>'input_tokens' = (${json})::text as kept from openai_etl.quarantine`,
      ),
    ).toMatchObject([{ kept: true }]);
  });

  it.each(['12', '1e3', '12.0', '9223372036854775807', '92233720368547758.07e2', '-0', '0.0'])(
    'stores the count %s, which is whole however it is written',
    async (json) => {
      expect(await told(only('/completions', completion({ input_tokens: verbatim(json) })))).toMatchObject({
        exit_code: 0,
      });
      expect(await select(`select input_tokens::numeric = ${json} as same from openai.usage_completions`)).toEqual([
        { same: true },
      ]);
    },
  );

  it.each(['12345678901234567890', '0.1234567890123456789', '1.00000000000000001', '9007199254740993', '1e-400'])(
    'keeps every digit of %s in an unknown field, its sample and the results of one grain',
    async (json) => {
      const pair = (path: string, result: Record<string, unknown>): Told => {
        const [a, b] = [
          { ...result, novel: verbatim(json) },
          { ...result, novel: { deep: [verbatim(json)] } },
        ];
        return (asked, start) => (asked.path.endsWith(path) && start === noon ? [a, b, { ...a, novel: 1 }] : []);
      };
      expect(await told(pair('/completions', completion()))).toMatchObject({ exit_code: 0 });
      expect(
        await select(`select extra->'merged_results' @> '[{"novel":1},{"novel":${json}},{"novel":{"deep":[${json}]}}]' and '[{"novel":1},{"novel":${json}},{"novel":{"deep":[${json}]}}]' @> (extra->'merged_results') as same
        from openai.usage_completions`),
      ).toEqual([{ same: true }]);
      expect(await select(`select sample::text = (${json})::text as same from openai_etl.drift`)).toEqual([
        { same: true },
      ]);
    },
  );

  it.each(['12345678901234567890', '0.1234567890123456789', '1.00000000000000001', '9007199254740993'])(
    'keeps every digit of %s in quarantine, whatever sent it there',
    async (json) => {
      const strange = { object: 'organization.usage.holograms.result', n: verbatim(json) };
      const report = await told((asked, start) => {
        if (!asked.path.endsWith('/completions')) return [];
        if (start === noon) return [strange, completion()];
        if (start === noon - 86_400) return { bucket: { object: 'bucket', start_time: start, n: verbatim(json) } };
        return [completion({ model: 5, n: verbatim(json) })];
      });
      expect(report).toMatchObject({ exit_code: 3 });
      const kept = await select(
        `select reason, raw::text like '%${json}%' as same from openai_etl.quarantine order by 1`,
      );
      expect(new Set(kept.map(({ reason }) => reason))).toEqual(
        new Set(['not_a_bucket', 'unknown_object', 'wrong_type']),
      );
      expect(kept.every(({ same }) => same === true)).toBe(true);
    },
  );

  it('keeps what costs carry beside the amount, digit for digit', async () => {
    await told(only('/costs', cost('1.5', { novel: verbatim('12345678901234567890.10') })));
    expect(await select('select extra::text as extra from openai.costs')).toEqual([
      { extra: '{"novel": 12345678901234567890.10}' },
    ]);
  });
});

describe('the look at how numbers are written', () => {
  it.each(['{"a":1.5}', '[1,2.0]', '[1,\n 2e3]', '{"a" : -1E5}', '1.0', '[0.1]', '{"a":\t10e-400}'])(
    'sees that a double may round %j',
    (text) => {
      expect(mayRound(text.replaceAll('\\n', '\n'))).toBe(text !== '1.0');
    },
  );

  it.each([
    '{"model":"gpt-4.1-mini"}',
    '{"id":"proj_3e4f","at":1763856000}',
    '{"a":[1,2,-3],"object":"organization.result"}',
  ])('takes %j for whole numbers', (text) => {
    expect(mayRound(text)).toBe(false);
  });
});
