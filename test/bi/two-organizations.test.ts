import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { buildDashboard } from '../../scripts/grafana/dashboard.ts';
import { dashboards } from '../../scripts/grafana/dashboards/index.ts';
import { asGrafanaSends, everything } from '../../scripts/grafana/sent.ts';
import { readFacts } from '../../src/alert/facts.ts';
import { importBudgets, runBudgetCheck } from '../../src/run/budgets.ts';
import { readReportData } from '../../src/run/report-data.ts';
import { liveThroughNights, type Nights } from '../support/nights.ts';
import type { ScriptedApi } from '../support/scripted-api.ts';
import { toldApi, type Use } from '../support/told-api.ts';

const now = '2026-11-30T12:00:00Z';
const keys = { north: 'sk-admin-north-0123456789abcdef', south: 'sk-admin-south-0123456789abcdef' };
type Name = keyof typeof keys;

/** Days before the last, of which a jump stands out. */
const quiet = Array.from({ length: 24 }, (_, index) =>
  new Date(Date.UTC(2026, 10, 1 + index)).toISOString().slice(0, 10),
);

/** The same ids, models and line items, and other amounts. */
function usesOf(name: Name): readonly Use[] {
  const [least, jump] = name === 'north' ? [2, 400] : [300, 700];
  const places = ['p1', 'p2'].flatMap((project_id) =>
    ['a', 'b'].map((user_id) => ({ project_id, user_id, api_key_id: `key_of_${user_id}`, model: 'gpt-6-astra' })),
  );
  const use = (day: string, amount: number) =>
    places.map((place, index) => ({
      ...place,
      adminKey: keys[name],
      day,
      line_item: 'gpt-6-astra, input',
      amount: amount + index,
      tokens: amount + index,
    }));
  return [...quiet.flatMap((day) => use(day, least)), ...use('2026-11-25', jump)];
}

async function live(api: ScriptedApi, names: readonly Name[]): Promise<Nights> {
  const nights = await liveThroughNights({ now, days: 29, config: { baseUrl: api.url } });
  const [organization] = nights.config.organizations;
  const organizations = names.map((name) => ({ name, adminKey: keys[name], datasets: organization?.datasets ?? [] }));
  const config = { ...nights.config, organizations };
  const report = await nights.sync({}, { config });
  expect(report).toMatchObject({ exit_code: 0 });
  for (const name of names) {
    const label = (kind: string) => `'${kind} ' || ${kind}_id || ' of ${name}'`;
    for (const [table, kind] of [
      ['projects', 'project'],
      ['users', 'user'],
      ['api_keys', 'api_key'],
    ] as const) {
      await nights.database.pool.query(
        `update openai.${table} set ${kind}_name = ${label(kind)}, is_stub = false${kind === 'project' ? `, team = 'team of ${name}'` : ''} where org_id = $1`,
        [name],
      );
    }
  }
  return { ...nights, config, context: { ...nights.context, config } };
}

let api: ScriptedApi;
let both: Nights;
let alone: Record<Name, Nights>;
beforeAll(async () => {
  api = await toldApi([...usesOf('north'), ...usesOf('south')]);
  both = await live(api, ['north', 'south']);
  alone = { north: await live(api, ['north']), south: await live(api, ['south']) };
}, 120_000);
afterAll(async () => {
  for (const one of [both, alone.north, alone.south, api]) await one.close();
});

/** What tells one store from another and nothing of its content. */
const ofStore = /^(run_id|.*_at|age|duration|requests|retries|restatement_id|x_.*_at|changed_xid)$/;

async function contents(nights: Nights, sql: string, name: Name): Promise<readonly string[]> {
  const { rows } = await nights.database.pool.query<Record<string, unknown>>(sql, [name]);
  return rows
    .map((row) => JSON.stringify(Object.fromEntries(Object.entries(row).filter(([column]) => !ofStore.test(column)))))
    .sort();
}

