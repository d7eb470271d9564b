import type pg from 'pg';

/** When and by which run a row was written, and what comes before the days compared: no part of what a store says. */
const history =
  /^(run_id|loaded_at|updated_at|changed_xid|removed_xid|computed_at|(first|last)_seen_at|last_success_at|age|split_at|previous_.*|unit_price_change.*)$/;

/** Views that tell of a store's history. */
const histories = ['runs', 'restatements', 'restated_groups', 'data_freshness', 'line_items', 'models', 'calendar'];

/** What a store says to those who read it, row by row, by name of the table or view; of days from `from` on. */
export async function contentOf(pool: pg.Pool, from: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows: relations } = await pool.query<{ name: string; columns: string[]; date: string | null }>(
    `select c.oid::regclass::text as name, array_agg(a.attname::text order by a.attnum) as columns,
       min(a.attname) filter (where a.attname ~ '^(usage_date_utc|usage_hour_utc|bucket_start|cost_date|day|charge_?period_?start)$'
         or a.attname = 'ChargePeriodStart') as date
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind = 'v' and c.relnamespace in ('openai_bi'::regnamespace, 'openai_focus'::regnamespace)
         and not c.relname = any($1)
       or c.relkind = 'r' and c.relnamespace = 'openai'::regnamespace
         and c.relname in ('costs', 'costs_by_user', 'cost_parts', 'cost_daily_rollup', 'cost_user_daily_rollup',
           'cost_scope_daily_rollup')
     group by c.oid order by 1`,
    [histories],
  );
  const content = new Map<string, readonly string[]>();
  for (const { name, columns, date } of relations) {
    const said = columns.filter((column) => !history.test(column)).map((column) => `"${column}"`);
    const where = date === null ? '' : `where "${date}" >= '${from}'`;
    const { rows } = await pool.query<{ row: string }>(
      `select to_jsonb(said)::text as row from (select ${said.join(', ')} from ${name} ${where}) as said order by 1`,
    );
    content.set(
      name,
      rows.map(({ row }) => row),
    );
  }
  return content;
}
