import type { Pool } from 'pg';
import type { AlertKindName, Severity } from './kinds.ts';

/** An alert as it is stored. */
export interface StoredAlert {
  /** Null for what could not be stored. */
  readonly alert_id: number | null;
  readonly kind: AlertKindName;
  readonly org_id: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly detail: string;
  readonly remedy: string;
  readonly opened_at: Date;
  readonly last_seen_at: Date;
  readonly closed_at: Date | null;
}

/** Something the webhook is to be told, claimed by this process for a minute. */
export interface Claimed extends StoredAlert {
  readonly notification_id: number;
  readonly event: 'opened' | 'recovered';
  /** How often the same was opened within a day, this time included. */
  readonly times: number;
}

/** So many notifications of one kind go into one message. */
const mostInOne = 100;

/** The waits after an attempt without an answer: 1, 2, 4, … minutes, at most an hour. After a refusal: 10 minutes, 1 and 6 hours. */
const dueSql = `n.delivered_at is null and n.created_at > $1::timestamptz - interval '3 days'
  and coalesce(n.last_error, '') not like 'given up:%'
  and (n.last_attempt_at is null or n.last_attempt_at <= $1::timestamptz - case
    when n.last_error like 'refused:%' then interval '10 minutes' * 6 ^ (n.attempts - 1)
    else interval '1 minute' * least(60, 2 ^ least(n.attempts - 1, 6))
  end)
  and (n.event = 'opened' or exists (
    select from openai_etl.notifications o
    where o.alert_id = n.alert_id and o.event = 'opened' and o.delivered_at is not null
  ))`;

/**
 * Claims what is due of one kind, event and organization, oldest first. The claim is the attempt: it is in the database
 * before anything is sent, so that no other process sends the same, and one that dies leaves it to be repeated.
 */
const claimSql = `
  with next as (
    select n.event, a.kind, a.org_id
    from openai_etl.notifications n join openai_etl.alerts a using (alert_id)
    where a.org_id = any($2) and ${dueSql}
    order by n.notification_id limit 1 for update of n skip locked
  ),
  due as (
    select n.notification_id
    from openai_etl.notifications n join openai_etl.alerts a using (alert_id)
    join next on next.event = n.event and next.kind = a.kind and next.org_id = a.org_id
    where ${dueSql}
    order by n.notification_id limit ${mostInOne} for update of n skip locked
  ),
  claimed as (
    update openai_etl.notifications n set attempts = n.attempts + 1, last_attempt_at = $1
    from due where due.notification_id = n.notification_id
    returning n.notification_id, n.alert_id, n.event
  )
  select claimed.notification_id, claimed.event, a.*,
    (select count(*)::int from openai_etl.alerts e
      where e.kind = a.kind and e.org_id = a.org_id and e.subject = a.subject and e.alert_id <= a.alert_id
        and e.opened_at > a.opened_at - interval '1 day') as times
  from claimed join openai_etl.alerts a using (alert_id) order by claimed.notification_id`;

/** What is to be told next, all of one kind, event and organization; empty when nothing is due. */
export async function claimNext(pool: Pool, now: Date, organizations: readonly string[]): Promise<readonly Claimed[]> {
  return (await pool.query<Claimed>(claimSql, [now, organizations])).rows;
}

/** Records that the webhook took them. */
export async function markDelivered(pool: Pool, claimed: readonly Claimed[], now: Date): Promise<void> {
  await pool.query(
    'update openai_etl.notifications set delivered_at = $2, last_error = null where notification_id = any($1)',
    [idsOf(claimed), now],
  );
}

/** A receiver that says no will hardly say yes: after so many attempts it is not asked again. */
const mostRefusals = 4;

/** Records why the webhook did not take them: `refused` where it said no, else no answer, or one that asks for patience. */
export async function markFailed(
  pool: Pool,
  claimed: readonly Claimed[],
  failure: { readonly reason: string; readonly refused: boolean },
): Promise<void> {
  await pool.query(
    `update openai_etl.notifications set last_error = case
       when not $3 then $2 when attempts >= $4 then 'given up: ' || $2 else 'refused: ' || $2 end
     where notification_id = any($1)`,
    [idsOf(claimed), failure.reason, failure.refused, mostRefusals],
  );
}

function idsOf(claimed: readonly Claimed[]): readonly number[] {
  return claimed.map(({ notification_id }) => notification_id);
}
