alter table openai_etl.runs
  add column retries bigint not null default 0,
  add column responses jsonb not null default '{}';
comment on column openai_etl.runs.retries is 'Requests that were repeats of a failed one.';
comment on column openai_etl.runs.responses is 'Number of requests by what came of them: an HTTP status, or network where none arrived.';

alter table openai_etl.restatements add column settled boolean not null default false;
comment on column openai_etl.restatements.settled is 'True when the bucket had been taken as final before it changed.';
create index restatements_of_run on openai_etl.restatements (run_id) where settled;

alter table openai_etl.tie_outs add column agrees boolean;
update openai_etl.tie_outs set agrees = difference = 0;
alter table openai_etl.tie_outs alter column agrees set not null;
comment on column openai_etl.tie_outs.agrees is 'False for a difference that the rounding of doubles does not explain.';

create table openai_etl.alerts (
  alert_id bigint generated always as identity primary key,
  kind text not null,
  org_id text not null,
  subject text not null,
  severity text not null check (severity in ('critical', 'warning', 'notice')),
  summary text not null,
  detail text not null,
  remedy text not null,
  opened_at timestamptz not null,
  last_seen_at timestamptz not null,
  closed_at timestamptz
);
create unique index alerts_open on openai_etl.alerts (kind, org_id, subject) where closed_at is null;
create index alerts_closed on openai_etl.alerts (closed_at) where closed_at is not null;
comment on table openai_etl.alerts is 'What needs a person: one row from the moment it is first seen until it is over. At most one open row per kind, organization and subject.';
comment on column openai_etl.alerts.alert_id is 'Identity of the alert.';
comment on column openai_etl.alerts.kind is 'What kind of alert it is; the documentation says what to do about each.';
comment on column openai_etl.alerts.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.alerts.subject is 'What exactly it is about, such as a dataset; empty when it is about the whole organization.';
comment on column openai_etl.alerts.severity is 'critical: numbers are missing or wrong until somebody acts; warning: somebody should look; notice: to be known.';
comment on column openai_etl.alerts.summary is 'One line.';
comment on column openai_etl.alerts.detail is 'What was seen, with numbers.';
comment on column openai_etl.alerts.remedy is 'What to do about it.';
comment on column openai_etl.alerts.opened_at is 'When it was first seen.';
comment on column openai_etl.alerts.last_seen_at is 'When it was last seen to hold.';
comment on column openai_etl.alerts.closed_at is 'When it was over; null while it holds. A notice is closed when it is opened: it happened.';

create table openai_etl.notifications (
  notification_id bigint generated always as identity primary key,
  alert_id bigint not null references openai_etl.alerts,
  event text not null check (event in ('opened', 'recovered')),
  created_at timestamptz not null,
  attempts integer not null default 0,
  last_attempt_at timestamptz,
  last_error text,
  delivered_at timestamptz,
  unique (alert_id, event)
);
create index notifications_waiting on openai_etl.notifications (created_at) where delivered_at is null;
comment on table openai_etl.notifications is 'What the webhook is told: one row per alert and event, so that nothing is told twice.';
comment on column openai_etl.notifications.notification_id is 'Identity of the notification; sent along, so that a receiver recognizes a repeat.';
comment on column openai_etl.notifications.alert_id is 'The alert it is about.';
comment on column openai_etl.notifications.event is 'opened or recovered.';
comment on column openai_etl.notifications.created_at is 'When it became due.';
comment on column openai_etl.notifications.attempts is 'How often it was sent.';
comment on column openai_etl.notifications.last_attempt_at is 'When it was last sent.';
comment on column openai_etl.notifications.last_error is 'Why the last attempt failed; null when it did not.';
comment on column openai_etl.notifications.delivered_at is 'When the webhook took it; null while it waits, or where there is no webhook.';
