import { testWebhook } from '../notify.ts';
import type { CheckContext } from './context.ts';
import { type CheckLine, failed, ok } from './line.ts';

/** Posts a test message to the webhook. */
export async function webhookLine({ config, clock, signal }: CheckContext): Promise<CheckLine> {
  const { webhookUrl } = config.alerts;
  const name = 'webhook';
  if (webhookUrl === null) {
    const remedy = 'Set webhook_url (USAGE_ETL_WEBHOOK_URL).';
    return { org_id: null, name, status: 'failed', detail: 'none is configured', remedy };
  }
  try {
    await testWebhook(webhookUrl, clock, signal);
    return ok(null, name, `${new URL(webhookUrl).origin} took a test message`);
  } catch (thrown) {
    signal.throwIfAborted();
    return failed(null, name, thrown);
  }
}
