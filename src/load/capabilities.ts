import type { Pool } from 'pg';

/** What the API grants an organization for a dataset. */
export interface Capability {
  readonly status: 'available' | 'reduced' | 'unavailable';
  /** Dimensions obtained, in column order. */
  readonly grain: readonly string[];
  /** Dimensions asked for and refused. */
  readonly refused: readonly string[];
  readonly horizon: Date | null;
  readonly detail: string | null;
  /** When all dimensions asked for were last tried: of the refused ones, the longest ago. */
  readonly checkedAt: Date;
}

/** True where the API was last seen to refuse or lack the dataset. */
export async function isUnavailable(pool: Pool, organization: string, dataset: string): Promise<boolean> {
  const { rows } = await pool.query(
    `select from openai_etl.capabilities where org_id = $1 and dataset = $2 and status = 'unavailable'`,
    [organization, dataset],
  );
  return rows.length > 0;
}

/** Records what a run found out. `status_since` moves only when the status does. */
export async function writeCapability(
  pool: Pool,
  organization: string,
  dataset: string,
  found: Capability,
): Promise<void> {
  await pool.query(
    `insert into openai_etl.capabilities as c
       (org_id, dataset, status, grain, refused, horizon, detail, checked_at, status_since)
     values ($1, $2, $3, $4, $5, $6, $7, $8, now())
     on conflict (org_id, dataset) do update set
       status = excluded.status, grain = excluded.grain, refused = excluded.refused, horizon = excluded.horizon, detail = excluded.detail,
       checked_at = excluded.checked_at,
       status_since = case when c.status = excluded.status then c.status_since else excluded.status_since end`,
    [organization, dataset, found.status, found.grain, found.refused, found.horizon, found.detail, found.checkedAt],
  );
}
