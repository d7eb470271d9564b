import { clockFaults } from './clocks.ts';
import { databaseFaults } from './database.ts';
import type { FaultCase } from './fault-case.ts';
import { networkFaults } from './network.ts';
import { pageFaults } from './pages.ts';
import { processFaults } from './process.ts';
import { refusals } from './refusals.ts';
import { resultFaults } from './results.ts';

/** Every fault, in the order of the page that is generated from it. */
export const faultTable: readonly FaultCase[] = [
  ...refusals,
  ...networkFaults,
  ...pageFaults,
  ...resultFaults,
  ...clockFaults,
  ...databaseFaults,
  ...processFaults,
];