describe('an organization that shares its ids with another one', { timeout: 120_000 }, () => {
  it('is told by every view and function as if it were alone', async () => {
    const { rows: views } = await both.database.pool.query<{ view: string; owner: string }>(
      `select format('%s.%I', table_schema, table_name) as view, quote_ident(column_name) as owner
       from information_schema.columns join information_schema.views using (table_schema, table_name)
       where table_schema in ('openai_bi', 'openai_focus') and column_name in ('org_id', 'BillingAccountId', 'billing_account_id')
       order by 1`,
    );
    expect(views.length).toBeGreaterThan(30);
    const asked = [
      ...views
        .filter(({ view }) => view !== 'openai_bi.runs')
        .map(({ view, owner }) => `select * from ${view} where ${owner} = $1`),
      `select * from openai_bi.anomalies_between('2026-11-01', '2026-12-01') where org_id = $1`,
      `select * from openai_bi.reconciliation_between('2026-11-01', '2026-12-01') where org_id = $1`,
    ];
    const told: Record<string, number> = {};
    for (const sql of asked) {
      for (const name of ['north', 'south'] as const) {
        const own = await contents(alone[name], sql, name);
        expect(await contents(both, sql, name), sql).toEqual(own);
        told[sql] = own.length;
      }
    }
    const silent = Object.entries(told).flatMap(([sql, rows]) => (rows === 0 ? [sql] : []));
    expect(silent.length, silent.join('\n')).toBeLessThan(20);
  });

  it('has projects, users and prices of its own in the report, apart from those of the other', async () => {
    const scope = { from: '2026-11-01', to: '2026-11-30' };
    const read = (nights: Nights, organizations: readonly string[] | null) =>
      readReportData(nights.database.pool, { ...scope, organizations }, new Date(now));
    const all = await read(both, null);
    for (const name of ['north', 'south'] as const) {
      const own = await read(alone[name], [name]);
      const { made_at: _, freshness: __, ...content } = own;
      const { made_at: ___, freshness: ____, ...among } = await read(both, [name]);
      expect(among).toEqual(content);
      for (const dimension of ['project', 'user']) {
        const rowsOf = (data: typeof own) =>
          data.spend[0]?.breakdowns.find((cut) => cut.dimension === dimension)?.rows ?? [];
        expect(rowsOf(own)).toHaveLength(2);
        for (const { label, amount } of rowsOf(own)) {
          expect(rowsOf(all)).toContainEqual(expect.objectContaining({ label, amount }));
        }
      }
      expect(all.spend[0]?.reconciliation.difference).toBe('0');
      expect(all.anomalies.filter(({ organization }) => organization === name)).toEqual(own.anomalies);
    }
  });

  it('is told apart by its name where even the names are the same', async () => {
    const { pool } = both.database;
    const renamed = `update openai.projects set project_name = $1 where project_id = 'p1' returning project_name`;
    await pool.query(renamed, ['Search']);
    const data = await readReportData(
      pool,
      { from: '2026-11-01', to: '2026-11-30', organizations: null },
      new Date(now),
    );
    const rows = data.spend[0]?.breakdowns.find((cut) => cut.dimension === 'project')?.rows ?? [];
    expect(
      rows
        .filter(({ label }) => label === 'Search')
        .map(({ detail }) => detail)
        .sort(),
    ).toEqual(['p1 of north', 'p1 of south']);
    await pool.query(`update openai.projects set project_name = 'project p1 of ' || org_id where project_id = 'p1'`);
  });

  it('has a budget of its own where a budget is for an id that both have', async () => {
    const file = { file: 'budgets.csv', dryRun: false, organizations: ['north', 'south'] };
    const text = `budget_name,org_id,scope,scope_value,amount
mine,north,project,p1,100000
any,,project,p1,100000
key,,api_key,key_of_a,100000
who,,user,a,100000
strange,north,project,p9,1
whole,,all,,100000`;
    const written = await importBudgets(both.store, { ...file, text });
    expect(written.unknown).toMatchObject([{ budget_name: 'strange' }]);
    const spent = async (sql: string) => {
      const { rows } = await both.database.pool.query<{ sum: string }>(
        `select trim_scale(sum(amount_value)) as sum from openai.costs where ${sql} and bucket_start >= '2026-11-01'`,
      );
      return rows[0]?.sum ?? '';
    };
    const { budgets } = await runBudgetCheck(both.store, both.clock);
    const told = budgets.map(({ budget_name, org_id, scope_label, spent: so_far }) =>
      [budget_name, org_id, scope_label, so_far].join(' ').trim(),
    );
    const expected = [
      `mine north project p1 of north ${await spent(`org_id = 'north' and project_id = 'p1'`)}`,
      ...(await Promise.all(
        ['north', 'south'].flatMap((name) => [
          spent(`org_id = '${name}' and project_id = 'p1'`).then((sum) => `any ${name} project p1 of ${name} ${sum}`),
          spent(`org_id = '${name}' and api_key_id = 'key_of_a'`).then(
            (sum) => `key ${name} api_key key_of_a of ${name} ${sum}`,
          ),
        ]),
      )),
      `whole   ${await spent('true')}`,
    ];
    expect(told).toEqual(expect.arrayContaining(expected));
    expect(told.filter((line) => line.startsWith('who ')).map((line) => line.split(' ')[1])).toEqual([
      'north',
      'south',
    ]);
    const facts = await readFacts(both.database.pool, {
      now: new Date(now),
      freshnessHours: 24,
      restatementAlert: '0',
      organizations: ['north', 'south'],
      datasets: [],
      freshness: [],
    });
    expect(facts.budgets.filter(({ budget_name }) => budget_name === 'any').map(({ org_id }) => org_id)).toEqual([
      'north',
      'south',
    ]);
    await importBudgets(both.store, { ...file, text: 'budget_name,amount\nwhole,100000' });
  });
});

