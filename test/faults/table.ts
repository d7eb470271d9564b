import type { FaultCase } from './fault-case.ts';
import { networkFaults } from './network.ts';

/** Every fault, in the order of the page that is generated from it. */
export const faultTable: readonly FaultCase[] = [...networkFaults];
