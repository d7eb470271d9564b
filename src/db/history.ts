import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';

interface Rights {
  readonly may_identify: boolean;
  readonly in_recovery: boolean;
}

/**
 * Names the line of transaction ids that this database counts along: 16 hexadecimal digits that stay the same as long as
 * a lower id means an earlier transaction. Another server, a restore, a failover to a standby or a copy of the database
 * have other ones.
 */
export async function historyOf(client: Pick<ClientBase, 'query'>): Promise<string> {
  const { rows } = await client.query<Rights>(
    `select has_function_privilege('pg_control_system()', 'execute')
         and has_function_privilege('pg_control_checkpoint()', 'execute') as may_identify,
       pg_is_in_recovery() as in_recovery`,
  );
  const [rights] = rows;
  const named = await client.query<{ name: string }>(
    nameSql(rights?.may_identify === true, rights?.in_recovery === true),
  );
  return createHash('sha256')
    .update(named.rows[0]?.name ?? '')
    .digest('hex')
    .slice(0, 16);
}

const database = '(select oid from pg_database where datname = current_database())';

/**
 * Where nobody says which server it is, the ledger does: its oid, and the transaction that first migrated it, are others
 * after a restore. A new timeline counts from what the old one had; a checkpoint tells of it late, the log at once.
 */
function nameSql(mayIdentify: boolean, inRecovery: boolean): string {
  const server = mayIdentify
    ? '(select system_identifier::text from pg_control_system())'
    : "(select concat('openai_etl.migrations'::regclass::oid, '.', xmin) from openai_etl.migrations where version = 1)";
  const timeline = inRecovery
    ? mayIdentify
      ? '(select timeline_id from pg_control_checkpoint())'
      : '0'
    : "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int";
  return `select concat_ws(' ', ${server}, ${timeline}, ${database}) as name`;
}
