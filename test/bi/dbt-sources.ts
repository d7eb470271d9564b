import type pg from 'pg';
import { stringify } from 'yaml';
import { datasets } from '../../src/catalog/index.ts';

interface View {
  readonly schema: string;
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly comment: string }[];
}

const viewsSql = `
  select nspname as schema, relname as name, obj_description(c.oid, 'pg_class') as comment,
    json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
      'comment', col_description(c.oid, attnum)) order by attnum) as columns
  from pg_class c join pg_namespace n on n.oid = relnamespace join pg_attribute a on a.attrelid = c.oid and attnum > 0
  where relkind = 'v' and nspname in ('openai_bi', 'openai_focus')
  group by nspname, c.oid, relname order by 1, 2`;

/** Datasets that many organizations lack: no reading of them is not stale. */
const optional = datasets.filter((dataset) => dataset.optional).map(({ name }) => name);

/** The oldest of the last successful readings: one dataset that fails makes what is built on it stale. */
function lastReading(condition: string): string {
  return `select min(last_success_at) from openai_bi.data_freshness where ${condition}`;
}

const ofUsage = lastReading(`dataset not in (${['costs', ...optional].map((name) => `'${name}'`).join(', ')})`);
const ofCosts = lastReading("dataset = 'costs'");

function loadedAt({ schema, name }: View): string | null {
  if (schema === 'openai_focus') return ofCosts;
  const dataset = datasets.find((each) => name === `usage_${each.name}_daily`);
  if (dataset !== undefined) return optional.includes(dataset.name) ? null : lastReading(`dataset = '${dataset.name}'`);
  if (name === 'storage_daily') return lastReading("dataset = 'vector_stores'");
  if (/^usage_|^cache_/.test(name)) return ofUsage;
  return /^(?:cost_|reconciliation_|unit_price_|anomalies_|budget_status)/.test(name) ? ofCosts : null;
}

/** What must hold of a column, for those that dbt should watch. */
const columnTests: Readonly<Record<string, readonly unknown[]>> = {
  'coverage.state': [
    { accepted_values: { arguments: { values: ['final', 'loaded', 'empty', 'incomplete', 'missing', 'refused'] } } },
  ],
  // Legal, and worth a look: the API told no amount of a cost.
  'cost_daily.billed_cost': [{ not_null: { config: { severity: 'warn' } } }],
  'cost_daily.currency': [{ not_null: { config: { severity: 'warn' } } }],
  'cost_by_user_model_daily.allocated_cost': ['not_null'],
  'reconciliation_daily.difference': ['not_null', { accepted_values: { arguments: { values: [0], quote: false } } }],
};

function tableOf(view: View): unknown {
  const query = loadedAt(view);
  return {
    name: view.name,
    description: view.comment,
    config: query === null ? { freshness: null } : { loaded_at_query: query },
    columns: view.columns.map(({ name, type, comment }) => {
      const tests = columnTests[`${view.name}.${name}`];
      return {
        name,
        data_type: type,
        description: comment,
        ...(view.schema === 'openai_focus' ? { quote: true } : {}),
        ...(tests === undefined ? {} : { data_tests: tests }),
      };
    }),
  };
}

/** deploy/dbt/sources.yml: every view with its columns, and when dbt should find it stale. */
export async function dbtSources(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<View>(viewsSql);
  const schemas = {
    openai_bi: 'Usage and costs of OpenAI, typed and named: the stable contract for BI.',
    openai_focus: 'The bill in FOCUS 1.4. The same money as openai_bi.cost_daily.',
  };
  const text = stringify(
    {
      version: 2,
      sources: Object.entries(schemas).map(([schema, description]) => ({
        name: schema,
        schema,
        description,
        config: {
          freshness: { warn_after: { count: 30, period: 'hour' }, error_after: { count: 54, period: 'hour' } },
        },
        tables: rows.filter((view) => view.schema === schema).map(tableOf),
      })),
    },
    { lineWidth: 0 },
  );
  return `# The views of usage-etl as sources of dbt 1.10 or newer: copy it into the models folder of a project whose profile
# connects as openai_reader. Fresh is what was read with success within 30 hours, which a sync a night does; a quiet
# organization is no stale one. Generated from a migrated database: npx vitest run test/bi/dbt.test.ts -u
${text}`;
}
