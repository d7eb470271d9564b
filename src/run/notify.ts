import { everyOrganization } from '../alert/condition.ts';
import { conditionsOf } from '../alert/conditions.ts';
import { deliverDue } from '../alert/deliver.ts';
import { type FreshnessFact, readFacts, type Watched } from '../alert/facts.ts';
import { testMessage } from '../alert/message.ts';
import { recordConditions } from '../alert/record.ts';
import { announceFailure, announceRecovery, type UnstoredContext } from '../alert/unstored.ts';
import { openWebhook } from '../alert/webhook.ts';
import type { Clock } from '../clock.ts';
import type { AlertSettings } from '../config.ts';
import { toDatabaseError } from '../db/database-error.ts';
import { openLocks } from '../db/lock.ts';
import { EtlError } from '../errors.ts';
import { redact } from '../log.ts';
import type { RunContext } from './context.ts';
import type { Queryable } from './coverage.ts';
import { closeDeadRecords } from './run-record.ts';
import { readStatus } from './status.ts';

/**
 * Looks at what is stored of every configured organization, keeps what needs a person in openai_etl.alerts and tells the
 * webhook, if there is one, what has changed. Bounded in time; never rejects: what goes wrong is logged, and what could
 * not be told is told the next time.
 */
export async function raiseAlerts(context: RunContext, alerts: AlertSettings): Promise<void> {
  const { clock, log, signal } = context;
  try {
    await evaluate(context, alerts);
    await announceRecovery({ alerts, clock, log, signal });
    await deliver(context, alerts);
  } catch (thrown) {
    if (signal.aborted) return;
    const error = toDatabaseError(thrown);
    log.error({ code: error.code, reason: redact(error.message) }, 'alerts could not be looked at or told');
  }
}

/**
 * Does `work`, which opens the database, runs and raises alerts; when it rejects because it could not use its database,
 * the webhook is told so at once, since nothing can be kept of it. Rejects as `work` does.
 */
export async function tellingOfFailure<T>(context: UnstoredContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!context.signal.aborted) await announceFailure(context, toDatabaseError(thrown));
    throw thrown;
  }
}

async function evaluate(context: RunContext, alerts: AlertSettings): Promise<void> {
  const { config, store, clock, log } = context;
  await recordDeaths(context);
  const organizations = toldOf(config);
  const evaluation = { now: clock.now(), organizations, notify: alerts.webhookUrl !== null };
  const { opened, closed } = await recordConditions(store.pool, evaluation, async (client) =>
    conditionsOf(await readFacts(client, await watched(context, client, alerts, evaluation.now))),
  );
  if (opened + closed > 0) log.info({ opened, closed }, 'alerts changed; usage-etl status shows them');
}

/** A process that was killed cannot say so itself. */
async function recordDeaths({ config, store }: RunContext): Promise<void> {
  const { rows } = await store.pool.query<{ org_id: string }>(
    `select distinct org_id from openai_etl.runs where status = 'running' and org_id = any($1)`,
    [config.organizations.map(({ name }) => name)],
  );
  if (rows.length === 0) return;
  const locks = await openLocks(store);
  try {
    for (const { org_id } of rows) await closeDeadRecords(store.pool, org_id, locks);
  } finally {
    await locks.close();
  }
}

async function watched(context: RunContext, client: Queryable, alerts: AlertSettings, now: Date): Promise<Watched> {
  const { organizations } = context.config;
  const datasets = organizations.flatMap(({ name, datasets: settings }) =>
    [...new Set(settings.map(({ dataset }) => dataset))].map((dataset) => ({
      org_id: name,
      dataset: dataset.name,
      optional: dataset.optional,
      money: dataset.money ?? null,
    })),
  );
  return {
    now,
    freshnessHours: alerts.freshnessHours,
    restatementAlert: alerts.restatementAlert,
    organizations: organizations.map(({ name }) => name),
    datasets,
    freshness: await freshnessFacts(context, client, datasets),
  };
}

/** Nobody waits for what is not configured, or for an optional dataset that the organization lacks. */
async function freshnessFacts(
  { config, clock, store }: RunContext,
  client: Queryable,
  wanted: Watched['datasets'],
): Promise<readonly FreshnessFact[]> {
  const { datasets } = await readStatus(
    { config, clock, store: { ...store, pool: client } },
    { datasets: null, organizations: null },
  );
  const isOptional = (org: string, name: string) =>
    wanted.some(({ org_id, dataset, optional }) => optional && org_id === org && dataset === name);
  return datasets
    .filter(({ configured }) => configured)
    .filter(({ org_id, dataset, capability }) => !(capability === 'unavailable' && isOptional(org_id, dataset)))
    .map(({ org_id, dataset, bucket_width, through, last_read_at, capability }) => ({
      org_id,
      dataset,
      bucket_width,
      through: through === null ? null : new Date(through),
      last_read_at: last_read_at === null ? null : new Date(last_read_at),
      available: capability !== 'unavailable',
    }));
}

/** The organizations whose alerts are looked after here; a budget may be for all together. */
function toldOf({ organizations }: RunContext['config']): readonly string[] {
  return [...organizations.map(({ name }) => name), everyOrganization];
}

async function deliver(
  { config, store, clock, log, signal }: RunContext,
  { webhookUrl }: AlertSettings,
): Promise<void> {
  if (webhookUrl === null) return;
  const webhook = openWebhook(webhookUrl, clock, signal);
  try {
    await deliverDue({ pool: store.pool, clock, log }, webhook, toldOf(config));
  } finally {
    await webhook.close();
  }
}

/** Posts a test message. Rejects with `webhook_refused` when the webhook does not take it. */
export async function testWebhook(webhookUrl: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const webhook = openWebhook(webhookUrl, clock, signal);
  try {
    const sent = await webhook.send(testMessage());
    if (sent.kind === 'taken') return;
    throw new EtlError('webhook_refused', `${webhook.origin} did not take a test message: ${sent.reason}`);
  } finally {
    await webhook.close();
  }
}
