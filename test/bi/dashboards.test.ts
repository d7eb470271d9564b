import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { buildDashboard } from '../../scripts/grafana/dashboard.ts';
import { dashboards } from '../../scripts/grafana/dashboards/index.ts';
import { asGrafanaSends, type Choice, everything } from '../../scripts/grafana/sent.ts';
import { at, readYaml } from '../deploy/yaml.ts';
import { type BiWorld, biWorld } from '../support/bi-world.ts';

const deployed = join(import.meta.dirname, '../../deploy/grafana');

const dataSourceRef = z.strictObject({
  type: z.literal('grafana-postgresql-datasource'),
  uid: z.literal('openai-usage'),
});
const target = z.strictObject({
  refId: z.string(),
  datasource: dataSourceRef,
  editorMode: z.literal('code'),
  format: z.enum(['table', 'time_series']),
  rawQuery: z.literal(true),
  rawSql: z.string().min(1),
});
const panel = z.looseObject({
  id: z.int(),
  type: z.enum(['stat', 'timeseries', 'barchart', 'table', 'status-history']),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource: dataSourceRef,
  gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) }),
  targets: z.array(target).length(1),
});
const dashboard = z.looseObject({
  uid: z
    .string()
    .regex(/^openai-usage-[a-z-]+$/)
    .max(40),
  title: z.string().min(1),
  schemaVersion: z.int(),
  timezone: z.literal('utc'),
  editable: z.literal(false),
  panels: z.array(panel).min(5),
  templating: z.object({
    list: z.array(
      z.looseObject({
        name: z.string(),
        type: z.enum(['query', 'custom']),
        query: z.string(),
        datasource: dataSourceRef.optional(),
      }),
    ),
  }),
  annotations: z.object({
    list: z.array(z.looseObject({ name: z.string(), datasource: dataSourceRef, target })),
  }),
});

const names = (await readdir(join(deployed, 'dashboards'))).sort();
const stored = await Promise.all(
  names.map(async (name) => dashboard.parse(JSON.parse(await readFile(join(deployed, 'dashboards', name), 'utf8')))),
);
const panels = stored.flatMap(({ title, panels: all }) =>
  all.map((one) => ({ name: `${title}: ${one.title}`, ...one })),
);
const queriesOf = (one: z.infer<typeof dashboard>) => [
  ...one.panels.map((each) => each.targets[0]?.rawSql ?? ''),
  ...one.annotations.list.map((each) => each.target.rawSql),
];

