import type pg from 'pg';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { factTable } from '../database.ts';
import { fillCosts, splitCosts } from './fill-costs.ts';
import { organization, rollUpAsMigrated } from './store.ts';

/** How much is stored: hours of width `1h`, each with the same number of groups. */
export interface Size {
  readonly hours: number;
  readonly groups: number;
}

/**
 * Fills an empty store with hours of completions that end now, in sets, and with names for everything in them. The
 * rollups are made by the statements that the migrations use for a store without them.
 */
export async function fillStore(pool: pg.Pool, { hours, groups }: Size): Promise<void> {
  await pool.query(groupsSql(groups));
  for (const statement of directorySql) await pool.query(statement);
  await pool.query(factsSql(hours));
  await fillCosts(pool, Math.floor(hours / 24));
  await pool.query(ledgerSql(hours, groups));
  for (const file of ['0006_rollup.sql', '0007_bi_usage.sql', '0013_cost_rollup.sql'])
    await rollUpAsMigrated(pool, file);
  // Without statistics the split's questions take minutes.
  await pool.query('vacuum (analyze)');
  await splitCosts(pool);
  await pool.query('vacuum (analyze)');
}

const lastHour = `date_bin('1 hour', now(), '1970-01-01T00:00:00Z')`;
const hourAt = (hours: number) => `${lastHour} - make_interval(hours => ${hours - 1} - hour)`;

/** In the order of their keys, as the loader would write them. */
function groupsSql(groups: number): string {
  return `create table public.bench_groups as
    select md5('group' || g)::uuid as series_id, g,
      'proj_' || lpad((g % 40)::text, 24, '0') as project_id,
      case when g % 11 > 0 then 'user-' || lpad(((g % 160 * 3 + g / 320 % 3) % 300)::text, 24, '0') end as user_id,
      'key_' || lpad((g % 160)::text, 16, '0') as api_key_id,
      (array['gpt-5.5-2026-04-23', 'gpt-5.4-mini-2026-03-05', 'o5-2026-02-11', 'gpt-4o-2025-06-03'])[g % 2 * 2 + g / 160 % 2 + 1] as model,
      g % 7 = 0 as batch, (array['default', 'flex', 'priority', null])[g / 320 % 4 + 1] as service_tier,
      case when g % 3 = 0 then 'agents_api' else 'unlabeled' end as api_source
    from generate_series(0, ${groups - 1}) as g order by 1`;
}

function factsSql(hours: number): string {
  const count = (below: number) => `((hour * 7919 + g * 104729) % ${below})::bigint`;
  const values: Readonly<Record<string, string>> = {
    input_tokens: `${count(900_000)} + ${count(2_000_000)} + ${count(60_000)}`,
    input_uncached_tokens: count(900_000),
    input_cached_tokens: count(2_000_000),
    input_cache_write_tokens: count(60_000),
    num_model_requests: `1 + ${count(5000)}`,
    output_tokens: count(300_000),
  };
  const measures = completions.columns.filter(({ role }) => role === 'measure').map(({ name }) => name);
  const dimensions = completions.columns.filter(({ role }) => role === 'dimension').map(({ name }) => name);
  return `select set_config('usage_etl.run_id', '1', false);
    insert into ${factTable} (org_id, series_id, bucket_width, bucket_start, bucket_end, ${[...dimensions, ...measures].join(', ')})
    select '${organization}', series_id, '1h', start, start + interval '1 hour', ${dimensions.join(', ')},
      ${measures.map((name) => values[name] ?? count(1000)).join(', ')}
    from generate_series(0, ${hours - 1}) as hour cross join lateral (select ${hourAt(hours)} as start) as bucket
    cross join public.bench_groups`;
}

/** The last three days are not settled. */
function ledgerSql(hours: number, groups: number): string {
  const dimensions = completions.columns.filter(({ role }) => role === 'dimension').map(({ name }) => name);
  return `insert into openai_etl.buckets (org_id, dataset, bucket_width, bucket_start, bucket_end, grain, row_count,
      content_hash, revision, observed_at, changed_at, settled, status, run_id, changed_xid)
    select '${organization}', 'completions', '1h', start, start + interval '1 hour', '{${dimensions.join(',')}}', ${groups}, '\\x00', 1, now(), now(),
      start < now() - interval '3 days', 'loaded', 1, pg_current_xact_id()
    from generate_series(0, ${hours - 1}) as hour cross join lateral (select ${hourAt(hours)} as start) as bucket`;
}

const seen = `false, now(), now(), now(), pg_current_xact_id()`;
const seenColumns = 'is_stub, first_seen_at, last_seen_at, updated_at, changed_xid';

const directorySql = [
  `insert into openai.projects (org_id, project_id, project_name, team, ${seenColumns})
   select '${organization}', project_id, 'Project ' || min(g), 'Team ' || min(g) % 7, ${seen} from public.bench_groups group by 2`,
  `insert into openai.users (org_id, user_id, user_name, user_kind, ${seenColumns})
   select '${organization}', user_id, 'Person ' || min(g), 'user', ${seen} from public.bench_groups where user_id is not null group by 2`,
  `insert into openai.api_keys (org_id, api_key_id, api_key_name, key_kind, ${seenColumns})
   select '${organization}', api_key_id, 'Key ' || min(g), 'project', ${seen} from public.bench_groups group by 2`,
];
