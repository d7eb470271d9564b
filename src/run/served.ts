import type { Config, ScheduleSettings } from '../config.ts';
import type { Store } from '../db/store.ts';
import { chosenDatasets, chosenOrganizations } from './context.ts';

/**
 * True when everything a schedule is for has been read since the instant, by whatever process: the ledger tells. A
 * dataset that the API denies counts as read when it was asked for.
 */
export function isServed(
  { pool }: Pick<Store, 'pool'>,
  config: Config,
  schedule: Pick<ScheduleSettings, 'command' | 'organizations' | 'datasets'>,
  since: Date,
): Promise<boolean> {
  return schedule.command === 'verify'
    ? everyOrganizationVerified(pool, config, schedule, since)
    : everyDatasetRead(pool, config, schedule, since);
}

type Choice = Pick<ScheduleSettings, 'organizations' | 'datasets'>;

/**
 * A sync always reads the open bucket, so that the newest buckets tell when the last one was. It reads them first: of one
 * that was stopped or killed, or got no answer for older days, only its record tells.
 */
const everyDatasetReadSql = `
  select bool_and((
    exists (
      select from (
        select observed_at from openai_etl.buckets b
        where b.org_id = wanted.org_id and b.dataset = wanted.dataset and b.bucket_width = wanted.bucket_width
        order by bucket_start desc limit 3
      ) newest where observed_at >= $4
    )
    or exists (
      select from openai_etl.capabilities c
      where c.org_id = wanted.org_id and c.dataset = wanted.dataset and c.status = 'unavailable' and c.checked_at >= $4
    )
  ) and coalesce((
    select status = 'ok' from openai_etl.runs r
    where r.org_id = wanted.org_id and r.command <> 'verify' and r.started_at >= $4
    order by run_id desc limit 1
  ), true)) as served
  from unnest($1::text[], $2::text[], $3::text[]) as wanted(org_id, dataset, bucket_width)`;

async function everyDatasetRead(pool: Store['pool'], config: Config, choice: Choice, since: Date): Promise<boolean> {
  const wanted = chosenOrganizations(config, choice).flatMap((organization) =>
    chosenDatasets(organization, choice).map(({ dataset, width }) => [organization.name, dataset.name, width] as const),
  );
  const column = (index: 0 | 1 | 2) => wanted.map((row) => row[index]);
  const { rows } = await pool.query<{ served: boolean | null }>(everyDatasetReadSql, [
    column(0),
    column(1),
    column(2),
    since,
  ]);
  return rows[0]?.served !== false;
}

const everyOrganizationVerifiedSql = `
  select bool_and(exists (
    select from openai_etl.runs r
    where r.org_id = wanted.org_id and r.command = 'verify' and r.started_at >= $2 and r.status in ('ok', 'partial')
  )) as served
  from unnest($1::text[]) as wanted(org_id)`;

async function everyOrganizationVerified(
  pool: Store['pool'],
  config: Config,
  choice: Choice,
  since: Date,
): Promise<boolean> {
  const organizations = chosenOrganizations(config, choice).map(({ name }) => name);
  const { rows } = await pool.query<{ served: boolean | null }>(everyOrganizationVerifiedSql, [organizations, since]);
  return rows[0]?.served !== false;
}
