import type pg from 'pg';
import { rollUpParts } from '../../src/allocate/parts-rollup.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costRollupStatements } from '../../src/load/cost-rollup.ts';
import { lineItemParserVersion, parseLineItem } from '../../src/parse/line-item.ts';

type Connection = Pick<pg.Pool, 'query'>;

/** An amount billed, and how it was split; amounts and quantities as their digits. */
export interface Cost {
  /** UTC date. */
  readonly day: string;
  readonly org?: string;
  readonly project?: string | null;
  readonly key?: string | null;
  readonly source?: string | null;
  readonly item: string | null;
  readonly amount: string;
  readonly currency?: string;
  readonly quantity?: string | null;
  readonly unit?: string | null;
  /** Default: none, as on a day not split yet. */
  readonly parts?: readonly Part[];
}

/** A part of an amount. */
export interface Part {
  /** Null with a reason: the unattributed rest; null without: usage of nobody. */
  readonly user: string | null;
  readonly reason?: string;
  readonly amount: string;
  readonly quantity?: string | null;
  readonly method?: 'billed_user_share' | 'token_share' | 'service_share' | 'none';
  readonly driver?: string;
  /** The part's share of the driver. */
  readonly share?: string;
}

export const anOrganization = 'acme';

let lastSeries = 0;

/** Stores a cost with its parts, its line item as the parser reads it and its day's ledger; resolves to its series_id. */
export async function insertCost(pool: Connection, cost: Cost): Promise<string> {
  lastSeries += 1;
  const series = `00000000-0000-4000-8000-${String(lastSeries).padStart(12, '0')}`;
  const org = cost.org ?? anOrganization;
  const currency = cost.currency ?? 'usd';
  await pool.query(
    `insert into openai.costs (org_id, series_id, bucket_width, bucket_start, bucket_end, project_id, line_item, api_key_id,
       api_source, amount_value, amount_currency, quantity, quantity_unit, run_id)
     values ($1, $2, '1d', $3::timestamp at time zone 'UTC', ($3::timestamp + interval '1 day') at time zone 'UTC',
       $4, $5, $6, $7, $8, $9, $10, $11, 1)`,
    [
      org,
      series,
      cost.day,
      cost.project ?? null,
      cost.item,
      cost.key ?? null,
      cost.source ?? null,
      cost.amount,
      currency,
      cost.quantity ?? null,
      cost.unit ?? null,
    ],
  );
  await insertLedger(pool, 'costs', cost.day, { org });
  if (cost.item !== null) await insertLineItem(pool, cost.item);
  if (cost.parts !== undefined) await insertParts(pool, series, cost, cost.parts);
  await sumUp(pool, org, [cost.day]);
  return series;
}

/** Brings the sums of some days in line with costs and parts that were stored by hand, as the load and the split do. */
export async function sumUp(pool: Connection, organization: string, days: readonly string[]): Promise<void> {
  for (const statement of costRollupStatements(costs)) await pool.query(statement, [organization, days]);
  await rollUpParts(pool, organization, days);
}

/** Says that a day of a dataset is loaded. */
export async function insertLedger(
  pool: Connection,
  dataset: string,
  day: string,
  { org = anOrganization, settled = true }: { readonly org?: string; readonly settled?: boolean } = {},
): Promise<void> {
  await pool.query(
    `insert into openai_etl.buckets (org_id, dataset, bucket_width, bucket_start, bucket_end, grain, row_count, revision,
       observed_at, changed_at, settled, status, run_id, changed_xid)
     values ($1, $2, '1d', $3::timestamp at time zone 'UTC', ($3::timestamp + interval '1 day') at time zone 'UTC', '{}',
       1, 1, now(), now(), $4, 'loaded', 1, pg_current_xact_id())
     on conflict do nothing`,
    [org, dataset, day, settled],
  );
}

async function insertLineItem(pool: Connection, text: string): Promise<void> {
  const { surface, model, modality, tokenClass, qualifier, service, parseStatus, chargeCategory } = parseLineItem(text);
  await pool.query(
    `insert into openai.line_items values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now(), now(), pg_current_xact_id())
     on conflict do nothing`,
    [
      text,
      surface,
      model,
      modality,
      tokenClass,
      qualifier,
      service,
      parseStatus,
      lineItemParserVersion,
      chargeCategory,
    ],
  );
}

