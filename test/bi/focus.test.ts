import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlTypes } from '../../src/derive/focus/column-rules.ts';
import { focusColumns } from '../../src/derive/focus/columns.ts';
import { focusMetadata } from '../../src/derive/focus/metadata.ts';
import { anOrganization, insertCost, insertUsage } from '../support/cost-rows.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { storeBill } from './cost-world.ts';

const views = ['cost_and_usage', 'cost_and_usage_allocated'];

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await storeBill(database.pool);
});

afterAll(() => database.close());

async function rowsOf(sql: string): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await database.pool.query<Record<string, unknown>>(sql);
  return rows;
}

async function charge(item: string, currency = 'USD'): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    'select * from openai_focus.cost_and_usage where "ChargeDescription" = $1 and "BillingCurrency" = $2',
    [item, currency],
  );
  if (rows.length !== 1 || rows[0] === undefined) throw new Error(`${rows.length} charges of ${item}`);
  return rows[0];
}

it.each(views)('%s has the declared columns in order, with their types and comments', async (view) => {
  const columns = await rowsOf(
    `select attname as name, format_type(atttypid, atttypmod) as type, col_description(attrelid, attnum) as value
     from pg_attribute where attrelid = 'openai_focus.${view}'::regclass and attnum > 0 order by attnum`,
  );
  expect(columns).toEqual(focusColumns.map(({ name, type, value }) => ({ name, type: sqlTypes[type], value })));
});

it.each(views)('%s has a twin with its rows in snake_case columns, for people who type SQL', async (view) => {
  const names = await rowsOf(
    `select attname as name from pg_attribute
     where attrelid = 'openai_bi.focus_${view}'::regclass and attnum > 0 order by attnum`,
  );
  const words = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
  expect(names).toEqual(focusColumns.map(({ name }) => ({ name: words(name) })));
  expect(
    await rowsOf(
      `select count(*)::int as rows, count(*) filter (where twin.row is distinct from original.row)::int as others
       from (select f::text as row, row_number() over (order by f::text) as no from openai_focus.${view} f) as original
       full join (select f::text as row, row_number() over (order by f::text) as no from openai_bi.focus_${view} f) as twin
         using (no)`,
    ),
  ).toEqual([{ rows: expect.toSatisfy((rows: number) => rows > 10), others: 0 }]);
});

