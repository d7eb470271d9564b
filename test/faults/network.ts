import type { Fault } from '../../src/simulator/index.ts';
import type { FaultCase } from './fault-case.ts';

/** A fault that strikes one request and is gone when it is repeated. */
function passing(fault: string, then: Fault['then']): FaultCase {
  return {
    fault,
    area: 'network',
    dataset: 'completions',
    exit: 0,
    sees: null,
    recovery: 'in the same run',
    strike: async (world) => {
      world.setFaults([{ when: { dataset: 'completions', times: 1 }, then }]);
      return await world.night();
    },
  };
}

/** Faults of the way between the API and the program. */
export const networkFaults: readonly FaultCase[] = [
  passing('connection reset before the headers', { kind: 'reset-before-headers' }),
];
