import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasets as catalog } from '../../src/catalog/index.ts';
import { liveThroughNights, type Nights, organization } from '../support/nights.ts';
import type { ScriptedApi } from '../support/scripted-api.ts';
import { toldApi, verbatim } from '../support/word-for-word.ts';

const largest = '9223372036854775807';

/** Two minutes of an hour of a day that is told from another width, as large as the day. */
const minutesBesideTheDay = ['openai.usage_completions', 'openai_etl.buckets']
  .map(
    (table) => `
  create temp table minute as select * from ${table} f
    where bucket_width = '1d' and bucket_start = '2026-11-20T00:00:00Z' ${table.endsWith('buckets') ? "and dataset = 'completions'" : ''};
  update minute set bucket_width = '1m', bucket_end = bucket_start + interval '1 minute';
  ${table.endsWith('buckets') ? '' : 'update minute set series_id = md5(series_id::text)::uuid;'}
  insert into ${table} select * from minute;
  update minute set bucket_start = bucket_end, bucket_end = bucket_end + interval '1 minute';
  insert into ${table} select * from minute;
  drop table minute;`,
  )
  .join('');

/** A result of an endpoint in which everything is as large as it may be. */
function extreme(path: string, user: string, line: string, amount: string, quantity: string | null) {
  const dataset = catalog.find((one) => one.path === path);
  const fields: Record<string, unknown> = { object: dataset?.object };
  for (const column of dataset?.columns ?? []) {
    if (column.role === 'measure' && column.type === 'bigint') set(fields, column.path, verbatim(largest));
    if (column.role === 'dimension')
      fields[column.name] = column.type === 'boolean' ? true : `${column.name} of nobody`;
  }
  if (path.endsWith('/costs')) {
    Object.assign(fields, {
      amount: { value: verbatim(amount), currency: 'usd' },
      quantity: quantity === null ? null : verbatim(quantity),
      quantity_unit: 'tokens',
      line_item: line,
    });
  }
  return { ...fields, user_id: user };
}

function set(fields: Record<string, unknown>, [first, second]: readonly string[], value: unknown): void {
  if (first === undefined) return;
  if (second === undefined) fields[first] = value;
  else fields[first] = { ...(fields[first] as object | undefined), [second]: value };
}

const money: readonly (readonly [string, string | null])[] = [
  [`9e999`, '1e-16383'],
  [`-9e999`, '9e999'],
  ['1e-16383', '9e999'],
  ['1e18', '1e-10000'],
  ['9e999', '-1e-16383'],
  ['-1e18', '0'],
  ['0', '0'],
  ['9e999', null],
];

describe('every view and function of BI, whatever can be stored', () => {
  let nights: Nights;
  let api: ScriptedApi;
  beforeAll(async () => {
    api = await toldApi((asked, start) => {
      const path = asked.path;
      if (path.endsWith('/costs')) {
        return money.map(([amount, quantity], index) => {
          const value = index === 0 && start % 172_800 === 0 ? '1e18' : amount;
          return extreme(
            path,
            `user_${index % 2}`,
            `gpt-4.1, ${['input', 'output', 'cached input', 'x'][index % 4]} ${index}`,
            value,
            quantity,
          );
        });
      }
      return ['user_0', 'user_1'].map((user) => extreme(path, user, '', '0', null));
    });
    nights = await liveThroughNights({ days: 16, config: { baseUrl: api.url } });
    expect((await nights.sync()).datasets.flatMap(({ errors }) => errors)).toEqual([]);
    await nights.database.pool.query(minutesBesideTheDay);
    await nights.database.pool.query(`insert into openai_etl.hours_of_minutes
      select distinct org_id, dataset, date_trunc('hour', bucket_start, 'UTC'), 2, false from openai_etl.buckets
      where bucket_width = '1m'`);
    await nights.database.pool.query(`insert into openai.budgets (budget_name, scope, period, amount, currency, thresholds)
      values ('tiny', 'all', 'month', 1e-16383, 'usd', '{50,100}'), ('vast', 'all', 'year', 9e999, 'usd', '{50}')`);
    await nights.database.pool.query('update openai_etl.buckets set settled = true');
  }, 300_000);
  afterAll(async () => {
    await nights.close();
    await api.close();
  });

  it('has counts whose minutes do not fit the hour, and amounts beyond 18 digits', async () => {
    const { rows } = await nights.database.pool.query<{ hours: number; costs: number }>(
      `select (select count(*)::int from openai_bi.usage_hourly where input_tokens is null and bucket_width = '1m' and dataset = 'completions') as hours,
         (select count(*)::int from openai_bi.cost_daily where billed_cost_rounded >= 1e18) as costs`,
    );
    expect(rows[0]?.hours).toBeGreaterThan(0);
    expect(rows[0]?.costs).toBeGreaterThan(0);
  });

  it('answers every view in full', async () => {
    const { rows } = await nights.database.pool.query<{ name: string }>(
      `select format('%I.%I', schemaname, viewname) as name from pg_views where schemaname in ('openai_bi', 'openai_focus', 'openai_etl') order by 1`,
    );
    expect(rows.length).toBeGreaterThan(40);
    const failed: string[] = [];
    for (const { name } of rows) {
      // Into a table: to send so many digits takes longer than to work them out.
      await nights.database.pool
        .query(`create temp table seen as select * from ${name}; drop table seen`)
        .catch((failure: unknown) => failed.push(`${name}: ${String(failure)}`));
    }
    expect(failed).toEqual([]);
  }, 300_000);

  it('answers every function', async () => {
    const calls = [
      "openai_bi.anomalies_between('2026-01-01', '2027-01-01')",
      "openai_bi.budget_status_on('2026-11-23')",
      "openai_bi.reconciliation_between('-infinity', 'infinity')",
      "openai_bi.usage_daily_local('Pacific/Kiritimati')",
      "openai_bi.model_family(repeat('x', 100000))",
      "openai_bi.median('{9e999,-9e999,1e-16383}')",
      'openai_bi.count_or_null(9e130000)',
    ];
    const { rows } = await nights.database.pool.query<{ name: string }>(
      `select proname as name from pg_proc where pronamespace::regnamespace::text in ('openai_bi', 'openai_focus') order by 1`,
    );
    expect(rows.map(({ name }) => name).filter((name) => !calls.some((call) => call.includes(`.${name}(`)))).toEqual(
      [],
    );
    for (const call of calls)
      await nights.database.pool.query(`select count(*) from (select * from ${call}) as answered`);
    expect(organization).toBe('acme');
  }, 120_000);

  it('casts no number to a type that is narrower than what can be stored', async () => {
    const { rows } = await nights.database.pool.query<{ name: string }>(
      `select attrelid::regclass || '.' || attname as name from pg_attribute join pg_class on pg_class.oid = attrelid
       where relnamespace::regnamespace::text in ('openai_bi', 'openai_focus') and atttypid = 'numeric'::regtype and atttypmod <> -1`,
    );
    expect(rows).toEqual([]);
  });
});
