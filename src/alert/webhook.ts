import { type Dispatcher, request } from 'undici';
import type { Clock } from '../clock.ts';
import { createDispatcher } from '../dispatcher.ts';
import { version } from '../version.ts';
import { idempotencyKey, type Message } from './message.ts';

/** What became of a message. The reason names neither the URL nor what was answered. */
export type Sent =
  | { readonly kind: 'taken' }
  /** It said no; the same message will hardly be taken later. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** No answer, or one that asks for patience. */
  | { readonly kind: 'unanswered'; readonly reason: string };

/** The way to one webhook. */
export interface Webhook {
  /** Scheme, host and port, for the log: the rest of the URL is a secret. */
  readonly origin: string;
  /** Posts one message. Follows no redirect. Never rejects. */
  send(message: Message): Promise<Sent>;
  close(): Promise<void>;
}

/** All that happens between opening and closing a webhook takes no longer. */
const totalMs = 10_000;
const silenceMs = 5_000;
const pauseMs = 1_000;

/** Opens the way to a webhook, through the proxy that the standard environment variables name. Close it. */
export function openWebhook(url: string, clock: Clock, stopped?: AbortSignal): Webhook {
  const { origin, hostname } = new URL(url);
  const late = new AbortController();
  const cancel = clock.every(totalMs, () => late.abort());
  const signal = stopped === undefined ? late.signal : AbortSignal.any([late.signal, stopped]);
  const dispatcher = createDispatcher(hostname, silenceMs);
  return {
    origin,
    send: async (message) => {
      const first = await post(url, message, dispatcher, signal);
      if (first.kind !== 'unanswered' || signal.aborted) return first;
      // A blip must not put off for a day what a nightly run has to say.
      const pause = await clock.sleep(pauseMs, signal).then(
        () => 'over',
        () => 'cut short',
      );
      return pause === 'over' ? await post(url, message, dispatcher, signal) : first;
    },
    close: async () => {
      cancel();
      await dispatcher.destroy();
    },
  };
}

async function post(url: string, message: Message, dispatcher: Dispatcher, signal: AbortSignal): Promise<Sent> {
  try {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      dispatcher,
      signal,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      headers: {
        'content-type': 'application/json',
        'user-agent': `openai-usage-etl/${version}`,
        'idempotency-key': idempotencyKey(message),
      },
      body: JSON.stringify(message),
    });
    // Nothing in the answer is of interest; read to its end, it could take for ever.
    body.on('error', () => undefined).destroy();
    return judged(statusCode);
  } catch (thrown) {
    const reason = signal.aborted ? `no answer within ${totalMs / 1000} seconds` : `no answer (${codeOf(thrown)})`;
    return { kind: 'unanswered', reason };
  }
}

const asksForPatience: ReadonlySet<number> = new Set([408, 409, 425, 429]);

function judged(status: number): Sent {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const reason = `answered ${status}`;
  return status >= 500 || asksForPatience.has(status) ? { kind: 'unanswered', reason } : { kind: 'refused', reason };
}

/** The code alone: a message of the network may spell out more of the URL. */
function codeOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return codeOf(thrown.errors[0]);
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'unknown';
}
