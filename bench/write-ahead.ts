import { type Database, factTable } from './database.ts';

/** What a phase wrote. */
export interface Written {
  /** WAL of the whole server. */
  readonly walBytes: number;
  /** WAL of the fact table and its indexes; null where pg_walinspect is not to be had. */
  readonly factWalBytes: number | null;
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  /** True when every row version of the fact table is the one there was, in its place, and nobody locked it. */
  readonly heapUnchanged: boolean;
}

/** Runs a phase after a checkpoint, so that its WAL holds the page images it has to, and says what it wrote. */
export async function watchWrites<T>(database: Database, phase: () => Promise<T>): Promise<[T, Written]> {
  const fingerprintBefore = await fingerprint(database);
  const countsBefore = await tupleCounts(database);
  await database.pool.query('checkpoint');
  const from = await position(database);
  const outcome = await phase();
  const to = await position(database);
  const counts = await tupleCounts(database);
  const written = {
    walBytes: await bytesBetween(database, from, to),
    factWalBytes: await factBytes(database, from, to),
    rowsInserted: counts.inserted - countsBefore.inserted,
    rowsUpdated: counts.updated - countsBefore.updated,
    heapUnchanged: (await fingerprint(database)) === fingerprintBefore,
  };
  return [outcome, written];
}

async function position({ pool }: Database): Promise<string> {
  return one(await pool.query<{ value: string }>('select pg_current_wal_insert_lsn()::text as value'));
}

async function bytesBetween({ pool }: Database, from: string, to: string): Promise<number> {
  const query = 'select pg_wal_lsn_diff($1, $2)::text as value';
  return Number(one(await pool.query<{ value: string }>(query, [to, from])));
}

/** An upsert that changes nothing still locks rows: no count of updates shows that, xmax does. */
async function fingerprint({ pool }: Database): Promise<string> {
  return one(
    await pool.query<{ value: string }>(
      `select coalesce(md5(string_agg(concat_ws(' ', ctid, xmin, xmax), ',' order by ctid)), '') as value from ${factTable}`,
    ),
  );
}

async function tupleCounts({ pool }: Database): Promise<{ readonly inserted: number; readonly updated: number }> {
  // Sessions report their counts when they end or are idle for a while.
  await pool.query('select pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ inserted: string; updated: string }>(
    `select n_tup_ins::text as inserted, n_tup_upd::text as updated from pg_stat_user_tables where relid = $1::regclass`,
    [factTable],
  );
  return { inserted: Number(rows[0]?.inserted), updated: Number(rows[0]?.updated) };
}

async function factBytes({ pool }: Database, from: string, to: string): Promise<number | null> {
  const available = await pool.query("select from pg_available_extensions where name = 'pg_walinspect'");
  if (available.rowCount === 0) return null;
  await pool.query('create extension if not exists pg_walinspect');
  const { rows } = await pool.query<{ bytes: string }>(
    `with relations as (
       select pg_relation_filenode($3::regclass) as node
       union all select pg_relation_filenode(indexrelid) from pg_index where indrelid = $3::regclass
     )
     select coalesce(sum(record_length), 0)::text as bytes
     from pg_get_wal_records_info($1::pg_lsn, $2::pg_lsn)
     where exists (select from relations where block_ref like '%/' || node || ' %')`,
    [from, to, factTable],
  );
  return Number(rows[0]?.bytes);
}

function one({ rows }: { readonly rows: readonly { readonly value: string }[] }): string {
  const [row] = rows;
  if (row === undefined) throw new Error('the server answered with no row');
  return row.value;
}
