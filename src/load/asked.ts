import type { Pool } from 'pg';
import type { Dataset } from '../catalog/dataset.ts';
import type { Width } from '../catalog/width.ts';
import { inTransaction } from '../db/transaction.ts';
import { latestHonest } from './ledger.ts';
import { retell } from './rollup.ts';

/** What the configuration asks for of one dataset of one organization. */
export interface Asked {
  readonly organization: string;
  readonly dataset: Dataset;
  readonly widths: readonly Width[];
  /** Canonical JSON; null when there are none. */
  readonly filters: string | null;
}

/**
 * Remembers what is asked for of a dataset and, where that is something else than before, tells its days and hours anew,
 * in one transaction. What is asked for all along costs one query.
 */
export async function recordAsked(pool: Pool, asked: Asked, now: Date): Promise<void> {
  if (await isKnown(pool, asked)) return;
  await inTransaction(pool, async (client) => {
    const { organization, dataset, widths, filters } = asked;
    // Whoever else has found it changed waits here, and then writes the same.
    await client.query('lock table openai_etl.asked in share row exclusive mode');
    await client.query(replaceSql, [organization, dataset.name, widths, filters, now]);
    await retell({ client, organization, dataset, honestUntil: latestHonest(now) });
  });
}

async function isKnown(pool: Pool, { organization, dataset, widths, filters }: Asked): Promise<boolean> {
  const { rows } = await pool.query<{ bucket_width: Width; filters: string | null }>(
    'select bucket_width, filters from openai_etl.asked where org_id = $1 and dataset = $2',
    [organization, dataset.name],
  );
  return (
    rows.length === widths.length && rows.every((row) => widths.includes(row.bucket_width) && row.filters === filters)
  );
}

/** $1 organization, $2 dataset, $3 widths, $4 filters, $5 now. */
const replaceSql = `
  with gone as (
    delete from openai_etl.asked where org_id = $1 and dataset = $2 and not bucket_width = any($3)
  )
  insert into openai_etl.asked as a (org_id, dataset, bucket_width, filters, asked_at)
  select $1, $2, width, $4, $5 from unnest($3::text[]) as width
  on conflict (org_id, dataset, bucket_width) do update set filters = excluded.filters, asked_at = excluded.asked_at
  where a.filters is distinct from excluded.filters`;
