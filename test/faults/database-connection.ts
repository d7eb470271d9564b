import type { FaultCase } from './fault-case.ts';
import { type Ambush, afterRows, beside, felt, nightThrough, type Settings } from './support/database-night.ts';
import type { Act } from './support/database-proxy.ts';
import { reports, sends, sendsRows, type WireMessage } from './support/wire.ts';
import type { World } from './world.ts';

const commits = (message: WireMessage) => sends(message, /^commit/i);
const committed = (message: WireMessage) => reports(message, 'COMMIT');

/** A fault of one connection, that the run it strikes gets over. */
function survived(
  fault: string,
  ambush: (world: World) => Ambush,
  sign: RegExp | null,
  settings: Settings = {},
): FaultCase {
  return {
    fault,
    area: 'database',
    dataset: null,
    exit: 0,
    sees: null,
    recovery: 'in the same run',
    strike: async (world) => {
      const struck = await nightThrough(world, ambush(world), { settings });
      return sign === null ? struck : felt(struck, sign);
    },
  };
}

/** Something happens to the connection at a slice's first message of a kind. */
const at = (isMoment: (message: WireMessage) => boolean, act: Act) => () => ({
  isMoment: afterRows(isMoment),
  act: () => act,
});

/** Sessions of the run are ended in the middle of COPY, as an administrator or a failing server does. */
const ending = (sessions: string) => (world: World) => ({
  isMoment: sendsRows,
  act: async (): Promise<Act> => {
    await beside(world, (session) =>
      session.query(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity
          where datname = current_database() and ${sessions}`,
      ),
    );
    return 'pass';
  },
});

const retried = /the transaction failed; trying again/;

/** Faults of the connections to PostgreSQL. */
export const connectionFaults: readonly FaultCase[] = [
  survived('connection cut before COMMIT reaches PostgreSQL', at(commits, 'cut'), retried),
  survived('connection cut while COMMIT is under way', at(commits, 'pass and cut'), null),
  survived('connection cut after COMMIT, before its answer', at(committed, 'cut'), null),
  survived('connection cut in the middle of COPY', at(sendsRows, 'cut'), retried),
  survived(
    'session ended by an administrator in the middle of COPY',
    ending(`query ilike 'copy%'`),
    /terminating connection due to administrator command/,
  ),
  survived(
    'session that holds the locks ended by an administrator',
    ending(`application_name = 'usage-etl locks'`),
    /taking them again/,
  ),
  survived(
    'every session of the run ended by an administrator at once',
    ending(`application_name in ('usage-etl', 'usage-etl locks')`),
    retried,
  ),
  survived(
    'connection that goes silent in the middle of a transaction',
    at((message) => sends(message, /insert into openai_etl.restatements/i), 'swallow'),
    retried,
    { idle_in_transaction_session_timeout: '300', query_timeout: '1000' },
  ),
];
