import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ContractLevel } from '../catalog/column.ts';
import type { Dataset } from '../catalog/dataset.ts';
import { datasets as catalog } from '../catalog/index.ts';
import type { Clock } from '../clock.ts';
import { EtlError, messageOf } from '../errors.ts';
import type { AmountStyle } from './answer/amount-text.ts';
import { changedDirectory, type DirectoryChange } from './directory/change.ts';
import { type Directory, directoryOf } from './directory/directory.ts';
import { endpointsOf, newestLevel } from './endpoint.ts';
import { deliver } from './faults/delivery.ts';
import type { FaultPlan } from './faults/fault.ts';
import { createFaultMatcher } from './faults/fault-matching.ts';
import { type ApiRequest, type ApiState, faultTargetOf, type IdentityStyle, respond } from './respond.ts';
import { storyStart } from './story/calendar.ts';
import { tellStory } from './story/index.ts';
import { type TruthBucket, type TruthQuery, truthOf } from './truth.ts';
import type { Restatement } from './world/restatement.ts';
import { createWorld } from './world/world.ts';

/** What a simulator is like. Only the clock is needed. */
export interface SimulatorOptions {
  /** The same seed gives the same usage; default 1. */
  readonly seed?: number;
  readonly clock: Clock;
  /** The one key accepted; without it any that starts with `sk-admin-`. */
  readonly adminKey?: string;
  /** The version of the contract that is answered; default the newest. */
  readonly level?: ContractLevel;
  /** The datasets whose endpoints are answered; default the whole catalog. */
  readonly datasets?: readonly Dataset[];
  /** TCP port on 127.0.0.1; default a free one. */
  readonly port?: number;
  /** How many days back from today are answered; default 'none': all. */
  readonly horizon?: 'none' | { readonly days: number };
  /** About how many distinct groups each dataset has on a busy weekday; default 28 for completions, fewer for others. */
  readonly groupsPerDataset?: number;
  /** Nothing happened before this UTC day. */
  readonly firstDay?: Date;
  /** True: the company of the demo, with a year behind it, in place of an organization drawn from the seed. */
  readonly story?: boolean;
  readonly faults?: FaultPlan;
  /** 'refused': the key may read usage and costs, but no names; default 'granted'. */
  readonly directory?: 'granted' | 'refused';
  /** Recorded pages: JSON text by path (`/organization/costs`), answered as it is whatever the parameters. */
  readonly replay?: ReadonlyMap<string, string>;
  /** Where answers say whose they are: in results of costs, in the header openai-organization, or both; default 'both'. */
  readonly identity?: IdentityStyle;
  /** How amounts are written; default 'mixed'. */
  readonly amountStyle?: AmountStyle;
}

/** A request that the simulator got. Its key is not kept. */
export interface RecordedRequest {
  readonly method: string;
  /** Below the base URL, such as `/organization/costs`; the whole path when it is outside of it. */
  readonly path: string;
  readonly parameters: URLSearchParams;
  /** HTTP status of the answer; null while there is none, or when a fault kept it back. */
  readonly status: number | null;
  /** Requests being answered when this one arrived, itself included. */
  readonly inFlight: number;
}

/** A running double of the API. */
export interface Simulator {
  /** Base URL, ending in `/v1`. */
  readonly url: string;
  /** The last 10,000 requests, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Changes what the API says of some days, from now on. Throws `arguments_invalid` for an unknown dataset or column. */
  restate(restatements: readonly Restatement[]): void;
  /** Changes who and what the ids belong to, from now on. Throws `arguments_invalid` for an unknown id. */
  changeDirectory(changes: readonly DirectoryChange[]): void;
  /** Who and what the ids belong to, those that no list holds any more too. */
  readonly directory: Directory;
  /** Replaces the faults, and counts requests anew. */
  setFaults(plan: FaultPlan): void;
  /** What a store should hold after reading everything, at the clock's present instant. */
  truth(query: TruthQuery): TruthBucket[];
  /** Ends all connections, stalled ones too. */
  close(): Promise<void>;
}

const basePath = '/v1';
const requestsKept = 10_000;

/** Starts a double of the API on loopback. Throws `arguments_invalid` when the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock, seed = 1, datasets = catalog, level = newestLevel, horizon = 'none' } = options;
  const story = options.story === true ? tellStory(seed, clock.now()) : null;
  const world = createWorld({
    seed,
    // Costs derive from usage, so the world holds the catalog's usage even where it is not served.
    datasets: [...new Map([...catalog, ...datasets].map((dataset) => [dataset.name, dataset])).values()],
    groupsPerDataset: options.groupsPerDataset,
    firstDay: options.firstDay ?? (story === null ? undefined : storyStart(clock.now())),
    story,
  });
  let directory = story?.directory ?? directoryOf(seed, world.organization);
  const state: ApiState = {
    world,
    endpoints: endpointsOf(datasets, level),
    adminKey: options.adminKey ?? null,
    horizonDays: horizon === 'none' ? null : horizon.days,
    replay: options.replay ?? new Map(),
    amountStyle: options.amountStyle ?? 'mixed',
    identity: options.identity ?? 'both',
    get directory() {
      return directory;
    },
    directoryGranted: options.directory !== 'refused',
  };
  const now = () => Math.floor(clock.now().getTime() / 1000);
  const requests: RecordedRequest[] = [];
  let matchFaults = createFaultMatcher(options.faults ?? []);
  let inFlight = 0;

  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    inFlight++;
    response.once('close', () => inFlight--);
    const request = apiRequestOf(incoming);
    const target = faultTargetOf(request, state.endpoints);
    const recorded = { method: request.method, path: target.path, parameters: request.url.searchParams, inFlight };
    const record: { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] } = { ...recorded, status: null };
    requests.push(record);
    if (requests.length > requestsKept) requests.shift();
    const effects = matchFaults(target);
    const answer = respond(state, request, target, effects, now());
    record.status = await deliver(incoming, response, answer, effects.delivery, clock);
  };

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((thrown: unknown) => response.destroy(new Error(messageOf(thrown))));
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    requests,
    restate: state.world.restate,
    changeDirectory: (changes) => {
      directory = changedDirectory(directory, changes, now());
    },
    get directory() {
      return directory;
    },
    setFaults: (plan) => {
      matchFaults = createFaultMatcher(plan);
    },
    truth: (query) => truthOf(state.world, state.endpoints, query, now()),
    close: () => closeServer(server),
  };
}

function apiRequestOf(incoming: IncomingMessage): ApiRequest {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const path = url.pathname.startsWith(`${basePath}/`) ? url.pathname.slice(basePath.length) : null;
  return { method: incoming.method ?? 'GET', path, url, headers: incoming.headers };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new EtlError('arguments_invalid', `cannot listen on 127.0.0.1:${port}`, { cause }));
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
