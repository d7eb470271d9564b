import { createHash } from 'node:crypto';
import { version } from '../version.ts';
import { listed } from './condition.ts';
import type { Claimed, StoredAlert } from './outbox.ts';

/** What is posted to the webhook. */
export interface Message {
  /** For Slack and its kin. */
  readonly text: string;
  readonly event: 'opened' | 'recovered' | 'test';
  /** The first it is about; null in a test. */
  readonly alert: StoredAlert | null;
  readonly notification_id: number | null;
  /** Others of the same kind, event and organization. */
  readonly also: readonly { readonly notification_id: number; readonly alert: StoredAlert }[];
  readonly source: 'openai-usage-etl';
  readonly version: string;
}

const shownInText = 10;

/** Longest text that each receiver the documentation names takes, in UTF-16 units; past it the whole message is refused. */
const longestText = { slack: 40_000, mattermost: 16_383, discord: 2_000 } as const;

const maxText = Math.min(...Object.values(longestText));

/** One message about all that was claimed together. */
export function messageOf(claimed: readonly [Claimed, ...Claimed[]]): Message {
  const [first, ...others] = claimed;
  return {
    ...origin,
    text: others.length === 0 ? textOfOne(first) : textOfSeveral(claimed),
    event: first.event,
    alert: storedPart(first),
    notification_id: first.notification_id,
    also: others.map((one) => ({ notification_id: one.notification_id, alert: storedPart(one) })),
  };
}

/** What cannot be stored anywhere is told at once. */
export function unstoredMessage(alert: StoredAlert, event: 'opened' | 'recovered'): Message {
  const text = textOfOne({ ...alert, event, times: 1 });
  return { ...origin, text, event, alert, notification_id: null, also: [] };
}

/** What `check --webhook` sends. */
export function testMessage(): Message {
  const text = 'usage-etl: this is a test; alerts arrive here.';
  return { ...origin, text, event: 'test', alert: null, notification_id: null, also: [] };
}

/** The same for a repeat of the same message, and for nothing else. */
export function idempotencyKey({ notification_id, event, alert, also }: Message): string {
  const told = notification_id ?? alert?.last_seen_at;
  const identity = [told, event, alert?.kind, alert?.opened_at, ...also.map((one) => one.notification_id)];
  return `usage-etl-${createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32)}`;
}

/**
 * Where chats begin to see an address that nobody marked as one: a scheme, www, or a host by its ending. The mark before
 * its last character keeps them from it, and the text readable.
 */
const bareUrl =
  /:\/\/|\bwww\.|\bmailto:|(?<=[\p{L}\p{N}])\.(?=(?:com|net|org|io|dev|app|co|ai|me|xyz|info|biz|link|click|top|site|online|shop|live|ru|cn|tk)(?![\p{L}\p{N}_-]))|(?<=[\p{L}\p{N}])\.(?=\p{L}{2,24}(?::\d|\/))/giu;

/**
 * Text that means itself in Slack and its kin: no markup, no link, nobody called. Discord and Mattermost also read
 * `[text](link)` and `@channel`, so that a zero-width space goes where they would look for those.
 */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[@*_~`]/g, (mark) => (mark === '_' ? mark : `${mark}\u200b`))
    .replaceAll('](', ']\u200b(')
    .replace(bareUrl, (mark) => `${mark.slice(0, -1)}\u200b${mark.slice(-1)}`);
}

const origin = { source: 'openai-usage-etl', version } as const;

function textOfOne(alert: Pick<Claimed, 'event' | 'times'> & StoredAlert): string {
  const { event, summary, detail, remedy, severity, times } = alert;
  const where = placeOf(alert);
  if (event === 'recovered')
    return fitted(`Recovered: ${where}`, escaped(summary), ` (since ${alert.opened_at.toISOString()})`);
  const again = times > 1 ? `, again: ${times} times in 24 hours` : '';
  return fitted(`*${where}${escaped(summary)}* (${severity}${again})\n`, escaped(detail), `\n→ ${escaped(remedy)}`);
}

function textOfSeveral(claimed: readonly [Claimed, ...Claimed[]]): string {
  const [{ event, severity, remedy }] = claimed;
  const where = placeOf(claimed[0]);
  const list = listed(
    claimed.map(({ summary }) => escaped(summary)),
    shownInText,
  );
  if (event === 'recovered') return fitted(`Recovered: ${where}${claimed.length} at once: `, list, '');
  return fitted(`*${where}${claimed.length} at once* (${severity}): `, list, `\n→ ${escaped(remedy)}`);
}

/** What is long stands in the middle and is cut, so that what happened and what to do about it always arrive. */
function fitted(before: string, middle: string, after: string): string {
  return shortened(`${before}${shortened(middle, maxText - before.length - after.length)}${after}`, maxText);
}

/** Escaped text of at most so many UTF-16 units; no letter and no escape is cut in two. */
function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, Math.max(0, most - 1)).replace(/[\ud800-\udbff]$|&\w{0,3}$/, '');
  return `${kept}…`;
}

function placeOf({ org_id }: StoredAlert): string {
  return org_id === '' ? '' : `${escaped(org_id)}: `;
}

function storedPart(claimed: Claimed): StoredAlert {
  const { alert_id, kind, org_id, subject, severity, summary, detail, remedy } = claimed;
  const { opened_at, last_seen_at, closed_at } = claimed;
  return { alert_id, kind, org_id, subject, severity, summary, detail, remedy, opened_at, last_seen_at, closed_at };
}
