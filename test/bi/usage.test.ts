import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { vectorStores } from '../../src/catalog/datasets/vector-stores.ts';
import { levelOf } from '../../src/catalog/rollup-table.ts';
import type { Width } from '../../src/catalog/width.ts';
import { type BiWorld, biWorld } from '../support/bi-world.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { additiveNames, additiveSums, factSums, usageDatasets, viewSums } from './usage-sums.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

type Row = Record<string, unknown>;
const rowsOf = async (database: TestDatabase, sql: string, values: readonly unknown[] = []) =>
  (await database.pool.query<Row>(sql, [...values])).rows;

/** A configuration that reads some widths only. */
const only = (nights: Nights, widths: readonly Width[]) => ({
  config: {
    ...nights.config,
    organizations: nights.config.organizations.map((organization) => ({
      ...organization,
      datasets: organization.datasets.filter(({ width }) => widths.includes(width)),
    })),
  },
});

const mixtures: Readonly<Record<string, (nights: Nights) => Promise<unknown>>> = {
  '1d alone': (nights) => nights.sync({}, only(nights, ['1d'])),
  '1h alone': (nights) => nights.sync({}, only(nights, ['1h'])),
  '1m alone': (nights) => nights.sync({ from: daysBack(nights, 1) }, only(nights, ['1m'])),
  '1d and 1h': (nights) => nights.sync({}, only(nights, ['1d', '1h'])),
  '1h, and 1d of the newest days': async (nights) => {
    await nights.sync({}, only(nights, ['1h']));
    await nights.sync({ from: daysBack(nights, 2) }, only(nights, ['1d']));
  },
  '1d of the oldest days, 1h of the next, 1m of the newest': async (nights) => {
    await nights.sync({ to: daysBack(nights, 3) }, only(nights, ['1d']));
    await nights.sync({ from: daysBack(nights, 4), to: daysBack(nights, 1) }, only(nights, ['1h']));
    await nights.sync({ from: daysBack(nights, 2) }, only(nights, ['1m']));
  },
};

describe.each(Object.entries(mixtures))('with %s loaded', (_mixture, load) => {
  let nights: Nights;
  beforeAll(async () => {
    nights = await liveThroughNights({ widths: ['1d', '1h', '1m'], days: 5, datasets: usageDatasets });
    await load(nights);
  });
  afterAll(() => nights.close());

  it.each(usageDatasets)('the views of $name sum to its facts, each day at one width', async (dataset) => {
    const facts = await rowsOf(nights.database, factSums(dataset));
    expect(facts.length).toBeGreaterThan(0);
    expect(await rowsOf(nights.database, viewSums(dataset))).toEqual(facts);
    const names = additiveNames(dataset).map((name) => `sum(${name}) as ${name}`);
    const [total] = await rowsOf(
      nights.database,
      `select ${names.join(', ')} from openai_bi.usage_daily where dataset = '${dataset.name}'`,
    );
    const [expected] = await rowsOf(nights.database, additiveSums(dataset));
    if (levelOf(dataset) === undefined) expect(total).toEqual(expected);
    else expect(Number(total?.['other_quantity'])).toBeCloseTo(Number(expected?.['other_quantity']) / 2 ** 30, 9);
  });

  it('an hour is told from 1h, else from its minutes, never from both', async () => {
    const sums = `sum(input_tokens)::text as input, sum(requests)::text as requests, sum(other_quantity) filter (where dataset <> 'vector_stores')::text as other`;
    const viewed = await rowsOf(
      nights.database,
      `select dataset, ${sums} from openai_bi.usage_hourly group by 1 order by 1`,
    );
    const counted = await rowsOf(
      nights.database,
      `with f as (${usageDatasets
        .map((dataset) => {
          const names = additiveNames(dataset).filter(() => levelOf(dataset) === undefined);
          const own = (name: string, type: string) => {
            const of = names.includes(name) ? name : null;
            return of === null ? `null::${type} as ${name}` : `${columnOf(dataset, name)} as ${name}`;
          };
          return `select '${dataset.name}' as dataset, org_id, bucket_start, bucket_width, ${own('input_tokens', 'bigint')},
            ${own('requests', 'bigint')}, ${own('other_quantity', 'bigint')} from openai."${dataset.table}"`;
        })
        .join(' union all ')})
       select dataset, ${sums} from f
       where bucket_width = '1h' or bucket_width = '1m' and not exists (
         select from openai_etl.buckets b where b.org_id = f.org_id and b.dataset = f.dataset and b.bucket_width = '1h'
           and b.bucket_start = date_trunc('hour', f.bucket_start, 'UTC') and b.content_hash is not null)
       group by 1 order by 1`,
    );
    expect(viewed).toEqual(counted);
    const byModel = await rowsOf(
      nights.database,
      `select dataset, ${sums} from openai_bi.usage_hourly_by_model group by 1 order by 1`,
    );
    const withoutStorage = await rowsOf(
      nights.database,
      `select dataset, ${sums} from openai_bi.usage_hourly where dataset <> 'vector_stores' group by 1 order by 1`,
    );
    expect(byModel).toEqual(withoutStorage);
  });
});

