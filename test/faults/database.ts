import { connectionFaults } from './database-connection.ts';
import { databaseRefusals } from './database-refusal.ts';
import { serverFaults } from './database-server.ts';
import { statementFaults } from './database-statement.ts';
import type { FaultCase } from './fault-case.ts';

/** Faults of the database. */
export const databaseFaults: readonly FaultCase[] = [
  ...connectionFaults,
  ...statementFaults,
  ...serverFaults,
  ...databaseRefusals,
];
