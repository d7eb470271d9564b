import type pg from 'pg';
import { lockKey } from '../../src/db/lock-key.ts';
import type { FaultCase } from './fault-case.ts';
import {
  beside,
  felt,
  nightOn,
  nightThrough,
  remedyOf,
  type Settings,
  untilBlocked,
  withSettings,
} from './support/database-night.ts';
import { refuses } from './support/wire.ts';
import type { World } from './world.ts';

const lockTable = 'lock table openai.usage_completions in access exclusive mode';
const touchLedger = `update openai_etl.buckets set revision = revision where dataset = 'completions'`;
const lockMigrations = `select pg_advisory_lock(${lockKey('migration:schema').join(', ')})`;

/** A sequence is not rolled back: the second statement passes. */
const failOnce = `create sequence public.failures;
  create function public.fail_once() returns trigger language plpgsql as $$ begin
    if nextval('public.failures') = 1 then
      raise exception 'could not serialize access due to concurrent update' using errcode = '40001';
    end if;
    return null;
  end $$;
  create trigger fail_once before insert or update on openai_etl.buckets
    for each statement execute function public.fail_once()`;

/** What another session holds while the run begins. */
interface Hold {
  readonly sql: string;
  /** What it does once the run waits for it; then it lets go. */
  readonly onceWaitedFor?: (session: pg.Client) => Promise<unknown>;
  readonly settings?: Settings;
}

/** Another session's transaction is in the way of the run, and lets go when the run has come to wait for it. */
function held(fault: string, { sql, onceWaitedFor, settings = {} }: Hold, sign: RegExp): FaultCase {
  return {
    fault,
    area: 'database',
    dataset: null,
    exit: 0,
    sees: null,
    recovery: 'in the same run',
    strike: (world) =>
      beside(world, async (session) => {
        await session.query(`begin; ${sql}`);
        const night = nightOn(world, withSettings(world.nights.database.url, settings));
        await untilBlocked(world, session);
        await onceWaitedFor?.(session);
        await session.query('commit; select pg_advisory_unlock_all()');
        return felt(await night, sign);
      }),
  };
}

/** Another session's lock makes statements of one dataset fail with a SQLSTATE. */
function refusedWhileLocked(world: World, state: string, settings: Settings, forHowLong: 'once' | 'all night') {
  return beside(world, async (session) => {
    await session.query(`begin; ${lockTable}`);
    if (forHowLong === 'all night') {
      return felt(await nightOn(world, withSettings(world.nights.database.url, settings)), new RegExp(state));
    }
    const isMoment = (message: Parameters<typeof refuses>[0]) => refuses(message, state);
    const letGo = async () => {
      await session.query('commit');
      return 'pass' as const;
    };
    return felt(await nightThrough(world, { isMoment, act: letGo }, { settings }), new RegExp(state));
  });
}

const passing = { area: 'database', exit: 0, sees: null, recovery: 'in the same run' } as const;
const lasting = { area: 'database', dataset: 'completions', exit: 3, recovery: 'at the next run' } as const;

/** Faults of statements: other sessions in the way, and limits on how long a statement may take. */
export const statementFaults: readonly FaultCase[] = [
  {
    ...passing,
    fault: 'serialization failure',
    dataset: null,
    strike: (world) =>
      beside(world, async (session) => {
        // Sessions of the program are read committed, which serializes nothing; triggers of others may say it all the same.
        await session.query(failOnce);
        try {
          return felt(await nightOn(world, world.nights.database.url), /SQLSTATE 40001/);
        } finally {
          await session.query('drop function public.fail_once cascade; drop sequence public.failures');
        }
      }),
  },
  held(
    'deadlock',
    // The run is found out first: it has waited longer.
    { sql: lockTable, onceWaitedFor: (session) => session.query(touchLedger) },
    /SQLSTATE 40P01/,
  ),
  held('table locked by another session for a while', { sql: lockTable }, /"exit_code":0/),
  held('ledger rows locked by another session for a while', { sql: touchLedger }, /"exit_code":0/),
  held('migration lock held by another program for a while', { sql: lockMigrations }, /waiting for another program/),
  {
    ...passing,
    fault: 'statement_timeout, once',
    dataset: 'completions',
    strike: (world) => refusedWhileLocked(world, '57014', { statement_timeout: '250' }, 'once'),
  },
  {
    ...lasting,
    fault: 'statement_timeout, all night',
    sees: { code: 'database_transient', says: 'canceling statement due to statement timeout', ...remedyOf('57014') },
    strike: (world) => refusedWhileLocked(world, '57014', { statement_timeout: '250' }, 'all night'),
  },
  {
    ...passing,
    fault: 'lock_timeout, once',
    dataset: 'completions',
    strike: (world) => refusedWhileLocked(world, '55P03', { lock_timeout: '250' }, 'once'),
  },
  {
    ...lasting,
    fault: 'table locked by another session all night',
    sees: { code: 'database_transient', says: 'canceling statement due to lock timeout', ...remedyOf('55P03') },
    strike: (world) => refusedWhileLocked(world, '55P03', { lock_timeout: '100' }, 'all night'),
  },
  {
    fault: 'ledger locked by another session all night',
    area: 'database',
    dataset: null,
    exit: 1,
    sees: { code: 'database_transient', says: 'canceling statement due to lock timeout', ...remedyOf('55P03') },
    recovery: 'at the next run',
    strike: (world) =>
      beside(world, async (session) => {
        await session.query('begin; lock table openai_etl.buckets in access exclusive mode');
        return await nightOn(world, withSettings(world.nights.database.url, { lock_timeout: '100' }));
      }),
  },
];