describe('a charge', () => {
  it('is what was billed, in the words of FOCUS', async () => {
    expect(await charge('gpt-6-astra, input')).toMatchObject({
      BilledCost: '12.345678901',
      EffectiveCost: '12.345678901',
      BillingAccountId: anOrganization,
      BillingCurrency: 'USD',
      BillingPeriodStart: new Date('2026-11-01T00:00:00Z'),
      BillingPeriodEnd: new Date('2026-12-01T00:00:00Z'),
      ChargePeriodStart: new Date('2026-11-03T00:00:00Z'),
      ChargePeriodEnd: new Date('2026-11-04T00:00:00Z'),
      ChargeCategory: 'Usage',
      ChargeFrequency: 'Usage-Based',
      ConsumedQuantity: '9876543',
      ConsumedUnit: 'Tokens',
      PricingQuantity: '9.876543',
      PricingUnit: '1000000 Tokens',
      PricingCategory: 'Standard',
      SkuId: 'openai/gpt-6-astra/input_uncached',
      SkuMeter: 'Input Tokens',
      SkuPriceId: 'openai/gpt-6-astra, input',
      SkuPriceDetails: { x_ModelDeveloper: 'OpenAI', x_ModelId: 'gpt-6-astra', x_TokenClass: 'input_uncached' },
      SubAccountId: 'proj_a',
      Tags: { team: 'search', cost_center: '42' },
      AllocatedMethodId: null,
      x_CredentialId: 'key_1',
      x_ApiSource: 'unlabeled',
      x_IsFinal: true,
    });
  });

  it('has the SKU of its model and class whatever its tier, and a price of its own', async () => {
    expect(await charge('priority | gpt-6-astra, output, long context')).toMatchObject({
      SkuId: 'openai/gpt-6-astra/output',
      SkuPriceId: 'openai/priority | gpt-6-astra, output, long context',
      SkuPriceDetails: { x_ServiceTier: 'priority', x_ContextTier: 'long context' },
    });
  });

  it('counts thousands of tokens as tokens, and other units as they are', async () => {
    expect(await charge('gpt-6-astra, cached input')).toMatchObject({
      ConsumedQuantity: '3000000',
      SkuMeter: 'Cached Input Tokens',
    });
    expect(await charge('assistants api | file search')).toMatchObject({
      ConsumedQuantity: '720.5',
      ConsumedUnit: 'GiB-Hours',
      PricingQuantity: '720.5',
      PricingUnit: 'GiB-Hours',
      SkuId: 'openai/assistants api/file search',
    });
  });

  it('is a credit without quantity or SKU where the line item says so', async () => {
    expect(await charge('Promotional credit')).toMatchObject({
      ChargeCategory: 'Credit',
      ChargeFrequency: 'One-Time',
      BilledCost: '-3.25',
      ConsumedQuantity: null,
      SkuPriceId: null,
      PricingUnit: null,
      SubAccountId: null,
      SubAccountName: null,
      Tags: null,
    });
  });

  it('shows the name a project had when the day ended', async () => {
    expect(await charge('gpt-6-astra, input')).toMatchObject({ SubAccountName: 'Search (old)' });
    const later = await rowsOf(
      `select "SubAccountName" from openai_focus.cost_and_usage where "ChargePeriodStart" = '2026-11-05T00:00:00Z'`,
    );
    expect(later).toEqual([{ SubAccountName: 'Search' }]);
  });

  it('shows the first name known on days before it, and an id without a name as it is', async () => {
    const parts = await rowsOf(
      `select distinct "AllocatedResourceId" as id, "AllocatedResourceName" as name
       from openai_focus.cost_and_usage_allocated where "AllocatedResourceId" is not null order by 1`,
    );
    expect(parts).toEqual([
      { id: 'user_1', name: 'Ada' },
      { id: 'user_2', name: 'user_2' },
      { id: 'user_3', name: 'user_3' },
    ]);
  });
});

describe('the quantity of a service', () => {
  it('is what its endpoint counted, where the bill states none and the count can stand for one charge only', async () => {
    const own = await testDatabase();
    try {
      const day = '2026-01-01';
      const search = { day, item: 'web search tool calls', amount: '1' };
      await insertUsage(own.pool, 'web_search_calls', day, { project: 'a', key: 'k1', user: 'u1' }, 7);
      await insertUsage(own.pool, 'web_search_calls', day, { project: 'a', key: 'k1', user: 'u2' }, 5);
      await insertUsage(own.pool, 'web_search_calls', day, { project: 'a', key: 'k2', user: 'u1' }, 100);
      await insertUsage(own.pool, 'web_search_calls', day, { project: 'b', key: 'k3', user: 'u1' }, 9);
      await insertUsage(own.pool, 'web_search_calls', '2026-01-02', { project: 'a', key: 'k1', user: 'u1' }, 1000);
      await insertUsage(own.pool, 'code_interpreter_sessions', day, { project: 'a' }, 3);
      await insertCost(own.pool, { ...search, project: 'a', key: 'k1' });
      await insertCost(own.pool, { ...search, project: 'a', key: 'k2', source: 'x' });
      await insertCost(own.pool, { ...search, project: 'a', key: 'k2', source: 'y' });
      await insertCost(own.pool, { ...search, project: 'b' });
      await insertCost(own.pool, { ...search, project: 'c', quantity: '17' });
      await insertCost(own.pool, { ...search, project: 'a', item: 'code interpreter sessions' });
      const { rows } = await own.pool.query(
        `select "SubAccountId" as project, "x_CredentialId" as key, "ConsumedQuantity"::text as quantity,
           "ConsumedUnit" as unit, "SkuMeter" as meter
         from openai_focus.cost_and_usage order by meter, 1, 2, 3`,
      );
      const unknown = { project: 'a', key: 'k2', quantity: null, unit: null, meter: null };
      expect(rows).toEqual([
        { project: 'a', key: null, quantity: '3', unit: 'Sessions', meter: 'Code Interpreter' },
        { project: 'a', key: 'k1', quantity: '12', unit: 'Requests', meter: 'Web Search' },
        { project: 'b', key: null, quantity: '9', unit: 'Requests', meter: 'Web Search' },
        { project: 'c', key: null, quantity: '17', unit: 'Requests', meter: 'Web Search' },
        unknown,
        unknown,
      ]);
    } finally {
      await own.close();
    }
  });

  it('is split with the charge, and the parts add up to it', async () => {
    const own = await testDatabase();
    try {
      const day = '2026-01-01';
      const users = ['u1', 'u2', 'u3'];
      await insertUsage(own.pool, 'web_search_calls', day, { project: 'a', key: 'k1' }, 10);
      const parts = users.map((user, index) => ({ user, amount: index === 0 ? '3.34' : '3.33', share: '1' }));
      await insertCost(own.pool, { day, item: 'web search tool calls', project: 'a', key: 'k1', amount: '10', parts });
      const { rows } = await own.pool.query(
        `select trim_scale("ConsumedQuantity")::text as quantity, trim_scale(sum("ConsumedQuantity") over ())::text as sum
         from openai_focus.cost_and_usage_allocated order by "x_PartNumber"`,
      );
      expect(rows).toEqual(['3.34', '3.33', '3.33'].map((quantity) => ({ quantity, sum: '10' })));
    } finally {
      await own.close();
    }
  });
});

