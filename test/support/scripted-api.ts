import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the API's double sees it. */
export interface AskedOf {
  /** Below `/v1`, such as `/organization/costs`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Unix seconds; null where the request has none. */
  readonly start: number | null;
  readonly end: number | null;
  readonly width: string;
  readonly groupBy: readonly string[];
  readonly page: string | null;
  readonly adminKey: string;
}

/** What the double answers: a value becomes JSON, text goes out as it stands. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An API that answers what a test tells it to, word for word, so that nothing of `src` decides what is right. */
export interface ScriptedApi {
  /** Ends in `/v1`. */
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly AskedOf[];
  /** Answers differently from now on. */
  answerWith(answer: (asked: AskedOf) => Answer): void;
  close(): Promise<void>;
}

/** Starts a double on loopback. */
export async function scriptedApi(first: (asked: AskedOf) => Answer): Promise<ScriptedApi> {
  const requests: AskedOf[] = [];
  let answer = first;
  const server = createServer((request, response) => {
    const asked = askedOf(request);
    requests.push(asked);
    send(response, answer(asked));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    answerWith: (next) => {
      answer = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A page; `next` is the cursor of the one after it. */
export function page(buckets: readonly unknown[], next: string | null = null): Answer {
  return { body: { object: 'page', data: buckets, has_more: next !== null, next_page: next } };
}

/** A bucket of a width in seconds. */
export function bucket(start: number, seconds: number, results: readonly unknown[]) {
  return { object: 'bucket', start_time: start, end_time: start + seconds, results };
}

/** A refusal in the API's envelope. */
export function refusal(
  status: number,
  message: string,
  code: string | null = null,
  param: string | null = null,
): Answer {
  return { status, body: { error: { message, type: 'invalid_request_error', param, code } } };
}

function askedOf(request: IncomingMessage): AskedOf {
  const url = new URL(request.url ?? '/', 'http://double');
  const query = url.searchParams;
  return {
    path: url.pathname.replace(/^\/v1/, ''),
    query,
    start: numberOf(query.get('start_time')),
    end: numberOf(query.get('end_time')),
    width: query.get('bucket_width') ?? '1d',
    groupBy: [...query.getAll('group_by[]'), ...query.getAll('group_by')],
    page: query.get('page'),
    adminKey: (request.headers.authorization ?? '').replace(/^Bearer /, ''),
  };
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}

function send(response: ServerResponse, { status = 200, headers = {}, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
