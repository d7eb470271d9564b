import type { Fault, FaultPlan } from '../../src/simulator/index.ts';
import type { FaultCase } from './fault-case.ts';
import { lasting, passing, strikeWith } from './strikes.ts';
import type { World } from './world.ts';

const area = 'refusal';
const dataset = 'completions';
const redirectRemedy = 'Check OPENAI_BASE_URL and the proxy: the API itself does not redirect.';
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const status = (code: number, retryAfter?: string): Fault['then'] => ({
  kind: 'status',
  status: code,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

const inAll = { area, dataset: null } as const;

const throttled: readonly FaultCase[] = [
  passing({ area, fault: '429 with Retry-After in seconds', then: status(429, '30') }),
  {
    ...passing({ area, fault: '429 with Retry-After as an HTTP date', then: status(429) }),
    strike: (world) => {
      const date = new Date(world.clock.now().getTime() + 45_000).toUTCString();
      return strikeWith([{ when: { dataset, times: 1 }, then: status(429, date) }])(world);
    },
  },
  passing({ area, fault: '429 without Retry-After', then: status(429) }),
  passing({ area, fault: '429 with a Retry-After that says nothing', then: status(429, 'soon') }),
  {
    ...inAll,
    fault: 'a storm of 429 that passes',
    exit: 0,
    sees: null,
    recovery: 'in the same run',
    strike: (world) =>
      strikeWith(world.datasets.map(({ name }) => ({ when: { dataset: name, times: 4 }, then: status(429, '5') })))(
        world,
      ),
  },
  {
    ...inAll,
    fault: 'a storm of 429 that lasts all night',
    exit: 1,
    sees: { code: 'api_unavailable', says: 'answered 429' },
    recovery: 'at the next run',
    strike: strikeWith([{ when: {}, then: status(429) }]),
  },
  lasting({
    area,
    fault: 'Retry-After longer than the time a request may take',
    then: status(429, '86400'),
    sees: { code: 'retry_after_too_long', says: 'asks to wait 86400 s' },
  }),
];

const broken: readonly FaultCase[] = [500, 502, 503, 504].flatMap((code) => [
  passing({ area, fault: `${code} that passes`, then: status(code), times: 2 }),
  lasting({
    area,
    fault: `${code} that lasts`,
    then: status(code),
    sees: { code: 'api_unavailable', says: `answered ${code}` },
  }),
]);

const denied: readonly FaultCase[] = [
  passing({ area, fault: '404 on a known path that passes', then: status(404), times: 2 }),
  {
    ...lasting({
      area,
      fault: '404 for an hour on a known path',
      then: status(404),
      sees: { code: 'endpoint_missing', says: 'answered 404' },
    }),
    recover: (world) => {
      world.pass(hourMs);
      return world.night();
    },
  },
  {
    ...lasting({
      area,
      fault: '404 on the path of an optional dataset',
      then: status(404),
      dataset: 'decisions',
      sees: { code: 'dataset_unavailable', says: 'answered 404' },
    }),
    exit: 0,
  },
  {
    ...inAll,
    fault: '401 from the first request on',
    exit: 1,
    sees: { code: 'key_rejected', says: 'answered 401' },
    recovery: 'at the next run',
    strike: strikeWith([{ when: {}, then: status(401) }]),
  },
  {
    ...inAll,
    fault: 'the key is revoked during the run',
    exit: 3,
    sees: { code: 'key_rejected', says: 'answered 401' },
    recovery: 'at the next run',
    strike: strikeWith([{ when: { from: 3 }, then: status(401) }], oneAtATime),
  },
  lasting({
    area,
    fault: '403 on one dataset',
    then: status(403),
    sees: { code: 'scope_missing', says: 'answered 403' },
  }),
  {
    ...inAll,
    fault: '403 on everything that is not optional',
    exit: 1,
    sees: { code: 'scope_missing', says: 'answered 403' },
    recovery: 'at the next run',
    strike: strikeWith([{ when: {}, then: status(403) }]),
  },
  lasting({
    area,
    fault: '400 that no grouping explains',
    then: { ...{ kind: 'status' as const, status: 400 }, message: "Unknown parameter: 'limit'.", param: 'limit' },
    sees: { code: 'request_refused', says: 'answered 400' },
  }),
  lasting({
    area,
    fault: 'a redirect',
    then: status(302),
    sees: { code: 'request_refused', says: 'answered 302', remedy: redirectRemedy },
  }),
];

function oneAtATime({ nights }: World) {
  return { config: { ...nights.config, concurrency: 1 } };
}

/** A grouping is refused: settled buckets keep their detail, the others are read without the dimension. */
function groupingRefused(fault: string, plan: FaultPlan): FaultCase {
  return {
    area,
    fault,
    dataset,
    exit: 0,
    sees: null,
    recovery: 'when the week is over after which every dimension is asked for again, a night later',
    strike: strikeWith(plan),
    recover: async (world) => {
      world.pass(7 * dayMs);
      const first = await world.night();
      // What was restated long ago is read along as soon as all of history has one grain again.
      return first.exit === 0 ? await world.night() : first;
    },
  };
}

const refusedUser: Fault['then'] = { kind: 'refuse-grouping', dimension: 'user_id' };

const negotiated: readonly FaultCase[] = [
  groupingRefused('a grouping refused on page 1', [{ when: { dataset }, then: refusedUser }]),
  groupingRefused('a grouping refused on a later page', [
    { when: { dataset }, then: { kind: 'split-bucket' } },
    { when: { dataset, page: 2 }, then: refusedUser },
  ]),
  groupingRefused('every grouping refused, one after the other', [
    ...['project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier', 'api_source'].map((dimension) => ({
      when: { dataset },
      then: { kind: 'refuse-grouping' as const, dimension },
    })),
  ]),
  {
    ...inAll,
    fault: 'the horizon refused in the middle of a backfill',
    exit: 0,
    sees: null,
    recovery: 'in the same run',
    strike: async (world) => {
      const horizon = new Date(world.firstDay.getTime() - 45 * dayMs);
      world.setFaults([{ when: {}, then: { kind: 'refuse-start', earliest: horizon } }]);
      const from = new Date(world.firstDay.getTime() - 80 * dayMs);
      return { ...(await world.night({ command: 'backfill', from })), horizon };
    },
  },
];

/** What the API refuses to answer. */
export const refusals: readonly FaultCase[] = [...throttled, ...broken, ...denied, ...negotiated];
