import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, dimensionsOf, measuresOf } from '../../src/catalog/dataset.ts';
import { directoryTables } from '../../src/catalog/directory/tables.ts';
import { factColumns, factTableComment } from '../../src/catalog/fact-table.ts';
import { datasets } from '../../src/catalog/index.ts';
import {
  dailyRollupColumns,
  dailyRollupComment,
  dailyRollupKey,
  dailyRollupTable,
  hourlyRollupColumns,
  hourlyRollupComment,
  hourlyRollupKey,
  hourlyRollupTable,
} from '../../src/catalog/rollup-table.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

/** Indexes besides the primary key, each for queries that were measured: those by the date of a cost. */
const measuredIndexes: ReadonlyMap<string, readonly string[]> = new Map([['costs', ['openai.costs_cost_date']]]);

describe('a migrated database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(async () => {
    await database.close();
  });

  const select = async (sql: string, values: readonly unknown[] = []) =>
    (await database.pool.query<Record<string, unknown>>(sql, [...values])).rows;

  it('has the tables of the catalog in schema openai and no other', async () => {
    const tables = await select(
      `select relname from pg_class where relnamespace = 'openai'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')`,
    );
    const expected = [
      ...datasets.map(({ table }) => table),
      ...directoryTables.map(({ name }) => name),
      'name_history',
      'line_items',
      'cost_parts',
      'cost_daily_rollup',
      'cost_scope_daily_rollup',
      'cost_user_daily_rollup',
      'budgets',
      dailyRollupTable,
      hourlyRollupTable,
      'models',
    ];
    expect(tables.map(({ relname }) => relname).sort()).toEqual(expected.sort());
  });

  it.each(datasets)('has the columns of $name as the catalog says, in its order', async (dataset) => {
    const columns = await select(
      `select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
         col_description(attrelid, attnum) as comment
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
      [`openai.${dataset.table}`],
    );
    const expected = factColumns(dataset).map((column) => ({
      ...column,
      type: column.type === 'timestamptz' ? 'timestamp with time zone' : column.type,
    }));
    expect(columns).toEqual(expected);
    const [table] = await select('select obj_description($1::regclass) as comment', [`openai.${dataset.table}`]);
    expect(table).toEqual({ comment: factTableComment(dataset) });
  });

  it.each([
    [dailyRollupTable, dailyRollupColumns(datasets), dailyRollupKey, dailyRollupComment],
    [hourlyRollupTable, hourlyRollupColumns(datasets), hourlyRollupKey, hourlyRollupComment],
  ])('has in %s every dimension and measure of the catalog that it sums', async (name, expected, key, comment) => {
    const columns = await select(
      `select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
         col_description(attrelid, attnum) as comment
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
      [`openai.${name}`],
    );
    expect(columns).toEqual(
      expected.map((column) => ({
        ...column,
        type: column.type === 'timestamptz' ? 'timestamp with time zone' : column.type,
      })),
    );
    expect(await select('select obj_description($1::regclass) as comment', [`openai.${name}`])).toEqual([{ comment }]);
    expect(
      await select('select pg_get_indexdef(indexrelid) as index from pg_index where indrelid = $1::regclass', [
        `openai.${name}`,
      ]),
    ).toEqual([{ index: expect.stringContaining(`(${key.join(', ')})`) }]);
  });

  it.each(datasets)(
    'keeps $name in an ordinary table with a primary key and nothing else to maintain',
    async (dataset) => {
      const table = `openai.${dataset.table}`;
      const constraints = await select(
        `select contype, pg_get_constraintdef(oid) as definition from pg_constraint
       where conrelid = $1::regclass and contype <> 'n'`,
        [table],
      );
      expect(constraints).toEqual([{ contype: 'p', definition: 'PRIMARY KEY (org_id, bucket_start, series_id)' }]);
      const indexes = await select(
        'select indexrelid::regclass::text as name from pg_index where indrelid = $1::regclass and not indisprimary',
        [table],
      );
      expect(indexes.map(({ name }) => name)).toEqual(measuredIndexes.get(dataset.table) ?? []);
      expect(await select('select tgname from pg_trigger where tgrelid = $1::regclass', [table])).toEqual([]);
      expect(
        await select('select relkind, relpersistence, relhasrules from pg_class where oid = $1::regclass', [table]),
      ).toEqual([{ relkind: 'r', relpersistence: 'p', relhasrules: false }]);
    },
  );

  it('explains its schemas, and every table and column of the facts and of the program’s own', async () => {
    const schemas = await select(
      `select nspname, obj_description(oid, 'pg_namespace') is not null as explained
       from pg_namespace where nspname like 'openai%' order by 1`,
    );
    expect(schemas).toEqual(
      ['openai', 'openai_bi', 'openai_etl', 'openai_focus'].map((nspname) => ({ nspname, explained: true })),
    );
    const silent = await select(
      `select relation.oid::regclass::text as relation, attribute.attname as column
       from pg_class relation
       left join pg_attribute attribute on attribute.attrelid = relation.oid and attnum > 0 and not attisdropped
       where relation.relnamespace in ('openai'::regnamespace, 'openai_etl'::regnamespace)
         and relation.relkind in ('r', 'p', 'v', 'm')
         and (coalesce(obj_description(relation.oid, 'pg_class'), '') = ''
           or coalesce(col_description(relation.oid, attribute.attnum), '') = '')`,
    );
    expect(silent).toEqual([]);
    const [own] = await select(
      `select count(*) from pg_class where relnamespace = 'openai_etl'::regnamespace and relkind = 'r'`,
    );
    expect(own?.['count']).toBeGreaterThan(0);
  });
});