function columnOf(dataset: (typeof usageDatasets)[number], common: string): string {
  if (common === 'requests') return 'num_model_requests';
  const other = ['images', 'characters', 'seconds', 'num_sessions', 'num_requests'];
  const own = dataset.columns.map(({ name }) => name);
  return common === 'other_quantity' ? (other.find((name) => own.includes(name)) ?? 'null') : common;
}

describe('the views of a whole organization', () => {
  let world: BiWorld;
  let database: TestDatabase;
  beforeAll(async () => {
    world = await biWorld({ days: 12 });
    database = world.nights.database;
  });
  afterAll(() => world.close());

  it('call nobody by a label and keep the id null', async () => {
    const [row] = await rowsOf(
      database,
      `select project_id, project_name, user_id, user_label, api_key_id, api_key_label, model, model_family, service_tier
       from openai_bi.usage_daily where dataset = 'completions' and usage_date_utc = $1 and model = '(no model)'`,
      [world.restatedDay],
    );
    expect(row).toEqual({
      project_id: null,
      project_name: '(no project)',
      user_id: null,
      user_label: '(no user)',
      api_key_id: null,
      api_key_label: '(no key)',
      model: '(no model)',
      model_family: '(no model)',
      service_tier: '(no tier)',
    });
  });

  it('show the names of the directory, also of a key that is deleted, and ids where there is no name', async () => {
    const named = await rowsOf(
      database,
      `select distinct api_key_id = api_key_label as unnamed from openai_bi.usage_daily where api_key_id = $1`,
      [world.deletedKey],
    );
    expect(named).toEqual([{ unnamed: false }]);
    expect(
      await rowsOf(
        database,
        `select distinct project_name from openai_bi.usage_daily where project_id = 'proj_abroad'`,
      ),
    ).toEqual([{ project_name: 'proj_abroad' }]);
  });

  it('count no model request of a web search twice', async () => {
    const [row] = await rowsOf(
      database,
      `select count(requests)::int as counted, sum(other_quantity) > 0 as searched, min(other_unit) as unit
       from openai_bi.usage_daily where dataset = 'web_search_calls'`,
    );
    expect(row).toEqual({ counted: 0, searched: true, unit: 'calls' });
  });

  it('give each dataset that counts something else one unit', async () => {
    const units = await rowsOf(
      database,
      `select dataset, array_agg(distinct other_unit) as units from openai_bi.usage_daily group by 1 order by 1`,
    );
    expect(Object.fromEntries(units.map(({ dataset, units: of }) => [dataset, of]))).toEqual({
      audio_speeches: ['characters'],
      audio_transcriptions: ['seconds'],
      code_interpreter_sessions: ['sessions'],
      completions: [null],
      decisions: [null],
      embeddings: [null],
      file_search_calls: ['calls'],
      images: ['images'],
      moderations: [null],
      vector_stores: ['gibibyte_hours'],
      web_search_calls: ['calls'],
    });
  });

  it('say the same whatever the time zone of the session', async () => {
    const views = await rowsOf(
      database,
      `select relname as name from pg_class where relnamespace = 'openai_bi'::regnamespace and relkind = 'v'
         and relname in ('usage_daily', 'usage_hourly', 'usage_hourly_by_model', 'storage_daily', 'cache_efficiency_daily',
           'coverage', 'coverage_hourly', 'restatements', 'calendar', 'data_freshness') or relname ~ '^usage_.*_daily$'`,
    );
    expect(views.length).toBeGreaterThan(20);
    const client = await database.pool.connect();
    try {
      const seen = async (zone: string) => {
        await client.query(`set time zone '${zone}'`);
        const all: Row = {};
        for (const { name } of views) {
          // As epochs and texts: an instant would be written in the zone of the session.
          const { rows } = await client.query<{ hash: string }>(
            `select md5(string_agg(row, '\n' order by row)) as hash from (
               select (select string_agg(key || '=' || case when value ~ '^\\d{4}-\\d\\d-\\d\\dT.*[+-]\\d\\d'
                   then extract(epoch from value::timestamptz)::text else value end, ',' order by key)
                 from jsonb_each_text(to_jsonb(v) - 'age')) as row
               from openai_bi."${String(name)}" v) as rows`,
          );
          all[String(name)] = rows[0]?.hash;
        }
        return all;
      };
      const utc = await seen('UTC');
      expect(Object.values(utc).every((hash) => hash !== null)).toBe(true);
      expect(await seen('America/Los_Angeles')).toEqual(utc);
      expect(await seen('Asia/Kolkata')).toEqual(utc);
    } finally {
      client.release(true);
    }
  });

  it('mark the days that may still change', async () => {
    const days = await rowsOf(
      database,
      `select usage_date_utc::text as day, bool_and(is_final) as all_final, bool_or(is_final) as any_final
       from openai_bi.usage_daily where dataset = 'completions' group by 1 order by 1 desc`,
    );
    const settled = daysBack(world.nights, 3).toISOString().slice(0, 10);
    for (const { day, all_final: all, any_final: any } of days) {
      expect({ day, all, any }).toEqual({ day, all: String(day) < settled, any: String(day) < settled });
    }
    expect(days.length).toBeGreaterThan(8);
  });

  it('divide cache hits by the input they were found in', async () => {
    const [row] = await rowsOf(
      database,
      `select (select sum(input_cached_tokens) from openai_bi.cache_efficiency_daily) as cached,
         (select sum(input_tokens) from openai_bi.cache_efficiency_daily) as input,
         (select sum(input_cached_tokens)::text from openai.usage_completions where bucket_width = '1d') as cached_facts,
         (select sum(input_tokens)::text from openai.usage_completions
          where bucket_width = '1d' and input_cached_tokens is not null) as input_facts,
         (select bool_and(cache_hit_rate between 0 and 1) from openai_bi.cache_efficiency_daily
          where dataset = 'completions') as ratios
       from (select) as one`,
    );
    const [decisions] = await rowsOf(
      database,
      `select sum(input_cached_tokens)::text as cached, sum(input_tokens)::text as input from openai.usage_decisions where bucket_width = '1d'`,
    );
    expect(BigInt(String(row?.['cached']))).toBe(
      BigInt(String(row?.['cached_facts'])) + BigInt(String(decisions?.['cached'])),
    );
    expect(BigInt(String(row?.['input']))).toBe(
      BigInt(String(row?.['input_facts'])) + BigInt(String(decisions?.['input'])),
    );
    expect(row?.['ratios']).toBe(true);
  });

  it('tell restatements in measures and money, once though two widths were restated', async () => {
    const moved = await rowsOf(
      database,
      `select dataset, measure, currency, sum(change)::text as change, bool_and(was_final) as final, min(bucket_width) as width
       from openai_bi.restatements where day = $1 and measure in ('input_tokens', 'images', 'amount_value')
         and dataset in ('completions', 'embeddings', 'images', 'costs')
       group by 1, 2, 3 order by 1, 2, 3`,
      [world.restatedDay],
    );
    const day = {
      from: new Date(`${world.restatedDay}T00:00:00Z`),
      to: new Date(Date.parse(world.restatedDay) + 86_400_000),
    };
    const [late] = await rowsOf(
      database,
      `select new_value::text as new, old_value, change::text from openai_bi.restatements where line_item = 'late surprise'`,
    );
    expect(late).toEqual({ new: '0.125', old_value: null, change: '0.125' });
    const stored = async (table: string, column: string) =>
      (
        await rowsOf(
          database,
          `select coalesce(sum(${column}), 0)::text as sum from openai.${table} where bucket_width = '1d' and bucket_start >= $1 and bucket_start < $2`,
          [day.from, day.to],
        )
      )[0]?.['sum'];
    const before = async (table: string, column: string) =>
      (
        await rowsOf(
          database,
          `select coalesce(sum((old_row ->> $1)::numeric), 0) - coalesce(sum((new_row ->> $1)::numeric), 0) as undone
           from openai_etl.restatements where dataset = $2 and bucket_width = '1d' and bucket_start >= $3 and bucket_start < $4`,
          [column, table, day.from, day.to],
        )
      )[0]?.['undone'];
    const completions = moved.find(({ dataset }) => dataset === 'completions');
    expect(completions).toMatchObject({ measure: 'input_tokens', currency: null, final: false, width: '1d' });
    expect(Number(completions?.['change'])).toBe(-Number(await before('completions', 'input_tokens')));
    expect(
      Number(completions?.['change']) / (Number(await stored('usage_completions', 'input_tokens')) / 5),
    ).toBeCloseTo(1, 3);
    const embeddings = moved.find(({ dataset }) => dataset === 'embeddings');
    expect(Number(embeddings?.['change'])).toBeLessThan(0);
    expect(await stored('usage_embeddings', 'input_tokens')).toBe('0');
    // Moved to another user: what one loses the other gains.
    expect(moved.find(({ dataset }) => dataset === 'images')).toMatchObject({ measure: 'images', change: '0' });
    expect(moved.find(({ dataset }) => dataset === 'costs')).toMatchObject({
      measure: 'amount_value',
      currency: 'usd',
    });
  });
});