describe('the dashboards', () => {
  test('are those that the generator writes', () => {
    expect(names).toEqual(dashboards.map(({ name }) => `${name}.json`).sort());
    const written = dashboards.map((definition): Identified => JSON.parse(JSON.stringify(buildDashboard(definition))));
    expect(written.toSorted(byUid)).toEqual(stored.toSorted(byUid));
  });

  test('and their panels have identities of their own', () => {
    const uids = stored.map(({ uid }) => uid);
    expect(new Set(uids).size).toBe(5);
    for (const { panels: each } of stored) expect(each.map(({ id }) => id)).toEqual(each.map((_, index) => index + 1));
  });

  test('use the data source that is provisioned', async () => {
    const [source] = await readYaml('deploy/grafana/provisioning/datasources/openai-usage.yaml');
    expect(at(source ?? {}, 'datasources', 0)).toMatchObject({
      uid: 'openai-usage',
      type: 'grafana-postgresql-datasource',
      user: 'openai_reader',
    });
  });

  test.each(stored)('$title defines the variables it uses, and uses those it defines', (one) => {
    const text = queriesOf(one).join('\n');
    const used = new Set([...text.matchAll(/\$\{(\w+)(?::\w+)?\}/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(one.templating.list.map(({ name }) => name).sort());
  });

  test.each(stored)('$title lays no panel over another', ({ panels: each }) => {
    const cells = each.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...each.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });

  test.each(panels)('$name takes every variable as a quoted literal', ({ targets }) => {
    for (const { rawSql } of targets)
      expect(rawSql.replaceAll(/\$\{\w+:sqlstring\}/g, '')).not.toMatch(/\$\{|\$(?!__time(?:From|To)\(\))\w|\[\[/);
  });
});

describe('what must not be added up', () => {
  const sumsOf = (sql: string) =>
    [...sql.matchAll(/\b(?:sum|avg)\(\s*([^()]*(?:\([^()]*\)[^()]*)*)\)/g)].map(([, inside]) => inside ?? '');

  test.each(panels)('$name adds up no ratio, price, rate or level over time', ({ targets, title }) => {
    const sql = targets[0]?.rawSql ?? '';
    for (const inside of sumsOf(sql)) {
      expect(inside).not.toMatch(/unit_price\b|price_per|cache_hit_rate|_percent|_ratio|\bz\b|_rounded/);
      if (/stored_bytes/.test(inside)) expect(sql, title).toMatch(/group by stored\.usage_date_utc/);
    }
    expect(sql).not.toMatch(/\bavg\(/);
  });

  test.each(panels)('$name asks for money of one currency', ({ targets, title }) => {
    const sql = targets[0]?.rawSql ?? '';
    const isMoney =
      /openai_bi\.(cost_daily\w*|cost_by_user_model_daily|reconciliation_daily|unit_price_daily)|amount_value/.test(
        sql,
      );
    if (isMoney) expect(sql, title).toMatch(/currency = \$\{currency:sqlstring\}/);
  });

  test.each(panels)('$name never adds one view of the bill to another', ({ targets }) => {
    const bills = [
      'cost_daily',
      'cost_daily_by_line_item',
      'cost_daily_by_scope',
      'cost_daily_by_user',
      'cost_by_user_model_daily',
      'cost_and_usage_allocated',
    ];
    const sql = targets[0]?.rawSql ?? '';
    expect(bills.filter((view) => new RegExp(`\\.${view}\\b`).test(sql)).length).toBeLessThanOrEqual(1);
  });

  test.each(panels)('$name never adds cached input to all input', ({ targets }) => {
    for (const inside of sumsOf(targets[0]?.rawSql ?? '')) {
      expect(inside).not.toMatch(
        /input_tokens[^-]*\+[^-]*input_(?:un)?cached|input_(?:un)?cached\w*[^-]*\+[^-]*\binput_tokens/,
      );
    }
  });
});

const sent = (sql: string, choice?: Choice, from = '2026-10-20T00:00:00Z', to = '2026-11-24T12:00:00Z') =>
  asGrafanaSends(sql, { from, to, ...(choice && { choice }) });

describe('every panel, as the reader', () => {
  let world: BiWorld;
  let reader: pg.Client;
  const suffix = randomBytes(4).toString('hex');

  beforeAll(async () => {
    world = await biWorld();
    const { pool, url } = world.nights.database;
    const file = await readFile(join(import.meta.dirname, '../../docs/roles.sql'), 'utf8');
    await pool.query(file.replaceAll(/openai_(owner|writer|reader)/g, `$&_${suffix}`));
    await pool.query(`alter role openai_reader_${suffix} password 'reads only'`);
    const readerUrl = new URL(url);
    readerUrl.username = `openai_reader_${suffix}`;
    readerUrl.password = 'reads only';
    reader = new pg.Client(readerUrl.href);
    await reader.connect();
  });

  afterAll(async () => {
    await reader.end();
    const server = new URL(world.nights.database.url);
    await world.close();
    server.pathname = '/postgres';
    const administrator = new pg.Client(server.href);
    await administrator.connect();
    for (const role of ['reader', 'writer', 'owner']) await administrator.query(`drop role openai_${role}_${suffix}`);
    await administrator.end();
  });

  const ask = async (sql: string) => {
    const { rows, fields } = await reader.query<Record<string, unknown>>(sql);
    return { rows, fields };
  };

  test('reads no table', async () => {
    await expect(reader.query('select from openai.costs')).rejects.toMatchObject({ code: '42501' });
  });

  /** Panels that stay empty in the simulated organization, and why. */
  const emptyHere = new Set(['Budgets', 'Unusual days', 'Idle keys']);

  test.each(panels)('$name answers with the columns that its kind needs', async ({ targets, type, title }) => {
    const [{ rawSql, format } = { rawSql: '', format: 'table' }] = targets;
    const { rows, fields } = await ask(sent(rawSql));
    const kinds = fields.map(({ name, dataTypeID }) => ({ name, kind: kindOf(dataTypeID) }));
    const numbers = kinds.filter(({ kind }) => kind === 'number');
    const words = kinds.filter(({ kind }) => kind === 'text');
    if (type === 'timeseries' || type === 'status-history') {
      expect(kinds[0]).toEqual({ name: 'time', kind: 'instant' });
      expect(words.length).toBe(format === 'time_series' ? 1 : 0);
      expect(numbers.length).toBe(kinds.length - 1 - words.length);
      const times = rows.map((row) => String(row['time']));
      const inOrder = rows.map((row) => Number(new Date(String(row['time']))));
      expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
      if (format === 'time_series') {
        const points = rows.map((row, index) => `${times[index]} ${String(row[words[0]?.name ?? ''])}`);
        expect(new Set(points).size).toBe(points.length);
      }
    }
    if (type === 'barchart')
      expect(kinds.map(({ name, kind }) => [name, kind])).toEqual([
        ['label', 'text'],
        ['value', 'number'],
      ]);
    if (type === 'stat') expect(rows).toHaveLength(1);
    if (!emptyHere.has(title)) expect(rows.length, 'rows').toBeGreaterThan(0);
  });

  test.each(panels)('$name takes names with quotes, and several', async ({ targets }) => {
    const names = ["it's", '"; drop', '(no project)'];
    const choice = { ...everything, org: names, project: names, team: names, family: names, user: names };
    await expect(ask(sent(targets[0]?.rawSql ?? '', choice))).resolves.toBeDefined();
  });

  test.each(
    stored.flatMap(({ title, templating }) =>
      templating.list.filter(({ type }) => type === 'query').map(({ name, query }) => ({ title, name, query })),
    ),
  )('$title offers values for $name', async ({ query }) => {
    const { rows, fields } = await ask(query);
    expect(rows.length).toBeGreaterThan(0);
    if (fields.length > 1) expect(fields.map(({ name }) => name)).toEqual(['__text', '__value']);
  });

  test.each(
    stored.flatMap(({ title, annotations }) =>
      annotations.list.map(({ name, target: { rawSql } }) => ({ title, name, rawSql })),
    ),
  )('$title marks: $name', async ({ rawSql, name }) => {
    const { fields } = await ask(sent(rawSql));
    expect(fields.map((field) => field.name)).toEqual(
      name === 'Price or mix changed' ? ['time', 'text'] : ['time', 'timeend', 'text'],
    );
  });

  const panelOf = (title: string) => panels.find((each) => each.title === title)?.targets[0]?.rawSql ?? '';
  const sumOf = (rows: readonly Record<string, unknown>[], column: string) =>
    rows.reduce((sum, row) => sum + Number(row[column]), 0);

  test.each([
    ['Spend by day and model family', 'value'],
    ['Top projects', 'value'],
    ['Top teams', 'value'],
    ['Top users', 'value'],
    ['Attributed and not, by day', 'value'],
    ['User, model, project and key', 'allocated_cost'],
    ['Key and model', 'billed_cost'],
    ['Reconciliation', 'billed'],
  ])('%s adds up to the bill', async (title, column) => {
    const { rows } = await ask(sent(panelOf(title)));
    const bill = await world.nights.database.pool.query<{ billed: string }>(
      `select sum(amount_value) as billed from openai.costs
       where amount_currency = 'usd' and bucket_start >= '2026-10-20T00:00:00Z' and bucket_start < '2026-11-24T12:00:00Z'`,
    );
    expect(sumOf(rows, column)).toBeCloseTo(Number(bill.rows[0]?.billed), 6);
  });

  test('Top users shows what nobody is known for, also when that is nothing', async () => {
    const labels = async (choice: Choice) =>
      (await ask(sent(panelOf('Top users'), choice))).rows.map(({ label }) => label);
    expect((await labels(everything)).at(-1)).toBe('(unattributed)');
    expect(await labels({ ...everything, currency: ['xts'] })).toEqual(['(unattributed)']);
  });

  test('a day without costs has no point, and a day in the range at any hour of it has one', async () => {
    const days = async (from: string, to: string) => {
      const { rows } = await ask(sent(panelOf('Spend by day and model family'), everything, from, to));
      return [...new Set(rows.map(({ time }) => new Date(String(time)).toISOString()))];
    };
    expect(await days('2026-11-10T00:00:00Z', '2026-11-12T00:00:00Z')).toEqual([
      '2026-11-10T00:00:00.000Z',
      '2026-11-11T00:00:00.000Z',
    ]);
    expect(await days('2026-11-10T18:00:00Z', '2026-11-10T19:00:00Z')).toEqual(['2026-11-10T00:00:00.000Z']);
    expect(await days('2019-01-01T00:00:00Z', '2019-02-01T00:00:00Z')).toEqual([]);
  });

  test('nothing depends on the time zone of the session', { timeout: 120_000 }, async () => {
    const answersIn = async (zone: string) => {
      await reader.query(`set time zone '${zone}'`);
      const answers: unknown[] = [];
      for (const { name, targets } of panels) {
        const { rows } = await ask(sent(targets[0]?.rawSql ?? ''));
        // The age of data grows from query to query.
        answers.push([name, rows.map((row) => JSON.stringify({ ...row, age_seconds: 0 })).sort()]);
      }
      return answers;
    };
    const inUtc = await answersIn('UTC');
    expect(await answersIn('Pacific/Kiritimati')).toEqual(inUtc);
    expect(await answersIn('America/Los_Angeles')).toEqual(inUtc);
  });
});

/** What a column holds, by the type of PostgreSQL. */
function kindOf(oid: number): 'number' | 'text' | 'instant' | 'other' {
  const { INT2, INT4, INT8, NUMERIC, FLOAT4, FLOAT8, TEXT, VARCHAR, TIMESTAMPTZ } = pg.types.builtins;
  if ([INT2, INT4, INT8, NUMERIC, FLOAT4, FLOAT8].includes(oid)) return 'number';
  if ([TEXT, VARCHAR].includes(oid)) return 'text';
  return oid === TIMESTAMPTZ ? 'instant' : 'other';
}

function byUid(a: Identified, b: Identified): number {
  return (a.uid ?? '') < (b.uid ?? '') ? -1 : 1;
}

interface Identified {
  readonly uid?: string | undefined;
}