interface Contract {
  readonly path: string;
  readonly object: string;
  readonly pageLimits: Dataset['pageLimits'];
  /** In alphabetical order. */
  readonly dimensions: readonly string[];
  /** Wire paths in alphabetical order; `?` marks what results may lack. */
  readonly measures: readonly string[];
  readonly attributes: readonly string[];
}

const usageLimits = {
  '1m': { default: 60, max: 1440 },
  '1h': { default: 24, max: 168 },
  '1d': { default: 7, max: 31 },
};

const costsLimits = { '1d': { default: 7, max: 180 } };

/** A usage endpoint: what all of them have in common, and what is its own. */
function usage(name: string, dimensions: readonly string[], measures: readonly string[], tag = name): Contract {
  return {
    path: `/organization/usage/${name}`,
    object: `organization.usage.${tag}.result`,
    pageLimits: usageLimits,
    dimensions,
    measures,
    attributes: [],
  };
}

const costs = {
  path: '/organization/costs',
  object: 'organization.costs.result',
  pageLimits: costsLimits,
  measures: ['amount.value?', 'quantity?'],
  attributes: ['amount.currency?', 'quantity_unit?'],
} as const;

const callers = ['api_key_id', 'model', 'project_id', 'user_id'] as const;

const tokenDimensions = ['api_key_id', 'api_source', 'batch', 'model', 'project_id', 'service_tier', 'user_id'];

const tokenMeasures = [
  'input_audio_tokens?',
  'input_cache_write_12h_tokens?',
  'input_cache_write_30m_tokens?',
  'input_cache_write_tokens?',
  'input_cached_audio_tokens?',
  'input_cached_image_tokens?',
  'input_cached_text_tokens?',
  'input_cached_tokens?',
  'input_image_tokens?',
  'input_text_tokens?',
  'input_tokens',
  'input_uncached_tokens?',
  'num_model_requests',
  'output_audio_tokens?',
  'output_image_tokens?',
  'output_text_tokens?',
  'output_tokens',
];

/** The API as its reference documents it, written down apart from the catalog. */
const contract: Readonly<Record<string, Contract>> = {
  completions: usage('completions', tokenDimensions, tokenMeasures),
  decisions: usage('decisions', tokenDimensions, tokenMeasures),
  embeddings: usage('embeddings', callers, ['input_tokens', 'num_model_requests']),
  moderations: usage('moderations', callers, ['input_tokens', 'num_model_requests']),
  images: usage(
    'images',
    ['api_key_id', 'model', 'project_id', 'size', 'source', 'user_id'],
    ['images', 'num_model_requests'],
  ),
  audio_speeches: usage('audio_speeches', callers, ['characters', 'num_model_requests']),
  audio_transcriptions: usage('audio_transcriptions', callers, ['num_model_requests', 'seconds']),
  vector_stores: usage('vector_stores', ['project_id'], ['usage_bytes']),
  code_interpreter_sessions: usage('code_interpreter_sessions', ['project_id'], ['num_sessions']),
  file_search_calls: usage(
    'file_search_calls',
    ['api_key_id', 'project_id', 'user_id', 'vector_store_id'],
    ['num_requests'],
    'file_searches',
  ),
  web_search_calls: usage(
    'web_search_calls',
    ['api_key_id', 'api_source', 'context_level', 'model', 'project_id', 'user_id'],
    ['num_model_requests', 'num_requests'],
    'web_searches',
  ),
  costs: { ...costs, dimensions: ['api_key_id', 'api_source', 'line_item', 'project_id'] },
  // The same endpoint by user: all dimensions at once would be refused or too fine, so it is read in two cuts.
  costs_by_user: { ...costs, dimensions: ['api_key_id', 'line_item', 'project_id', 'user_id'] },
};

describe('the catalog', () => {
  it('has every endpoint of the API, and costs twice', () => {
    expect(datasets.map(({ name }) => name).sort()).toEqual(Object.keys(contract).sort());
  });

  it.each(datasets)('says of $name what the API documents', (dataset) => {
    const { path, object, pageLimits } = dataset;
    expect({
      path,
      object,
      pageLimits,
      dimensions: dimensionsOf(dataset)
        .map(({ name }) => name)
        .sort(),
      measures: measuresOf(dataset).map(wireName).sort(),
      attributes: dataset.columns
        .filter((column) => column.role === 'attribute')
        .map(wireName)
        .sort(),
    }).toEqual(contract[dataset.name]);
  });

  it('counts in whole numbers, except for money and what it buys, which are exact decimals', () => {
    const decimals = datasets.flatMap((dataset) =>
      measuresOf(dataset)
        .filter(({ type }) => type === 'numeric')
        .map(({ name }) => `${dataset.name}.${name}`),
    );
    expect(decimals).toEqual([
      'costs.amount_value',
      'costs.quantity',
      'costs_by_user.amount_value',
      'costs_by_user.quantity',
    ]);
  });
});

function wireName({ path, required }: { readonly path: readonly string[]; readonly required: boolean }): string {
  return `${path.join('.')}${required ? '' : '?'}`;
}
