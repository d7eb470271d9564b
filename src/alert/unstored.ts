import type { Clock } from '../clock.ts';
import type { AlertSettings } from '../config.ts';
import { type ErrorCode, type EtlError, errorKinds } from '../errors.ts';
import type { Log } from '../log.ts';
import { condition } from './condition.ts';
import { alertKinds } from './kinds.ts';
import { type Message, unstoredMessage } from './message.ts';
import type { StoredAlert } from './outbox.ts';
import { openWebhook } from './webhook.ts';

/** What it takes to tell the webhook something that no database remembers. */
export interface UnstoredContext {
  readonly alerts: AlertSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What has been told and is not over, by webhook: all that is remembered of it, because no database can. */
const outages = new Map<string, { readonly alert: StoredAlert; readonly toldAtMs: number }>();

const silenceMs = 3_600_000;

/**
 * Tells the webhook that a run could not use its database, at most once an hour for as long as that lasts. Other errors
 * are in the record of the run. Never rejects.
 */
export async function announceFailure(context: UnstoredContext, error: EtlError): Promise<void> {
  const { alerts, clock } = context;
  if (alerts.webhookUrl === null || !keepsFromRecording(error.code)) return;
  const nowMs = clock.now().getTime();
  const outage = outages.get(alerts.webhookUrl);
  if (outage !== undefined && nowMs - outage.toldAtMs < silenceMs) return;
  const alert = outage?.alert ?? alertOf(error, clock.now());
  outages.set(alerts.webhookUrl, { alert, toldAtMs: nowMs });
  await tell(context, alerts.webhookUrl, unstoredMessage({ ...alert, last_seen_at: clock.now() }, 'opened'));
}

/** Tells the webhook that the database can be used again, where the opposite was told. Never rejects. */
export async function announceRecovery(context: UnstoredContext): Promise<void> {
  const { webhookUrl } = context.alerts;
  const outage = webhookUrl === null ? undefined : outages.get(webhookUrl);
  if (webhookUrl === null || outage === undefined) return;
  outages.delete(webhookUrl);
  const now = context.clock.now();
  const over = { ...outage.alert, last_seen_at: now, closed_at: now };
  await tell(context, webhookUrl, unstoredMessage(over, 'recovered'));
}

/** True for what keeps a run from being recorded: all other errors are in the record of a run, and alerts come of it. */
function keepsFromRecording(code: ErrorCode): boolean {
  return (
    code === 'internal' || (errorKinds[code].exit === 1 && /^(database|schema|migration|embedded|folder)_/.test(code))
  );
}

function alertOf(error: EtlError, now: Date): StoredAlert {
  const kind = 'run_impossible';
  const { severity } = alertKinds[kind];
  const summary = 'a run could not be made';
  const { message: detail, remedy } = error;
  const found = condition({ kind, org_id: '', subject: '', summary, detail: `${error.code}: ${detail}`, remedy });
  return { alert_id: null, ...found, severity, opened_at: now, last_seen_at: now, closed_at: null };
}

async function tell({ clock, log, signal }: UnstoredContext, url: string, message: Message): Promise<void> {
  const webhook = openWebhook(url, clock, signal);
  try {
    const sent = await webhook.send(message);
    if (sent.kind === 'taken') return;
    log.warn({ webhook: webhook.origin, reason: sent.reason }, 'the webhook did not take what cannot be kept');
  } finally {
    await webhook.close();
  }
}
