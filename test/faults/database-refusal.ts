import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { ErrorCode } from '../../src/errors.ts';
import type { FaultCase, Struck } from './fault-case.ts';
import { beside, felt, nightOn, remedyOf, urlWith, withSettings } from './support/database-night.ts';
import { shakenDatabase } from './support/shared-server.ts';
import type { World } from './world.ts';

interface Refusal {
  readonly code: ErrorCode;
  readonly says: string;
  /** SQLSTATE, where it tells what to do better than the code. */
  readonly state?: string;
  /** What the operator does about it. */
  readonly recovery: FaultCase['recovery'];
  strike(world: World, url: string): Promise<Struck>;
}

/** A database that refuses the run from its beginning. On a server of its own: roles belong to a whole server. */
function refused(fault: string, { code, says, state = '', recovery, strike }: Refusal): FaultCase {
  return {
    fault,
    area: 'database',
    dataset: null,
    exit: 1,
    sees: { code, says, ...remedyOf(state) },
    recovery,
    world: { database: shakenDatabase },
    strike: (world) => strike(world, world.nights.database.url),
  };
}

/** A role that may log in and nothing else, for as long as it takes. */
async function asRole(
  world: World,
  definition: string,
  work: (role: string, url: string) => Promise<Struck>,
): Promise<Struck> {
  const role = `role_${randomBytes(6).toString('hex')}`;
  const { pool, url } = world.nights.database;
  await pool.query(`create role ${role} login password 'secret' ${definition}`);
  try {
    return await work(role, urlWith(url, { user: role, password: 'secret' }));
  } finally {
    await pool.query(`drop owned by ${role}; drop role ${role}`);
  }
}

/** As many sessions of a role as it may have, until `work` is done. */
async function occupying<T>(url: string, sessions: number, work: (end: () => Promise<void>) => Promise<T>): Promise<T> {
  const clients = Array.from({ length: sessions }, () => new pg.Client(url));
  await Promise.all(clients.map((client) => client.connect()));
  let ended: Promise<unknown> | null = null;
  const end = async () => {
    ended ??= Promise.all(clients.map((client) => client.end()));
    await ended;
  };
  try {
    return await work(end);
  } finally {
    await end();
  }
}

const grantAll = `
  grant usage on schema openai, openai_etl, openai_bi to ROLE;
  grant all on all tables in schema openai, openai_etl to ROLE;
  grant all on all sequences in schema openai_etl to ROLE`;

/** Faults that are refusals: the server is up and lets the run do nothing. */
export const databaseRefusals: readonly FaultCase[] = [
  refused('wrong password', {
    code: 'database_unreachable',
    says: 'password authentication failed',
    state: '28P01',
    recovery: 'when the password is right',
    strike: (world, url) => nightOn(world, urlWith(url, { password: 'not-it' })),
  }),
  refused('database that does not exist', {
    code: 'database_unreachable',
    says: 'does not exist',
    state: '3D000',
    recovery: 'when the name is right',
    strike: (world, url) => nightOn(world, urlWith(url, { database: 'nowhere' })),
  }),
  refused('role that may only read', {
    code: 'database_denied',
    says: 'permission denied for table',
    recovery: 'when the right is granted',
    strike: (world) => asRole(world, 'in role pg_read_all_data', (_role, url) => nightOn(world, url)),
  }),
  refused('role that may not connect to the database', {
    code: 'database_denied',
    says: 'permission denied for database',
    recovery: 'when the right is granted',
    strike: async (world) => {
      const { pool } = world.nights.database;
      const name = new URL(world.nights.database.url).pathname.slice(1);
      await pool.query(`revoke connect on database ${name} from public`);
      return await asRole(world, '', (_role, url) => nightOn(world, url));
    },
  }),
  refused('too many connections, all night', {
    code: 'database_unreachable',
    says: 'too many connections for role',
    state: '53300',
    recovery: 'at the next run',
    strike: (world) =>
      asRole(world, 'connection limit 2', (_role, url) => occupying(url, 2, () => nightOn(world, url))),
  }),
  {
    fault: 'too many connections, for a while',
    area: 'database',
    dataset: null,
    exit: 0,
    sees: null,
    recovery: 'in the same run',
    world: { database: shakenDatabase },
    strike: (world) =>
      asRole(world, 'connection limit 12', async (role, url) => {
        await world.nights.database.pool.query(grantAll.replaceAll('ROLE', role));
        return await occupying(url, 12, async (end) => {
          const clock = {
            ...world.clock,
            sleep: async (milliseconds: number, signal?: AbortSignal) => {
              await end();
              await world.clock.sleep(milliseconds, signal);
            },
          };
          return felt(await nightOn(world, url, clock), /PostgreSQL is back/);
        });
      }),
  },
  refused('database set to read only', {
    code: 'database_read_only',
    says: 'in a read-only transaction',
    recovery: 'when it may be written again',
    strike: (world, url) => nightOn(world, withSettings(url, { default_transaction_read_only: 'on' })),
  }),
  refused('PostgreSQL older than 15', {
    code: 'database_unsuitable',
    says: 'PostgreSQL 14.11; 15 or newer is needed',
    recovery: 'when the server is new enough',
    // No search path leads the program to another function than PostgreSQL's own: that one says it is older.
    strike: (world, url) =>
      beside(world, async (session) => {
        await session.query(`set allow_system_table_mods = on;
          alter function pg_catalog.current_setting(text) rename to current_setting_of_today;
          create function pg_catalog.current_setting(name text) returns text language sql stable as
            $$ select case name when 'server_version_num' then '140011' when 'server_version' then '14.11'
               else pg_catalog.current_setting_of_today(name) end $$`);
        try {
          return await nightOn(world, url);
        } finally {
          await session.query(`drop function pg_catalog.current_setting(text);
            alter function pg_catalog.current_setting_of_today(text) rename to current_setting`);
        }
      }),
  }),
  refused('schema that a newer program has migrated', {
    code: 'schema_newer',
    says: 'this program knows versions up to',
    recovery: 'when the newer program runs',
    strike: (world, url) =>
      beside(world, async (session) => {
        await session.query(`insert into openai_etl.migrations (version, name, checksum, applied_by_version)
          values (9999, 'of_the_future', '', '99.0.0')`);
        try {
          return await nightOn(world, url);
        } finally {
          await session.query('delete from openai_etl.migrations where version = 9999');
        }
      }),
  }),
];
