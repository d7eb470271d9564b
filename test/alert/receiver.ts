import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Message } from '../../src/alert/message.ts';

/** How a webhook answers: an HTTP status, or not at all. */
type Answer = number | 'hangs' | 'resets';

/** A message as it came over the wire: instants are text. */
export type ReceivedMessage = Omit<Message, 'alert' | 'also'> & {
  readonly alert: Readonly<Record<string, unknown>> | null;
  readonly also: readonly { readonly notification_id: number; readonly alert: Readonly<Record<string, unknown>> }[];
};

/** A webhook on loopback. */
export interface Receiver {
  /** Its path is a secret, as that of a real one. */
  readonly url: string;
  /** What it was sent and took, as JSON. */
  readonly taken: readonly ReceivedMessage[];
  /** All it was sent. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[];
  answer(how: Answer): void;
  /** What it took, in a word each: the event and kind, and how many others came with it. */
  told(): readonly string[];
}

/** The path that nothing may ever show. */
export const secretPath = '/services/T0SECRET/B0SECRET/hunter2hunter2';

/** Starts a webhook until the test ends; it takes everything at first. */
export async function startReceiver(): Promise<Receiver> {
  const requests: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const taken: ReceivedMessage[] = [];
  let how: Answer = 200;
  const server = createServer(async (request, reply) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    requests.push({ path: request.url ?? '', headers: request.headers, body });
    if (how === 'hangs') return;
    if (how === 'resets') {
      reply.destroy();
      return;
    }
    if (how >= 300 && how < 400) reply.setHeader('location', `http://127.0.0.1:${port}/elsewhere`);
    if (how < 300) taken.push(JSON.parse(body) as ReceivedMessage);
    reply.writeHead(how).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${port}${secretPath}`,
    taken,
    requests,
    answer: (next) => {
      how = next;
    },
    told: () =>
      taken.map(({ event, alert, also }) => {
        const others = also.length === 0 ? '' : ` +${also.length}`;
        return `${event} ${String(alert?.['kind'])}${others}`;
      }),
  };
}
