import type { Pool } from 'pg';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { messageOf } from './message.ts';
import { type Claimed, claimNext, markDelivered, markFailed } from './outbox.ts';
import type { Webhook } from './webhook.ts';

/** More than so many messages at once is a storm; what is left goes out the next time. */
const mostMessages = 20;

/** Tells the webhook what is due, oldest first, until it stops taking it. */
export async function deliverDue(
  { pool, clock, log }: { readonly pool: Pool; readonly clock: Clock; readonly log: Log },
  webhook: Webhook,
  organizations: readonly string[],
): Promise<void> {
  for (let messages = 0; messages < mostMessages; messages += 1) {
    const [first, ...others] = await claimNext(pool, clock.now(), organizations);
    if (first === undefined) return;
    const claimed: readonly [Claimed, ...Claimed[]] = [first, ...others];
    const sent = await webhook.send(messageOf(claimed));
    if (sent.kind === 'taken') {
      await markDelivered(pool, claimed, clock.now());
      continue;
    }
    const refused = sent.kind === 'refused';
    await markFailed(pool, claimed, { reason: sent.reason, refused });
    const about = { webhook: webhook.origin, kind: first.kind, event: first.event, reason: sent.reason };
    log.warn(
      about,
      refused ? 'the webhook refused an alert' : 'the webhook did not take an alert; it is sent again later',
    );
    // The others would fail for the same reason.
    if (!refused) return;
  }
}
