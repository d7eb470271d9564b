import { datasets as catalog } from '../../src/catalog/index.ts';
import { endpointsOf, newestLevel } from '../../src/simulator/endpoint.ts';
import { createFaultMatcher } from '../../src/simulator/faults/fault-matching.ts';
import type { Fault, FaultPlan, RecordedRequest, Simulator } from '../../src/simulator/index.ts';
import { faultTargetOf } from '../../src/simulator/respond.ts';

/** A request as the simulator got it, and what struck it. */
export interface WatchedRequest extends Pick<RecordedRequest, 'path' | 'parameters'> {
  readonly struck: readonly Fault[];
}

/** Everything the API is asked, and the faults that strike. */
export interface RequestWatch {
  /** Replaces the faults of the simulator, and counts requests anew. */
  setFaults(plan: FaultPlan): void;
  /** To be called when the simulator has recorded a request. */
  arrived(): void;
  /** Calls back for every request until the returned function is called. */
  listen(callback: (request: WatchedRequest, count: number) => void): () => void;
  /** The requests since the last call. */
  take(): readonly WatchedRequest[];
}

const endpoints = endpointsOf(catalog, newestLevel);

/** Watches a simulator. Which faults strike is counted along with it, request by request, by the same rules. */
export function watchRequests(simulator: Simulator): RequestWatch {
  let strikes: readonly Strike[] = [];
  let taken: WatchedRequest[] = [];
  const listeners = new Set<(request: WatchedRequest, count: number) => void>();
  return {
    setFaults: (plan) => {
      simulator.setFaults(plan);
      strikes = plan.map((fault) => ({ fault, matches: createFaultMatcher([fault]) }));
    },
    arrived: () => {
      const request = simulator.requests.at(-1);
      if (request === undefined) return;
      const { path, parameters } = request;
      const watched = { path, parameters, struck: struckBy(strikes, request) };
      taken.push(watched);
      for (const listener of listeners) listener(watched, taken.length);
    },
    listen: (callback) => {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    take: () => {
      const since = taken;
      taken = [];
      return since;
    },
  };
}

interface Strike {
  readonly fault: Fault;
  readonly matches: ReturnType<typeof createFaultMatcher>;
}

/** Of several answers, or deliveries, the simulator applies the first; page effects need a page. */
function struckBy(strikes: readonly Strike[], { method, path, parameters }: RecordedRequest): readonly Fault[] {
  const url = new URL(`http://127.0.0.1${path}?${parameters}`);
  const target = faultTargetOf({ method, path, url, headers: {} }, endpoints);
  const hits = strikes.map(({ fault, matches }) => ({ fault, effects: matches(target) }));
  const answer = hits.find(({ effects }) => effects.answer !== null);
  const delivery = hits.find(({ effects }) => effects.delivery !== null);
  const page = answer === undefined ? hits.filter(({ effects }) => effects.page.length > 0) : [];
  return [answer, delivery, ...page].flatMap((hit) => (hit === undefined ? [] : [hit.fault]));
}
