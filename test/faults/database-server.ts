import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { FaultCase, Struck } from './fault-case.ts';
import { afterRows, felt, nightOn, nightThrough } from './support/database-night.ts';
import { type OwnServer, standbyOf } from './support/own-server.ts';
import { shakenDatabase, shakenServer } from './support/shared-server.ts';
import { sends, sendsRows } from './support/wire.ts';
import type { World } from './world.ts';

type Recovery = Pick<FaultCase, 'exit' | 'sees' | 'recovery'>;

const survived: Recovery = { exit: 0, sees: null, recovery: 'in the same run' };

/** A fault of the whole server. It runs again, unharmed, when the fault has struck. */
function ofServer(
  fault: string,
  recovery: Recovery,
  strike: (world: World, server: OwnServer) => Promise<Struck>,
): FaultCase {
  return {
    fault,
    area: 'database',
    dataset: null,
    ...recovery,
    world: { database: shakenDatabase },
    strike: async (world) => {
      const server = await shakenServer();
      try {
        return await strike(world, server);
      } finally {
        await server.start();
      }
    },
  };
}

/** The server ends in the middle of COPY, and is back by the time the run has waited for the first time. */
async function restarted(world: World, server: OwnServer, how: 'fast' | 'crash'): Promise<Struck> {
  let stopping: Promise<void> | null = null;
  const clock = onWait(world, async () => {
    if (stopping === null) return;
    await stopping;
    stopping = null;
    await server.start();
  });
  const act = async () => {
    stopping = server.stop(how);
    await stopping;
    return 'pass' as const;
  };
  return felt(await nightThrough(world, { isMoment: sendsRows, act }, { clock }), /taking them again/);
}

/** The world's clock, on which something happens before each wait is over. */
function onWait(world: World, happen: () => Promise<void>): Clock {
  let last: Promise<void> = Promise.resolve();
  return {
    ...world.clock,
    sleep: async (milliseconds, signal) => {
      last = last.then(happen);
      await last;
      await world.clock.sleep(milliseconds, signal);
    },
  };
}

/** Puts a full disk in the place of a table that is still empty: the kernel refuses every write to it. */
async function onFullDisk(
  world: World,
  server: OwnServer,
  table: string,
  work: () => Promise<Struck>,
): Promise<Struck> {
  const { pool } = world.nights.database;
  const { rows } = await pool.query<{ path: string; bytes: number }>(
    'select pg_relation_filepath($1::regclass) as path, pg_relation_size($1::regclass)::int as bytes',
    [table],
  );
  const [file] = rows;
  if (file?.bytes !== 0) throw new Error(`${table} is not empty`);
  const path = join(server.data, file.path);
  await rm(path);
  await symlink('/dev/full', path);
  try {
    return await work();
  } finally {
    // Truncating makes a new file, of the right owner, and forgets the old one.
    await rm(path);
    await writeFile(path, '');
    await pool.query(`truncate ${table}`);
  }
}

/**
 * A commit is written, waits for a replica that does not exist, and its session is ended there: the transaction has
 * committed, and the run is never told.
 */
async function endedWhileCommitting(world: World, server: OwnServer): Promise<Struck> {
  const { pool } = world.nights.database;
  const waiting = `from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()`;
  const untilWaiting = (name: string) =>
    vi.waitFor(async () => {
      const { rowCount } = await pool.query(`select ${waiting} and application_name = $1`, [name]);
      if (rowCount === 0) throw new Error('no commit waits for a replica');
    }, patience);
  let ended: Promise<unknown> = Promise.resolve();
  const end = async (probe: Promise<unknown>) => {
    await untilWaiting('usage-etl');
    // Its temporary tables are dropped by one more commit, which waits as well: its end is not waited for.
    await pool.query(`select pg_terminate_backend(pid, 200) ${waiting} and application_name = 'usage-etl'`);
    await server.execute('postgres', 'alter system reset synchronous_standby_names');
    await server.execute('postgres', 'select pg_reload_conf()');
    await probe;
  };
  const act = async () => {
    await server.execute('postgres', `alter system set synchronous_standby_names = 'nobody'`);
    await server.execute('postgres', 'select pg_reload_conf()');
    const probe = commitsUntilHeld(pool);
    await untilWaiting('usage-etl tests');
    ended = end(probe);
    return 'pass' as const;
  };
  const struck = await nightThrough(world, { isMoment: afterRows((message) => sends(message, /^commit/i)), act });
  await ended;
  return struck;
}

