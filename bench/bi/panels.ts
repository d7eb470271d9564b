import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asGrafanaSends } from '../../scripts/grafana/sent.ts';

/** A question as a dashboard asks it. */
export interface Panel {
  readonly name: string;
  readonly sql: string;
}

const folder = join(import.meta.dirname, '../../deploy/grafana/dashboards');

const dashboard = z.object({
  title: z.string(),
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ rawSql: z.string() })) })),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), target: z.object({ rawSql: z.string() }) })) }),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string(), query: z.string() })) }),
});

/**
 * Every query of the dashboards that are deployed, as Grafana sends it when nothing is chosen: over their default time
 * range, 30 whole days and the present one.
 */
export async function dashboardPanels(now: Date): Promise<readonly Panel[]> {
  const from = new Date(now.getTime() - 30 * 86_400_000).toISOString().slice(0, 10);
  const range = { from: `${from}T00:00:00Z`, to: now.toISOString() };
  const panels: Panel[] = [];
  for (const file of (await readdir(folder)).toSorted()) {
    const { title, ...parts } = dashboard.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    const add = (name: string, sql: string) =>
      panels.push({ name: `${title}: ${name}`, sql: asGrafanaSends(sql, range) });
    for (const panel of parts.panels) for (const { rawSql } of panel.targets) add(panel.title, rawSql);
    for (const { name, target } of parts.annotations.list) add(`marks, ${name}`, target.rawSql);
    for (const { name, query } of parts.templating.list.filter(({ type }) => type === 'query'))
      add(`choice of ${name}`, query);
  }
  return panels;
}

const today = `(now() at time zone 'UTC')::date`;

/** Other questions over the views of usage; none names the organization. */
export const questions: readonly Panel[] = [
  {
    name: 'tokens by day and model family, 30 days',
    sql: `select usage_date_utc as time, model_family, sum(input_tokens + output_tokens) as tokens, bool_and(is_final) as final
      from openai_bi.usage_daily where usage_date_utc >= ${today} - 30 group by 1, 2 order by 1, 2`,
  },
  {
    name: 'requests by day and project, 30 days',
    sql: `select usage_date_utc as time, project_name, sum(requests) as requests
      from openai_bi.usage_daily where usage_date_utc >= ${today} - 30 group by 1, 2 order by 1, 2`,
  },
  {
    name: 'top users, 30 days',
    sql: `select user_label, sum(input_tokens) as input, sum(output_tokens) as output
      from openai_bi.usage_daily where usage_date_utc >= ${today} - 30 group by 1 order by 3 desc limit 20`,
  },
  {
    name: 'tokens by day and class, 30 days',
    sql: `select usage_date_utc as time, sum(input_uncached_tokens) as uncached, sum(input_cached_tokens) as cached,
        sum(input_cache_write_tokens) as cache_writes, sum(output_tokens) as output
      from openai_bi.usage_daily where usage_date_utc >= ${today} - 30 group by 1 order by 1`,
  },
  {
    name: 'cache hit rate by day, 30 days',
    sql: `select usage_date_utc as time, sum(input_cached_tokens) / nullif(sum(input_tokens), 0) as rate
      from openai_bi.cache_efficiency_daily where usage_date_utc >= ${today} - 30 group by 1 order by 1`,
  },
  {
    name: 'batch and tiers by model, 30 days',
    sql: `select model, is_batch, service_tier, sum(requests) as requests, sum(input_tokens) as input
      from openai_bi.usage_daily where usage_date_utc >= ${today} - 30 group by 1, 2, 3 order by 1, 2, 3`,
  },
  {
    name: 'one team, by day and key, 30 days',
    sql: `select usage_date_utc as time, api_key_label, sum(requests) as requests
      from openai_bi.usage_daily where usage_date_utc >= ${today} - 30 and team = 'Team 3' group by 1, 2 order by 1, 2`,
  },
  {
    name: 'audio and image tokens of completions by day, 30 days',
    sql: `select usage_date_utc as time, sum(input_audio_tokens) as audio, sum(input_image_tokens) as image
      from openai_bi.usage_completions_daily where usage_date_utc >= ${today} - 30 group by 1 order by 1`,
  },
  {
    name: 'requests and tokens by hour and model, 7 days',
    sql: `select usage_hour_utc as time, model, sum(requests) as requests, sum(input_tokens) as input
      from openai_bi.usage_hourly_by_model where usage_hour_utc >= now() - interval '7 days' group by 1, 2 order by 1, 2`,
  },
  {
    name: 'weekday × hour in New York, 28 days',
    sql: `select extract(isodow from usage_hour_utc at time zone 'America/New_York') as weekday,
        extract(hour from usage_hour_utc at time zone 'America/New_York') as hour, sum(requests) as requests
      from openai_bi.usage_hourly_by_model where usage_hour_utc >= now() - interval '28 days' group by 1, 2 order by 1, 2`,
  },
  {
    name: 'keys by hour, 12 hours',
    sql: `select api_key_label, sum(requests) as requests
      from openai_bi.usage_hourly where usage_hour_utc >= now() - interval '12 hours' group by 1 order by 2 desc limit 20`,
  },
  {
    name: 'freshness',
    sql: 'select org_id, dataset, bucket_width, data_through, final_through, age, status from openai_bi.data_freshness',
  },
  {
    name: 'coverage, 60 days',
    sql: `select day, dataset, state from openai_bi.coverage where day >= ${today} - 60 order by 1, 2`,
  },
  {
    name: 'storage, 30 days',
    sql: `select usage_date_utc as time, sum(stored_bytes) as bytes, sum(gib_hours) as gib_hours
      from openai_bi.storage_daily where usage_date_utc >= ${today} - 30 group by 1 order by 1`,
  },
  {
    name: 'restatements by day, 30 days',
    sql: `select day as time, measure, sum(change) as change
      from openai_bi.restatements where day >= ${today} - 30 group by 1, 2 order by 1, 2`,
  },
];

/** What the first panel would cost without rollups. */
export const withoutRollup: Panel = {
  name: 'tokens by day and model from the facts, 30 days',
  sql: `select (bucket_start at time zone 'UTC')::date as time, model, sum(input_tokens + output_tokens) as tokens
    from openai.usage_completions where org_id = 'bench' and bucket_start >= (${today} - 30)::timestamp at time zone 'UTC'
    group by 1, 2 order by 1, 2`,
};