describe('dashboards of two organizations that share their ids', { timeout: 120_000 }, () => {
  const panels = dashboards.flatMap((definition) => {
    const built: {
      readonly panels?: readonly {
        readonly title?: string;
        readonly targets?: readonly { readonly rawSql?: string }[];
      }[];
    } = JSON.parse(JSON.stringify(buildDashboard(definition)));
    return (built.panels ?? []).map(({ title, targets }) => ({
      name: `${definition.name}: ${title}`,
      title: title ?? '',
      sql: targets?.[0]?.rawSql ?? '',
    }));
  });
  const ask = async (nights: Nights, sql: string, choice: Partial<typeof everything>) => {
    const sent = asGrafanaSends(sql, {
      from: '2026-11-01T00:00:00Z',
      to: '2026-11-30T00:00:00Z',
      choice: { ...everything, ...choice } as typeof everything,
    });
    const { rows } = await nights.database.pool.query<Record<string, unknown>>(sent);
    return rows
      .map((row) =>
        JSON.stringify({
          ...row,
          age_seconds: 0,
          last_success_at: 0,
          started_at: 0,
          seconds: 0,
          since: 0,
          requests: 0,
        }),
      )
      .sort();
  };
  // What it shows of a run is of its store.
  const ofRuns = new Set(['Runs', 'New this week', 'New models, keys, people and projects']);

  test.each(panels.filter(({ title, sql }) => !ofRuns.has(title) && !/first_seen_at|budget_status_on/.test(sql)))(
    '$name',
    async ({ sql }) => {
      for (const name of ['north', 'south'] as const) {
        expect(await ask(both, sql, { org: [name] })).toEqual(await ask(alone[name], sql, { org: [name] }));
        if (!sql.includes('${project:')) continue;
        expect(await ask(both, sql, { project: [`${name}/p1`] })).toEqual(
          await ask(alone[name], sql, { project: [`${name}/p1`] }),
        );
      }
    },
  );
});