/** Commits until the new setting holds a commit up; resolves when the setting is taken back. */
async function commitsUntilHeld(pool: pg.Pool): Promise<void> {
  const heldMs = 100;
  for (let tookMs = 0; tookMs < heldMs; ) {
    const began = systemClock.monotonicMs();
    await pool.query(`select pg_logical_emit_message(true, 'fault', '')`);
    tookMs = systemClock.monotonicMs() - began;
  }
}

const patience = { timeout: 20_000, interval: 10 };

/** Writes to the write-ahead log until it stands in its file where the next byte is beyond 8 MB. */
const writeLogPastLimit = `do $$ begin
  while (select file_offset not between 9000000 and 15000000 from pg_walfile_name_offset(pg_current_wal_insert_lsn()))
  loop perform pg_logical_emit_message(false, 'fault', repeat('x', 100000)); end loop; end $$`;

/** Faults of the server that the database is on. */
export const serverFaults: readonly FaultCase[] = [
  ofServer('server restarted in the middle of a run', survived, (world, server) => restarted(world, server, 'fast')),
  ofServer('server crashed and restarted in the middle of a run', survived, (world, server) =>
    restarted(world, server, 'crash'),
  ),
  ofServer('session ended by an administrator while COMMIT waits for a replica', survived, endedWhileCommitting),
  ofServer('server down when the run begins, back soon', survived, async (world, server) => {
    await server.stop('fast');
    let down = true;
    const clock = onWait(world, async () => {
      if (down) await server.start();
      down = false;
    });
    return felt(await nightOn(world, world.nights.database.url, clock), /PostgreSQL is away.*PostgreSQL is back/s);
  }),
  ofServer(
    'server down when the run begins, and not back',
    {
      exit: 1,
      sees: { code: 'database_unreachable', says: 'ECONNREFUSED' },
      recovery: 'when the server is up',
    },
    async (world, server) => {
      await server.stop('fast');
      return await nightOn(world, world.nights.database.url);
    },
  ),
  ofServer(
    'server gone in the middle of a run, and not back',
    {
      exit: 1,
      sees: { code: 'database_transient', says: 'The connection to PostgreSQL was lost' },
      recovery: 'when the server is up',
    },
    async (world, server) => {
      const act = async () => {
        await server.stop('crash');
        return 'pass' as const;
      };
      return await nightThrough(world, { isMoment: sendsRows, act });
    },
  ),
  ofServer(
    'disk full',
    {
      exit: 1,
      sees: { code: 'database_full', says: 'No space left on device (SQLSTATE 53100)' },
      recovery: 'when there is room',
    },
    (world, server) =>
      onFullDisk(world, server, 'openai_etl.restatements', () => nightOn(world, world.nights.database.url)),
  ),
  ofServer(
    'disk of the write-ahead log full, at which PostgreSQL panics',
    {
      exit: 1,
      sees: { code: 'database_refused', says: 'PostgreSQL crashed: could not write to log file' },
      recovery: 'when there is room',
    },
    async (world, server) => {
      const { pool, url } = world.nights.database;
      await pool.query(writeLogPastLimit);
      await server.stop('fast');
      try {
        await server.start({ mostFileBytes: 8 * 1024 * 1024 });
        return await nightOn(world, url);
      } finally {
        await server.stop('crash');
      }
    },
  ),
  ofServer(
    'hot standby in place of the primary',
    {
      exit: 1,
      sees: { code: 'database_read_only', says: 'in a read-only transaction (SQLSTATE 25006)' },
      recovery: 'when DATABASE_URL names the primary',
    },
    async (world, server) => {
      await server.stop('fast');
      const standby = await standbyOf(server);
      try {
        await standby.start();
        return await nightOn(world, standby.url(new URL(world.nights.database.url).pathname.slice(1)));
      } finally {
        await standby.close();
      }
    },
  ),
];
