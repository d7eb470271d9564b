import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Asked, askedOf } from './asked.ts';
import { type Chain, chainOf } from './chain.ts';
import { isMoney, type Width } from './contract.ts';
import { type Fault, isFor, type Refusal } from './fault.ts';
import { effectOf } from './fault-kinds.ts';
import { type Json, jsonText } from './json.ts';
import type { World } from './world.ts';

/** What happens between the double and its client. */
export interface Heard {
  answered(asked: Asked, chain: Chain): void;
  refused(asked: Asked, refusal: Refusal): void;
}

/** The API's double: it answers from worlds, and does wrong what it is told to. */
export interface Double {
  /** Ends in `/v1`. */
  readonly url: string;
  /** Requests so far. */
  readonly requests: number;
  /** How often each kind of fault has struck a request. */
  readonly struck: ReadonlyMap<string, number>;
  setFaults(faults: readonly Fault[]): void;
  close(): Promise<void>;
}

interface DoubleOptions {
  /** By name of the organization. */
  readonly worlds: ReadonlyMap<string, World>;
  /** The name of the organization that a key belongs to. */
  readonly nameOf: (adminKey: string) => string | null;
  /** Unix seconds. */
  readonly now: () => number;
  readonly heard: Heard;
}

const usageLimits: Readonly<Record<Width, number>> = { '1m': 1440, '1h': 168, '1d': 31 };
const moneyLimit = 180;

/** Starts a double on loopback. */
export async function startDouble({ worlds, nameOf, now, heard }: DoubleOptions): Promise<Double> {
  const chains = new Map<string, Chain>();
  const struck = new Map<string, number>();
  let faults: readonly Fault[] = [];
  let requests = 0;

  const chainFor = (
    asked: Asked,
    world: World,
  ): { readonly id: string; readonly chain: Chain; readonly at: number } => {
    const [id, at] = asked.page?.split('.') ?? [];
    const known = id === undefined ? undefined : chains.get(id);
    if (id !== undefined && known !== undefined) return { id, chain: known, at: Number(at) };
    const fresh = `page_${chains.size}`;
    const chain = chainOf(world, asked, faults, now());
    chains.set(fresh, chain);
    return { id: fresh, chain, at: 0 };
  };

  const answer = (asked: Asked, world: World): { readonly status: number; readonly body: Json } => {
    for (const fault of faults.filter((one) => isFor(one, asked))) {
      struck.set(fault.kind, (struck.get(fault.kind) ?? 0) + 1);
      const refusal = asked.page === null ? (effectOf(fault.kind).refuse?.(asked, fault, now()) ?? null) : null;
      if (refusal === null) continue;
      heard.refused(asked, refusal);
      return refusalOf(refusal);
    }
    if (asked.limit > (isMoney(asked.endpoint) ? moneyLimit : usageLimits[asked.width])) return badLimit;
    const { id, chain, at } = chainFor(asked, world);
    if (at === chain.saidWith) heard.answered(asked, chain);
    const isLast = at >= chain.pages.length - 1;
    const next = isLast ? null : `${id}.${at + 1}`;
    return { status: 200, body: { object: 'page', data: chain.pages[at] ?? [], has_more: !isLast, next_page: next } };
  };

  const server = createServer((request, response) => {
    requests += 1;
    const name = nameOf((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    const world = name === null ? undefined : worlds.get(name);
    const asked = name === null ? null : askedOf(new URL(request.url ?? '/', 'http://double'), name);
    if (name === null || world === undefined) send(response, name, 401, failure('Incorrect API key provided.'));
    else if (asked === null) send(response, name, 404, failure('Not found.'));
    else {
      const { status, body } = answer(asked, world);
      send(response, name, status, body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}/v1`,
    get requests() {
      return requests;
    },
    struck,
    setFaults: (next) => {
      faults = next;
      chains.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function failure(message: string, code: string | null = null, param: string | null = null): Json {
  return { error: { message, type: 'invalid_request_error', param, code } };
}

function refusalOf({ status, message, code, param }: Refusal) {
  return { status, body: failure(message, code, param) };
}

const badLimit = { status: 400, body: failure("'limit' is too large.", null, 'limit') };

function send(response: ServerResponse<IncomingMessage>, name: string | null, status: number, body: Json): void {
  const headers = name === null ? {} : { 'openai-organization': `org-${name}` };
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(jsonText(body));
}