async function insertParts(pool: Connection, series: string, cost: Cost, parts: readonly Part[]): Promise<void> {
  const org = cost.org ?? anOrganization;
  const read = cost.item === null ? null : parseLineItem(cost.item);
  const total = parts.reduce((sum, { share }) => sum + Number(share ?? 0), 0);
  for (const [index, part] of parts.entries()) {
    const driver = part.share === undefined ? null : (part.driver ?? 'completions.input_tokens');
    await pool.query(
      `insert into openai.cost_parts
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'cost-split v1', null, $15, $16::numeric,
         case when $16::numeric is not null then $17::numeric end, $18, $19, $20, $21, 1, now(), pg_current_xact_id())`,
      [
        org,
        cost.day,
        series,
        index + 1,
        cost.project ?? null,
        cost.key ?? null,
        cost.item,
        read?.model ?? null,
        read?.tokenClass ?? null,
        read?.modality ?? null,
        part.user,
        part.reason === undefined ? 'allocated' : 'unattributed',
        part.reason ?? null,
        part.method ?? (part.share === undefined ? 'none' : 'token_share'),
        driver,
        part.share ?? null,
        String(total),
        part.amount,
        cost.currency ?? 'usd',
        part.quantity ?? null,
        cost.unit ?? null,
      ],
    );
  }
  await pool.query(
    `insert into openai_etl.cost_split_days values ($1, $2, 'cost-split v1', '', $3, now(), 1)
     on conflict (org_id, usage_date_utc) do update set parts = cost_split_days.parts + excluded.parts`,
    [org, cost.day, parts.length],
  );
}

/** A name of a project or user since an instant; the one before it ends there. */
export async function insertName(
  pool: Connection,
  entity: 'project' | 'user',
  id: string,
  name: string,
  since: string,
): Promise<void> {
  await pool.query(`update openai.name_history set valid_to = $3 where entity = $1 and id = $2 and valid_to is null`, [
    entity,
    id,
    since,
  ]);
  await pool.query(`insert into openai.name_history values ($1, $2, $3, $4, $5, null)`, [
    anOrganization,
    entity,
    id,
    name,
    since,
  ]);
  const [table, own] = entity === 'project' ? ['projects', 'project'] : ['users', 'user'];
  const kind = entity === 'user' ? { column: ', user_kind', value: `, 'user'` } : { column: '', value: '' };
  await pool.query(
    `insert into openai.${table} (org_id, ${own}_id, ${own}_name, is_stub, first_seen_at, last_seen_at, updated_at,
       changed_xid${kind.column})
     values ($1, $2, $3, false, $4, $4, $4, pg_current_xact_id()${kind.value})
     on conflict (org_id, ${own}_id) do update set ${own}_name = excluded.${own}_name`,
    [anOrganization, id, name, since],
  );
}

/** Stores a day's count of a dataset, as loaded at 1d. */
export async function insertUsage(
  pool: Connection,
  dataset: 'web_search_calls' | 'code_interpreter_sessions',
  day: string,
  by: { readonly project?: string; readonly key?: string; readonly user?: string },
  counted: number,
): Promise<void> {
  const columns =
    dataset === 'web_search_calls'
      ? { names: ', api_key_id, user_id, num_requests, num_model_requests', values: ', $3, $4, $5, 0' }
      : { names: ', num_sessions', values: ', $5 + 0 * length(concat($3::text, $4::text))' };
  await pool.query(
    `insert into openai.usage_${dataset} (org_id, series_id, bucket_width, bucket_start, bucket_end, run_id, project_id${columns.names})
     select '${anOrganization}', gen_random_uuid(), '1d', $1::timestamp at time zone 'UTC',
       ($1::timestamp + interval '1 day') at time zone 'UTC', 1, $2${columns.values}`,
    [day, by.project ?? null, by.key ?? null, by.user ?? null, counted],
  );
  await insertLedger(pool, dataset, day);
  await pool.query(
    `insert into openai_etl.days
       (org_id, dataset, usage_date_utc, bucket_width, buckets_loaded, buckets_refused, row_count, loaded_until, is_final,
        is_rolled_up, updated_at, changed_xid)
     values ($1, $2, $3, '1d', 1, 0, 1, now(), true, false, now(), pg_current_xact_id()) on conflict do nothing`,
    [anOrganization, dataset, day],
  );
}
