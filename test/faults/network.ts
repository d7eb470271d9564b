import type { DeliveryEffect } from '../../src/simulator/index.ts';
import type { FaultCase } from './fault-case.ts';
import { lasting, passing, strikeWith } from './strikes.ts';
import type { World } from './world.ts';

const area = 'network';
const unavailable = (says: string) => ({ code: 'api_unavailable', says }) as const;

/** Short enough for a test, long enough for an honest answer on a busy machine. */
const impatient = () => ({ timeouts: { headersSeconds: 0.5, bodyIdleSeconds: 0.5 } });

/** A fault of the delivery that strikes once, and all night. */
function both(fault: string, then: DeliveryEffect, says: string): readonly FaultCase[] {
  return [
    passing({ area, fault: `${fault}, once`, then }),
    lasting({ area, fault: `${fault}, all night`, then, sees: unavailable(says) }),
  ];
}

/** The time a request may take runs out as soon as the other datasets are done. */
function untilTimeIsUp({ nights, datasets }: World) {
  let done = 0;
  const advanced = () => {
    done += 1;
    if (done === datasets.length - 1) nights.clock.advance((nights.config.retryTotalSeconds + 2) * 1000);
  };
  return { progress: { ...nights.context.progress, advanced } };
}

/** Faults of the way between the API and the program. */
export const networkFaults: readonly FaultCase[] = [
  ...both('connection reset before the headers', { kind: 'reset-before-headers' }, 'no complete answer'),
  ...both('connection reset in the middle of the body', { kind: 'reset-mid-body' }, 'no complete answer'),
  ...both('body cut short of its Content-Length', { kind: 'cut-short', contentLength: true }, 'no complete answer'),
  ...both('body cut short without a Content-Length', { kind: 'cut-short', contentLength: false }, 'not the JSON'),
  ...both('garbage in place of gzip', { kind: 'gzip-garbage' }, 'no complete answer'),
  passing({ area, fault: 'headers that stall, once', then: { kind: 'stall-headers' }, changed: impatient }),
  passing({ area, fault: 'a body that stalls, once', then: { kind: 'stall-body' }, changed: impatient }),
  lasting({
    area,
    fault: 'headers that never come',
    then: { kind: 'stall-headers' },
    sees: unavailable('no complete answer within 600 s'),
    changed: untilTimeIsUp,
  }),
  lasting({
    area,
    fault: 'a body that never ends',
    then: { kind: 'stall-body' },
    sees: unavailable('no complete answer within 600 s'),
    changed: untilTimeIsUp,
  }),
  {
    area,
    fault: 'nothing listens at the address of the API',
    dataset: null,
    exit: 1,
    sees: unavailable('ECONNREFUSED'),
    recovery: 'at the next run',
    // Port 9 is reserved for discarding what is sent to it, and nothing on loopback does that any more.
    strike: strikeWith([], ({ nights }) => ({ config: { ...nights.config, baseUrl: 'http://127.0.0.1:9/v1' } })),
  },
];