describe('a part', () => {
  const partsOf = (item: string, currency = 'USD') =>
    rowsOf(
      `select "AllocatedResourceId" as id, "x_AllocationReason" as reason, "AllocatedMethodId" as method,
         "BilledCost"::text as cost, trim_scale("ConsumedQuantity")::text as quantity,
         "AllocatedMethodDetails" -> 'Elements' -> 0 ->> 'AllocatedRatio' as ratio,
         "AllocatedMethodDetails" -> 'Elements' -> 0 ->> 'UsageUnit' as unit,
         "AllocatedMethodDetails" -> 'Elements' -> 0 ->> 'UsageQuantity' as share
       from openai_focus.cost_and_usage_allocated
       where "ChargeDescription" = '${item}' and "BillingCurrency" = '${currency}'
         and "ChargePeriodStart" = '2026-11-03T00:00:00Z' order by "x_PartNumber"`,
    );

  it('says whose it is, how much of the charge it is and by what', async () => {
    const known = { reason: null, method: 'token-share-v1', unit: 'Tokens' };
    expect(await partsOf('gpt-6-astra, input')).toEqual([
      {
        id: 'user_1',
        cost: '6.250000076443751624',
        quantity: '5000000',
        ratio: '0.506250010757812729',
        share: '5000000',
        ...known,
      },
      {
        id: 'user_2',
        cost: '3.750000045866250975',
        quantity: '3000000',
        ratio: '0.303750006454687637',
        share: '3000000',
        ...known,
      },
      {
        id: 'user_3',
        cost: '1.250000015288750325',
        quantity: '1000000',
        ratio: '0.101250002151562546',
        share: '1000000',
        ...known,
      },
      {
        id: null,
        cost: '1.095678763401247076',
        quantity: '876543',
        ratio: '0.088749980635937088',
        share: '876543',
        ...known,
        reason: 'usage_gap',
      },
    ]);
  });

  it('has shares that add up to exactly 1, the leftover going to the largest remainder, else to the first', async () => {
    const ratios = (await partsOf('gpt-6-astra, output')).map(({ ratio }) => ratio);
    expect(ratios).toEqual(['0.333333333333333334', '0.333333333333333333', '0.333333333333333333']);
    const free = (await partsOf('priority | gpt-6-astra, output, long context')).map(({ ratio }) => ratio);
    expect(free).toEqual(['0.333333333333333334', '0.333333333333333333', '0.333333333333333333']);
  });

  it('names the money as what was shared by, where the provider itself cut the bill by user', async () => {
    expect(await partsOf('gpt-6-astra, output', 'EUR')).toMatchObject([
      { id: 'user_2', method: 'billed-user-share-v1', unit: 'EUR', share: '7.4' },
      { id: null, method: 'billed-user-share-v1', reason: 'user_share_gap', share: '0.1' },
    ]);
  });

  it('is the whole charge while its day is not split', async () => {
    const unsplit = await rowsOf(
      `select "BilledCost"::text as cost, "AllocatedMethodId" as method, "AllocatedMethodDetails" as details,
         "x_PartNumber" as part from openai_focus.cost_and_usage_allocated
       where "ChargePeriodStart" = '2026-11-05T00:00:00Z'`,
    );
    expect(unsplit).toEqual([{ cost: '24', method: null, details: null, part: null }]);
  });
});

