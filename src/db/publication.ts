import type { ClientBase, Pool } from 'pg';
import { inTransaction } from './transaction.ts';

/** A slot that somebody follows this database by, or has left behind. */
export interface Slot {
  readonly name: string;
  readonly plugin: string;
  readonly active: boolean;
  /** Write-ahead log that the server keeps for it, in bytes; null where it cannot be told. */
  readonly retained_bytes: number | null;
  /** As PostgreSQL says it: reserved, extended, unreserved or lost. */
  readonly wal_status: string | null;
}

/** What logical replication needs, and what there is of it. */
export interface PublicationStatus {
  readonly name: string;
  readonly exists: boolean;
  /** Tables of schema openai in it, in alphabetical order. */
  readonly tables: readonly string[];
  /** Tables that it should have and has not. */
  readonly missing: readonly string[];
  /** Tables it should have of which an update or delete could not be told: no primary key, or another replica identity. */
  readonly unidentified: readonly string[];
  /** `logical` where it works; it takes a restart of the server to change it. */
  readonly wal_level: string;
  /** `-1`: a slot that nobody reads keeps write-ahead log until the disk is full. */
  readonly max_slot_wal_keep_size: string;
  readonly slots: readonly Slot[];
}

/**
 * Makes a publication of exactly the given tables of schema openai, or makes one that is there so. It tells of inserts,
 * updates and deletes, and of partitions as of their table. Rejects with errors of the database.
 */
export async function createPublication(pool: Pool, name: string, tables: readonly string[]): Promise<void> {
  const identifier = quoted(name);
  const list = tables.map((table) => `openai.${quoted(table)}`).join(', ');
  const how = "publish = 'insert, update, delete', publish_via_partition_root = true";
  await inTransaction(pool, async (client) => {
    if (await exists(client, name)) {
      await client.query(`alter publication ${identifier} set table ${list}`);
      await client.query(`alter publication ${identifier} set (${how})`);
    } else {
      await client.query(`create publication ${identifier} for table ${list} with (${how})`);
    }
  });
}

/** Drops a publication. Gives whether there was one. Slots stay: whoever made them drops them. */
export async function dropPublication(pool: Pool, name: string): Promise<boolean> {
  const identifier = quoted(name);
  return await inTransaction(pool, async (client) => {
    if (!(await exists(client, name))) return false;
    await client.query(`drop publication ${identifier}`);
    return true;
  });
}

/** What there is of a publication that should have the given tables of schema openai. Changes nothing. */
export async function publicationStatus(
  pool: Pool,
  name: string,
  wanted: readonly string[],
): Promise<PublicationStatus> {
  const published = await pool.query<{ table: string }>(
    `select tablename as table from pg_publication_tables where pubname = $1 and schemaname = 'openai' order by 1`,
    [name],
  );
  const tables = published.rows.map(({ table }) => table);
  const unidentified = await pool.query<{ table: string }>(
    `select relname as table from pg_class c where relnamespace = 'openai'::regnamespace and relname = any($1)
       and (relreplident <> 'd' or not exists (select from pg_index where indrelid = c.oid and indisprimary)) order by 1`,
    [wanted],
  );
  const settings = await pool.query<{ wal_level: string; keep: string }>(
    `select current_setting('wal_level') as wal_level, current_setting('max_slot_wal_keep_size') as keep`,
  );
  const slots = await pool.query<Slot>(
    `select slot_name as name, plugin, active, wal_status,
       case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint end as retained_bytes
     from pg_replication_slots where slot_type = 'logical' and database = current_database() order by 1`,
  );
  return {
    name,
    exists: await exists(pool, name),
    tables,
    missing: wanted.filter((table) => !tables.includes(table)).toSorted(),
    unidentified: unidentified.rows.map(({ table }) => table),
    wal_level: settings.rows[0]?.wal_level ?? '',
    max_slot_wal_keep_size: settings.rows[0]?.keep ?? '',
    slots: slots.rows,
  };
}

async function exists(client: Pick<ClientBase, 'query'> | Pool, name: string): Promise<boolean> {
  const { rowCount } = await client.query('select from pg_publication where pubname = $1', [name]);
  return rowCount === 1;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
