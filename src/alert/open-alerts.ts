import type { Pool } from 'pg';
import type { AlertKindName, Severity } from './kinds.ts';

/** An alert as reports show it: instants in ISO text. */
export interface AlertStatus {
  readonly alert_id: number;
  readonly kind: AlertKindName;
  readonly org_id: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly detail: string;
  readonly remedy: string;
  readonly opened_at: string;
  readonly last_seen_at: string;
  /** Null while it holds. */
  readonly closed_at: string | null;
}

/** What the webhook has not taken. */
export interface Undelivered {
  /** Sent at least once and due again later. */
  readonly waiting: number;
  /** Not sent any more, of the last 7 days. */
  readonly given_up: number;
  readonly last_error: string | null;
}

interface AlertRow extends Omit<AlertStatus, 'opened_at' | 'last_seen_at' | 'closed_at'> {
  readonly opened_at: Date;
  readonly last_seen_at: Date;
  readonly closed_at: Date | null;
}

const columns =
  'alert_id, kind, org_id, subject, severity, summary, detail, remedy, opened_at, last_seen_at, closed_at';

/** The alerts that hold, the worst first. */
export async function openAlerts(pool: Pick<Pool, 'query'>): Promise<readonly AlertStatus[]> {
  const { rows } = await pool.query<AlertRow>(
    `select ${columns} from openai_etl.alerts where closed_at is null
     order by array_position(array['critical', 'warning', 'notice'], severity), opened_at, alert_id`,
  );
  return rows.map(withIsoDates);
}

const noticesShown = 20;

/** What happened in the week before, newest first. */
export async function recentNotices(pool: Pick<Pool, 'query'>, now: Date): Promise<readonly AlertStatus[]> {
  const { rows } = await pool.query<AlertRow>(
    `select ${columns} from openai_etl.alerts
     where severity = 'notice' and closed_at > $1::timestamptz - interval '7 days'
     order by opened_at desc, alert_id desc limit ${noticesShown}`,
    [now],
  );
  return rows.map(withIsoDates);
}

/** What the webhook has not taken so far. */
export async function undelivered(pool: Pick<Pool, 'query'>, now: Date): Promise<Undelivered> {
  const { rows } = await pool.query<Undelivered>(
    `select count(*) filter (where not given_up) as waiting, count(*) filter (where given_up) as given_up,
       (array_agg(last_error order by last_attempt_at desc))[1] as last_error
     from openai_etl.notifications
     cross join lateral (
       select last_error like 'given up:%' or created_at <= $1::timestamptz - interval '3 days' as given_up
     ) fate
     where delivered_at is null and last_error is not null and created_at > $1::timestamptz - interval '7 days'`,
    [now],
  );
  return rows[0] ?? { waiting: 0, given_up: 0, last_error: null };
}

function withIsoDates({ opened_at, last_seen_at, closed_at, ...rest }: AlertRow): AlertStatus {
  return {
    ...rest,
    opened_at: opened_at.toISOString(),
    last_seen_at: last_seen_at.toISOString(),
    closed_at: closed_at?.toISOString() ?? null,
  };
}
