import type { Pool, PoolClient } from 'pg';
import { lockKey } from '../db/lock-key.ts';
import { inTransaction } from '../db/store.ts';
import type { Condition } from './condition.ts';
import { alertKinds, kindsThatLast } from './kinds.ts';

/** What an evaluation changed. */
export interface Recorded {
  readonly opened: number;
  readonly closed: number;
}

interface Evaluation {
  readonly now: Date;
  /** The organizations that were looked at; alerts of others are left alone. */
  readonly organizations: readonly string[];
  /** True when there is a webhook to tell. */
  readonly notify: boolean;
}

/** Nothing here may hold a run up: what the database does not answer by then is left for the next evaluation. */
const limits = `set local lock_timeout = '10s'; set local statement_timeout = '30s'`;

/**
 * Holds what is true now against the alerts that are open: opens the new, closes what is over, and queues what the
 * webhook is to be told. Evaluations go one at a time, and `find` looks after its turn has come, so that of several
 * processes none closes or opens anything by what used to be true.
 */
export function recordConditions(
  pool: Pool,
  evaluation: Evaluation,
  find: (client: PoolClient) => Promise<readonly Condition[]>,
): Promise<Recorded> {
  return inTransaction(pool, async (client) => {
    await client.query(limits);
    await client.query('select pg_advisory_xact_lock($1, $2)', [...lockKey('alert:evaluation')]);
    const { now } = evaluation;
    const found = await find(client);
    const lasting = await reconcile(client, evaluation, unique(found.filter(({ kind }) => !isEvent(kind))));
    const happened = await addEvents(client, now, unique(found.filter(({ kind }) => isEvent(kind))));
    if (evaluation.notify) await queue(client, evaluation);
    return { opened: lasting.opened + happened, closed: lasting.closed };
  });
}

function isEvent(kind: Condition['kind']): boolean {
  return alertKinds[kind].lasts === 'event';
}

/** Two conditions of one identity are one alert. */
function unique(conditions: readonly Condition[]): readonly Condition[] {
  const byIdentity = conditions.map((one): [string, Condition] => [
    JSON.stringify([one.kind, one.org_id, one.subject]),
    one,
  ]);
  return [...new Map(byIdentity).values()];
}

const found = `unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
  as found(kind, org_id, subject, severity, summary, detail, remedy)`;

const same = 'a.kind = found.kind and a.org_id = found.org_id and a.subject = found.subject';

const bumpSql = `
  update openai_etl.alerts a set last_seen_at = $1, severity = found.severity, summary = found.summary,
    detail = found.detail, remedy = found.remedy
  from ${found} where a.closed_at is null and ${same}`;

const openSql = `
  insert into openai_etl.alerts
    (kind, org_id, subject, severity, summary, detail, remedy, opened_at, last_seen_at)
  select found.*, $1, $1 from ${found}
  where not exists (select from openai_etl.alerts a where a.closed_at is null and ${same})
  on conflict (kind, org_id, subject) where closed_at is null do nothing`;

const eventSql = `
  insert into openai_etl.alerts
    (kind, org_id, subject, severity, summary, detail, remedy, opened_at, last_seen_at, closed_at)
  select found.*, $1, $1, $1 from ${found}
  where not exists (select from openai_etl.alerts a where ${same})`;

/** An organization that left the configuration is looked at by nobody: its alerts end by themselves. */
const closeSql = `
  update openai_etl.alerts a set closed_at = $1
  where a.closed_at is null and (
    (a.org_id = any($5) and a.kind = any($6)
      and not exists (
        select from unnest($2::text[], $3::text[], $4::text[]) as found(kind, org_id, subject) where ${same}
      ))
    or (not a.org_id = any($5) and a.last_seen_at < $1::timestamptz - interval '30 days')
  )`;

async function reconcile(
  client: PoolClient,
  { now, organizations }: Evaluation,
  conditions: readonly Condition[],
): Promise<Recorded> {
  const columns = columnsOf(conditions);
  await client.query(bumpSql, [now, ...columns]);
  const opened = await client.query(openSql, [now, ...columns]);
  const identity = columns.slice(0, 3);
  const closed = await client.query(closeSql, [now, ...identity, organizations, kindsThatLast('condition')]);
  return { opened: opened.rowCount ?? 0, closed: closed.rowCount ?? 0 };
}

async function addEvents(client: PoolClient, now: Date, events: readonly Condition[]): Promise<number> {
  if (events.length === 0) return 0;
  return (await client.query(eventSql, [now, ...columnsOf(events)])).rowCount ?? 0;
}

function columnsOf(conditions: readonly Condition[]): readonly (readonly string[])[] {
  return [
    conditions.map(({ kind }) => kind),
    conditions.map(({ org_id }) => org_id),
    conditions.map(({ subject }) => subject),
    conditions.map(({ kind }) => alertKinds[kind].severity),
    conditions.map(({ summary }) => summary),
    conditions.map(({ detail }) => detail),
    conditions.map(({ remedy }) => remedy),
  ];
}

/**
 * What flaps is told once an hour; it is told then if it still holds. Events are told for a day, so that one which was
 * found by a process without a webhook is told by the next one with it.
 */
const queueOpenedSql = `
  insert into openai_etl.notifications (alert_id, event, created_at)
  select a.alert_id, 'opened', $1 from openai_etl.alerts a
  where a.org_id = any($2)
    and (a.closed_at is null or (a.kind = any($3) and a.opened_at > $1::timestamptz - interval '1 day'))
    and not exists (
      select from openai_etl.notifications n where n.alert_id = a.alert_id and n.event = 'opened'
    )
    and not exists (
      select from openai_etl.notifications n join openai_etl.alerts e using (alert_id)
      where n.event = 'opened' and n.created_at > $1::timestamptz - interval '1 hour'
        and e.kind = a.kind and e.org_id = a.org_id and e.subject = a.subject
    )
  order by a.alert_id on conflict do nothing`;

/** Only what was told to hold is told to be over. */
const queueRecoveredSql = `
  insert into openai_etl.notifications (alert_id, event, created_at)
  select a.alert_id, 'recovered', $1 from openai_etl.alerts a
  where a.org_id = any($2) and not a.kind = any($3) and a.closed_at > $1::timestamptz - interval '7 days'
    and exists (select from openai_etl.notifications n where n.alert_id = a.alert_id and n.event = 'opened')
    and not exists (select from openai_etl.notifications n where n.alert_id = a.alert_id and n.event = 'recovered')
  order by a.alert_id on conflict do nothing`;

async function queue(client: PoolClient, { now, organizations }: Evaluation): Promise<void> {
  const values = [now, organizations, kindsThatLast('event')];
  await client.query(queueOpenedSql, values);
  await client.query(queueRecoveredSql, values);
}
