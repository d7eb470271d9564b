import type { ClientBase } from 'pg';
import { EtlError } from '../errors.ts';
import { type LockName, lockApplicationName, lockClass, lockKey } from './lock-key.ts';

/** The session that holds a lock, as far as this role may see it. */
export interface LockHolder {
  readonly role: string;
  readonly pid: number;
  /** Null where the server does not show it to this role. */
  readonly since: string | null;
  /** True where it looks like a run: by its role, which may write, and by the name or the locks of its session. */
  readonly run: boolean;
}

/** objsubid 2 marks keys of two int4; both halves are shown unsigned there. */
const holderSql = `
  select coalesce(quote_ident(usename), 'unknown') as role, holder.pid,
    to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
    coalesce(to_regclass('openai_etl.runs') is null or has_table_privilege(usesysid, to_regclass('openai_etl.runs'), 'insert'), false)
      and (application_name = $4 or exists (
        select from pg_locks as other where other.pid = holder.pid and locktype = 'advisory' and objsubid = 2
          and classid = ($3::bigint & 4294967295)::oid)) as run
    from pg_locks as holder join pg_stat_activity on pg_stat_activity.pid = holder.pid
   where locktype = 'advisory' and granted and objsubid = 2
     and database = (select oid from pg_database where datname = current_database())
     and classid = ($1::bigint & 4294967295)::oid and objid = ($2::bigint & 4294967295)::oid
   limit 1`;

/** Who holds a lock; null when nobody does any more. */
export async function holderOf(client: ClientBase, name: LockName): Promise<LockHolder | null> {
  const { rows } = await client.query<LockHolder>(holderSql, [...lockKey(name), lockClass.run, lockApplicationName]);
  return rows[0] ?? null;
}

/** The holder in words. */
export function holderText({ role, pid, since }: LockHolder): string {
  return `role ${role}, process ${pid} of the server${since === null ? '' : `, connected since ${since}`}`;
}

/** The refusal to call a lock harmless that no run holds. */
export function strangerHolds(holder: LockHolder): EtlError {
  return new EtlError('lock_foreign', `the lock on it is held by a session that is no run: ${holderText(holder)}`);
}