describe('local days', () => {
  const autumn = { now: '2026-11-05T12:30:00Z', datasets: usageDatasets, days: 7 } as const;

  it('have 25 hours in New York when clocks go back, and all hours are in exactly one of them', async () => {
    const nights = await liveThroughNights({ ...autumn, widths: ['1h'] });
    try {
      await nights.sync();
      const { database } = nights;
      const [day] = await rowsOf(
        database,
        `select distinct hours_in_day::float8 as hours, hours_loaded from openai_bi.usage_daily_local('America/New_York')
         where usage_date_local = '2026-11-01' and dataset = 'completions'`,
      );
      expect(day).toEqual({ hours: 25, hours_loaded: 25 });
      const [sums] = await rowsOf(
        database,
        `select (select sum(input_tokens)::text from openai_bi.usage_daily_local('America/New_York')
            where usage_date_local = '2026-11-01' and dataset = 'completions') as viewed,
          (select sum(input_tokens)::text from openai_bi.usage_daily_local('America/New_York', '2026-11-01', '2026-11-02')
            where dataset = 'completions') as bounded,
          (select sum(input_tokens)::text from openai.usage_completions
            where bucket_start >= '2026-11-01T04:00:00Z' and bucket_start < '2026-11-02T05:00:00Z') as counted,
          (select count(distinct usage_date_local)::int
            from openai_bi.usage_daily_local('America/New_York', '2026-11-01', '2026-11-02')) as days`,
      );
      expect(sums?.['viewed']).toBe(sums?.['counted']);
      expect(sums?.['bounded']).toBe(sums?.['counted']);
      expect(sums?.['days']).toBe(1);
      expect(Number(sums?.['counted'])).toBeGreaterThan(0);
      for (const zone of ['America/New_York', 'Asia/Kolkata', 'Pacific/Apia', 'UTC']) {
        const [all] = await rowsOf(
          database,
          `select (select sum(output_tokens)::text from openai_bi.usage_daily_local($1)) as viewed,
             (select sum(output_tokens)::text from openai_bi.usage_hourly) as counted`,
          [zone],
        );
        expect({ zone, sum: all?.['viewed'] }).toEqual({ zone, sum: all?.['counted'] });
      }
      const [first] = await rowsOf(
        database,
        `select distinct hours_loaded < hours_in_day as partial, is_final from openai_bi.usage_daily_local('America/New_York')
         where usage_date_local = '2026-10-28' and dataset = 'completions'`,
      );
      expect(first ?? { partial: true, is_final: false }).toEqual({ partial: true, is_final: false });
    } finally {
      await nights.close();
    }
  });

  it('are not invented where only UTC days are loaded', async () => {
    const nights = await liveThroughNights({ ...autumn, widths: ['1d'] });
    try {
      await nights.sync();
      expect(await rowsOf(nights.database, `select from openai_bi.usage_daily_local('Europe/Berlin')`)).toEqual([]);
      expect(await rowsOf(nights.database, 'select from openai_bi.usage_daily limit 1')).toHaveLength(1);
    } finally {
      await nights.close();
    }
  });
});

