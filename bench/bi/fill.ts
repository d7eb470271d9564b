import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { packagedMigrations } from '../../src/db/migration-files.ts';
import { factTable } from '../database.ts';

/** How much is stored: hours of width `1h`, each with the same number of groups. */
export interface Size {
  readonly hours: number;
  readonly groups: number;
}

/** What comes before the statements of a migration that roll up what a store already holds. */
const fillMarker = '-- What a store of an earlier version holds.';

/**
 * Fills an empty store with hours of completions that end now, in sets, and with names for everything in them. The
 * rollups are made by the statements that the migrations use for a store without them.
 */
export async function fillStore(pool: pg.Pool, { hours, groups }: Size): Promise<void> {
  await pool.query(groupsSql(groups));
  await pool.query(factsSql(hours));
  await pool.query(ledgerSql(hours, groups));
  for (const statement of directorySql) await pool.query(statement);
  for (const file of ['0006_rollup.sql', '0007_bi_usage.sql']) {
    const sql = await readFile(join(packagedMigrations, file), 'utf8');
    const [, after = ''] = sql.split(fillMarker);
    // Up to the next object: what follows the statements that fill.
    await pool.query(after.split(/^create /m)[0] ?? '');
  }
  await pool.query('vacuum (analyze)');
}

const lastHour = `date_bin('1 hour', now(), '1970-01-01T00:00:00Z')`;
const hourAt = (hours: number) => `${lastHour} - make_interval(hours => ${hours - 1} - hour)`;

/** In the order of their keys, as the loader would write them. */
function groupsSql(groups: number): string {
  return `create table public.bench_groups as
    select md5('group' || g)::uuid as series_id, g,
      'proj_' || lpad((g % 40)::text, 24, '0') as project_id,
      case when g % 11 > 0 then 'user-' || lpad((g % 300)::text, 24, '0') end as user_id,
      'key_' || lpad(g::text, 16, '0') as api_key_id,
      (array['gpt-5.5-2026-04-23', 'gpt-5.4-mini-2026-03-05', 'o5-2026-02-11', 'gpt-4o-audio-preview-2025-06-03'])[g % 4 + 1] as model,
      g % 5 = 0 as batch, (array['default', 'flex', 'priority', null])[g % 4 + 1] as service_tier,
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
    select 'bench', series_id, '1h', start, start + interval '1 hour', ${dimensions.join(', ')},
      ${measures.map((name) => values[name] ?? count(1000)).join(', ')}
    from generate_series(0, ${hours - 1}) as hour cross join lateral (select ${hourAt(hours)} as start) as bucket
    cross join public.bench_groups`;
}

/** The last three days are not settled. */
function ledgerSql(hours: number, groups: number): string {
  return `insert into openai_etl.buckets (org_id, dataset, bucket_width, bucket_start, bucket_end, grain, row_count,
      content_hash, revision, observed_at, changed_at, settled, status, run_id, changed_xid)
    select 'bench', 'completions', '1h', start, start + interval '1 hour', '{}', ${groups}, '\\x00', 1, now(), now(),
      start < now() - interval '3 days', 'loaded', 1, pg_current_xact_id()
    from generate_series(0, ${hours - 1}) as hour cross join lateral (select ${hourAt(hours)} as start) as bucket`;
}

const seen = `false, now(), now(), now(), pg_current_xact_id()`;
const seenColumns = 'is_stub, first_seen_at, last_seen_at, updated_at, changed_xid';

const directorySql = [
  `insert into openai.projects (org_id, project_id, project_name, team, ${seenColumns})
   select 'bench', project_id, 'Project ' || min(g), 'Team ' || min(g) % 7, ${seen} from public.bench_groups group by 2`,
  `insert into openai.users (org_id, user_id, user_name, user_kind, ${seenColumns})
   select 'bench', user_id, 'Person ' || min(g), 'user', ${seen} from public.bench_groups where user_id is not null group by 2`,
  `insert into openai.api_keys (org_id, api_key_id, api_key_name, key_kind, ${seenColumns})
   select 'bench', api_key_id, 'Key ' || g, 'project', ${seen} from public.bench_groups`,
];
