import type { Pool, PoolClient } from 'pg';
import type { DirectoryList } from '../catalog/directory/list.ts';
import type { DirectoryTable } from '../catalog/directory/table.ts';
import { directoryTables } from '../catalog/directory/tables.ts';
import { fitsKey } from '../catalog/storable.ts';
import { inTransaction } from '../db/transaction.ts';
import type { DirectoryEntry } from '../parse/directory.ts';
import { directoryStatements } from './directory-sql.ts';

/** What came of asking for one list, of one project or group where it has one. */
export interface ListReading {
  readonly list: DirectoryList;
  readonly scopeId: string | null;
  readonly outcome:
    | { readonly status: 'read'; readonly entries: readonly DirectoryEntry[] }
    /** `refused`: the API does not give it. `failed`: no complete answer. `detail` is for a person, redacted. */
    | { readonly status: 'refused' | 'failed'; readonly detail: string };
}

/** What a run asked of an organization's lists. */
export interface DirectoryReading {
  readonly organization: string;
  /** When the first list was asked for. */
  readonly observedAt: Date;
  readonly lists: readonly ListReading[];
}

/** How the names of an organization changed. */
export interface DirectoryChanges {
  readonly added: number;
  readonly changed: number;
  readonly renamed: number;
  readonly removed: number;
}

/**
 * Brings the tables of names up to what was read, in one transaction: every list that was read to its end replaces what
 * it held before, all else stays. What is missing is marked as removed, and nothing is deleted. One writer an
 * organization: the caller holds its lock.
 */
export async function loadDirectory(pool: Pool, reading: DirectoryReading): Promise<DirectoryChanges> {
  return await inTransaction(pool, async (client) => {
    const all: DirectoryChanges[] = [];
    for (const table of directoryTables) all.push(await loadTable(client, reading, table));
    await recordLists(client, reading);
    const sum = (of: keyof DirectoryChanges) => all.reduce((total, one) => total + one[of], 0);
    return { added: sum('added'), changed: sum('changed'), renamed: sum('renamed'), removed: sum('removed') };
  });
}

/** Empties what says who the people of an organization are, names of the past included. */
export async function erasePersonalData(pool: Pool, organization: string): Promise<number> {
  return await inTransaction(pool, async (client) => {
    let rows = 0;
    for (const table of directoryTables) {
      const { erase, eraseNames } = directoryStatements(table, null);
      if (erase !== null) rows += (await client.query(erase, [organization])).rowCount ?? 0;
      if (eraseNames !== null) rows += (await client.query(eraseNames, [organization])).rowCount ?? 0;
    }
    return rows;
  });
}

const nothing: DirectoryChanges = { added: 0, changed: 0, renamed: 0, removed: 0 };

async function loadTable(
  client: PoolClient,
  { organization, observedAt, lists }: DirectoryReading,
  table: DirectoryTable,
): Promise<DirectoryChanges> {
  const readings = lists.flatMap(({ list, scopeId, outcome }) =>
    list.table === table && outcome.status === 'read' ? [{ list, scopeId, entries: outcome.entries }] : [],
  );
  if (readings.length === 0) return nothing;
  const scopeColumn = readings.find(({ list }) => list.scopeColumn !== null)?.list.scopeColumn ?? null;
  const statements = directoryStatements(table, scopeColumn);
  const entries = JSON.stringify(merged(table, readings));
  const seen = [organization, observedAt, entries];
  const { rows } = await client.query<{ added: number; changed: number }>(statements.upsert, seen);
  const scopes = readings.flatMap(({ scopeId }) => (scopeId === null ? [] : [scopeId]));
  const whole = readings.some(({ scopeId }) => scopeId === null);
  const removed = await client.query(statements.remove, scopeColumn === null ? seen : [...seen, scopes, whole]);
  const closed = statements.closeNames === null ? null : await client.query(statements.closeNames, seen);
  if (statements.openNames !== null) await client.query(statements.openNames, seen);
  return { added: 0, changed: 0, ...rows[0], renamed: closed?.rowCount ?? 0, removed: removed.rowCount ?? 0 };
}

/**
 * One row an id: what several lists say of it, the later ones first. What has an id too long for an index has no row:
 * views show such an id as it is.
 */
function merged(
  table: DirectoryTable,
  readings: readonly { readonly entries: readonly DirectoryEntry[] }[],
): readonly Record<string, string | null>[] {
  const rows = new Map<string, Record<string, string | null>>();
  for (const { values } of readings.flatMap(({ entries }) => entries)) {
    if (!table.key.every((column) => fitsKey(values[column] ?? ''))) continue;
    const key = JSON.stringify(table.key.map((column) => values[column]));
    const said = Object.entries(values).filter(([, value]) => value !== null);
    rows.set(key, { ...rows.get(key), ...Object.fromEntries(said) });
  }
  return [...rows.values()];
}

async function recordLists(
  client: PoolClient,
  { organization, observedAt, lists: asked }: DirectoryReading,
): Promise<void> {
  const lists = asked.filter(({ scopeId }) => fitsKey(scopeId ?? ''));
  const isRead = lists.map(({ outcome }) => outcome.status === 'read');
  await client.query(
    `insert into openai_etl.directory_lists as l
       (org_id, list, scope, status, detail, entries, tried_at, read_at, status_since)
     select $1, list, scope, status, detail, entries, $2, case when is_read then $2::timestamptz end, now()
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::boolean[])
       as tried(list, scope, status, detail, entries, is_read)
     on conflict (org_id, list, scope) do update set
       status = excluded.status, detail = excluded.detail, tried_at = excluded.tried_at,
       entries = case when excluded.read_at is null then l.entries else excluded.entries end,
       read_at = coalesce(excluded.read_at, l.read_at),
       status_since = case when l.status = excluded.status then l.status_since else excluded.status_since end`,
    [
      organization,
      observedAt,
      lists.map(({ list }) => list.name),
      lists.map(({ scopeId }) => scopeId ?? ''),
      lists.map(({ outcome }) => outcome.status),
      lists.map(({ outcome }) => (outcome.status === 'read' ? null : outcome.detail)),
      lists.map(({ outcome }) => (outcome.status === 'read' ? outcome.entries.length : 0)),
      isRead,
    ],
  );
}

/** What came of the last time a list was asked for. */
export interface KnownList {
  readonly list: string;
  /** Null for a list of the whole organization. */
  readonly scope: string | null;
  readonly status: 'read' | 'refused' | 'failed';
  readonly entries: number;
  readonly tried_at: Date;
}

/** What is known of an organization's lists. */
export async function knownLists(pool: Pool, organization: string): Promise<readonly KnownList[]> {
  const { rows } = await pool.query<KnownList>(
    `select list, nullif(scope, '') as scope, status, entries, tried_at
     from openai_etl.directory_lists where org_id = $1 order by list, scope`,
    [organization],
  );
  return rows;
}