it.each(views)('%s says the same in every time zone', async (view) => {
  const said = async (zone: string) => {
    const client = await database.pool.connect();
    try {
      await client.query('begin');
      await client.query(`set local time zone '${zone}'`);
      const { rows } = await client.query(
        `select md5(string_agg(line, e'\n' order by line)) as said from (select (to_jsonb(v) || jsonb_build_object(
           'BillingPeriodStart', extract(epoch from "BillingPeriodStart"),
           'BillingPeriodEnd', extract(epoch from "BillingPeriodEnd"),
           'ChargePeriodStart', extract(epoch from "ChargePeriodStart"),
           'ChargePeriodEnd', extract(epoch from "ChargePeriodEnd")))::text as line
         from openai_focus.${view} as v) as lines`,
      );
      return rows;
    } finally {
      await client.query('rollback');
      client.release();
    }
  };
  const utc = await said('UTC');
  expect(await said('America/Los_Angeles')).toEqual(utc);
  expect(await said('Pacific/Kiritimati')).toEqual(utc);
});

describe('the metadata', () => {
  it('declares every column of both views, with digits enough for every value', async () => {
    const metadata = await focusMetadata(database.pool, '1.2.3', new Date('2026-11-23T12:00:00Z'));
    expect(metadata.DatasetInstance.map(({ DatasetInstanceId }) => DatasetInstanceId)).toEqual(
      views.map((view) => `openai_focus.${view}`),
    );
    for (const { Schema, FocusDataset, Delivery } of metadata.DatasetInstance) {
      expect({ FocusDataset, Delivery }).toMatchObject({
        FocusDataset: 'CostAndUsage',
        Delivery: { Mechanism: 'Overwrite', Correction: 'Replacement' },
      });
      expect(Schema).toMatchObject({
        FocusVersion: '1.4',
        DataGeneratorVersion: '1.2.3',
        CreationDate: '2026-11-23T12:00:00.000Z',
      });
      expect(Schema.ColumnDefinition.map(({ ColumnName }) => ColumnName)).toEqual(focusColumns.map(({ name }) => name));
      const declared = new Map(Schema.ColumnDefinition.map((column) => [column.ColumnName, column]));
      expect(declared.get('BilledCost')).toMatchObject({ DataType: 'DECIMAL', NumericPrecision: 38, NumberScale: 25 });
      expect(declared.get('ChargePeriodStart')).toMatchObject({ DataType: 'DATETIME' });
    }
  });

  it('gives a schema an id that stays until the definition of a column changes', async () => {
    const own = await testDatabase();
    try {
      const ids = async () => {
        const { DatasetInstance } = await focusMetadata(own.pool, '1', new Date());
        return DatasetInstance.map(({ Schema }) => Schema.SchemaId);
      };
      const empty = await ids();
      expect(new Set(empty).size).toBe(2);
      await insertCost(own.pool, { day: '2026-01-01', item: 'x', amount: '1.25' });
      expect(await ids()).toEqual(empty);
      await insertCost(own.pool, { day: '2026-01-02', item: 'x', amount: '1.0000000000000000000000001' });
      expect(await ids()).not.toEqual(empty);
    } finally {
      await own.close();
    }
  });
});
