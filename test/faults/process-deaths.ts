import { expect, vi } from 'vitest';
import { emptyDatabase } from '../support/postgres.ts';
import { storedBuckets, trueBuckets } from './buckets.ts';
import type { FaultCase, Struck } from './fault-case.ts';
import {
  holdAt,
  holdAtRequest,
  type Moment,
  onceLedgerIsWritten,
  patience,
  sessions,
  sessionsEnded,
  writesLedger,
} from './support/held-run.ts';
import { reports, sends } from './support/wire.ts';
import type { RunningCommand, World } from './world.ts';

const killed = {
  area: 'process',
  dataset: null,
  exit: null,
  sees: null,
  recovery: 'at the next run',
  world: { time: 'real' },
} as const;

const kill = endedBy('SIGKILL');

function endedBy(signal: NodeJS.Signals): (run: RunningCommand) => Promise<Struck> {
  return ({ child, ended }) => {
    child.kill(signal);
    return ended;
  };
}

/** A run that is killed when it comes to a message, which is then lost or, where `arrives`, the last one that passes. */
function killedAt(moment: string, isMoment: () => Moment, fate: 'lost' | 'arrives' = 'lost'): FaultCase {
  const then = fate === 'lost' ? 'cut' : 'pass and cut';
  return {
    ...killed,
    fault: `kill -9 ${moment}`,
    strike: async (world) => {
      const struck = await holdAt(world, isMoment(), kill, then);
      await expectEntered(world);
      return struck;
    },
  };
}

/** A row that a run has changed is in a bucket that the same run or a later one has entered into the ledger. */
async function expectEntered({ nights, datasets }: World): Promise<void> {
  for (const { name, table } of datasets) {
    const { rows } = await nights.database.pool.query(
      `select bucket_start from openai."${table}" fact
       where not exists (
         select from openai_etl.buckets bucket
         where bucket.dataset = $1 and (bucket.org_id, bucket.bucket_width, bucket.bucket_start) =
           (fact.org_id, fact.bucket_width, fact.bucket_start) and bucket.run_id >= fact.run_id)`,
      [name],
    );
    expect(rows).toEqual([]);
  }
}

const beginsRun: Moment = (message) => sends(message, /insert into openai_etl\.runs/);
const locksBuckets: Moment = (message) => sends(message, /from openai_etl\.buckets[^;]*for update/);
const copies: Moment = (message) => message.from === 'client' && message.type === 'd';
const commits: Moment = (message) => sends(message, /^commit\b/);
const committed: Moment = (message) => reports(message, 'COMMIT');
const endsRun: Moment = (message) => sends(message, /update openai_etl\.runs set finished_at/);

/** The first migration is done, the second about to be. */
function migratesAgain(): Moment {
  let migrations = 0;
  return (message) => sends(message, /insert into openai_etl\.migrations/) && ++migrations === 2;
}

/** A first run, in a database of its own. */
async function killWhileMigrating(world: World): Promise<Struck> {
  const database = await emptyDatabase();
  try {
    const struck = await holdAt(world, migratesAgain(), kill, 'cut', database);
    const next = await world.start(['sync'], { DATABASE_URL: database.url }).ended;
    expect(next).toMatchObject({ exit: 0, errors: [] });
    const stored = await storedBuckets({ ...world, nights: { ...world.nights, database } });
    const truth = [...trueBuckets(world, world.firstDay)].filter(([, { rows }]) => rows.length > 0);
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(truth));
    return struck;
  } finally {
    await database.close();
  }
}

async function killWhileWaiting(world: World): Promise<Struck> {
  const { database } = world.nights;
  const before = await sessions(database);
  const holder = await database.pool.connect();
  try {
    await holder.query('begin; select from openai_etl.buckets for update');
    const run = world.start();
    await vi.waitFor(async () => {
      const { rows } = await database.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      expect(rows.length).toBeGreaterThan(0);
    }, patience);
    return await kill(run);
  } finally {
    holder.release(true);
    await sessionsEnded(database, before);
  }
}

/** Runs that end without being asked. */
export const deaths: readonly FaultCase[] = [
  { ...killed, fault: 'kill -9 while a first run migrates', strike: killWhileMigrating },
  killedAt('before the first request', () => beginsRun),
  {
    ...killed,
    fault: 'kill -9 between two requests',
    strike: (world) => holdAtRequest(world, { nth: 3, then: { kind: 'stall-headers' } }, kill),
  },
  {
    ...killed,
    fault: 'kill -9 while a page arrives',
    strike: (world) => holdAtRequest(world, { nth: 2, then: { kind: 'stall-body' } }, kill),
  },
  killedAt('between a page and the first row of it', () => locksBuckets),
  {
    ...killed,
    fault: 'kill -9 while waiting for a bucket that another session has locked',
    strike: killWhileWaiting,
  },
  killedAt('during COPY', () => copies),
  killedAt('between the rows and the ledger', () => writesLedger),
  killedAt('before COMMIT has arrived', () => onceLedgerIsWritten(commits)),
  killedAt('while COMMIT is on its way', () => onceLedgerIsWritten(commits), 'arrives'),
  killedAt('before the answer to COMMIT', () => onceLedgerIsWritten(committed)),
  killedAt('while the end of the run is recorded', () => endsRun),
  {
    ...killed,
    fault: 'the process aborted in the middle of a transaction, as when it runs out of memory',
    strike: (world) => holdAt(world, writesLedger, endedBy('SIGABRT'), 'cut'),
  },
];