describe('storage', () => {
  it.each([['1d'], ['1h'], ['1m']] satisfies [Width][])(
    'is a level that adds up as GiB-hours, told from %s',
    async (width) => {
      const now = '2026-11-05T00:00:00Z';
      const nights = await liveThroughNights({
        now,
        widths: [width],
        days: 2,
        datasets: [vectorStores],
        simulator: { firstDay: new Date('2027-01-01T00:00:00Z') },
      });
      try {
        const gibibytes = (count: number, day: string) =>
          ({
            dataset: 'vector_stores',
            day: new Date(day),
            kind: 'add-group',
            dimensions: { project_id: 'proj_a' },
            measures: { usage_bytes: count * 2 ** 30 },
          }) as const;
        nights.simulator.restate([gibibytes(10, '2026-11-03'), gibibytes(20, '2026-11-04')]);
        await nights.sync();
        const days = await rowsOf(
          nights.database,
          `select usage_date_utc::text as day, project_name, stored_bytes, gib_hours::text from openai_bi.storage_daily
         where usage_date_utc < '2026-11-05' order by 1`,
        );
        expect(days).toEqual([
          { day: '2026-11-03', project_name: 'proj_a', stored_bytes: 10 * 2 ** 30, gib_hours: '240' },
          { day: '2026-11-04', project_name: 'proj_a', stored_bytes: 20 * 2 ** 30, gib_hours: '480' },
        ]);
      } finally {
        await nights.close();
      }
    },
  );
});
